// From a request to stems: noise, flow, sound, gates, level. As `make` and `vary` of stemlab/lab.
//
// A band is { asked, names, samples, frames, noise, submix, latents, audio, gain }; noise, latents and audio by name. `report(words, done, of)` hears how far it
// is; `pause()` is awaited between pieces of work, and throws when the work shall stop.

async function makeBand(nets, settings, asked, { report = () => {}, pause = async () => {}, noise = null } = {}) {
  checkRequest(asked, settings);
  const { grid } = settings;
  const [names, samples] = [uniqueNames(asked.stems), samplesOf(asked, grid)];
  const frames = framesOf(samples, grid);
  const rho = asked.coupling === "noise" ? asked.rho : 0;  // stems that hear somebody have noise of their own
  const drawn = noise ?? stemNoise(asked.seed, names, grid.channels * frames, rho);
  const marks = Object.fromEntries(Object.entries(asked.activity).map(([name, told]) => [name, sampleMarks(told, asked.bpm, samples, grid.sample_rate)]));
  const byName = (list) => Object.fromEntries(names.map((name, i) => [name, list[i]]));
  const band = { asked, names, samples, frames, marks, noise: byName(drawn), submix: null, latents: {}, audio: {}, gain: 1 };
  if (asked.coupling === "song") {
    report("the song of this seed", 0, 1);
    await pause();
    band.submix = await leader(nets, settings, band, pause);
  }
  await sample(nets, settings, band, names, { report, pause });
  const level = levelOf(names.map((name) => band.audio[name]), settings.peak);
  for (const name of names) band.audio[name] = band.audio[name].map((value) => value * level);
  band.gain = 1 / level;
  return band;
}

// The song that a band's noise is: what a leader alone makes of it, whom nobody hears but the stems. As stemlab/lab/conductor.py.
async function leader(nets, settings, { asked, frames }, pause) {
  const [noise] = stemNoise(asked.seed, ["song"], settings.grid.channels * frames, 1);
  const told = conditions({ ...asked, stems: [settings.leader], prompt: settings.prompted ? asked.prompt : "" }, ["song"], ["song"], {}, frames, settings);
  return integrate(nets, told, noise, { ...settings.sampling, coupling: "noise" }, settings, new Map(), pause);
}

// One stem anew, from other noise, while the others stay as they are. Another band; the one given is as it was.
async function makeAgain(nets, settings, band, name, seed, { report = () => {}, pause = async () => {}, noise = null } = {}) {
  const fresh = noise ?? freshNoise(seed, name, settings.grid.channels * band.frames);
  const next = { ...band, noise: { ...band.noise, [name]: fresh }, latents: { ...band.latents }, audio: { ...band.audio } };
  delete next.latents[name];
  await sample(nets, settings, next, [name], { report, pause });
  return next;
}

// Sample some stems of a band, given those that it has already.
async function sample(nets, settings, band, members, { report, pause }) {
  const { asked, frames, names, marks } = band;
  const how = { ...settings.sampling, coupling: asked.coupling };
  const known = names.filter((name) => name in band.latents && !members.includes(name));
  const shown = how.coupling === "attention" ? [...members, ...known] : members;
  const size = settings.grid.channels * frames;
  const noise = new Float32Array(shown.length * size);
  shown.forEach((name, i) => noise.set(band.noise[name], i * size));
  const there = new Map(shown.flatMap((name, i) => (known.includes(name) ? [[i, band.latents[name]]] : [])));
  const all = how.times.length - 1 + members.length;
  report("listening to your words", 0, all);
  await pause();
  const x = await integrate(nets, conditions(asked, names, shown, marks, frames, settings, band.submix), noise, how, settings, there, async (done, of) => {
    report(`step ${done} of ${of}`, done, all);
    await pause();
  });
  for (const [i, name] of members.entries()) {
    band.latents[name] = x.slice(i * size, (i + 1) * size);
    const rate = settings.grid.sample_rate;
    const sound = ramped((await decode(nets, band.latents[name], settings)).subarray(0, band.samples), rate).map((value) => value / band.gain);
    band.audio[name] = marks[name] ? gate(sound, marks[name], rate) : sound;
    report(`${name} to sound`, how.times.length + i, all);
    await pause();
  }
}
