// Times the same decoder in other people's browser runtimes, one thread each.
//
// `bench(peer, options)` opens a model that export.py wrote, asks it the questions of the
// reference.json beside it, and only then times it: a prefill with the first token, and each
// token after that. A peer is a function from a model to `{version, threads, notes, logits,
// generate, close}`; everything else is shared.

const modules = new URL("node_modules/", import.meta.url);

const peers = {
  wllama: {
    files: ["@wllama/wllama/esm/index.min.js", "@wllama/wllama/esm/wasm/wllama.wasm"],
    open: openWllama,
  },
  "onnxruntime-web": {
    files: ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"].map(
      (file) => `onnxruntime-web/dist/${file}`,
    ),
    open: openOnnxruntime,
  },
};

// A quantised model may miss the reference by part of the logits' spread, and so part ways with
// it where two tokens are close; one in f32 may not.
const allowed = (model) => (/q8/.test(model) ? { error: 0.3, agreed: 1 } : { error: 0.01, agreed: Infinity });

window.bench = async (name, { model, prompt_tokens = 128, new_tokens = 64, runs = 5, batch = 1 }) => {
  const { files, open } = peers[name];
  const url = new URL(model, location.href);
  const reference = await (await download(new URL("reference.json", url))).json();
  const blob = await (await download(url)).blob();
  const bytes = { library: 0, model: blob.size };
  for (const file of files) bytes.library += (await (await download(new URL(file, modules))).blob()).size;

  const peer = await open(blob, { batch, context: prompt_tokens + new_tokens + 1 });
  try {
    const { error, agreed } = await check(peer, reference, batch);
    const limit = allowed(model);
    const correct = error <= limit.error && agreed >= Math.min(limit.agreed, reference.next.length);
    const result = { prefill_ms: [], decode_ms_per_token: [], correct, error, agreed, bytes,
      threads: peer.threads, version: peer.version, notes: peer.notes };
    // The first round warms the compiler, and is not kept.
    for (let run = 0; correct && run <= runs; run++) {
      const prompts = Array.from({ length: batch }, (_, row) =>
        Array.from({ length: prompt_tokens }, (_, i) => (37 * i + 11 + row) % reference.vocab));
      const { first, rest } = await peer.generate(prompts, 1 + new_tokens);
      if (run === 0) continue;
      result.prefill_ms.push(first);
      result.decode_ms_per_token.push(rest / new_tokens);
    }
    return result;
  } finally {
    await peer.close();
  }
};

// How far the first logits are from the reference's, in units of their spread, and how many tokens
// agree from the start: of every row, as each must answer as if it were alone.
async function check(peer, reference, batch) {
  const logits = await peer.logits(reference);
  const error = Math.max(...logits.map((logit, i) => Math.abs(logit - reference.logits[i]))) / reference.spread;
  const { rows } = await peer.generate(Array(batch).fill(reference.ids), reference.next.length);
  const agree = (row) => [...reference.next.map((token, i) => token === row[i]), false].indexOf(false);
  return { error, agreed: Math.min(...rows.map(agree)) };
}

async function download(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

// wllama has had no call for one step or for raw logits since its version 3: a request names a
// prompt and a number of tokens, sampling happens inside, and pieces of text come back. A batch
// is as many requests at once, which llama.cpp's server decodes together.
async function openWllama(blob, { batch, context }) {
  const { Wllama, LoggerWithoutDebug } = await import(new URL(peers.wllama.files[0], modules));
  const wllama = new Wllama({ default: new URL(peers.wllama.files[1], modules).href },
    { suppressNativeLog: true, logger: LoggerWithoutDebug });
  wllama.setCompat(null); // or it may load another build from elsewhere
  // Its default, flash attention over an f16 cache, prefills somewhat faster but takes about half
  // as long again for each token, as WebAssembly has no f16; sequences that share a cache look
  // through each other's tokens.
  await wllama.loadModel([blob], {
    n_threads: 1, n_gpu_layers: 0, flash_attn: false, cache_type_k: "f32", cache_type_v: "f32",
    n_parallel: batch, kv_unified: false, n_ctx: Math.ceil(context / 256) * 256 * batch,
  });

  const { version } = await (await download(new URL("@wllama/wllama/package.json", modules))).json();
  const greedy = { temperature: 0, samplers: ["temperature"], cache_prompt: false };
  const ask = (ids, max_tokens, more) => wllama.createCompletion({ prompt: text(ids), max_tokens, ...greedy, ...more });
  // Text is all it takes. In export.py's tokenizer token i is the character U+10000 + i, but token 0 is a newline.
  const text = (ids) => ids.map((id) => (id === 0 ? "\n" : String.fromCodePoint(0x10000 + id))).join("");
  const ids = (text) => Array.from(text, (char) => (char === "\n" ? 0 : char.codePointAt(0) - 0x10000));

  return {
    version: `${version}, llama.cpp ${Wllama.getLibllamaVersion()}`,
    threads: wllama.getNumThreads(),
    notes: "Greedy sampling inside the library, tokens streamed out: a round trip to its worker for each is included.",
    async logits(reference) {
      const answer = await ask(reference.ids, 1, { logprobs: reference.vocab });
      const all = answer.choices[0].logprobs.content[0].top_logprobs;
      return reference.logits.map((_, id) => all.find((token) => token.id === id).logprob + reference.logsumexp);
    },
    async generate(prompts, tokens) {
      const texts = prompts.map(() => "");
      const start = performance.now();
      // All prompts are computed before anything is said, so that the first word ends the prefill of all.
      let first;
      await Promise.all(prompts.map((prompt, row) => ask(prompt, tokens, {
        stream: true,
        onData({ choices: [{ text }] }) {
          first ??= performance.now() - start;
          texts[row] += text;
        },
      })));
      return { first, rest: performance.now() - start - first, rows: texts.map(ids) };
    },
    close: () => wllama.exit(),
  };
}

// onnxruntime-web runs one step a call. Its outputs are copied out of WebAssembly's memory and,
// for the cache, back in at the next step: there is no other way with its CPU backend.
async function openOnnxruntime(blob, { batch }) {
  const dist = new URL("onnxruntime-web/dist/", modules);
  const ort = await import(new URL("ort.wasm.min.mjs", dist));
  Object.assign(ort.env.wasm, { numThreads: 1, simd: true, proxy: false, wasmPaths: dist.href });
  const session = await ort.InferenceSession.create(await blob.arrayBuffer(), {
    executionProviders: ["wasm"], graphOptimizationLevel: "all",
  });

  const caches = session.inputMetadata.filter(({ name }) => name.startsWith("past_key_values."));
  const empty = (rows) => Object.fromEntries(caches.map(({ name, shape: [, heads, , width] }) =>
    [name, new ort.Tensor("float32", new Float32Array(0), [rows, heads, 0, width])]));

  // rows: (B, T) ids; past: what the last step returned, `length` tokens of it
  const step = async (rows, past, length) => {
    const [batch, total] = [rows.length, length + rows[0].length];
    const { logits, ...present } = await session.run({
      input_ids: new ort.Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [batch, rows[0].length]),
      seqlens_k: new ort.Tensor("int32", new Int32Array(batch).fill(total - 1), [batch]),
      total_sequence_length: new ort.Tensor("int32", [total], []),
      ...past,
    });
    const next = Object.fromEntries(Object.entries(present).map(([name, cache]) =>
      [name.replace("present", "past_key_values"), cache]));
    return [logits, next, total];
  };

  return {
    version: ort.env.versions.web,
    threads: ort.env.wasm.numThreads,
    notes: "Logits are read back and the greedy token chosen in JavaScript; copying the cache out and in at each step is included.",
    async logits(reference) {
      const [logits] = await step([reference.ids], empty(1), 0);
      return Array.from(logits.data.slice(0, reference.logits.length));
    },
    async generate(prompts, tokens) {
      const start = performance.now();
      let [logits, past, length] = await step(prompts, empty(prompts.length), 0);
      const rows = greedy(logits).map((token) => [token]);
      const first = performance.now() - start;
      while (rows[0].length < tokens) {
        [logits, past, length] = await step(rows.map((row) => row.slice(-1)), past, length);
        greedy(logits).forEach((token, row) => rows[row].push(token));
      }
      return { first, rest: performance.now() - start - first, rows };
    },
    close: () => session.release(),
  };
}

// logits (B, vocab) -> the likeliest token of each row
function greedy({ data, dims: [batch, vocab] }) {
  return Array.from({ length: batch }, (_, row) => {
    const logits = data.subarray(row * vocab, (row + 1) * vocab);
    let best = 0;
    for (let token = 1; token < vocab; token++) if (logits[token] > logits[best]) best = token;
    return best;
  });
}
