// How far the JavaScript is from Python on each vector: { name: largest difference, relative to the largest value }.
async function checkVectors(v) {
  const unpack = ({ float32 }) => new Float32Array(Uint8Array.from(atob(float32), (c) => c.charCodeAt(0)).buffer);
  const apart = (found, told) => {
    const true_ = told.float32 === undefined ? told : unpack(told);
    if (found.length !== true_.length) return Infinity;
    let [most, top] = [0, 1e-12];
    true_.forEach((value, i) => { top = Math.max(top, Math.abs(value)); most = Math.max(most, Math.abs(value - found[i])); });
    return Number.isNaN(most) || found.some(Number.isNaN) ? Infinity : most / top;
  };
  const parts = v.led_by.parts.map(unpack);
  const frames = 7;
  const told = { magnitude: unpack(v.phase.magnitude), turns: unpack(v.phase.turns) };
  const phased = integratePhase(told.magnitude, told.turns, frames);
  const heard = stft(unpack(v.stft.audio));
  const wave = griffinLim({ re: unpack(v.phase.re), im: unpack(v.phase.im), frames }, told.magnitude);
  const { tokens, letters } = tokenize(v.tokens.texts, 96);
  const marks = v.marks.map(({ bars, bpm }) => sampleMarks(bars, bpm, 9000, 32000));
  const field = async (x, t, step) => x.map((value) => t - value + step);
  const times = (power) => Array.from({ length: 9 }, (_, i) => (i / 8) ** power);
  const solved = (power, bend) => solve(field, unpack(v.solvers.noise), times(power), bend);
  return {
    "euler": apart(await solved(1, 0), v.solvers.euler), "quadratic": apart(await solved(2, 0.5), v.solvers.quadratic),
    "led_by, three": apart(ledBy(parts[0], [parts[1], parts[2]], 2.5, 4), v.led_by.three),
    "led_by, two": apart(ledBy(parts[0], [parts[2]], 3, 3), v.led_by.two),
    "in_interval": v.in_interval.filter(([step, steps, interval, on]) => inInterval(step, steps, interval) !== on).length,
    "names": Number(JSON.stringify(uniqueNames(v.names.stems)) !== JSON.stringify(v.names.out)),
    "tokens": apart(tokens, v.tokens.out.flatMap((row) => row.slice(0, letters))),
    "marks": Math.max(...marks.map((made, i) => apart(made, v.marks[i].out))),
    "frame marks": Math.max(...marks.map((made, i) => apart(frameMarks(made, 5, 2048), v.marks[i].frames))),
    "gate": apart(gate(unpack(v.gate.audio), unpack(v.gate.marks), 32000), v.gate.out),
    "ramped": apart(ramped(unpack(v.ramped.audio), 32000), v.ramped.out),
    "stft, real": apart(heard.re, v.stft.re), "stft, imaginary": apart(heard.im, v.stft.im),
    "istft": apart(istft({ re: unpack(v.istft.re), im: unpack(v.istft.im), frames }), v.istft.out),
    "phase, real": apart(phased.re, v.phase.re), "phase, imaginary": apart(phased.im, v.phase.im),
    "griffin_lim": apart(wave, v.griffin_lim),
    "sharpen_attacks": apart(sharpenAttacks(unpack(v.attack.audio), unpack(v.attack.magnitude), unpack(v.attack.turns), frames), v.attack.out),
    "sounding": apart(sounding(unpack(v.sounding.bands), 8, -80), v.sounding.out),
  };
}
