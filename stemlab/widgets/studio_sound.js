// What is heard: sounds of takes are asked for when they are first needed, and kept; and the file to accompany.

const MOST_SECONDS = 20;

function soundPanel(studio, parent, rows) {
  const place = element("div", { class: "heard" }, parent);
  const deck = makeDeck(place);
  const sounds = new Map();  // take -> { title, about, sound }
  let [offered, shownTake] = ["", null];

  function receive({ take, about }, buffers) {
    const { title } = studio.view().takes[take];
    const made = about.stems.map((stem) => stem.name);
    sounds.set(take, { title: `take ${take + 1}, ${title}`, about: { ...about, made }, sound: { encoded: buffers.map(bytesOf) } });
    show();
  }

  // Before the first take: rows without sound, as long as they will be.
  function silence() {
    const { bpm, bars, meter } = studio.form();
    const { beat, perBar } = studio.choices.meters[meter] ?? { beat: 1, perBar: 4 };  // beat: in quarter notes
    const bar = (beat * perBar * 60) / bpm;
    const seconds = bpm && bars ? bars * bar : 8;
    const lines = bpm && bars ? Array.from({ length: Math.min(bars, 64) }, (_, number) => number * bar) : [];
    return { about: { rate: 32000, seconds, beat: bpm ? (beat * 60) / bpm : null, perBar, downbeat: 0, bars: lines, stems: [], made: [] }, sound: { encoded: [] } };
  }

  function versionOf(take) {
    const version = take === null ? silence() : sounds.get(take);
    return {
      ...version,
      rows: rows.rowsFor(version.about),
      keys: [["Paint", GRID_KEYS], ["Studio", STUDIO_KEYS]],
      lossless: studio.kernel.there,
      fetchFile: (asked) => studio.kernel.ask({ do: "export", take, ...asked }, { patience: FILE_PATIENCE }),
      keep: (desk) => { if (take !== null) studio.kernel.tell({ do: "desk", take, desk }); },
      looped: (part, name) => studio.looped?.(part, name, version.about),
    };
  }

  // The current take, and the one to compare with: the one that it was made from, unless another was chosen.
  function show() {
    const { current, takes } = studio.view();
    const other = studio.compared !== current ? studio.compared : null;
    const wanted = current === null ? [null] : [current, other].filter((take) => take !== null && take < takes.length);
    const missing = wanted.filter((take) => take !== null && !sounds.has(take));
    for (const take of missing) studio.ask(take);
    const { bpm, bars, meter } = studio.form();
    const names = studio.view().rows.map((row) => row.name);
    const now = JSON.stringify([wanted, names, current === null && [bpm, bars, meter]]);
    if (missing.length || now === offered) return;
    offered = now;
    deck.offer(wanted.map(versionOf), current === shownTake ? deck.heard() : 0);
    shownTake = current;
  }

  studio.onRefresh(show);
  return { receive, lost: () => deck.mixer()?.show(), close: () => deck.close() };
}

function filePanel(studio, parent) {
  const bar = element("div", { class: "bar file" }, parent);
  const input = element("input", { type: "file", accept: "audio/*", class: "hidden", tabindex: -1, "aria-label": "Audio file to accompany" }, bar);
  const choose = button("Choose a file ...", "Accompany a file ... choose one, or drop it anywhere in the studio: the stems are made to fit it", bar, () => input.click());
  const name = element("span", { class: "hint" }, bar);
  const use = button("Use its tempo", "Use the tempo of the file", bar, () => studio.change({ bpm: studio.view().heard }));
  const drop = button("Do without", "Do without the file", bar, () => studio.change({ audio: "" }));
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
    const { audio, bpm } = studio.form();
    const { heard } = studio.view();
    drop.hidden = !audio;
    choose.setAttribute("aria-pressed", String(Boolean(audio)));
    if (audio) parent.parentElement.open = true;
    const tempo = heard ? ` It keeps ${heard} bpm.` : " It has no tempo that is clear: set one.";
    name.textContent = audio ? `${audio.split(/[\\/]/).pop()}: Generate makes the stems fit it.${tempo}` : "";
    use.hidden = !audio || !heard || bpm === heard;
    use.textContent = `Use ${heard} bpm`;
    use.setAttribute("aria-label", `Use ${heard} bpm, the tempo of the file`);
  });
}
