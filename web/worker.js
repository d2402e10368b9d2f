// A worker's first lines: start the program that runs the model on the backend that the address names,
// and tell the page where that does not work or when the program breaks down.

const programs = {
  cpu: ["./worker-cpu.js", "./worker-cpu_bg.wasm"],
  gpu: ["./worker-gpu.js", "./worker-gpu_bg.wasm"],
};

function broken(problem) {
  postMessage({ Broken: { problem } });
}

// A panic in the program ends here: it traps, and a trap is an error like any other.
for (const kind of ["error", "unhandledrejection"]) {
  addEventListener(kind, () => broken("the program that runs the model stopped on an error of its own"));
}

const [script, module_or_path] = programs[new URL(import.meta.url).searchParams.get("backend")] ?? [];
try {
  const { default: start } = await import(script);
  await start({ module_or_path: new URL(module_or_path, import.meta.url) });
} catch (error) {
  console.error(error);
  broken(`the program that runs the model could not be started (${error})`);
}
