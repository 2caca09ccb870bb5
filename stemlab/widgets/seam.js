// Where sound starts, ends or goes round in the middle of a wave, it would click: there it is bent over a few milliseconds.

const RAMP = 0.002, SEAM = 0.008;  // seconds
const MIDWAVE = 0.01;  // a first or last sample above this is no silence

// A ramp at the start and at the end of a buffer, where one is needed; the buffer is changed.
function smoothEnds(buffer) {
  const count = Math.min(Math.round(RAMP * buffer.sampleRate), buffer.length >> 1);
  for (let side = 0; side < buffer.numberOfChannels; side++) {
    const samples = buffer.getChannelData(side);
    const last = samples.length - 1;
    if (Math.abs(samples[0]) > MIDWAVE) for (let i = 0; i < count; i++) samples[i] *= i / count;
    if (Math.abs(samples[last]) > MIDWAVE) for (let i = 0; i < count; i++) samples[last - i] *= i / count;
  }
  return buffer;
}

// The buffer for a loop of [start, end) in seconds: what comes before the start is what its last moment turns into.
function seamless(buffer, [start, end]) {
  const rate = buffer.sampleRate;
  const [first, behind] = [start, end].map((second) => Math.round(second * rate));
  const count = Math.min(Math.round(SEAM * rate), behind - first);
  if (first === 0 && behind >= buffer.length) return buffer;  // its ends are smooth already, or flow into each other
  const made = new AudioBuffer({ numberOfChannels: buffer.numberOfChannels, length: buffer.length, sampleRate: rate });
  for (let side = 0; side < buffer.numberOfChannels; side++) {
    const [from, to] = [buffer.getChannelData(side), made.getChannelData(side)];
    to.set(from);
    for (let i = 0; i < count; i++) {
      const way = (i + 1) / count;
      to[behind - count + i] = from[behind - count + i] * (1 - way) + (from[first - count + i] ?? 0) * way;
    }
  }
  return made;
}
