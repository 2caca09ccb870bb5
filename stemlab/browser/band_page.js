// The page: a form, a worker that has the model, and the mixer for what it makes.

const FIRST = {
  stems: ["drums: tight funk kit", "bass: slap bass", "keys: electric piano", "guitar: clean electric guitar"], prompt: "funk", bpm: 100, key: "A minor",
  bars: 4, seed: 7, activity: {}, coupling: "song", rho: 1, again: [],
};

function renderBand(el, told, workerScript) {
  const shell = makeShell(el, "bandShell", "A band");
  const { root } = shell;
  if (location.protocol === "file:") {
    element("p", { class: "problem", role: "alert", text: "Opened as a file, this page may not load its model. In its folder run: python -m http.server 8000 and open http://localhost:8000/band.html" }, root);
    return;
  }
  const form = makeForm(root, told, () => refresh());
  const run = element("div", { class: "bar run" }, root);
  const go = button("Generate", "Generate the band", run, generate);
  go.classList.add("main");
  const stop = button("Cancel", "Cancel", run, () => { worker.postMessage({ do: "stop" }); });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Progress" }, run);
  const note = element("span", { class: "note", role: "status" }, run);
  const problem = element("p", { class: "problem", role: "alert", hidden: "" }, root);
  const heard = element("div", { class: "heard" }, root);
  const deck = makeDeck(heard);
  const share = element("div", { class: "bar share", hidden: "" }, root);
  const link = element("input", { type: "text", readonly: "", "aria-label": "Address of this band" }, element("label", { class: "field" }, share));
  link.before(element("span", { text: "This band as a link: whoever opens it and presses Generate hears the same" }));
  button("Copy", "Copy the address", share, async () => { link.select(); await navigator.clipboard?.writeText(link.value).catch(() => {}); note.textContent = "Copied."; });

  const worker = new Worker(URL.createObjectURL(new Blob([workerScript], { type: "text/javascript" })), { type: "module" });
  let [ready, busy, last] = [false, false, null];  // `last` is the band that is heard: { asked, names, ... }

  function refresh() {
    enable(go, ready && !busy);
    stop.hidden = !busy;
    bar.hidden = ready && !busy;
    for (const again of heard.querySelectorAll(".again")) enable(again, ready && !busy);
  }
  function say(words) { problem.textContent = words; problem.hidden = !words; }
  function work(order) { busy = true; say(""); bar.value = 0; refresh(); worker.postMessage(order); }

  function generate() {
    const asked = form.read();
    try { checkRequest(asked, told); } catch (error) { return say(error.message); }
    history.replaceState(null, "", toLink(asked));
    work({ do: "make", asked });
  }

  function again(name) { work({ do: "again", name, seed: last.asked.seed + last.asked.again.length + 1 }); }

  const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
  const hears = {
    loading({ done, of }) { bar.value = done / of; note.textContent = done < of ? `The model: ${megabytes(done)} of ${megabytes(of)} MB` : "Starting the model ..."; },
    ready() { ready = true; note.textContent = "Ready."; refresh(); },
    progress({ words, done, of }) { bar.value = done / of; note.textContent = words; },
    stopped() { busy = false; note.textContent = "Cancelled."; refresh(); },
    problem({ words }) { busy = false; note.textContent = ""; say(words); refresh(); },
    band(made) {
      busy = false;
      if (made.asked) last = { asked: made.asked };
      if (made.again) { last = { asked: { ...last.asked, again: [...last.asked.again, made.again] } }; form.remember(made.again); }
      note.textContent = `${made.names.length} stems of ${(made.samples / told.grid.sample_rate).toFixed(1)} s, made in ${made.seconds.toFixed(1)} s.`;
      const { asked } = last;
      const about = aboutBand(asked, made.names, made.samples, made.audio, told);
      const rows = about.stems.map((stem, channel) => ({ stem, channel, dress: dressed(stem) }));
      window.stemlabBand = made;  // for whoever wants the samples: names, audio and latents by name
      deck.offer([{ about, sound: soundOf(made.names, made.audio, about.rate), rows }]);
      history.replaceState(null, "", toLink(asked));
      link.value = location.href;
      share.hidden = false;
      refresh();
    },
  };
  function dressed(stem) {
    const anew = button("Again", `Make ${stem.name} anew; the others stay`, null, () => again(stem.name));
    anew.classList.add("again");
    return { words: element("small", { text: stem.words }), acts: [anew], free: element("span", {}), strip: null };
  }
  worker.onmessage = ({ data }) => hears[data.kind](data);
  worker.onerror = (event) => { busy = false; say(`The model does not run in this browser (${event.message ?? "its worker stopped"}): try a current Chrome, Edge, Firefox or Safari.`); refresh(); };

  form.write(fromLink(location.hash) ?? { ...FIRST, coupling: told.sampling.coupling });
  addEventListener("hashchange", () => { const asked = fromLink(location.hash); if (asked) { form.write(asked); refresh(); } });
  refresh();
  worker.postMessage({ do: "load", base: new URL("band/", location.href).href, files: told.files, runtime: told.runtime, told });
  navigator.serviceWorker?.register("band-offline.js").catch(() => {});  // not on plain http: then the page needs the network each time
}
