// Names of sections over the ruler: a double click on a bar, or N at the playhead, names what begins there.

// `keep(names)` hears of each change; names are { "1": "intro", "5": "verse" }, by bar.
function makeSections(row, { beat, downbeat, seconds, perBar = 4 }, names, keep) {
  const bar = beat ? beat * perBar : null;
  const barAt = (second) => Math.max(1, Math.floor((second - downbeat) / bar + 1e-6) + 1);
  let view = { start: 0, end: seconds };

  function show(now = view) {
    view = now;
    if (row.querySelector("input")) return;  // a name is being written
    row.replaceChildren();
    for (const [number, name] of Object.entries(names)) {
      const at = placeIn(downbeat + (number - 1) * bar, view);
      if (at > -1e-6 && at < 1) place(button(name, `Section ${name}, bar ${number}: name it anew`, row, () => edit(number)), at);
    }
    row.hidden = !row.childElementCount;
  }

  const place = (made, at) => { made.style.left = `${at * 100}%`; return made; };

  function edit(number) {
    show();
    row.hidden = false;
    const field = place(element("input", { type: "text", maxlength: 40, "aria-label": `Name of the section that begins in bar ${number}`, value: names[number] ?? "" }, row), Math.max(0, placeIn(downbeat + (number - 1) * bar, view)));
    let finished = false;
    const done = (kept) => {
      if (finished) return;
      finished = true;
      const name = field.value.trim();
      if (kept && name) names[number] = name;
      else if (kept) delete names[number];
      field.remove();
      show();
      if (!document.activeElement || document.activeElement === document.body) row.closest(".mixer").focus({ preventScroll: true });
      if (kept) keep(names);
    };
    field.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === "Escape") { event.stopPropagation(); event.preventDefault(); done(event.key === "Enter"); } });
    field.addEventListener("blur", () => done(true));
    field.focus({ preventScroll: true });
  }

  if (bar) show();
  return { show, name: (second) => bar && edit(barAt(second)), names: () => names };
}
