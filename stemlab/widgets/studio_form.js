// What is asked for of the whole band, and the finer settings.

function songPanel(studio, parent) {
  const bar = element("div", { class: "fields song", role: "group", "aria-label": "The whole band" }, parent);
  textField(studio, bar, "prompt", "Band", "Words for the whole band, such as: dusty late night hip hop", { placeholder: "funk, jazz trio, dreamy ballad ..." });
  numberField(studio, bar, "bpm", "Tempo, bpm", "Beats a minute, 40 to 240; empty leaves it open", { min: 40, max: 240, step: 1, placeholder: "open" });
  choiceField(studio, bar, "key", "Key", "The key, or open", studio.choices.key, "open");
  textField(studio, bar, "chords", "Chords", "One a bar, such as Am F C/G Dm7, or i VI III VII with a key; empty leaves them open", { placeholder: "open", size: 12 });
  numberField(studio, bar, "bars", "Bars", "How many bars", { min: 1, max: 64, step: 1 });
  checkField(studio, bar, "loop", "As a loop", "The end flows into the beginning; such a band cannot go on for more bars");
  choiceField(studio, bar, "meter", "Meter", "Beats of a bar; the tempo counts quarter notes", studio.choices.meter);
  const seed = numberField(studio, bar, "seed", "Seed", "The same seed and settings make the same music", { min: 0, step: 1 });
  const die = button("⚄ New", "Throw the die: another seed", seed.parentElement, () => studio.change({ seed: Math.floor(Math.random() * 100000) }));
  die.classList.add("die");
}

function finePanel(studio, parent) {
  const bar = element("div", { class: "fields" }, parent);
  choiceField(studio, bar, "coupling", "Coupling", "song, the usual: each hears, alone, what the seed is as a song; attention, the usual of rounds and of the flow: stems hear each other; noise: they share their noise alone", studio.choices.coupling);
  const rho = numberField(studio, bar, "rho", "Shared noise", "rho, 0 to 1; only with the coupling noise", { min: 0, max: 1, step: 0.1 });
  choiceField(studio, bar, "scheme", "Scheme", "one-pass: all stems at once; k-pass: one after the other", studio.choices.scheme);
  numberField(studio, bar, "steps", "Steps", "of the sampler: fewer are faster", { min: 1, max: 1000, step: 1, placeholder: "usual" });
  numberField(studio, bar, "guidance", "Guidance", "How closely the words are followed; 1 is off", { min: 0, max: 20, step: 0.5, placeholder: "usual" });
  const mates = numberField(studio, bar, "mates", "Mates", "How closely the other stems are followed; 1 is off; only with the coupling attention", { min: 0, max: 20, step: 0.5, placeholder: "usual" });
  studio.onRefresh(() => { rho.disabled = studio.form().coupling !== "noise"; mates.disabled = !rho.disabled; });
}
