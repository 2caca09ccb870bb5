// The mixer: one row a stem, one playhead for all. Sound is the engine's, pictures are the lanes'.

function bytesOf(sound) {
  if (typeof sound === "string") return Uint8Array.from(atob(sound), (letter) => letter.charCodeAt(0)).buffer;
  return sound.buffer.slice(sound.byteOffset, sound.byteOffset + sound.byteLength);
}

// A version is { about, sound }. The mixer is { root, engine, takeOver(mixer), close() }; the deck puts its root into the page.
function makeMixer({ about, sound }) {
  const { seconds, bars, stems, beat, downbeat } = about;
  const root = element("div", { class: "mixer", tabindex: 0, role: "group", "aria-label": "Stem mixer" });
  const engine = new Engine({ rate: about.rate, seconds, beat, sound, changed: show });
  root.engine = engine;

  const bar = element("div", { class: "bar" }, root);
  const play = button("▶ Play", "Play (space)", bar, playOrPause);
  button("|◀", "Back to the start (Home)", bar, () => engine.seek(engine.loop ? engine.bounds[0] : 0));
  const loop = button("⟳ Loop", "Loop (L)", bar, () => engine.setLoop(!engine.loop));
  const whole = button("Whole", "Loop the whole again (Escape)", bar, () => engine.setRegion(null));
  const clock = element("span", { class: "clock" }, bar);
  const note = element("span", { class: "note", role: "status" }, bar);
  button("⤓ Mix", "Download the mix as it is set now, as WAV", bar, () => download("mix"));
  button("⤓ ZIP", "Download all stems and the mix as ZIP", bar, () => download("zip"));

  const desk = element("div", { class: "desk" }, root);
  const ruler = element("canvas", { class: "ruler lane", role: "slider", tabindex: 0, "aria-label": "Playhead", "aria-valuemin": 0, "aria-valuemax": seconds }, desk);
  const rows = stems.map((stem, index) => addRow(stem, index));
  const over = element("div", { class: "over" }, desk);
  const region = element("div", { class: "region" }, over);
  const playhead = element("div", { class: "playhead" }, over);
  const asked = stems.some((stem) => stem.asked) ? " Strip: where a stem sounds; thin line below it: where it was asked to." : "";
  element("p", { class: "hint", text: "Space plays, arrows move by a bar (shift: a beat), 1 to 9 solo, shift + 1 to 9 mute. Click to move there, drag to loop; alt drags freely." + asked }, root);

  function addRow(stem, index) {
    const row = element("div", { class: "row", role: "group", "aria-label": stem.name }, desk);
    row.style.setProperty("--stem", stem.colour);
    const head = element("div", { class: "head" }, row);
    const name = element("div", { class: "name", title: stem.prompt }, head);
    element("span", { class: "number", text: index + 1, "aria-hidden": "true" }, name);
    element("strong", { text: stem.name }, name);
    element("small", { text: stem.words }, name);
    const keys = index < 9 ? [` (${index + 1})`, ` (shift + ${index + 1})`] : ["", ""];
    const controls = element("div", { class: "controls" }, head);
    const solo = button("S", `Solo ${stem.name}${keys[0]}`, controls, () => flip(index, "solo"));
    const mute = button("M", `Mute ${stem.name}${keys[1]}`, controls, () => flip(index, "mute"));
    const gain = element("input", { type: "range", min: -30, max: 6, step: 1, value: 0, "aria-label": `Gain of ${stem.name}` }, controls);
    gain.addEventListener("input", () => engine.setChannel(index, { db: gain.value > -30 ? Number(gain.value) : -Infinity }));
    gain.addEventListener("dblclick", () => { gain.value = 0; engine.setChannel(index, { db: 0 }); });
    const level = element("i", {}, element("div", { class: "meter", "aria-hidden": "true" }, controls));
    button("⤓", `Download ${stem.name} as WAV`, controls, () => download(index));
    const wave = element("canvas", { class: "lane", role: "img", "aria-label": `Waveform of ${stem.name}` }, row);
    return { row, solo, mute, gain, level, wave };
  }

  function flip(index, what) { engine.setChannel(index, { [what]: !engine.channels[index][what] }); }

  async function playOrPause() {
    if (engine.playing) return engine.pause();
    await attempt(() => engine.play());
  }

  async function attempt(act) {
    try {
      await act();
      note.textContent = "";
    } catch (error) {
      note.textContent = `This browser cannot play the stems (${error.message}): use another, or open the WAV files.`;
    }
  }

  const download = (what) => attempt(async () => {
    await engine.load();
    const file = (sides) => wav(sides, about.rate);
    const stem = (index) => [`${String(index + 1).padStart(2, "0")}_${fileName(stems[index].name)}.wav`, file(channelsOf(engine.buffers[index]))];
    if (what === "zip") return saveAs(zip([...stems.map((_, index) => stem(index)), ["mix.wav", file(await engine.bounce())]]), "stems.zip");
    const [name, bytes] = what === "mix" ? ["mix.wav", file(await engine.bounce())] : stem(what);
    return saveAs(new Blob([bytes], { type: "audio/wav" }), name);
  });

  // Everything that changes by a click or key; what moves by itself is in tick.
  function show() {
    play.textContent = engine.playing ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-label", engine.playing ? "Pause (space)" : "Play (space)");
    loop.setAttribute("aria-pressed", engine.loop);
    enable(whole, engine.region);
    region.hidden = !engine.region;
    const [start, end] = engine.bounds;
    Object.assign(region.style, { left: `${(start / seconds) * 100}%`, width: `${((end - start) / seconds) * 100}%` });
    rows.forEach(({ row, solo, mute, gain }, index) => {
      const { db, ...channel } = engine.channels[index];
      solo.setAttribute("aria-pressed", channel.solo);
      mute.setAttribute("aria-pressed", channel.mute);
      row.classList.toggle("silent", !engine.audible(index));
      const text = db === -Infinity ? "off" : `${db > 0 ? "+" : ""}${db} dB`;
      gain.value = Math.max(db, -30);
      gain.setAttribute("aria-valuetext", text);
      gain.title = `Gain: ${text}; double click for 0 dB`;
    });
    tick();
  }

  let frame = 0;
  function tick() {
    cancelAnimationFrame(frame);
    const at = engine.position();
    playhead.style.left = `${(at / seconds) * 100}%`;
    const beats = Math.floor((at - downbeat) / beat + 1e-6);  // below 0 in an upbeat, which is bar 0
    const place = beat ? `bar ${Math.floor(beats / 4) + 1}.${((beats % 4) + 4) % 4 + 1} · ` : "";
    clock.textContent = `${place}${at.toFixed(1)} / ${seconds.toFixed(1)} s`;
    ruler.setAttribute("aria-valuenow", at.toFixed(2));
    ruler.setAttribute("aria-valuetext", clock.textContent);
    rows.forEach(({ level }, index) => {
      const db = 20 * Math.log10(engine.level(index) + 1e-9);
      level.style.transform = `scaleX(${Math.min(1, Math.max(0, 1 + db / 48))})`;
    });
    if (engine.playing) frame = requestAnimationFrame(tick);
  }

  function draw() {
    if (!ruler.clientWidth) return;  // out of sight, as for a moment while JupyterLab changes its theme
    const style = getComputedStyle(root);
    const [line, soft] = ["--line", "--soft"].map((name) => style.getPropertyValue(name));
    drawRuler(ruler, about, [line, soft]);
    rows.forEach(({ wave }, index) => drawWave(wave, stems[index], about, [line, soft]));
  }

  const step = beat ? beat * 4 : 1;
  const edge = (second, round) => Math.min(seconds, Math.max(0, downbeat + round((second - downbeat) / step) * step));
  let drag = null;
  const secondAt = (event) => {
    const box = ruler.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * seconds;
  };
  desk.addEventListener("pointerdown", (event) => {
    if (!event.target.matches(".lane") || event.button !== 0) return;
    drag = { x: event.clientX, from: secondAt(event), far: false };
    desk.setPointerCapture(event.pointerId);
  });
  desk.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.far ||= Math.abs(event.clientX - drag.x) > 4;
    if (!drag.far) return;
    const [low, high] = [drag.from, secondAt(event)].sort((a, b) => a - b);
    drag.region = event.altKey ? [low, Math.max(high, low + 0.05)] : [edge(low, Math.floor), edge(high, Math.ceil)];
    region.hidden = false;
    Object.assign(region.style, { left: `${(drag.region[0] / seconds) * 100}%`, width: `${((drag.region[1] - drag.region[0]) / seconds) * 100}%` });
  });
  desk.addEventListener("pointerup", () => {
    if (drag?.region) engine.setRegion(drag.region);
    else if (drag) engine.seek(drag.from);
    drag = null;
  });
  desk.addEventListener("pointercancel", () => { drag = null; show(); });
  // After a click the keys are the mixer's again: space plays instead of pressing the button once more.
  root.addEventListener("click", (event) => { if (event.detail > 0) root.focus({ preventScroll: true }); });

  const KEYS = {
    Space: playOrPause,
    Home: () => engine.seek(engine.loop ? engine.bounds[0] : 0),
    KeyL: () => engine.setLoop(!engine.loop),
    Escape: () => engine.setRegion(null),
    ArrowLeft: (event) => engine.seek(engine.position() - (event.shiftKey && beat ? beat : step)),
    ArrowRight: (event) => engine.seek(engine.position() + (event.shiftKey && beat ? beat : step)),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || takesText(event.target)) return;
    const own = event.target.matches("button") ? ["Space"] : event.target.matches("input") ? ["ArrowLeft", "ArrowRight", "Home"] : [];
    if (own.includes(event.code)) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (digit && digit <= stems.length) flip(digit - 1, event.shiftKey ? "mute" : "solo");
    else if (KEYS[event.code]) KEYS[event.code](event);
    else return;
    event.preventDefault();
  });

  const resized = new ResizeObserver(draw);
  resized.observe(root);
  const unwatch = watchTheme((dark) => { root.dataset.theme = dark ? "dark" : "light"; requestAnimationFrame(draw); });
  show();
  attempt(() => engine.load());

  function takeOver(old) {
    stems.forEach((stem, index) => {
      const there = old.names.indexOf(stem.name);
      const { solo, mute, db } = there < 0 ? {} : old.engine.channels[there];
      if (there >= 0) engine.setChannel(index, { solo, mute, db });
    });
    engine.takeOver(old.engine);
  }

  const close = () => { resized.disconnect(); unwatch(); engine.close(); root.remove(); };
  return { root, engine, names: stems.map((stem) => stem.name), takeOver, close };
}
