// What is done to a stem's waveform: silence where nothing sounds, gates where it rests, one level for the band.
// As stemlab/codec/bundled.py, stemlab/lab/gate.py and the `level` of stemlab/lab/draft.py.

const [ATTACK, RELEASE] = [0.003, 0.02];  // seconds

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
  const rise = (i, length) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / length);
  for (let edge = 1; edge < marks.length; edge++) {
    const [rests, rested] = [marks[edge] === REST, marks[edge - 1] === REST];
    if (rests === rested) continue;
    const [first, behind] = rests ? [Math.max(0, edge - Math.round(RELEASE * rate)), edge] : [edge, Math.min(marks.length, edge + Math.round(ATTACK * rate))];
    for (let i = first; i < behind; i++) gain[i] *= rise(rests ? behind - 1 - i : i - first, behind - first);
  }
  return audio.map((sample, i) => sample * gain[i]);
}

// One gain for all stems, at most 1, so that neither their sum nor one of them peaks above `most`.
function levelOf(stems, most) {
  const sum = stems[0].map((_, i) => stems.reduce((total, stem) => total + stem[i], 0));
  const peak = [sum, ...stems].reduce((top, sound) => sound.reduce((high, sample) => Math.max(high, Math.abs(sample)), top), 1e-9);
  return Math.min(1, most / peak);
}
