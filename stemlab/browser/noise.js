// Noise from a seed, in the page's own way: the same seed in Python makes another band, since PyTorch draws differently.
//
// A text, the seed and perhaps a stem's name, is hashed four times (FNV-1a, then mixed) into the state of a generator of 32-bit numbers
// (sfc32), after 12 numbers that are thrown away. Each two numbers become two normal ones (Box and Muller).

function hashed(text, start) {
  let h = 0x811c9dc5 ^ start;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

// A function that gives whole numbers from 0 to 2^32 - 1, one after the other.
function generator(text) {
  let [a, b, c, count] = [0, 1, 2, 3].map((start) => hashed(text, start));
  const next = () => {
    const out = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

// So many normal numbers of mean 0 and variance 1.
function normals(text, count) {
  const [next, made] = [generator(text), new Float32Array(count)];
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32));
    const angle = (2 * Math.PI * next()) / 2 ** 32;
    made[i] = radius * Math.cos(angle);
    if (i + 1 < count) made[i + 1] = radius * Math.sin(angle);
  }
  return made;
}

// Noise of each stem: shared by the seed, and for rho below 1 partly its own. As `stem_noise` in stemlab/noise.py.
function stemNoise(seed, names, count, rho) {
  const shared = normals(`${seed}`, count);
  if (rho === 1) return names.map(() => shared.slice());
  return names.map((name) => normals(`${seed} ${name}`, count).map((own, i) => Math.sqrt(rho) * shared[i] + Math.sqrt(1 - rho) * own));
}

// Noise for a stem that is made anew, which belongs to no band.
const freshNoise = (seed, name, count) => normals(`${seed} ${name} anew`, count);
