// From noise to latents along a guided velocity. As stemlab/sampling.py; music here is short enough for one window.
//
// `nets.run(name, tensors)` evaluates one of the exported networks, `nets.tensor(type, data, dims)` makes what it takes.

// Classifier-free guidance with two scales: towards what a stem is told, and towards what its mates play.
function ledBy(together, others, guidance, mates) {
  const [alone, empty] = others.length === 2 ? others : [together, others[0]];
  return together.map((now, i) => empty[i] + guidance * (alone[i] - empty[i]) + mates * (now - alone[i]));
}

// Is guidance on at this step, counted on equal ones? The interval counts on 32.
const inInterval = (step, steps, [first, last]) => first <= (step * 32) / steps && (step * 32) / steps < last + 1;

// From times[0] = 0 to 1; `field(x, t, step)` is the velocity, `step` how many equal steps t is away from 0. With `bend` 0 this is Euler's
// method; above, the change of the velocity since the last step is carried on in part. `pause` lets others have a turn, and may throw.
async function solve(field, x, times, bend, pause = async () => {}) {
  const steps = times.length - 1;
  let last = null;
  for (let step = 0; step < steps; step++) {
    const long = times[step + 1] - times[step];
    const velocity = await field(x, times[step], times[step] * steps);
    const ahead = last ? (bend * long) / (2 * last.long) : 0;
    x = x.map((value, i) => value + long * (velocity[i] + (last ? ahead * (velocity[i] - last.velocity[i]) : 0)));
    last = { velocity, long };
    await pause(step + 1, steps);
  }
  return x;
}

// The same stems told nothing.
function told0(c, keys) {
  const [zero, free] = [(values) => values.map(() => 0), (values) => values.map(() => FREE)];
  return { ...c, tokens: zero(c.tokens), bpm: zero(c.bpm), key: c.key.map(() => keys), activity: free(c.activity), submix: zero(c.submix), has: zero(c.has) };
}

// Copies of stems as groups of their own, in one batch.
function stacked(parts) {
  const joined = (name) => {
    const all = new parts[0][name].constructor(parts.reduce((sum, part) => sum + part[name].length, 0));
    parts.reduce((at, part) => { all.set(part[name], at); return at + part[name].length; }, 0);
    return all;
  };
  const made = Object.fromEntries(["tokens", "bpm", "key", "activity", "submix", "has"].map((name) => [name, joined(name)]));
  const group = Int32Array.from(parts.flatMap((part, place) => Array(part.count).fill(place)));
  return { ...parts[0], ...made, group, count: group.length };
}

// What does not change from step to step. `sees` says how many of the stems, from the first on, may see others.
async function prepare(nets, c, sees, channels) {
  const { count, frames, letters } = c;
  const row = (type, data) => nets.tensor(type, data, [count]);
  return nets.run("prepare", {
    tokens: nets.tensor("int32", c.tokens, [count, letters]), bpm: row("float32", c.bpm), start: row("float32", new Float32Array(count)),
    key: row("int32", c.key), submix: nets.tensor("float32", c.submix, [count, channels, frames]),
    has_submix: row("bool", c.has), activity: nets.tensor("int32", c.activity, [count, frames]), group: row("int32", c.group),
    coupled: row("bool", Uint8Array.from({ length: count }, (_, i) => Number(i < sees))),
  });
}

// Follow the flow. `noise` is flat, stem after stem; the stems of `known` (by place: their latents) are there from the start, at t = 1.
async function integrate(nets, c, noise, how, settings, known = new Map(), pause = async () => {}) {
  const { channels } = settings.grid;
  const size = channels * c.frames;
  const coupled = how.coupling === "attention";
  const mates = coupled && c.count > 1 ? how.mates : how.guidance;
  const beside = [...(mates === how.guidance ? [] : [c]), told0(c, settings.keys.length)];
  const plain = await prepare(nets, c, coupled ? c.count : 0, channels);
  const guiding = how.guidance === 1 && mates === 1 ? null : await prepare(nets, stacked([c, ...beside]), coupled ? c.count : 0, channels);
  const hold = (x) => { for (const [place, latents] of known) x.set(latents, place * size); return x; };

  async function velocity(x, t, step) {
    const guide = guiding && inInterval(step, how.times.length - 1, how.interval);
    const copies = guide ? 1 + beside.length : 1;
    const [xs, ts] = [new Float32Array(copies * x.length), new Float32Array(copies * c.count)];
    for (let copy = 0; copy < copies; copy++) xs.set(x, copy * x.length);
    ts.forEach((_, i) => { ts[i] = coupled && known.has(i % c.count) ? 1 : t; });
    const tensors = { x: nets.tensor("float32", xs, [ts.length, channels, c.frames]), t: nets.tensor("float32", ts, [ts.length]) };
    const found = (await nets.run("velocity", { ...tensors, ...(guide ? guiding : plain) })).velocity.data;
    const branch = (copy) => found.subarray(copy * x.length, (copy + 1) * x.length);
    return guide ? ledBy(branch(0), beside.map((_, i) => branch(i + 1)), how.guidance, mates) : branch(0);
  }
  return hold(await solve((x, t, step) => velocity(hold(x), t, step), noise.slice(), how.times, how.bend, pause));
}
