// What is done to a stem's waveform: silence where nothing sounds, gates where it rests, one level for the band.
// As stemlab/codec/bundled.py, stemlab/lab/gate.py and the `level` of stemlab/lab/draft.py.

const [ATTACK, RELEASE, START, MIDWAVE] = [0.003, 0.02, 0.002, 0.01];  // seconds; and a share of the peak

// From 0 to 1 as half a cosine, neither of them reached.
const rise = (i, length) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / length);

// Gain at every sample: 0 where all bands are silent. `bands` is flat, 128 rows of `frames` numbers in dB.
function sounding(bands, frames, silence) {
  const loud = new Float32Array(frames);
  bands.forEach((db, i) => { if (db > silence) loud[i % frames] = 1; });
  return between(loud, HOP);
}

// Latents of one stem, `channels` rows of T, to its waveform of T * 2048 samples.
async function decode(nets, latents, settings) {
  const { channels } = settings.grid;
  const { bands } = await nets.run("bands", { latents: nets.tensor("float32", latents, [1, channels, latents.length / channels]) });
  const { magnitude, turns } = await nets.run("spectrum", { bands });
  const frames = bands.dims[2];
  const audio = sharpenAttacks(griffinLim(integratePhase(magnitude.data, turns.data, frames), magnitude.data), magnitude.data, turns.data, frames);
  const gain = sounding(bands.data, frames, settings.silence_db);
  return audio.map((sample, i) => sample * gain[i]);
}

// Silence a stem exactly where it rests. The ramps, raised cosines, lie where it plays.
function gate(audio, marks, rate) {
  const gain = Float32Array.from(marks, (mark) => Number(mark !== REST));
  for (let edge = 1; edge < marks.length; edge++) {
    const [rests, rested] = [marks[edge] === REST, marks[edge - 1] === REST];
    if (rests === rested) continue;
    const [first, behind] = rests ? [Math.max(0, edge - Math.round(RELEASE * rate)), edge] : [edge, Math.min(marks.length, edge + Math.round(ATTACK * rate))];
    for (let i = first; i < behind; i++) gain[i] *= rise(rests ? behind - 1 - i : i - first, behind - first);
  }
  return audio.map((sample, i) => sample * gain[i]);
}

const peakOf = (audio) => audio.reduce((top, sample) => Math.max(top, Math.abs(sample)), 0);

// Let a stem that begins in mid-wave rise over its first 2 ms.
function ramped(audio, rate) {
  if (Math.abs(audio[0]) <= MIDWAVE * peakOf(audio)) return audio;
  const length = Math.min(Math.round(START * rate), audio.length);
  return audio.map((sample, i) => (i >= length ? sample : i ? sample * rise(i, length) : 0));
}

// One gain for all stems, at most 1, so that neither their sum nor one of them peaks above `most`.
function levelOf(stems, most) {
  const sum = stems[0].map((_, i) => stems.reduce((total, stem) => total + stem[i], 0));
  return Math.min(1, most / Math.max(1e-9, ...[sum, ...stems].map(peakOf)));
}
