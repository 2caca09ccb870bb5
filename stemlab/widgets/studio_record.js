// From the microphone: a bar of clicks, then as many bars as the form says are recorded, to be accompanied.

// `done(sound, from, most)` gets what was recorded, at 32 kHz, where in it the first bar begins, and how long the bars are, in
// seconds: timers of a busy page stop a recording late.
function recordButton(studio, parent, done) {
  const made = button("● Record", "Record from the microphone, after a bar of clicks", parent, () => (going ? going.stop() : record()));
  let going = null;

  // Seconds of a beat, and how many there are in a bar.
  const metre = () => {
    const { beat, perBar } = studio.choices.meters[studio.form().meter] ?? { beat: 1, perBar: 4 };  // beat: in quarter notes
    return { beat: (beat * 60) / (studio.form().bpm ?? 120), perBar };
  };
  const seconds = () => {
    const { bpm, bars } = studio.form();
    const { beat, perBar } = metre();
    return Math.min(MOST_SECONDS, bpm && bars ? bars * perBar * beat : 8);
  };

  async function record() {
    let microphone;
    try {
      if (!navigator.mediaDevices) throw new Error("this page may not ask for it: open it over https or on localhost");
      microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
    } catch (error) {
      return studio.say(`No microphone: ${error.message}`);
    }
    const { beat, perBar } = metre();
    const context = new AudioContext();
    const recorder = new MediaRecorder(microphone);
    const parts = [];
    const long = seconds();
    let [began, bar] = [0, null];  // when the recorder and the first bar began
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstart = () => { began = context.currentTime; count(); };
    recorder.onstop = async () => {
      going = null;
      microphone.getTracks().forEach((track) => track.stop());
      context.close();
      studio.say("");
      show();
      const bytes = await new Blob(parts, { type: recorder.mimeType }).arrayBuffer();
      const sound = await new OfflineAudioContext(1, 1, 32000).decodeAudioData(bytes);
      const from = Math.max(0, (bar ?? began) - began);
      if (sound.duration - from >= 1) done(sound, from, long);
      else studio.say("Less than a second was recorded: record longer.");
    };

    // The clicks; the first bar begins where they end.
    function count() {
      const start = context.currentTime + 0.1;
      const clicks = new AudioBufferSourceNode(context, { buffer: clickTrack({ rate: context.sampleRate, seconds: beat * perBar, beat, perBar, beats: perBar }) });
      clicks.connect(context.destination);
      clicks.start(start);
      bar = start + beat * perBar;
      studio.say("The count-in ...");
      setTimeout(() => { if (going) studio.say(`Recording ${long.toFixed(1)} s ...`); }, (bar - context.currentTime) * 1000);
      setTimeout(() => { if (recorder.state === "recording") recorder.stop(); }, (bar + long + 0.2 - context.currentTime) * 1000);
    }

    going = { stop: () => { if (recorder.state === "recording") recorder.stop(); } };
    await context.resume();
    recorder.start();
    show();
  }

  function show() {
    made.textContent = going ? "■ Stop" : "● Record";
    made.setAttribute("aria-label", going ? "Stop recording" : "Record from the microphone, after a bar of clicks");
    made.setAttribute("aria-pressed", String(Boolean(going)));
    enable(made, studio.kernel.there() && (going || !studio.view().busy));
  }
  studio.onRefresh(show);
}
