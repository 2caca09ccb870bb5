// What a band is asked for, checked, and as the numbers that the networks take. As stemlab/lab/request.py and stemlab/conditions.py.
//
// A request is { stems: [text], prompt, bpm, key, bars, seed, activity: { name: "x.xx" }, coupling, rho, again: [[name, seed]] }.

const [REST, PLAY, FREE] = [0, 1, 2];
const [END, OFFSET] = [1, 3];  // of ByT5's tokens: byte b is b + 3, and 0 is padding
const BEATS = 4;  // in a bar

// Names of stems: the text before the colon, numbered where it comes again. As stemlab/songs/names.py.
function uniqueNames(stems) {
  const names = [];
  for (const stem of stems) {
    const base = stem.split(":")[0].toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim().slice(0, 40).trim();
    if (!base) throw new Error(`Stem ${JSON.stringify(stem)} has no name: write one, such as "bass: slap bass".`);
    let [name, count] = [base, 2];
    while (names.includes(name)) name = `${base} ${count++}`;
    names.push(name);
  }
  return names;
}

// An Error of one line says what is wrong with a request and how to mend it.
function checkRequest(asked, settings) {
  const { stems, bpm, key, bars, seed, rho, coupling } = asked;
  const number = (name, value, low, high, whole = false) => {
    if (typeof value === "number" && value >= low && value <= high && (!whole || Number.isInteger(value))) return;
    throw new Error(`${name}: got ${value === null || Number.isNaN(value) ? "nothing" : value}; it takes ${whole ? "a whole number" : "a number"} from ${low} to ${high}.`);
  };
  if (!stems.length || stems.length > settings.most_stems) throw new Error(`Stems: got ${stems.length}; a band has 1 to ${settings.most_stems}.`);
  const names = uniqueNames(stems);
  const without = stems.find((stem) => /^\s*(no|without)\b/i.test(stem));
  if (without) throw new Error(`Stem ${JSON.stringify(without)}: a stem is somebody who plays; remove it from the band instead.`);
  if (bpm !== null) number("Tempo", bpm, 40, 240);
  if (bpm !== null || bars !== null) number("Bars", bars, 1, 64, true);
  number("Seed", seed, 0, Number.MAX_SAFE_INTEGER, true);
  if (key !== null && !settings.keys.includes(key)) throw new Error(`Key: got ${JSON.stringify(key)}; it takes one such as "A minor".`);
  if (!["song", "attention", "noise"].includes(coupling)) throw new Error(`Coupling: got ${JSON.stringify(coupling)}; it takes "song", "attention" or "noise".`);
  if (coupling === "noise") number("Shared noise", rho, 0, 1);
  if (secondsOf(asked) > settings.longest) throw new Error(`${bars} bars at ${bpm} bpm are ${secondsOf(asked).toFixed(1)} s; one pass makes ${settings.longest} s: ask for fewer bars.`);
  for (const [name, marks] of Object.entries(asked.activity)) {
    if (!names.includes(name)) throw new Error(`Who plays when: there is no stem ${JSON.stringify(name)}; there are ${names.join(", ")}.`);
    if (bpm === null || marks.length !== bars || /[^x.]/.test(marks)) throw new Error(`Who plays when: ${name} has ${JSON.stringify(marks)}; it takes ${bars} characters, x plays and . rests.`);
  }
}

const secondsOf = ({ bpm, bars }) => (bpm ? (bars * BEATS * 60) / bpm : 8);
const samplesOf = (asked, grid) => evenRound(secondsOf(asked) * grid.sample_rate);
const framesOf = (samples, grid) => Math.ceil(samples / grid.frame);

// What a stem shall do at every sample, for marks of one character a bar.
function sampleMarks(marks, bpm, samples, rate) {
  const [made, beat] = [new Uint8Array(samples), (60 / bpm) * rate];
  const line = (bar) => evenRound(bar * BEATS * beat);
  [...marks].forEach((mark, bar) => made.fill(mark === "x" ? PLAY : REST, bar ? line(bar) : 0, bar + 1 < marks.length ? line(bar + 1) : samples));
  return made;
}

// Python's round: halves go to the even neighbour.
function evenRound(value) {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 ? near - 1 : near;
}

// The mark at the middle of each latent frame.
const frameMarks = (marks, frames, frame) => Int32Array.from({ length: frames }, (_, f) => marks[Math.min(f * frame + frame / 2, marks.length - 1)]);

// Texts as rows of tokens, all as long as the longest, 3 at least.
function tokenize(texts, most) {
  const rows = texts.map((text) => [...new TextEncoder().encode(text.toLowerCase()).slice(0, most - 1)].map((byte) => byte + OFFSET).concat(END));
  const letters = Math.max(3, ...rows.map((row) => row.length));
  const tokens = new Int32Array(rows.length * letters);
  rows.forEach((row, i) => tokens.set(row, i * letters));
  return { tokens, letters };
}

// Conditions of some stems of a band: flat arrays, stem after stem. `submix`: latents that all of them are told, or null.
function conditions(asked, names, shown, marks, frames, settings, submix = null) {
  const { prompt, bpm, key, stems } = asked;
  const texts = shown.map((name) => stems[names.indexOf(name)] + (prompt ? ` | ${prompt}` : ""));
  const activity = new Int32Array(shown.length * frames).fill(FREE);
  shown.forEach((name, i) => { if (marks[name]) activity.set(frameMarks(marks[name], frames, settings.grid.frame), i * frames); });
  const size = settings.grid.channels * frames;
  const heard = new Float32Array(shown.length * size);
  if (submix) shown.forEach((_, i) => heard.set(submix, i * size));
  return {
    submix: heard, has: new Uint8Array(shown.length).fill(Number(submix !== null)), ...tokenize(texts, settings.letters), activity, frames, count: shown.length,
    bpm: new Float32Array(shown.length).fill(bpm ?? 0),
    key: new Int32Array(shown.length).fill(key === null ? settings.keys.length : settings.keys.indexOf(key)),
    group: new Int32Array(shown.length),
  };
}
