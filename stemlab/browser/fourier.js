// Short-time Fourier transform and back. As stemlab/codec/spectrum.py: frame f lies around sample f * HOP + HOP / 2.
//
// A spectrum is { re, im, frames }, flat, frame after frame, BINS numbers each. Two real frames go through one complex transform: one as
// its real part, one as its imaginary part, and they come apart because the spectrum of a real signal is symmetric.

const [N_FFT, HOP] = [2048, 512];
const BINS = N_FFT / 2 + 1;
const EDGE = (N_FFT - HOP) / 2;  // samples of a frame before its middle hop
const HANN = Float64Array.from({ length: N_FFT }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / N_FFT));
const SCALE = HANN.reduce((sum, value) => sum + value) / 2;  // so that a full-scale sine has magnitude 1
const [TURN_RE, TURN_IM] = [Math.cos, Math.sin].map((of) => Float64Array.from({ length: N_FFT / 2 }, (_, i) => of((-2 * Math.PI * i) / N_FFT)));
const MIRRORED = Uint16Array.from({ length: N_FFT }, (_, i) => parseInt(i.toString(2).padStart(Math.log2(N_FFT), "0").split("").reverse().join(""), 2));

// The discrete Fourier transform of N_FFT complex numbers, in place, by halves. Source: Cooley and Tukey 1965.
function fft(re, im) {
  for (let i = 0; i < N_FFT; i++) {
    const j = MIRRORED[i];
    if (j > i) { [re[i], re[j]] = [re[j], re[i]]; [im[i], im[j]] = [im[j], im[i]]; }
  }
  for (let half = 1; half < N_FFT; half *= 2) {
    const step = N_FFT / (2 * half);
    for (let start = 0; start < N_FFT; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [a, b, c, s] = [start + k, start + k + half, TURN_RE[k * step], TURN_IM[k * step]];
        const [r, i] = [re[b] * c - im[b] * s, re[b] * s + im[b] * c];
        re[b] = re[a] - r; im[b] = im[a] - i;
        re[a] += r; im[a] += i;
      }
    }
  }
}

function stft(audio, frames = audio.length / HOP) {
  const [re, im] = [new Float64Array(N_FFT), new Float64Array(N_FFT)];
  const made = { re: new Float32Array(frames * BINS), im: new Float32Array(frames * BINS), frames };
  for (let f = 0; f < frames; f += 2) {
    for (let i = 0; i < N_FFT; i++) {
      const [at, weight] = [f * HOP - EDGE + i, HANN[i] / SCALE];
      re[i] = weight * (audio[at] ?? 0);
      im[i] = f + 1 < frames ? weight * (audio[at + HOP] ?? 0) : 0;
    }
    fft(re, im);
    for (let k = 0; k < BINS; k++) {
      const other = (N_FFT - k) % N_FFT;
      made.re[f * BINS + k] = (re[k] + re[other]) / 2;
      made.im[f * BINS + k] = (im[k] - im[other]) / 2;
      if (f + 1 === frames) continue;
      made.re[(f + 1) * BINS + k] = (im[k] + im[other]) / 2;
      made.im[(f + 1) * BINS + k] = (re[other] - re[k]) / 2;
    }
  }
  return made;
}

// The inverse, by weighted overlap-add: frames * HOP samples.
function istft({ re: reals, im: imags, frames }) {
  const [re, im] = [new Float64Array(N_FFT), new Float64Array(N_FFT)];
  const [total, weight] = [new Float64Array((frames - 1) * HOP + N_FFT), new Float64Array((frames - 1) * HOP + N_FFT)];
  for (let f = 0; f < frames; f += 2) {
    const second = f + 1 < frames;
    for (let k = 0; k < BINS; k++) {
      const [a, b, ends] = [f * BINS + k, (f + 1) * BINS + k, k === 0 || k === BINS - 1];
      const [ar, ai, br, bi] = [reals[a], ends ? 0 : imags[a], second ? reals[b] : 0, second && !ends ? imags[b] : 0];
      re[k] = ar - bi; im[k] = -(ai + br);  // conjugated, so that the transform goes backwards
      if (!ends) { re[N_FFT - k] = ar + bi; im[N_FFT - k] = ai - br; }
    }
    fft(re, im);
    for (let i = 0; i < N_FFT; i++) {
      const [at, gain] = [f * HOP + i, (HANN[i] * SCALE) / N_FFT];
      total[at] += gain * re[i];
      weight[at] += HANN[i] ** 2;
      if (!second) continue;
      total[at + HOP] -= gain * im[i];
      weight[at + HOP] += HANN[i] ** 2;
    }
  }
  return Float32Array.from({ length: frames * HOP }, (_, i) => total[i + EDGE] / Math.max(weight[i + EDGE], 1e-4));
}
