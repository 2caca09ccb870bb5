// What is heard: sounds of takes are asked for when they are first needed, and kept; and the file to accompany.

const MOST_SECONDS = 20;

function soundPanel(studio, parent) {
  const place = element("div", { class: "heard" }, parent);
  const deck = makeDeck(place);
  const versions = new Map();  // take -> version
  let offered = "";

  function receive({ take, about }, buffers) {
    const { title } = studio.view().takes[take];
    versions.set(take, { title: `take ${take + 1}, ${title}`, about, sound: { encoded: buffers.map(bytesOf) } });
    show();
  }

  // The current take, and the one to compare with: the one that it was made from, unless another was chosen.
  function show() {
    const { current, takes } = studio.view();
    place.hidden = current === null;
    if (current === null) return;
    const other = studio.compared !== current ? studio.compared : null;
    const wanted = [current, other].filter((take) => take !== null && take < takes.length);
    const missing = wanted.filter((take) => !versions.has(take));
    for (const take of missing) studio.ask(take);
    const now = JSON.stringify(wanted);
    if (missing.length || now === offered) return;
    offered = now;
    deck.offer(wanted.map((take) => versions.get(take)));
  }

  studio.onRefresh(show);
  return { receive, close: () => deck.close() };
}

function filePanel(studio, parent) {
  const bar = element("div", { class: "bar file" }, parent);
  const input = element("input", { type: "file", accept: "audio/*", class: "hidden", tabindex: -1, "aria-label": "Audio file to accompany" }, bar);
  const choose = button("Accompany a file ...", "Accompany a file ... choose one, or drop it here: the stems are made to fit it", bar, () => input.click());
  const name = element("span", { class: "hint" }, bar);
  const drop = button("✕", "Do without the file", bar, () => studio.change({ audio: "" }));
  input.addEventListener("change", () => { if (input.files[0]) take(input.files[0]); input.value = ""; });

  // Any format that the browser knows becomes one channel, 16 bits, and at most 20 s.
  async function take(file) {
    try {
      const rate = 32000;
      const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await file.arrayBuffer());
      const samples = new Float32Array(Math.min(sound.length, MOST_SECONDS * rate));
      for (let channel = 0; channel < sound.numberOfChannels; channel++) sound.getChannelData(channel).subarray(0, samples.length).forEach((sample, i) => { samples[i] += sample / sound.numberOfChannels; });
      studio.send("audio", { name: file.name }, [wav([samples], rate)]);
    } catch {
      studio.say(`${file.name} is not a sound that this browser can read: convert it to WAV, MP3 or FLAC.`);
    }
  }

  const { root } = studio;
  root.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    root.classList.add("over");
  });
  root.addEventListener("dragleave", () => root.classList.remove("over"));
  root.addEventListener("drop", (event) => {
    root.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer.files[0]);
  });
  studio.onRefresh(() => {
    const { audio } = studio.form();
    drop.hidden = !audio;
    choose.setAttribute("aria-pressed", Boolean(audio));
    name.textContent = audio ? `${audio.split(/[\\/]/).pop()}: Generate makes the stems below fit it; set its tempo.` : "";
  });
}
