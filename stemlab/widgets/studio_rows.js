// What the studio adds to a stem's row: its words, a strip of bars, and what can be done with it. These parts live as long
// as the row; the mixer, which is made anew for each take, takes them in.

function stemRows(studio) {
  const parts = [];  // of the form's rows
  const lists = element("div", { hidden: "" }, studio.root);
  const mark = `stemlab-${Math.random().toString(36).slice(2)}`;  // two studios may share a page
  for (const [family, prompts] of Object.entries(studio.choices.families)) {
    const choices = element("datalist", { id: `${mark}-${family}` }, lists);
    for (const prompt of prompts) element("option", { value: prompt }, choices);
  }

  function makePart(index) {
    const words = element("input", { type: "text", class: "own", "data-key": `stem ${index}` });
    words.addEventListener("change", () => alter({ prompt: words.value }));
    const stem = () => studio.form().stems[index];
    const alter = (change) => studio.change({ stems: studio.form().stems.map((one, i) => (i === index ? { ...one, ...change } : one)) });
    const act = (what) => () => studio.send(what, { stem: index });
    const own = (text, title, does) => { const made = button(text, title, null, does); made.classList.add("own"); return made; };
    const fit = own("Make it fit", "Make this stem to fit the others, which stay", act("fit"));
    const vary = own("Vary", "Something near what this stem plays", act("vary"));
    const again = own("Again", "Make this stem anew", act("again"));
    const lock = own("Lock", "Keep this stem when you generate", () => alter({ locked: !stem().locked }));
    const gone = own("Remove", "Remove this stem", () => studio.send(studio.view().rows[index].made ? "remove" : "drop", { stem: index }));
    const free = element("span", { class: "own" });
    const strip = element("div", { class: "strip" });

    function refresh() {
      const row = studio.view().rows[index];
      if (!row || !stem()) return;
      const { name, made, same } = row;
      const busy = Boolean(studio.view().busy) || !studio.kernel.there();
      if (document.activeElement !== words) words.value = stem().prompt;
      words.setAttribute("list", `${mark}-${name.split(" ")[0]}`);
      const some = studio.view().current !== null;
      fit.hidden = !some || (made && same);
      enable(fit, !busy);
      fit.classList.toggle("wanted", !fit.hidden);
      for (const one of [vary, again]) { one.hidden = !(made && same); enable(one, !busy); }
      lock.hidden = !made || !same;
      lock.setAttribute("aria-pressed", String(stem().locked));
      lock.textContent = stem().locked ? "Locked" : "Lock";
      enable(gone, !busy && studio.form().stems.length > 1);
      for (const [one, what] of [[words, "Words for"], [fit, "Fit"], [vary, "Vary"], [again, "Again"], [lock, "Lock"], [gone, "Remove"]]) one.setAttribute("aria-label", `${what} ${name}`);
    }
    return { words, acts: [fit, vary, again, lock, gone], free, strip, refresh };
  }

  studio.onRefresh(() => {
    const count = Math.min(studio.form().stems.length, studio.view().rows.length);
    parts.length = Math.min(parts.length, count);
    while (parts.length < count) parts.push(makePart(parts.length));
    for (const { refresh } of parts) refresh();
  });

  // The rows of a mixer for a version (or for none yet): those of the form, then what the version has besides.
  function rowsFor(about) {
    const channelOf = (name) => about.made.indexOf(name);
    const shown = studio.view().rows.slice(0, parts.length).map(({ name, colour }, index) => {
      const channel = channelOf(name);
      const { prompt } = studio.form().stems[index];
      const missing = studio.view().current === null ? "" : "not made yet";
      const stem = channel < 0 ? { name, prompt, colour, peaks: [], active: [], asked: null } : about.stems[channel];
      return { stem, channel: channel < 0 ? null : channel, dress: { ...parts[index], missing } };
    });
    const asked = new Set(studio.view().rows.map((row) => row.name));
    about.stems.forEach((stem, channel) => { if (!asked.has(stem.name)) shown.push({ stem, channel }); });
    return shown;
  }

  // Who plays when, in the strips; presets in a fold.
  function patterns(parent) {
    element("p", { class: "hint", text: "The cells over each waveform say in which bars a stem plays: click or drag to paint them. Free: the model decides." }, parent);
    const tools = element("div", { class: "bar" }, parent);
    let [shape, value, built] = ["", {}, new WeakSet()];
    const model = {
      get: (name) => ({ stems: studio.view().rows.map((row) => row.name), colours: studio.view().rows.map((row) => row.colour), bars: studio.form().bars, perBar: studio.choices.meters[studio.form().meter]?.perBar, value })[name],
      set: (_, told) => { value = told; },
      save_changes: () => studio.change({ activity: value }),
    };
    const laid = (per) => {
      for (const { strip, free } of parts) {
        strip.replaceChildren();
        free.replaceChildren();
        strip.style.gridTemplateColumns = `repeat(${studio.form().bars * per}, 1fr)`;
        if (!built.has(strip)) { built.add(strip); grid.listen(strip); }
      }
    };
    const grid = makeCells({ model, tools, laid, places: (row) => ({ cells: parts[row].strip, name: parts[row].free, words: "Bars free" }) });
    studio.onRefresh(() => {
      const { activity, bpm, bars } = studio.form();
      const fits = bpm !== null && Number.isInteger(bars) && bars > 0 && bars <= 64;
      if (studio.view().rows.length !== parts.length) return;  // form and view come one after the other
      const now = JSON.stringify([fits, model.get("stems"), bars, model.get("perBar"), parts.length]);
      const moved = JSON.stringify(activity) !== JSON.stringify(value);
      value = activity;
      if (now !== shape) {
        shape = now;
        tools.hidden = !fits;
        if (fits) grid.build();
        else laid(1);
      } else if (moved && fits) grid.show();
    });
    return grid.close;
  }

  return { rowsFor, patterns };
}

function addPanel(studio, parent) {
  const add = element("div", { class: "bar add", role: "group", "aria-label": "Add a stem" }, parent);
  element("span", { class: "hint", text: "Add a stem" }, add);
  for (const family of Object.keys(studio.choices.families)) button(`+ ${family}`, `Add a stem: ${family}`, add, () => studio.send("new_stem", { family }));
  studio.onRefresh(() => { for (const one of add.querySelectorAll("button")) enable(one, studio.kernel.there() && studio.form().stems.length < 16); });
}
