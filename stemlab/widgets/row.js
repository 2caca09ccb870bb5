// One stem in one row: its words, what is turned on it, its level, and its lane with the waveform.

// `stem` is one of about.stems, `channel` its place in the engine or null where it has no sound yet. `dress`, from the studio,
// brings words to edit and a strip of bars.
function makeRow(desk, { stem, number, channel, engine, dress, download }) {
  const row = element("div", { class: "row", role: "group", "aria-label": stem.name }, desk);
  row.style.setProperty("--stem", stem.colour);
  const head = element("div", { class: "head" }, row);
  const name = element("div", { class: "name", title: stem.prompt }, head);
  element("span", { class: "number", text: number, "aria-hidden": "true" }, name);
  element("strong", { text: stem.name }, name);
  if (dress) name.append(dress.words);
  else element("small", { text: stem.words }, name);

  const controls = element("div", { class: "controls" }, head);
  const keys = number <= 9 ? [` (${number})`, ` (shift + ${number})`] : ["", ""];
  const flip = (what) => engine.setChannel(channel, { [what]: !engine.channels[channel][what] });
  const solo = button("Solo", `Solo ${stem.name}${keys[0]}`, controls, () => flip("solo"));
  const mute = button("Mute", `Mute ${stem.name}${keys[1]}`, controls, () => flip("mute"));
  const slider = (key, words, range, text, short = words) => {
    const field = element("label", { class: "tiny" }, controls);
    element("span", { text: short }, field);
    const input = element("input", { type: "range", class: key, "aria-label": `${words} of ${stem.name}`, ...range }, field);
    input.addEventListener("input", () => engine.setChannel(channel, { [key]: Number(input.value) }));
    input.addEventListener("dblclick", () => engine.setChannel(channel, { [key]: 0 }));
    return { key, field, input, words, text };
  };
  const db = (value) => (value <= LEAST_DB ? "off" : `${value > 0 ? "+" : ""}${value} dB`);
  const side = (value) => (value ? `${Math.round(Math.abs(value) * 100)} % ${value < 0 ? "left" : "right"}` : "middle");
  const sliders = [slider("db", "Gain", { min: LEAST_DB, max: 6, step: 1 }, db, "Vol"), slider("pan", "Pan", { min: -1, max: 1, step: 0.1 }, side)];
  const level = element("i", {}, element("div", { class: "meter", "aria-hidden": "true" }, controls));

  const acts = element("div", { class: "acts" }, head);
  if (dress) acts.append(...dress.acts);
  const more = button(dress ? "More" : "Tone", `${dress ? "More" : "Tone"} of ${stem.name}`, acts, () => open(tone.hidden));
  const tone = element("div", { class: "tone", hidden: "" }, head);
  if (dress) tone.append(dress.free);
  for (const [key, words] of [["low", "Low"], ["mid", "Middle"], ["high", "High"]]) {
    const made = slider(key, words, { min: -12, max: 12, step: 1 }, db);
    tone.append(made.field);
    sliders.push(made);
  }
  button("⤓ File", `Download ${stem.name}`, dress ? tone : acts, () => download(channel));
  function open(on) {
    tone.hidden = !on;
    more.setAttribute("aria-expanded", String(on));
  }
  open(false);

  const side2 = element("div", { class: "side" }, row);
  if (dress?.strip) side2.append(dress.strip);
  const wave = element("canvas", { class: "lane", role: "img", "aria-label": `Waveform of ${stem.name}` }, side2);
  const empty = channel === null ? element("div", { class: "empty", text: dress?.missing ?? "" }, side2) : null;
  row.classList.toggle("unmade", channel === null);
  if (channel === null) for (const one of head.querySelectorAll(".controls, .tone > :not(.own)")) one.hidden = true;

  function show() {
    if (channel === null) return;
    const now = engine.channels[channel];
    solo.setAttribute("aria-pressed", String(now.solo));
    mute.setAttribute("aria-pressed", String(now.mute));
    row.classList.toggle("silent", !engine.audible(channel));
    more.classList.toggle("set", Boolean(now.low || now.mid || now.high));
    for (const { key, input, words, text } of sliders) {
      input.value = Math.max(now[key], Number(input.min));
      input.setAttribute("aria-valuetext", text(now[key]));
      input.title = `${words}: ${text(now[key])}; double click for ${text(0)}`;
    }
  }

  function meter() {
    const loud = channel === null ? 0 : engine.level(channel);
    level.style.transform = `scaleX(${Math.min(1, Math.max(0, 1 + (20 * Math.log10(loud + 1e-9)) / 48))})`;
  }

  return { row, wave, channel, stem, strip: dress?.strip ?? null, flip, show, meter, empty };
}
