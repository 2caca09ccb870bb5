// Phase from its gradients, and sharp attacks from one of them. As stemlab/codec/phase.py, whose words tell why.
//
// `magnitude` has BINS numbers a frame; `turns` has 4 times BINS: real and imaginary part of the turn since the last frame, then of the turn
// to the next bin up.

const SPANS = [1, 2, 4, 8, 16];  // bins that a vote travels, up and down, in one round
const [RATE_RE, RATE_IM] = [[1, 0, -1, 0], [0, 1, 0, -1]];  // what bin k turns in a hop: HOP / N_FFT is a quarter, so k quarters
const [CELL, GROUP, MEMORY, SLACK] = [32, 8, 24, 8];  // samples in a millisecond; bins that share a time; ms; power

// Sum up phase gradients, frame by frame, into a complex spectrum of that magnitude.
function integratePhase(magnitude, turns, frames) {
  const made = { re: new Float32Array(frames * BINS), im: new Float32Array(frames * BINS), frames };
  const [lastRe, lastIm, re, im, carryRe, carryIm, moveRe, moveIm] = Array.from({ length: 8 }, () => new Float64Array(BINS));
  for (let f = 0; f < frames; f++) {
    const [loud, base] = [magnitude.subarray(f * BINS, (f + 1) * BINS), f * 4 * BINS];
    const part = (place) => turns.subarray(base + place * BINS, base + (place + 1) * BINS);
    const [timeRe, timeIm, freqRe, freqIm] = [0, 1, 2, 3].map(part);
    let [pulseRe, pulseIm] = [1, 0];
    for (let k = 0; k < BINS; k++) {
      const c = RATE_RE[k % 4], s = RATE_IM[k % 4];
      const tr = timeRe[k] * c - timeIm[k] * s, ti = timeRe[k] * s + timeIm[k] * c;
      const seed = 1e-3 * loud[k] + 1e-20;
      re[k] = lastRe[k] * tr - lastIm[k] * ti + seed * pulseRe;
      im[k] = lastRe[k] * ti + lastIm[k] * tr + seed * pulseIm;
      const fr = freqRe[k] + 1e-30, fi = freqIm[k];
      const certain = Math.sqrt(fr * fr + fi * fi);
      const before = pulseRe, unit = 1 / (certain || 1);
      pulseRe = (before * fr - pulseIm * fi) * unit;
      pulseIm = (before * fi + pulseIm * fr) * unit;
      const trust = k < BINS - 1 ? Math.min(certain, 1 / Math.max(certain, 1e-9)) : 0;
      carryRe[k] = fr * trust; carryIm[k] = fi * trust;
    }
    for (const span of SPANS) {
      const half = span / 2;
      if (span > 1) for (let k = 0; k < BINS; k++) {  // the turn over a span is the product of the turns over its halves
        const there = k + half < BINS, ar = carryRe[k], ai = carryIm[k], br = there ? carryRe[k + half] : 0, bi = there ? carryIm[k + half] : 0;
        carryRe[k] = ar * br - ai * bi; carryIm[k] = ar * bi + ai * br;
      }
      moveRe.set(re); moveIm.set(im);
      for (let k = 0; k + span < BINS; k++) {
        const c = carryRe[k], s = carryIm[k], up = k + span;
        re[up] += moveRe[k] * c - moveIm[k] * s; im[up] += moveRe[k] * s + moveIm[k] * c;
        re[k] += moveRe[up] * c + moveIm[up] * s; im[k] += moveIm[up] * c - moveRe[up] * s;
      }
    }
    for (let k = 0; k < BINS; k++) {
      const gain = loud[k] / (Math.sqrt(re[k] * re[k] + im[k] * im[k]) || 1);
      made.re[f * BINS + k] = lastRe[k] = re[k] * gain;
      made.im[f * BINS + k] = lastIm[k] = im[k] * gain;
    }
  }
  return made;
}

// Two rounds of Griffin and Lim: the phase of what the waveform really has, with the magnitude that was told.
function griffinLim(spectrum, magnitude, rounds = 2) {
  for (let round = 0; round < rounds; round++) {
    const heard = stft(istft(spectrum));
    const { re, im } = heard;
    for (let i = 0; i < magnitude.length; i++) {
      const gain = magnitude[i] / (Math.sqrt(re[i] * re[i] + im[i] * im[i]) || 1);
      re[i] *= gain; im[i] *= gain;
    }
    spectrum = heard;
  }
  return istft(spectrum);
}

// Turn a waveform down where it sounds before its time: each frame's energy belongs to the milliseconds that the gradient names.
function sharpenAttacks(audio, magnitude, turns, frames) {
  const told = new Float64Array((frames * HOP) / CELL);
  for (let f = 0; f < frames; f++) {
    for (let first = 0; first < BINS - 1; first += GROUP) {
      let [energy, turnRe, turnIm] = [0, 0, 0];
      for (let k = first; k < first + GROUP; k++) {
        const power = magnitude[f * BINS + k] ** 2;
        energy += power;
        turnRe += power * turns[(f * 4 + 2) * BINS + k];
        turnIm += power * turns[(f * 4 + 3) * BINS + k];
      }
      const share = -Math.atan2(turnIm, turnRe) / (2 * Math.PI);
      const cell = Math.trunc((f * HOP - EDGE + (share - Math.floor(share)) * N_FFT) / CELL);
      told[Math.min(Math.max(cell, 0), told.length - 1)] += (energy * HOP) / CELL / 3;
    }
  }
  const gains = told.map((_, cell) => {
    const most = told.subarray(Math.max(0, cell - MEMORY + 1), cell + 1).reduce((top, value) => Math.max(top, value), 0);
    const made = audio.subarray(cell * CELL, (cell + 1) * CELL).reduce((sum, value) => sum + value * value, 0) / CELL;
    return Math.sqrt(Math.min(1, (SLACK * most) / Math.max(made, 1e-12)));
  });
  return between(gains, CELL).map((gain, i) => audio[i] * gain);
}

// One number a cell to one a sample, on straight lines between the middles of the cells.
function between(values, cell) {
  return new Float32Array(values.length * cell).map((_, i) => {
    const at = Math.max(0, (i + 0.5) / cell - 0.5);
    const low = Math.floor(at);
    const high = Math.min(low + 1, values.length - 1);
    return values[low] + (at - low) * (values[high] - values[low]);
  });
}
