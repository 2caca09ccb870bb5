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
    if (j <= i) continue;
    const r = re[i], m = im[i];
    re[i] = re[j]; im[i] = im[j];
    re[j] = r; im[j] = m;
  }
  for (let half = 1; half < N_FFT; half *= 2) {
    const step = N_FFT / (2 * half);
    for (let start = 0; start < N_FFT; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const a = start + k, b = a + half, c = TURN_RE[k * step], s = TURN_IM[k * step];
        const r = re[b] * c - im[b] * s, i = re[b] * s + im[b] * c;
        re[b] = re[a] - r; im[b] = im[a] - i;
        re[a] += r; im[a] += i;
      }
    }
  }
}

function stft(audio, frames = audio.length / HOP) {
  const [re, im] = [new Float64Array(N_FFT), new Float64Array(N_FFT)];
  const made = { re: new Float32Array(frames * BINS), im: new Float32Array(frames * BINS), frames };
  const padded = new Float64Array(frames * HOP + 2 * EDGE);
  padded.set(audio, EDGE);
  for (let f = 0; f < frames; f += 2) {
    for (let i = 0; i < N_FFT; i++) {
      const at = f * HOP + i, weight = HANN[i] / SCALE;
      re[i] = weight * padded[at];
      im[i] = f + 1 < frames ? weight * padded[at + HOP] : 0;
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
      const a = f * BINS + k, b = a + BINS, ends = k === 0 || k === BINS - 1;
      const ar = reals[a], ai = ends ? 0 : imags[a], br = second ? reals[b] : 0, bi = second && !ends ? imags[b] : 0;
      re[k] = ar - bi; im[k] = -(ai + br);  // conjugated, so that the transform goes backwards
      if (!ends) { re[N_FFT - k] = ar + bi; im[N_FFT - k] = ai - br; }
    }
    fft(re, im);
    for (let i = 0; i < N_FFT; i++) {
      const at = f * HOP + i, gain = (HANN[i] * SCALE) / N_FFT;
      total[at] += gain * re[i];
      weight[at] += HANN[i] ** 2;
      if (!second) continue;
      total[at + HOP] -= gain * im[i];
      weight[at + HOP] += HANN[i] ** 2;
    }
  }
  return new Float32Array(frames * HOP).map((_, i) => total[i + EDGE] / Math.max(weight[i + EDGE], 1e-4));
}
