// The bar above the stems: play, loop, where one is, metronome and count-in, the level of all, and files to take away.

const KINDS = { wav: "WAV, 24 bits", flac: "FLAC, 24 bits", float: "WAV, 32-bit float" };

// `acts` is what the bar can do: play, start, zoom, notes, help, download(what, kind, rate); and how it stands.
function makeTransport(parent, { engine, about, acts, lossless }) {
  const bar = element("div", { class: "bar transport", role: "group", "aria-label": "Transport" }, parent);
  const play = button("▶ Play", "Play (space)", bar, acts.play);
  play.classList.add("play");
  button("|◀", "Back to the start (Home)", bar, acts.start);
  const loop = button("⟳ Loop", "Loop (L)", bar, () => engine.setLoop(!engine.loop));
  const whole = button("Whole", "Loop the whole again (Escape)", bar, () => engine.setRegion(null));
  const zoom = button("⌕ Zoom", "Zoom into the loop or the bar, and out again (Z)", bar, acts.zoom);
  const notes = button("♫ Notes", "Show the notes that are heard in each stem", bar, acts.notes);
  const clock = element("span", { class: "clock" }, bar);
  const note = element("span", { class: "note", role: "status" }, bar);
  const click = button("♩ Click", "Metronome (K)", bar, () => engine.setMetronome(!engine.metronome));
  const count = button("1 2 3 4", "Count-in: a bar of clicks first (C)", bar, acts.countIn);
  click.hidden = count.hidden = !about.beat;

  const all = element("label", { class: "master", title: "Level of everything" }, bar);
  element("span", { text: "All" }, all);
  const master = element("input", { type: "range", min: LEAST_DB, max: 6, step: 1, "aria-label": "Gain of everything" }, all);
  master.addEventListener("input", () => engine.setMaster({ db: Number(master.value) }));
  master.addEventListener("dblclick", () => engine.setMaster({ db: 0 }));
  const level = element("i", {}, element("div", { class: "meter", "aria-hidden": "true" }, all));

  const files = element("details", { class: "files" }, bar);
  element("summary", { text: "⤓ Files", "aria-label": "Files to download" }, files);
  const box = element("div", { class: "box" }, files);
  const choice = (label, choices) => {
    const field = element("label", { class: "field" }, box);
    element("span", { text: label }, field);
    const select = element("select", { "aria-label": label }, field);
    for (const [value, text] of choices) element("option", { value, text }, select);
    return { field, value: () => select.value };
  };
  const kind = choice("Format", Object.entries(KINDS));
  const rates = [...new Set([about.rate, 44100, 48000])];
  const rate = choice("Rate", rates.map((hz) => [hz, `${hz / 1000} kHz${hz === about.rate ? ", as made" : ""}`]));
  const get = (what) => acts.download(what);
  button("⤓ Mix", "Download the mix as it is set now", box, () => get("mix"));
  button("⤓ ZIP", "Download all stems and the mix as ZIP", box, () => get("zip"));
  const midi = button("⤓ MIDI", "Download the notes that are heard as a MIDI file", box, () => get("midi"));
  const quality = element("p", { class: "hint" }, box);
  button("?", "Show all keys (?)", bar, acts.help);

  function show() {
    play.textContent = engine.playing ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-label", engine.playing ? "Pause (space)" : "Play (space)");
    enable(play, engine.channels.length > 0);
    loop.setAttribute("aria-pressed", String(engine.loop));
    click.setAttribute("aria-pressed", String(engine.metronome));
    count.setAttribute("aria-pressed", String(engine.countIn));
    whole.hidden = !engine.region;
    zoom.setAttribute("aria-pressed", String(acts.zoomed()));
    notes.setAttribute("aria-pressed", String(acts.noted()));
    notes.hidden = !acts.hasNotes();
    master.value = Math.max(LEAST_DB, engine.master.db);
    master.setAttribute("aria-valuetext", engine.master.db <= LEAST_DB ? "off" : `${engine.master.db} dB`);
    const whole24 = lossless();
    for (const { field } of [kind, rate]) field.hidden = !whole24;
    midi.hidden = !whole24;
    quality.textContent = whole24 ? "The samples themselves." : about.files ?? "Preview quality: 16 bits, from compressed sound. With a running kernel: the samples themselves.";
  }

  function tick(text) {
    clock.textContent = text;
    level.style.transform = `scaleX(${Math.min(1, Math.max(0, 1 + (20 * Math.log10(engine.masterLevel() + 1e-9)) / 48))})`;
    level.classList.toggle("over", engine.masterLevel() > 1);
  }

  return { show, tick, say: (words) => { note.textContent = words; }, format: () => ({ kind: kind.value(), rate: Number(rate.value()) }) };
}
