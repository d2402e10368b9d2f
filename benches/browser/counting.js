// Our worker, with its calls to the graphics card counted.

const { searchParams } = new URL(import.meta.url);
let counts;
const reset = () => (counts = { dispatches: 0, submits: 0, readbacks: 0 });
reset();

function counted(type, method, what) {
  if (!globalThis[type]) return;
  const original = globalThis[type].prototype[method];
  globalThis[type].prototype[method] = function (...all) {
    counts[what]++;
    return original.apply(this, all);
  };
}
counted("GPUComputePassEncoder", "dispatchWorkgroups", "dispatches");
counted("GPUComputePassEncoder", "dispatchWorkgroupsIndirect", "dispatches");
counted("GPUQueue", "submit", "submits");
counted("GPUBuffer", "mapAsync", "readbacks");

const channel = new BroadcastChannel(searchParams.get("channel"));
channel.onmessage = () => {
  channel.postMessage(counts);
  reset();
};
await import(`${searchParams.get("page")}worker.js?backend=${searchParams.get("backend")}`);
