// Times our own worker as the page uses it: over its protocol, one worker or several, one trace or
// several in a batch, on the CPU or the graphics card.
//
// `bench("rulewright", options)` has the shape of the peers' (peers.js), and says besides how many
// dispatches, submits and readbacks a token cost on the graphics card.

const page = new URL("../", location.href); // the built page is served one folder up

window.benchOurs = async ({ backend = "cpu", model, prompt_tokens = 128, new_tokens = 64, runs = 5, batch = 1, workers = 1 }) => {
  const program = [`worker-${backend}.js`, `worker-${backend}_bg.wasm`];
  let library = 0;
  for (const file of program) library += (await (await fetch(new URL(file, page))).blob()).size;
  const started = performance.now();
  const all = [];
  for (let i = 0; i < workers; i++) all.push(await open(backend, new URL(model, location.href).href));
  const load_ms = performance.now() - started;
  try {
    const { about } = all[0];
    const bytes = { library, model: about.files.reduce((sum, [, size]) => sum + size, 0) };
    const words = await fit(all[0], prompt_tokens);
    const result = { prefill_ms: [], decode_ms_per_token: [], tokens_per_second: [], counts: null, load_ms, about, bytes };
    const write = (worker, run, tokens) => worker.write(messages(run, words), batch, 1 + tokens);
    // The first round warms the compiler, and is not kept.
    for (let run = 0; run <= runs; run++) {
      const costs = await Promise.all(all.map((worker) => write(worker, run, new_tokens)));
      if (run === 0) continue;
      const steps = (cost) => cost.written / batch - 1; // the first token of each trace came with the prompt
      const rate = costs.reduce((sum, cost) => sum + (1e3 * batch * steps(cost)) / cost.rest, 0);
      result.prefill_ms.push(Math.max(...costs.map((cost) => cost.first)));
      result.decode_ms_per_token.push(Math.max(...costs.map((cost) => cost.rest / steps(cost))));
      result.tokens_per_second.push(rate);
    }
    if (backend === "gpu") {
      // What the prompt and the first tokens ask of the card is not the steps'.
      const asked = [];
      for (const tokens of [0, new_tokens]) {
        await all[0].count();
        await write(all[0], runs + 1 + asked.length, tokens);
        asked.push(await all[0].count());
      }
      const step = ([what, n]) => [what, (asked[1][what] - n) / new_tokens];
      result.counts = Object.fromEntries(Object.entries(asked[0]).map(step));
    }
    return result;
  } finally {
    for (const worker of all) worker.terminate();
  }
};

// How many times the tokens/s a batch gives of as many single runs, in turns, so that a slow moment of the machine
// strikes both: of whole runs, each of which reads its prompt, and of the steps alone; a number a round.
window.benchBatch = async ({ backend = "cpu", model, prompt_tokens = 128, new_tokens = 64, rounds = 15, batch = 5 }) => {
  const worker = await open(backend, new URL(model, location.href).href);
  try {
    const words = await fit(worker, prompt_tokens);
    const result = { whole: [], steps: [] };
    let run = 0;
    const write = (traces) => worker.write(messages(run++ % 26, words), traces, 1 + new_tokens);
    const sum = (costs, of) => costs.reduce((sum, cost) => sum + of(cost), 0);
    const whole = (costs) => sum(costs, (cost) => cost.written) / sum(costs, (cost) => cost.first + cost.rest);
    const steps = (costs, traces) => sum(costs, (cost) => cost.written - traces) / sum(costs, (cost) => cost.rest);
    // The first round warms the compiler, and is not kept.
    for (let round = 0; round <= rounds; round++) {
      const alone = [];
      for (let i = 0; i < batch; i++) alone.push(await write(1));
      const together = [await write(batch)];
      if (round === 0) continue;
      result.whole.push(whole(together) / whole(alone));
      result.steps.push(steps(together, batch) / steps(alone, 1));
    }
    return result;
  } finally {
    worker.terminate();
  }
};

// What a graphics adapter calls itself; nothing if there is none but a program.
window.adapter = async () => {
  const info = (await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }))?.info;
  const name = info && [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(" ");
  return info && !info.isFallbackAdapter && !/swiftshader|llvmpipe|software/i.test(name) ? name || "without a name" : "";
};

// A prompt of its own for each run, so that nothing is kept from the run before.
const messages = (run, words) => [{ role: "User", parts: [{ Text: `${String.fromCharCode(97 + run)}${" a".repeat(words)}` }] }];

// How many words make a prompt of so many tokens.
async function fit(worker, tokens) {
  let words = 1;
  for (let i = 0; i < 8; i++) {
    const { prompt } = await worker.write(messages(0, words), 1, 1);
    if (prompt === tokens) break;
    words += tokens - prompt;
  }
  return words;
}

// A worker with a model in it.
async function open(backend, model) {
  const channel = `count-${Math.random()}`;
  const worker = new Worker(new URL(`counting.js?backend=${backend}&page=${page}&channel=${channel}`, import.meta.url), { type: "module" });
  const counts = new BroadcastChannel(channel);
  let heard;
  const hears = (wanted) =>
    new Promise((yes, no) => {
      heard = (reply) => {
        const [kind, value] = typeof reply === "string" ? [reply] : Object.entries(reply)[0];
        if (kind === "Failed" || kind === "Broken") no(new Error(value.problem));
        if (kind === wanted) yes(value);
      };
    });
  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => heard({ Broken: { problem: event.message } });
  await hears("Ready");
  worker.postMessage({ Load: { Address: model } });
  const about = await hears("Loaded");
  let job = 0;
  return {
    about,
    terminate: () => worker.terminate(),
    // What the card was asked for since the last call.
    count: () =>
      new Promise((yes) => {
        counts.onmessage = ({ data }) => yes(data);
        counts.postMessage("count");
      }),
    write: async (messages, traces, most_tokens) => {
      const seeds = Array.from({ length: traces }, (_, i) => i);
      const style = { seeds, temperature: 1, top_p: 1, most_tokens, grammar: null };
      worker.postMessage({ Write: { job: ++job, purpose: { Vote: "Adapted" }, messages, style } });
      return (await hears("Written")).cost;
    },
  };
}
