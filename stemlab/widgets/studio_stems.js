// What is asked for: the song as a whole, its stems, who plays when, and the finer settings.

function songPanel(studio, parent) {
  const bar = element("div", { class: "fields song", role: "group", "aria-label": "The whole band" }, parent);
  textField(studio, bar, "prompt", "Band", "Words for the whole band, such as: dusty late night hip hop", { placeholder: "funk, jazz trio, dreamy ballad ..." });
  numberField(studio, bar, "bpm", "Tempo, bpm", "Beats a minute, 40 to 240; empty leaves it open", { min: 40, max: 240, step: 1, placeholder: "open" });
  choiceField(studio, bar, "key", "Key", "The key, or open", studio.choices.key, "open");
  numberField(studio, bar, "bars", "Bars", "How many bars of four beats", { min: 1, max: 64, step: 1 });
  const seed = numberField(studio, bar, "seed", "Seed", "The same seed and settings make the same music", { min: 0, step: 1 });
  const die = button("⚄", "Throw the die: another seed", seed.parentElement, () => studio.change({ seed: Math.floor(Math.random() * 100000) }));
  die.classList.add("die");
}

function finePanel(studio, parent) {
  const fine = element("details", { class: "fold" }, parent);
  element("summary", { text: "Finer settings" }, fine);
  const bar = element("div", { class: "fields" }, fine);
  choiceField(studio, bar, "coupling", "Coupling", "attention: stems hear each other; noise: they share their noise alone", studio.choices.coupling);
  const rho = numberField(studio, bar, "rho", "Shared noise", "rho, 0 to 1; only with the coupling noise", { min: 0, max: 1, step: 0.1 });
  choiceField(studio, bar, "scheme", "Scheme", "one-pass: all stems at once; k-pass: one after the other", studio.choices.scheme);
  numberField(studio, bar, "steps", "Steps", "of the sampler: fewer are faster", { min: 1, max: 1000, step: 1 });
  numberField(studio, bar, "guidance", "Guidance", "How closely the words are followed; 1 is off", { min: 0, max: 20, step: 0.5 });
  const mates = numberField(studio, bar, "mates", "Mates", "How closely the other stems are followed; 1 is off; only with the coupling attention", { min: 0, max: 20, step: 0.5 });
  studio.onRefresh(() => { rho.disabled = studio.form().coupling !== "noise"; mates.disabled = !rho.disabled; });
}

function stemsPanel(studio, parent) {
  const panel = element("div", { class: "stems", role: "group", "aria-label": "Stems" }, parent);
  const list = element("div", {}, panel);
  const add = element("div", { class: "bar add" }, panel);
  element("span", { class: "hint", text: "Add" }, add);
  const { families } = studio.choices;
  const mark = `stemlab-${Math.random().toString(36).slice(2)}`;  // two studios may share a page
  for (const [family, prompts] of Object.entries(families)) {
    button(`+ ${family}`, `Add a stem: ${family}`, add, () => studio.send("new_stem", { family }));
    const choices = element("datalist", { id: `${mark}-${family}` }, panel);
    for (const prompt of prompts) element("option", { value: prompt }, choices);
  }
  const rows = [];

  function makeRow(index) {
    const row = element("div", { class: "stem", role: "group" }, list);
    const input = element("input", { type: "text", "data-key": `stem ${index}` }, row);
    input.addEventListener("change", () => alter({ prompt: input.value }));
    const stem = () => studio.form().stems[index];
    const alter = (change) => studio.change({ stems: studio.form().stems.map((one, i) => (i === index ? { ...one, ...change } : one)) });
    const act = (what) => () => studio.send(what, { stem: index });
    const acts = element("div", { class: "acts" }, row);
    const fit = button("Fit", "Make this stem to fit the others, which stay", acts, act("fit"));
    const vary = button("Vary", "Something near what this stem plays", acts, act("vary"));
    const again = button("Again", "Make this stem anew", acts, act("again"));
    const lock = button("Lock", "Keep this stem when you generate", acts, () => alter({ locked: !stem().locked }));
    const gone = button("✕", "Remove this stem", acts, () => studio.send(studio.view().rows[index].made ? "remove" : "drop", { stem: index }));

    function refresh() {
      const { name, colour, made, same } = studio.view().rows[index];
      const busy = Boolean(studio.view().busy);
      row.setAttribute("aria-label", name);
      row.style.setProperty("--stem", colour);
      if (document.activeElement !== input) input.value = stem().prompt;
      input.setAttribute("list", `${mark}-${name.split(" ")[0]}`);
      input.setAttribute("aria-label", `Words for ${name}`);
      const some = studio.view().current !== null;
      enable(fit, !busy && some);
      fit.classList.toggle("wanted", some && !(made && same));
      for (const one of [vary, again]) enable(one, !busy && made && same);
      enable(lock, made && same);
      lock.setAttribute("aria-pressed", stem().locked);
      enable(gone, !busy && studio.form().stems.length > 1);
      for (const [one, words] of [[fit, "Fit"], [vary, "Vary"], [again, "Again"], [lock, "Lock"], [gone, "Remove"]]) one.setAttribute("aria-label", `${words} ${name}`);
    }
    return { row, refresh };
  }

  studio.onRefresh(() => {
    const count = Math.min(studio.form().stems.length, studio.view().rows.length);
    while (rows.length > count) rows.pop().row.remove();
    while (rows.length < count) rows.push(makeRow(rows.length));
    for (const { refresh } of rows) refresh();
    for (const one of add.querySelectorAll("button")) enable(one, count < 16);
  });
}

function gridPanel(studio, parent) {
  const fold = element("details", { class: "fold", open: "" }, parent);
  element("summary", { text: "Who plays when" }, fold);
  const place = element("div", {}, fold);
  let [shape, value, close, redraw] = ["", {}, null, () => {}];
  const state = () => ({ stems: studio.view().rows.map((row) => row.name), colours: studio.view().rows.map((row) => row.colour), bars: studio.form().bars, value });
  const model = {
    get: (name) => state()[name],
    set: (_, told) => { value = told; },
    save_changes: () => studio.change({ activity: value }),
    on: (_, act) => { redraw = act; },
    off() {},
  };
  studio.onRefresh(() => {
    const { activity, bpm, bars } = studio.form();
    const fits = bpm !== null && Number.isInteger(bars) && bars > 0 && bars <= 64;
    const { stems, colours } = state();
    const now = JSON.stringify([fits, stems, colours, bars]);
    const moved = JSON.stringify(activity) !== JSON.stringify(value);
    value = activity;
    if (now !== shape) {
      shape = now;
      close?.();
      place.replaceChildren();
      close = fits ? makeGrid({ model, el: place }) : null;
      if (!fits) element("p", { class: "hint", text: "A grid of bars needs a tempo and 1 to 64 bars." }, place);
    } else if (moved && fits) redraw();
  });
  return () => close?.();
}
