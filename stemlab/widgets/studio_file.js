// The file to accompany: chosen, dropped or recorded; and what beat was heard in it, with the doubt that there is.

const MOST_SECONDS = 20;

function filePanel(studio, parent) {
  const bar = element("div", { class: "bar file" }, parent);
  const input = element("input", { type: "file", accept: "audio/*", class: "hidden", tabindex: -1, "aria-label": "Audio file to accompany" }, bar);
  const choose = button("Choose a file ...", "Accompany a file ... choose one, or drop it anywhere in the studio: the stems are made to fit it", bar, () => input.click());
  recordButton(studio, bar, (sound, from, most) => give(sound, from, "recording", most));
  const drop = button("Do without", "Do without the file", bar, () => studio.change({ audio: "", downbeat: null }));
  const name = element("span", { class: "hint" }, bar);
  const player = element("audio", { controls: "", preload: "metadata", "aria-label": "The file to accompany", hidden: "" }, parent);
  const beat = element("div", { class: "bar beat" }, parent);
  const use = button("Use its tempo", "Use the tempo of the file", beat, () => studio.change({ bpm: studio.view().heard.bpm, downbeat: null }));
  const other = button("The other reading", "Use the other reading", beat, () => {
    const [bpm, downbeat] = studio.view().heard.second;
    studio.change({ bpm, downbeat });
  });
  const doubt = element("p", { class: "hint doubt" }, parent);
  input.addEventListener("change", () => { if (input.files[0]) take(input.files[0]); input.value = ""; });

  async function take(file) {
    try {
      give(await new OfflineAudioContext(1, 1, 32000).decodeAudioData(await file.arrayBuffer()), 0, file.name);
    } catch {
      studio.say(`${file.name} is not a sound that this browser can read: convert it to WAV, MP3 or FLAC.`);
    }
  }

  // Any sound at 32 kHz becomes one channel, 16 bits, and at most 20 s; `from` is where it begins, `most` how long it may be.
  function give(sound, from, called, most = MOST_SECONDS) {
    const rate = sound.sampleRate;
    const first = Math.min(Math.round(from * rate), sound.length);
    const samples = new Float32Array(Math.min(sound.length - first, Math.round(most * rate)));
    for (let channel = 0; channel < sound.numberOfChannels; channel++) sound.getChannelData(channel).subarray(first, first + samples.length).forEach((sample, i) => { samples[i] += sample / sound.numberOfChannels; });
    const bytes = wav([samples], rate);
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
    player.hidden = false;
    studio.send("audio", { name: called }, [bytes]);
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
    const { audio, bpm, downbeat } = studio.form();
    const { heard } = studio.view();
    drop.hidden = !audio;
    choose.setAttribute("aria-pressed", String(Boolean(audio)));
    if (audio) parent.parentElement.open = true;
    const tempo = heard ? ` It keeps ${heard.bpm} bpm, with its first downbeat at ${heard.downbeat} s.` : " It has no tempo that is clear: set one.";
    name.textContent = audio ? `${audio.split(/[\\/]/).pop()}: Generate makes the stems fit it.${tempo}` : "";
    player.hidden = !audio || !player.src;
    beat.hidden = !audio || !heard;
    doubt.hidden = !audio || !heard?.doubt;
    if (!audio || !heard) return;
    use.hidden = bpm === heard.bpm && downbeat === null;
    use.textContent = `Use ${heard.bpm} bpm`;
    use.setAttribute("aria-label", `Use ${heard.bpm} bpm, the tempo of the file`);
    other.hidden = !heard.doubt || !heard.second;
    if (heard.second) other.textContent = `Use ${heard.second[0]} bpm, downbeat at ${heard.second[1]} s`;
    other.setAttribute("aria-label", other.textContent);
    other.setAttribute("aria-pressed", String(downbeat !== null && downbeat === heard.second?.[1]));
    doubt.textContent = `Not sure of the beat (${Math.round(100 * heard.sure)} %). Play the file and count one-two-three-four along: where your ones fall is the downbeat.`;
  });
}
