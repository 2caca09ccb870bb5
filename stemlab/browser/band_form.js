// What the page asks: the band, its stems, who plays when, and how much noise they share. `form.read()` is the request.

function makeForm(parent, { keys, families, styles, suggestions }, changed) {
  const root = element("div", { class: "form" }, parent);
  const song = element("div", { class: "fields", role: "group", "aria-label": "The whole band" }, root);
  const field = (label, input, place = song) => {
    const made = element("label", { class: "field" }, place);
    element("span", { text: label }, made);
    made.append(input);
    input.addEventListener("change", () => { again = []; changed(); });
    return input;
  };
  const list = (id, choices) => { const made = element("datalist", { id }, root); for (const value of choices) element("option", { value }, made); };
  const input = (type, more = {}) => element("input", { type, ...more });
  list("styles", styles);
  for (const [family, words] of Object.entries(suggestions)) list(`words-${family}`, words);
  list("words-any", Object.values(suggestions).map(([first]) => first));
  const prompt = field("Band", input("text", { list: "styles", placeholder: "funk, jazz trio, dreamy ballad ..." }));
  prompt.parentElement.classList.add("wide");
  const bpm = field("Tempo, bpm", input("number", { min: 40, max: 240, placeholder: "open" }));
  const key = field("Key", element("select", {}));
  for (const name of ["", ...keys]) element("option", { value: name, text: name || "open" }, key);
  const bars = field("Bars", input("number", { min: 1, max: 64 }));
  const seed = field("Seed", input("number", { min: 0 }));
  button("⚄ New", "Throw the die: another seed", seed.parentElement, () => { seed.value = Math.floor(Math.random() * 100000); again = []; changed(); });

  const rows = element("div", { class: "stems", role: "group", "aria-label": "The stems" }, root);
  const more = element("div", { class: "bar" }, root);
  element("span", { class: "hint", text: "Add a stem" }, more);
  for (const family of Object.keys(suggestions)) {
    button(`+ ${family}`, `Add a stem: ${family}`, more, () => { addRow(suggestions[family][0]); again = []; redraw(); });
  }
  function addRow(words) {
    const row = element("div", { class: "bar stem" }, rows);
    const text = element("input", { type: "text", "aria-label": "Words for a stem", class: "words" }, row);
    text.value = words;
    const suit = () => text.setAttribute("list", `words-${suggestions[text.value.split(":")[0]] ? text.value.split(":")[0] : "any"}`);
    suit();
    text.addEventListener("change", () => { suit(); again = []; redraw(); });
    button("Remove", "Remove this stem", row, () => { row.remove(); again = []; redraw(); });
  }

  const fold = element("details", { class: "fold" }, root);
  element("summary", { text: "Who plays when" }, fold);
  const place = element("div", {}, fold);
  let [value, grid, again] = [{}, null, []];
  function drawGrid() {
    grid?.();
    place.replaceChildren();
    grid = null;
    const names = namesNow();
    const count = Number(bars.value);
    if (!names || !bpm.value || !(count >= 1 && count <= 64)) return element("p", { class: "hint", text: "With a tempo and bars you can paint here who plays when." }, place);
    value = Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)).map(([name, marks]) => [name, (marks + marks.slice(-1).repeat(count)).slice(0, count)]));
    const state = { stems: names, colours: coloursOf(names, families), bars: count, kept: "", whole: true };
    grid = renderGrid({ el: place, model: {
      get: (name) => (name === "value" ? value : state[name]), set: (_, told) => { value = told; again = []; }, save_changes: changed, on() {}, off() {},
    } });
  }
  fold.addEventListener("toggle", () => { if (fold.open) drawGrid(); });

  const coupling = element("div", { class: "bar dial", role: "group", "aria-label": "How the stems of the band are tied together" }, root);
  const way = (name, words) => {
    const label = element("label", {}, coupling);
    const radio = element("input", { type: "radio", name: "coupling", value: name }, label);
    label.append(` ${words}`);
    radio.addEventListener("change", () => { again = []; show(); changed(); });
    return radio;
  };
  const ways = { song: way("song", "each hears the song of the seed"), attention: way("attention", "stems hear each other"), noise: way("noise", "each alone, with shared noise") };
  const dial = element("label", { class: "field rho" }, coupling);
  const told = element("span", {}, dial);
  const rho = element("input", { type: "range", min: 0, max: 1, step: 0.05, "aria-label": "Shared noise, rho" }, dial);
  rho.addEventListener("input", show);
  rho.addEventListener("change", () => { again = []; changed(); });

  function namesNow() { try { return uniqueNames(stems()); } catch { return null; } }
  const stems = () => [...rows.querySelectorAll(".words")].map((text) => text.value);
  function show() {
    dial.hidden = !ways.noise.checked;
    told.textContent = `Shared noise: ${Math.round(rho.value * 100)} %`;
    rho.setAttribute("aria-valuetext", told.textContent);
  }
  function redraw() { if (fold.open) drawGrid(); changed(); }
  for (const one of [bpm, bars]) one.addEventListener("change", redraw);

  const number = (from) => (from.value === "" ? null : Number(from.value));
  function read() {
    const painted = fold.open || Object.keys(value).length ? value : {};
    return {
      stems: stems(), prompt: prompt.value, bpm: number(bpm), key: key.value || null, bars: number(bars), seed: seed.value === "" ? NaN : Number(seed.value),
      activity: bpm.value ? painted : {}, coupling: Object.keys(ways).find((name) => ways[name].checked), rho: Number(rho.value), again,
    };
  }
  function write(asked) {
    prompt.value = asked.prompt;
    for (const [to, what] of [[bpm, "bpm"], [bars, "bars"], [seed, "seed"], [rho, "rho"]]) to.value = asked[what] ?? "";
    key.value = keys.includes(asked.key) ? asked.key : "";
    rows.replaceChildren();
    asked.stems.forEach(addRow);
    [value, again] = [asked.activity, asked.again];
    (ways[asked.coupling] ?? ways.song).checked = true;
    fold.open = Object.keys(value).length > 0;
    if (fold.open) drawGrid();
    show();
  }
  return { read, write, remember: (pair) => { again = [...again, pair]; } };
}
