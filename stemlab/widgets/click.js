// The metronome: a buffer with a click on each beat, higher on the first of a bar. It is played like one more stem.

function clickTrack({ rate, seconds, beat, perBar, downbeat = 0, beats = Math.ceil(seconds / beat) + 1 }) {
  const buffer = new AudioBuffer({ numberOfChannels: 1, length: Math.max(1, Math.round(seconds * rate)), sampleRate: rate });
  const samples = buffer.getChannelData(0);
  const before = Math.floor(downbeat / beat + 1e-6);  // beats of an upbeat
  for (let number = -before; number < beats; number++) {
    const at = Math.round((downbeat + number * beat) * rate);
    const hz = number % perBar === 0 ? 1760 : 1175;
    for (let i = 0; i < 0.03 * rate && at + i < samples.length; i++) {
      if (at + i >= 0) samples[at + i] += 0.35 * Math.sin((2 * Math.PI * hz * i) / rate) * Math.exp(-i / (0.006 * rate));
    }
  }
  return buffer;
}
