// What one stem goes through on its way: three bands, pan, gain. The kernel computes the same in desk.py.

const NEUTRAL = Object.freeze({ solo: false, mute: false, db: 0, pan: 0, low: 0, mid: 0, high: 0 });
const LEAST_DB = -30;  // a gain at the lower end is off
const BANDS = { low: ["lowshelf", 200], mid: ["peaking", 1000], high: ["highshelf", 4000] };  // Hz
const GLIDE = 0.015;  // seconds

const gainOf = (db) => (db <= LEAST_DB ? 0 : 10 ** (db / 20));

// Gains of left and right: both 1 in the middle, so that what is not panned sounds as it is.
const panOf = (pan) => [Math.cos(Math.max(0, pan) * Math.PI / 2), Math.cos(Math.max(0, -pan) * Math.PI / 2)];

// Nodes of one stem. `set(channel, gain, glide)` follows the settings.
function makeStrip(context, into) {
  const input = new GainNode(context, { channelCount: 2, channelCountMode: "explicit" });
  const bands = Object.entries(BANDS).map(([name, [type, frequency]]) =>
    [name, new BiquadFilterNode(context, { type, frequency: Math.min(frequency, context.sampleRate / 2.1), Q: 0.7 })]);
  const sides = [new GainNode(context), new GainNode(context)];
  const split = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
  const merge = new ChannelMergerNode(context, { numberOfInputs: 2 });
  const node = new GainNode(context);
  bands.reduce((last, [, band]) => last.connect(band), input).connect(split);
  sides.forEach((side, index) => { split.connect(side, index); side.connect(merge, 0, index); });
  merge.connect(node).connect(into);
  const put = (param, value, glide) => {
    if (!glide) { param.value = value; return; }
    const now = context.currentTime;
    param.cancelScheduledValues(now);
    param.setValueAtTime(param.value, now).linearRampToValueAtTime(value, now + GLIDE);
  };
  function set(channel, gain, glide) {
    for (const [name, band] of bands) put(band.gain, channel[name], glide);
    panOf(channel.pan).forEach((side, index) => put(sides[index].gain, side, glide));
    put(node.gain, gain, glide);
  }
  return { input, node, set };
}
