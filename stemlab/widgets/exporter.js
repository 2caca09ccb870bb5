// Files to take away. The kernel makes them from the samples; without one the page makes them from what it decoded, and says so.
// A page that has the samples itself says what its files are in `about.files`.

const FILE_PATIENCE = 60_000;  // ms: a long ZIP takes its time

const TYPES = { wav: "audio/wav", flac: "audio/flac", zip: "application/zip", mid: "audio/midi" };

// `fetchFile(asked)` asks the kernel for a file, or is null where there is none.
async function kernelFile(fetchFile, asked) {
  const { name, buffers } = await fetchFile(asked);
  const bytes = buffers[0];
  saveAs(new Blob([new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength)], { type: TYPES[name.split(".").pop()] }), name);
}

async function previewFile(engine, { rate, stems, beat, files }, what) {
  await engine.load();
  const tempo = beat ? `_${Math.round(6000 / beat) / 100}bpm` : "";
  const mark = files ? "" : "_preview";
  const file = (sides) => wav(sides, rate);
  const stem = (index) => [`${String(index + 1).padStart(2, "0")}_${fileName(stems[index].name)}${tempo}${mark}.wav`, file(channelsOf(engine.buffers[index]))];
  const mix = async () => [`mix${tempo}${mark}.wav`, file(await engine.bounce())];
  if (what === "zip") return saveAs(zip([...engine.buffers.map((_, index) => stem(index)), await mix()]), `stems${tempo}${mark}.zip`);
  const [name, bytes] = what === "mix" ? await mix() : stem(what);
  return saveAs(new Blob([bytes], { type: "audio/wav" }), name);
}
