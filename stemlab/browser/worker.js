// The model in a thread of its own, so that the page stays smooth. It hears { do: "load" | "make" | "again" | "stop" } and tells
// { kind: "loading" | "ready" | "progress" | "band" | "stopped" | "problem" }.

const STOPPED = Symbol("stopped");
let [nets, settings, band, wanted] = [null, null, null, 0];

const orders = {
  async load({ base, files, runtime, told }) {
    settings = told;
    const all = { ...files, ...runtime };
    const of = Object.values(all).reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    const bytesOf = (name) => fileBytes(base, name, all[name], (more) => { done += more; postMessage({ kind: "loading", done, of }); });
    const [script, wasm] = Object.keys(runtime);
    const code = URL.createObjectURL(new Blob([await bytesOf(script)], { type: "text/javascript" }));
    const ort = await import(code);
    ort.env.wasm.wasmBinary = await bytesOf(wasm);
    ort.env.wasm.numThreads = 1;
    const sessions = {};
    for (const name of Object.keys(files)) {
      sessions[name.split(".")[0]] = await ort.InferenceSession.create(await bytesOf(name), { executionProviders: ["wasm"], logSeverityLevel: 3 });
    }
    nets = { tensor: (type, data, dims) => new ort.Tensor(type, data, dims), run: (name, tensors) => sessions[name].run(tensors) };
    postMessage({ kind: "ready" });
  },

  async make({ asked, noise = null }, tools) {
    let made = await makeBand(nets, settings, asked, { ...tools, noise });
    for (const [name, seed] of asked.again) made = await makeAgain(nets, settings, made, name, seed, tools);
    return made;
  },

  again: ({ name, seed, noise = null }, tools) => makeAgain(nets, settings, band, name, seed, { ...tools, noise }),

  stop() { wanted += 1; },
};

onmessage = async ({ data }) => {
  const order = data.do === "stop" ? wanted : (wanted += 1);
  const tools = {
    report: (words, done, of) => postMessage({ kind: "progress", words, done, of }),
    pause: async () => {
      await new Promise((go) => setTimeout(go));  // so that "stop" is heard
      if (order !== wanted) throw STOPPED;
    },
  };
  const began = performance.now();
  try {
    const made = await orders[data.do](data, tools);
    if (!made) return;
    band = made;
    const { names, samples, audio } = band;
    postMessage({ kind: "band", asked: data.asked ?? null, again: data.name ? [data.name, data.seed] : null, names, samples, audio, latents: band.latents, seconds: (performance.now() - began) / 1000 });
  } catch (error) {
    postMessage(error === STOPPED ? { kind: "stopped" } : { kind: "problem", words: error.message ?? String(error) });
  }
};
