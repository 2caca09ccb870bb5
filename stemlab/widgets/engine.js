// Plays all stems in step. Each start, seek or change of the loop is a "take": sources that all begin at one instant
// of one clock, so that they stay together to the sample. Knows nothing of the page.

const FADE = 0.006;  // seconds, so that a seek does not click
const AHEAD = 0.03;  // seconds until a take begins: every source is ready by then

// Samples of each channel.
const channelsOf = (buffer) => Array.from({ length: buffer.numberOfChannels }, (_, side) => buffer.getChannelData(side));

class Engine {
  // `sound` keeps what is decoded: engines that play it one after the other decode it once.
  // `closed`: the end of the sound flows into its start, so neither needs a ramp.
  constructor({ rate, seconds, beat, downbeat, perBar, sound, closed = false, changed }) {
    Object.assign(this, { rate, seconds, beat, downbeat, perBar, sound, closed, changed });
    this.channels = sound.encoded.map(() => ({ ...NEUTRAL }));
    this.master = { db: 0 };
    this.context = this.take = this.region = null;
    this.loop = true;
    this.metronome = this.countIn = false;
    this.rest = 0;  // where the playhead stands while nothing plays
    this.others = new BroadcastChannel("stemlab-play");  // mixers of this page, of frames in it, of other windows
    this.others.onmessage = () => this.pause();
  }

  get buffers() { return this.sound.buffers ?? null; }

  get playing() { return this.take !== null; }

  // Start and end of what is played round and round, in seconds.
  get bounds() { return this.region ?? [0, this.seconds]; }

  // Decode without an AudioContext, which a page may only open after a click.
  load() {
    const { sound } = this;
    sound.loading ??= Promise.all(sound.encoded.map((bytes) =>
      new OfflineAudioContext(1, 1, this.rate).decodeAudioData(bytes.slice(0)))).then((buffers) => { sound.buffers = this.closed ? buffers : buffers.map(smoothEnds); });
    return sound.loading;
  }

  async play() {
    if (!this.channels.length) return;
    await this.load();
    this._open();
    await this.context.resume();
    if (this.playing) return;
    this.others.postMessage("one plays");
    const start = this.context.currentTime + AHEAD;
    const wait = this.countIn && this.beat ? this.beat * this.perBar : 0;
    this._begin(this.rest >= this.bounds[1] ? this.bounds[0] : this.rest, start + wait);
    if (wait) this._count(start);
    this.changed();
  }

  pause() {
    if (!this.playing) return;
    const at = this.context.currentTime;
    this.rest = this.position(at);
    this._end(at);
    this.changed();
  }

  seek(to) {
    const sample = Math.round(Math.min(Math.max(to, 0), this.seconds) * this.rate);
    const from = sample / this.rate >= this.seconds ? 0 : sample / this.rate;
    if (this.region && (from < this.region[0] || from >= this.region[1])) this.region = null;
    this.rest = from;
    if (this.playing) this._begin(from);
    this.changed();
  }

  // Loop a part, [start, end] in seconds, or everything (null). The playhead jumps there when it is elsewhere.
  setRegion(region) {
    const now = this._soon();
    this.region = region;
    const inside = now >= this.bounds[0] && now < this.bounds[1] ? now : this.bounds[0];
    if (region) this.loop = true;
    this._again(inside);
  }

  setLoop(on) {
    const now = this._soon();
    this.loop = on;
    if (!on) this.region = null;
    this._again(now);
  }

  setMetronome(on) {
    const now = this._soon();
    this.metronome = on;
    this._again(now);
  }

  // Go on where another engine is: its playhead, at the same beat where both have a tempo, its loop, its sound.
  takeOver(old) {
    const scale = this.beat && old.beat ? this.beat / old.beat : 1;
    const here = (second) => Math.min(second * scale, this.seconds);
    Object.assign(this, { loop: old.loop, metronome: old.metronome, countIn: old.countIn });
    this.region = old.region && here(old.region[0]) < here(old.region[1]) ? old.region.map(here) : null;
    this.setMaster(old.master);
    if (old.playing) {
      this._open();
      const at = this.context.currentTime + AHEAD;
      const from = here(old.position(at));
      this._begin(from < this.bounds[1] ? from : this.bounds[0], at);
      old._end(at);
    } else this.rest = here(old.rest);
    this.changed();
  }

  setChannel(index, change) {
    Object.assign(this.channels[index], change);
    this._applyGains(true);
    this.changed();
  }

  setMaster(change) {
    Object.assign(this.master, change);
    this._applyGains(true);
    this.changed();
  }

  audible(index) {
    const { solo, mute } = this.channels[index];
    return !mute && (solo || !this.channels.some((channel) => channel.solo));
  }

  gain(index) { return this.audible(index) ? gainOf(this.channels[index].db) : 0; }

  // Where the playhead is at a time of the context's clock, in seconds.
  position(at = this.context?.currentTime) {
    if (!this.playing) return this.rest;
    const run = this.take.from + Math.max(0, at - this.take.at);
    if (!this.loop) return Math.min(run, this.seconds);
    const [start, end] = this.bounds;
    return run < end ? run : start + ((run - start) % (end - start));
  }

  // Highest sample just now, of a stem after its gain, or of all together.
  level(index) { return this.playing ? this._peak(this.channels[index]) : 0; }

  masterLevel() { return this.playing ? this._peak(this.out) : 0; }

  // What would be heard from `from` on, as the samples of each channel: the same sources, settings and loop, without a loudspeaker.
  async bounce({ from = 0, seconds = this.seconds, loop = false } = {}) {
    await this.load();
    const sides = this.channels.some(({ pan }) => pan) ? 2 : this.buffers[0].numberOfChannels;
    const offline = new OfflineAudioContext(sides, Math.round(seconds * this.rate), this.rate);
    const out = new GainNode(offline, { gain: gainOf(this.master.db) });
    out.connect(offline.destination);
    this.buffers.forEach((buffer, index) => {
      const strip = makeStrip(offline, out);
      strip.set(this.channels[index], this.gain(index), false);
      this._source(offline, buffer, strip.input, loop).start(0, from);
    });
    return channelsOf(await offline.startRendering());
  }

  close() {
    if (this.playing) this.pause();
    this.others.close();
  }

  _peak({ analyser, window: samples }) {
    analyser.getFloatTimeDomainData(samples);
    return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }

  _source(context, buffer, into, loop) {
    const source = context.createBufferSource();
    [source.loopStart, source.loopEnd] = this.bounds.map((second) => Math.round(second * this.rate) / this.rate);
    Object.assign(source, { buffer: loop ? seamless(buffer, this.bounds) : buffer, loop });
    source.connect(into);
    return source;
  }

  _open() {
    if (this.context) return;
    const contexts = (globalThis.stemlabContexts ??= new Map());  // one for all mixers of a page: there may be many
    if (!contexts.has(this.rate)) contexts.set(this.rate, new AudioContext({ sampleRate: this.rate, latencyHint: "interactive" }));
    this.context = contexts.get(this.rate);
    const metered = (node) => {
      const analyser = new AnalyserNode(this.context, { fftSize: 1024 });
      node.connect(analyser);
      return { analyser, window: new Float32Array(analyser.fftSize) };
    };
    const out = new GainNode(this.context);
    out.connect(this.context.destination);
    this.out = { node: out, ...metered(out) };
    for (const channel of this.channels) {
      const strip = makeStrip(this.context, out);
      Object.assign(channel, { strip, node: strip.node, ...metered(strip.node) });
    }
    this._applyGains(false);
  }

  _applyGains(glide) {
    if (!this.context) return;
    this.channels.forEach((channel, index) => channel.strip.set(channel, this.gain(index), glide));
    this.out.node.gain.setTargetAtTime(gainOf(this.master.db), this.context.currentTime, glide ? GLIDE / 3 : 0);
  }

  // Where the playhead will be when a take that is ordered now begins.
  _soon() { return this.playing ? this.position(this.context.currentTime + AHEAD) : this.rest; }

  _again(from) {
    this.rest = from;
    if (this.playing) this._begin(from);
    this.changed();
  }

  _begin(from, at = this.context.currentTime + AHEAD) {
    this._end(at);
    const play = (buffer, into) => {
      const fade = this.context.createGain();
      if (from > 0) fade.gain.setValueAtTime(0, at).linearRampToValueAtTime(1, at + FADE);  // the first attack stays whole
      fade.connect(into);
      const source = this._source(this.context, buffer, fade, this.loop);
      source.start(at, from);
      return { source, fade };
    };
    const sources = this.buffers.map((buffer, index) => play(buffer, this.channels[index].strip.input));
    if (this.metronome && this.beat) sources.push(play(this.clicks ??= clickTrack(this), this.context.destination));
    const take = { at, from, sources };
    this.take = take;
    sources[0].source.onended = () => {
      if (this.take !== take) return;
      this.take = null;
      this.rest = 0;
      this.changed();
    };
  }

  _count(at) {
    const source = new AudioBufferSourceNode(this.context, { buffer: clickTrack({ rate: this.rate, seconds: this.beat * this.perBar, beat: this.beat, perBar: this.perBar, beats: this.perBar }) });
    source.connect(this.context.destination);
    source.start(at);
    this.counting = source;
  }

  _end(at) {
    if (this.counting && at < (this.take?.at ?? 0)) this.counting.stop();
    this.counting = null;
    for (const { source, fade } of this.take?.sources ?? []) {
      source.onended = () => fade.disconnect();
      fade.gain.cancelScheduledValues(at);
      fade.gain.setValueAtTime(1, at).linearRampToValueAtTime(0, at + FADE);
      source.stop(at + FADE);
    }
    this.take = null;
  }
}
