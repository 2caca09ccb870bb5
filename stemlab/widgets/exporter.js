// Files to take away. The kernel makes them from the samples; without one the page makes them from what it decoded, and says so.

const FILE_PATIENCE = 60_000;  // ms: a long ZIP takes its time

const TYPES = { wav: "audio/wav", flac: "audio/flac", zip: "application/zip" };

// `fetchFile(asked)` asks the kernel for a file, or is null where there is none.
async function kernelFile(fetchFile, asked) {
  const { name, buffers } = await fetchFile(asked);
  const bytes = buffers[0];
  saveAs(new Blob([new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength)], { type: TYPES[name.split(".").pop()] }), name);
}

async function previewFile(engine, { rate, stems, beat }, what) {
  await engine.load();
  const tempo = beat ? `_${Math.round(6000 / beat) / 100}bpm` : "";
  const file = (sides) => wav(sides, rate);
  const stem = (index) => [`${String(index + 1).padStart(2, "0")}_${fileName(stems[index].name)}${tempo}_preview.wav`, file(channelsOf(engine.buffers[index]))];
  const mix = async () => [`mix${tempo}_preview.wav`, file(await engine.bounce())];
  if (what === "zip") return saveAs(zip([...engine.buffers.map((_, index) => stem(index)), await mix()]), `stems${tempo}_preview.zip`);
  const [name, bytes] = what === "mix" ? await mix() : stem(what);
  return saveAs(new Blob([bytes], { type: "audio/wav" }), name);
}
