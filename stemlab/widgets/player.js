// Plays all stems of a group in step: one AudioContext, every source started at the same instant of its clock.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.getElementById("player");
  const state = { context: null, ready: null, buffers: null, sources: [], playing: false, loop: true, from: 0, startedAt: 0 };

  function element(tag, attributes, parent) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") made.textContent = value;
      else made.setAttribute(name, value);
    }
    parent.append(made);
    return made;
  }

  function toggle(label, title, parent, pressed, change) {
    const button = element("button", { text: label, title, "aria-label": title, "aria-pressed": pressed }, parent);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", on);
      change(on);
    });
    return button;
  }

  const bar = element("div", { class: "bar" }, root);
  const play = element("button", { text: "▶ Play", "aria-label": "Play" }, bar);
  toggle("⟳ Loop", "Loop", bar, state.loop, (on) => {
    const now = position();
    state.loop = on;
    if (state.playing) start(now);
  });
  const clock = element("time", { "aria-label": "Position" }, bar);
  const note = element("span", { role: "status" }, bar);

  const stems = data.stems.map((stem) => {
    const row = element("div", { class: "stem", role: "group", "aria-label": stem.name }, root);
    const name = element("div", { class: "name", text: stem.name, title: stem.prompt }, row);
    element("small", { text: stem.prompt.includes(":") ? stem.prompt.split(":").slice(1).join(":").trim() : "" }, name);
    const made = { ...stem, row, solo: false, mute: false, gain: 1 };
    toggle("S", `Solo ${stem.name}`, row, false, (on) => { made.solo = on; applyGains(); });
    toggle("M", `Mute ${stem.name}`, row, false, (on) => { made.mute = on; applyGains(); });
    const slider = element("input", { type: "range", min: -30, max: 6, step: 1, value: 0, "aria-label": `Gain of ${stem.name} in dB` }, row);
    slider.addEventListener("input", () => {
      made.gain = Number(slider.value) <= -30 ? 0 : 10 ** (Number(slider.value) / 20);
      slider.title = `${slider.value} dB`;
      applyGains();
    });
    made.canvas = element("canvas", { role: "img", "aria-label": `Waveform of ${stem.name}: click to move there` }, row);
    made.canvas.addEventListener("click", (event) => seek((event.offsetX / made.canvas.clientWidth) * data.seconds));
    return made;
  });

  function position() {
    if (!state.playing) return state.from;
    const at = state.from + Math.max(0, state.context.currentTime - state.startedAt);
    return state.loop ? at % data.seconds : Math.min(at, data.seconds);
  }

  function applyGains() {
    const anySolo = stems.some((stem) => stem.solo);
    for (const stem of stems) {
      const audible = !stem.mute && (!anySolo || stem.solo);
      stem.row.classList.toggle("silent", !audible);
      if (stem.node) stem.node.gain.setTargetAtTime(audible ? stem.gain : 0, state.context.currentTime, 0.01);
    }
  }

  async function decode() {
    state.context = new (window.AudioContext || window.webkitAudioContext)();
    note.textContent = "decoding ...";
    state.buffers = await Promise.all(stems.map((stem) => {
      const bytes = Uint8Array.from(atob(stem.audio), (letter) => letter.charCodeAt(0));
      return state.context.decodeAudioData(bytes.buffer);
    }));
    for (const stem of stems) {
      stem.node = state.context.createGain();
      stem.node.connect(state.context.destination);
    }
    note.textContent = "";
  }

  function halt() {
    for (const source of state.sources) { source.onended = null; source.stop(); source.disconnect(); }
    state.sources = [];
  }

  function start(from) {
    halt();
    const at = state.context.currentTime + 0.05;  // far enough ahead that every source is ready by then
    state.sources = state.buffers.map((buffer, index) => {
      const source = state.context.createBufferSource();
      source.buffer = buffer;
      source.loop = state.loop;
      source.connect(stems[index].node);
      source.start(at, from);
      return source;
    });
    state.sources[0].onended = () => stop(0);
    Object.assign(state, { from, startedAt: at, playing: true });
    applyGains();
    show();
  }

  function stop(at) {
    halt();
    Object.assign(state, { playing: false, from: at });
    show();
  }

  function seek(to) {
    if (state.playing) start(to);
    else { state.from = to; draw(); }
  }

  async function playOrStop() {
    if (state.playing) { stop(position()); return; }
    try {
      await (state.ready ??= decode());  // once, however often one clicks meanwhile
      await state.context.resume();
      start(state.from >= data.seconds ? 0 : state.from);
    } catch (error) {
      note.textContent = `This browser cannot play the stems (${error.message}): open the WAV files beside this page.`;
    }
  }

  function show() {
    play.textContent = state.playing ? "■ Stop" : "▶ Play";
    play.setAttribute("aria-label", state.playing ? "Stop" : "Play");
    draw();
  }

  function draw() {
    const style = getComputedStyle(document.documentElement);
    const [soft, line, on] = ["--soft", "--line", "--on"].map((name) => style.getPropertyValue(name));
    const at = position();
    for (const { canvas, peaks } of stems) {
      const [width, height] = [canvas.clientWidth, canvas.clientHeight];
      const scale = window.devicePixelRatio || 1;
      Object.assign(canvas, { width: width * scale, height: height * scale });
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      pen.fillStyle = line;
      for (const second of data.bars) pen.fillRect((second / data.seconds) * width, 0, 1, height);
      pen.fillStyle = soft;
      peaks.forEach((peak, index) => {
        const tall = Math.max(1, Math.sqrt(peak / 100) * height);  // root, so that quiet stems show too
        pen.fillRect((index / peaks.length) * width, (height - tall) / 2, width / peaks.length, tall);
      });
      pen.fillStyle = on;
      pen.fillRect((at / data.seconds) * width - 1, 0, 2, height);
    }
    clock.textContent = `${at.toFixed(1)} / ${data.seconds.toFixed(1)} s`;
    if (state.playing) requestAnimationFrame(draw);
  }

  play.addEventListener("click", playOrStop);
  window.addEventListener("resize", () => { if (!state.playing) draw(); });
  window.addEventListener("keydown", (event) => {
    if (event.code !== "Space" || ["BUTTON", "INPUT"].includes(event.target.tagName)) return;
    event.preventDefault();
    playOrStop();
  });
  draw();
})();
