// Samples as WAV files, several files as one ZIP, and either to the reader's disk.

// `sides` holds the samples of each channel.
function wav(sides, rate) {
  const bytes = sides.length * sides[0].length * 2;
  const view = new DataView(new ArrayBuffer(44 + bytes));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + bytes, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, sides.length, true);
  view.setUint32(24, rate, true); view.setUint32(28, rate * sides.length * 2, true); view.setUint16(32, sides.length * 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, bytes, true);
  sides.forEach((samples, side) => samples.forEach((sample, i) =>
    view.setInt16(44 + (i * sides.length + side) * 2, Math.round(Math.min(Math.max(sample, -1), 1) * 32767), true)));
  return new Uint8Array(view.buffer);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Files are stored, not packed: sound hardly gets smaller. Names must be ASCII.
function zip(files) {
  const [local, central] = [[], []];
  let offset = 0;
  for (const [name, bytes] of files) {
    const letters = new TextEncoder().encode(name);
    const common = [20, 0, 0, 0, 0x21].flatMap((n) => [n & 255, n >> 8]);  // version 2.0, no flags, stored, 1 January 1980
    const sizes = [crc32(bytes), bytes.length, bytes.length].flatMap(word);
    const lengths = [letters.length & 255, letters.length >> 8, 0, 0];
    local.push(Uint8Array.from([...word(0x04034b50), ...common, ...sizes, ...lengths, ...letters]), bytes);
    central.push(Uint8Array.from([...word(0x02014b50), 20, 0, ...common, ...sizes, ...lengths, ...Array(10).fill(0), ...word(offset), ...letters]));
    offset += 30 + letters.length + bytes.length;
  }
  const size = central.reduce((sum, entry) => sum + entry.length, 0);
  const count = [files.length & 255, files.length >> 8];
  const end = Uint8Array.from([...word(0x06054b50), 0, 0, 0, 0, ...count, ...count, ...word(size), ...word(offset), 0, 0]);
  return new Blob([...local, ...central, end], { type: "application/zip" });
}

const word = (n) => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];

const fileName = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "stem";

function saveAs(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
