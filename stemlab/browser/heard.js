// What the mixer shows and plays of a band. As `describe` of stemlab/widgets/mixer.py.

const SILENCE = 10 ** (-60 / 10);  // mean power of a frame that counts as sounding

function coloursOf(names, families) {
  const wanted = new Set(names.filter((name) => families[name]).map((name) => families[name]));
  const left = Object.values(families).filter((colour) => !wanted.has(colour));
  const free = left.length ? left : Object.values(families);
  const others = names.filter((name) => !families[name]);
  return names.map((name) => families[name] ?? free[others.indexOf(name) % free.length]);
}

// Highest absolute sample in each of `count` equal pieces, 0 to 100.
function peaksOf(audio, count = 400) {
  const edge = (i) => Math.floor((i * audio.length) / count);
  return Array.from({ length: count }, (_, i) => Math.round(100 * audio.subarray(edge(i), Math.max(edge(i) + 1, edge(i + 1))).reduce((top, sample) => Math.max(top, Math.abs(sample)), 0)));
}

// Stretches of frames that sound, as [start, end] in seconds.
function runsOf(audio, frame, rate) {
  const runs = [];
  for (let start = 0; start < audio.length; start += frame) {
    const piece = audio.subarray(start, start + frame);
    if (piece.reduce((sum, sample) => sum + sample * sample, 0) / piece.length <= SILENCE) continue;
    const [from, to] = [start / rate, Math.min(start + frame, audio.length) / rate];
    if (runs.length && runs[runs.length - 1][1] === from) runs[runs.length - 1][1] = to;
    else runs.push([from, to]);
  }
  return runs;
}

// Stretches of bars in which a stem was asked to play.
const askedOf = (marks, bar) => (marks ? [...marks].flatMap((mark, i) => (mark === "x" ? [[i * bar, (i + 1) * bar]] : [])) : null);

function aboutBand(asked, names, samples, audio, { grid, families }) {
  const [rate, bar] = [grid.sample_rate, asked.bpm ? 240 / asked.bpm : null];
  const colours = coloursOf(names, families);
  return {
    rate, seconds: samples / rate, beat: bar ? bar / 4 : null, downbeat: 0, bars: bar ? Array.from({ length: asked.bars }, (_, i) => i * bar) : [],
    files: "16 bits, from the samples themselves.",
    stems: names.map((name, i) => ({
      name, prompt: asked.stems[i], words: asked.stems[i].split(":").slice(1).join(":").trim(), colour: colours[i],
      peaks: peaksOf(audio[name]), active: runsOf(audio[name], grid.frame, rate), asked: askedOf(asked.activity[name], bar),
    })),
  };
}

// Sound for the engine, decoded already.
function soundOf(names, audio, rate) {
  const buffers = names.map((name) => {
    const buffer = new AudioBuffer({ length: audio[name].length, sampleRate: rate });
    buffer.copyToChannel(audio[name], 0);
    return smoothEnds(buffer);
  });
  return { encoded: names.map(() => null), buffers, loading: Promise.resolve() };
}
