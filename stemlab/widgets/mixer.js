// The mixer: one row a stem, one playhead for all. Sound is the engine's, pictures are the lanes'.

function bytesOf(sound) {
  if (typeof sound === "string") return Uint8Array.from(atob(sound), (letter) => letter.charCodeAt(0)).buffer;
  return sound.buffer.slice(sound.byteOffset, sound.byteOffset + sound.byteLength);
}

// A version is { about, sound, rows, fetchFile, fetchNotes, lossless, keep }; all but the first two are the studio's or the
// kernel's: `rows` are what to show where that is not just the stems, `keep(desk)` hears of each change of the settings.
// The mixer is { root, engine, takeOver(mixer), close() }; the deck puts its root into the page.
function makeMixer({ about, sound, rows: asked = null, fetchFile = null, fetchNotes = null, lossless = () => false, keep = () => {}, keys = [], looped = () => {} }) {
  const { seconds, stems, beat, downbeat, perBar = 4 } = about;
  const root = element("div", { class: "mixer", tabindex: 0, role: "group", "aria-label": "Stem mixer" });
  const engine = new Engine({ rate: about.rate, seconds, beat, downbeat, perBar, sound, closed: about.loop, changed: show });
  stems.slice(0, engine.channels.length).forEach(({ name }, index) => Object.assign(engine.channels[index], about.desk?.stems?.[name]));
  Object.assign(engine.master, about.desk?.master);
  root.engine = engine;

  const acts = {
    play: playOrPause,
    start: () => engine.seek(engine.loop ? engine.bounds[0] : 0),
    countIn: () => { engine.countIn = !engine.countIn; show(); },
    zoom: () => { view.flip(engine.region, engine.position()); draw(); show(); },
    zoomed: () => !view.whole(),
    notes: () => showNotes(!noted),
    noted: () => noted,
    hasNotes: () => Boolean(about.notes || (fetchNotes && lossless())),
    help: () => showKeys(root, [["Listen", MIXER_KEYS], ...keys]),
    download,
  };
  const view = makeView(about);
  let noted = false;  // are the notes shown
  const transport = makeTransport(root, { engine, about, acts, lossless });

  const desk = element("div", { class: "desk" }, root);
  const above = element("div", { class: "above" }, desk);  // rows over the ruler: names of sections; chords have their place here
  const sections = makeSections(element("div", { class: "sections" }, above), about, { ...about.desk?.sections }, () => keepSettings());
  const ruler = element("canvas", { class: "ruler lane", role: "slider", tabindex: 0, "aria-label": "Playhead", "aria-valuemin": 0, "aria-valuemax": seconds }, desk);
  const shown = asked ?? stems.map((stem, channel) => ({ stem, channel }));
  const rows = shown.map((one, index) => makeRow(desk, { ...one, number: index + 1, engine, download }));
  const over = element("div", { class: "over" }, desk);
  const region = element("div", { class: "region" }, over);
  const playhead = element("div", { class: "playhead" }, over);
  const strips = stems.some((stem) => stem.asked) ? " Strip: where a stem sounds; thin line below it: where it was asked to." : "";
  element("p", { class: "hint", text: `Click to move there, drag over bars to loop them. ? shows all keys.${strips}` }, root);

  async function playOrPause() {
    if (engine.playing) return engine.pause();
    await attempt(() => engine.play());
  }

  async function attempt(act) {
    try {
      await act();
      transport.say("");
    } catch (error) {
      transport.say(`This browser cannot play the stems (${error.message}): use another, or open the WAV files.`);
    }
  }

  // Notes come from the kernel when they are first asked for.
  async function showNotes(on) {
    noted = on;
    if (on && !about.notes) {
      transport.say("Reading the notes ...");
      try { about.notes = (await fetchNotes()).notes; transport.say(""); } catch (error) { noted = false; transport.say(`No notes: ${error.message}`); }
    }
    draw();
    show();
  }

  async function download(what) {
    try {
      transport.say("");
      if (lossless()) await kernelFile(fetchFile, { what, ...transport.format(), desk: settings() });
      else await previewFile(engine, about, what);
    } catch (error) {
      transport.say(`No file: ${error.message}`);
      show();
    }
  }

  // What is set, as desk.py takes it.
  function settings() {
    const channel = ({ solo, mute, db, pan, low, mid, high }) => ({ solo, mute, db, pan, low, mid, high });
    return { stems: Object.fromEntries(engine.channels.map((one, index) => [stems[index].name, channel(one)])), master: { ...engine.master }, sections: sections.names() };
  }

  let [kept, later] = [JSON.stringify(settings()), null];
  function keepSettings() {
    const now = JSON.stringify(settings());
    if (now === kept) return;
    kept = now;
    clearTimeout(later);
    later = setTimeout(() => keep(settings()), 300);
  }

  // Everything that changes by a click or key; what moves by itself is in tick.
  function show() {
    transport.show();
    region.hidden = !engine.region;
    placeRegion(region, engine.bounds, view.shown());
    for (const row of rows) row.show();
    keepSettings();
    tick();
  }

  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;  // then the playhead steps from beat to beat
  let frame = 0;
  function tick() {
    cancelAnimationFrame(frame);
    const at = engine.position();
    const drawn = calm && engine.playing ? Math.floor(at / (beat || 0.5) + 1e-6) * (beat || 0.5) : at;
    if (view.follow(at)) { draw(); placeRegion(region, engine.bounds, view.shown()); }
    playhead.style.left = `${placeIn(drawn, view.shown()) * 100}%`;
    const beats = Math.floor((at - downbeat) / beat + 1e-6);  // below 0 in an upbeat, which is bar 0
    const place = beat ? `bar ${Math.floor(beats / perBar) + 1}.${((beats % perBar) + perBar) % perBar + 1} · ` : "";
    const text = `${place}${at.toFixed(1)} / ${seconds.toFixed(1)} s`;
    transport.tick(text);
    ruler.setAttribute("aria-valuenow", at.toFixed(2));
    ruler.setAttribute("aria-valuetext", text);
    for (const row of rows) row.meter();
    if (engine.playing) frame = requestAnimationFrame(tick);
  }

  function draw() {
    if (!ruler.clientWidth) return;  // out of sight, as for a moment while JupyterLab changes its theme
    const style = getComputedStyle(root);
    const [line, soft] = ["--line", "--soft"].map((name) => style.getPropertyValue(name));
    const now = view.shown();
    drawRuler(ruler, about, [line, soft], now);
    sections.show(now);
    for (const { wave, stem, channel, strip } of rows) {
      const notes = noted && channel !== null ? about.notes?.[channel] ?? null : null;
      drawWave(wave, stem, about, [line, soft], { view: now, buffer: engine.buffers?.[channel], notes });
      const wide = (100 * seconds) / (now.end - now.start);
      if (strip) Object.assign(strip.style, { width: `${wide}%`, marginLeft: `${(-wide * now.start) / seconds}%` });
    }
  }

  const step = beat ? beat * perBar : 1;
  dragLanes(desk, { ruler, region, seconds, downbeat, step, view: view.shown }, {
    seek: (second) => engine.seek(second),
    loop: (part, lane) => { engine.setRegion(part); looped(part, rows.find(({ wave }) => wave === lane)?.stem.name ?? null); },
    cancel: show,
  });
  ruler.addEventListener("dblclick", () => sections.name(engine.position()));
  // After a click the keys are the mixer's again: space plays instead of pressing the button once more.
  root.addEventListener("click", (event) => {
    if (event.detail > 0 && event.target.isConnected && !takesText(event.target) && !event.target.closest(".own, details, dialog, .strip, .above")) root.focus({ preventScroll: true });
  });

  const KEYS = {
    Space: playOrPause,
    Home: acts.start,
    KeyL: () => engine.setLoop(!engine.loop),
    KeyK: () => beat && engine.setMetronome(!engine.metronome),
    KeyC: acts.countIn,
    KeyZ: acts.zoom,
    KeyN: () => sections.name(engine.position()),
    Escape: () => { engine.setRegion(null); looped(null, null); },
    ArrowLeft: (event) => engine.seek(engine.position() - (event.shiftKey && beat ? beat : step)),
    ArrowRight: (event) => engine.seek(engine.position() + (event.shiftKey && beat ? beat : step)),
  };
  root.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || takesText(target) || target.closest("dialog")) return;
    if (event.key === "?") { acts.help(); event.preventDefault(); return; }
    const own = target.matches("button, summary") ? ["Space"] : target.matches("input") ? ["ArrowLeft", "ArrowRight", "Home"] : [];
    if (own.includes(event.code)) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const row = rows[digit - 1];
    if (row) { if (row.channel !== null) row.flip(event.shiftKey ? "mute" : "solo"); } else if (KEYS[event.code]) KEYS[event.code](event);
    else return;
    event.preventDefault();
  });

  const resized = new ResizeObserver(draw);
  resized.observe(root);
  const unwatch = watchTheme((dark) => { root.dataset.theme = dark ? "dark" : "light"; requestAnimationFrame(draw); });
  show();
  attempt(() => engine.load());

  function takeOver(old) {
    engine.channels.forEach((_, index) => {
      const there = old.names.indexOf(stems[index].name);
      if (there < 0) return;
      const { solo, mute, db, pan, low, mid, high } = old.engine.channels[there];
      engine.setChannel(index, { solo, mute, db, pan, low, mid, high });
    });
    engine.takeOver(old.engine);
    if (!Object.keys(sections.names()).length && old.about.seconds === seconds) Object.assign(sections.names(), old.sections());
    if (old.noted() && acts.hasNotes()) showNotes(true);
  }

  const close = () => { clearTimeout(later); resized.disconnect(); unwatch(); engine.close(); root.remove(); };
  return { root, engine, show, about, noted: acts.noted, sections: sections.names, names: stems.slice(0, engine.channels.length).map((stem) => stem.name), takeOver, close };
}
