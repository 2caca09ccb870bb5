// The activity grid: a row a stem, a cell a bar. A press paints what the first cell becomes, a drag goes on with it.

const PRESETS = {
  "All on": (rows, bars) => rows.map(() => Array(bars).fill(true)),
  "Build-up": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => bar >= Math.floor((row * bars) / rows.length))),
  "Drop": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => row === rows.length - 1 || bar !== Math.ceil(bars / 2) - 1)),
  "Call and response": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => row < rows.length - 2 || (row + rows.length + bar) % 2 === 0)),
  "Alternate": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => (row + bar) % 2 === 0)),
};

// A pattern as a text a bar: one character, or one a beat. "x/x..x" has a slash between its bars.
const barsOf = (marks) => (marks.includes("/") ? marks.replace(/\/$/, "").split("/") : [...marks]);

function patternOf(bars) {
  const short = bars.map((bar) => (new Set(bar).size === 1 ? bar[0] : bar));
  if (short.every((bar) => bar.length === 1)) return short.join("");
  return short.join("/") + (short.length === 1 ? "/" : "");
}

// Cells and names wherever they are put. A stem that the value does not name is free: the model decides when it plays.
// `places(row)` gives { cells, name }, the elements that a row's cells and the button with its name go into; `laid(per)` empties
// them, and makes room for so many cells a bar.
function makeCells({ model, tools, places, laid = () => {}, changed = () => {} }) {
  const past = [];
  let cells = [], frees = [], paint = null, fine = false, per = 1;

  const names = () => model.get("stems");
  const bars = () => model.get("bars");
  const rowOf = (marks) => marks && barsOf(marks).flatMap((bar) => [...(bar.length === 1 ? bar.repeat(per) : per === 1 ? bar[0] : bar)]).map((mark) => mark === "x");
  const read = () => names().map((name) => rowOf(model.get("value")[name]) ?? null);
  const marksOf = (row) => patternOf(Array.from({ length: bars() }, (_, bar) => row.slice(bar * per, (bar + 1) * per).map((on) => (on ? "x" : ".")).join("")));
  const textOf = (rows) => Object.fromEntries(names().flatMap((name, row) => (rows[row] ? [[name, marksOf(rows[row])]] : [])));
  const told = (row) => row ?? Array(bars() * per).fill(true);
  // Bars whose beats differ can only be shown beat by beat.
  const needed = () => (fine || Object.values(model.get("value")).some((marks) => barsOf(marks).some((bar) => new Set(bar).size > 1)) ? model.get("perBar") ?? 4 : 1);

  function put(rows) {
    model.set("value", textOf(rows));
    model.save_changes();
    show();
  }

  function remember() { past.push(JSON.stringify(model.get("value"))); enable(undo, true); }

  function change(rows) {
    if (JSON.stringify(rows) === JSON.stringify(read())) return;
    remember();
    put(rows);
  }

  for (const [name, preset] of Object.entries(PRESETS)) button(name, `Preset: ${name}`, tools, () => change(preset(names(), bars()).map((row) => row.flatMap((on) => Array(per).fill(on)))));
  const beats = button("Beats", "Paint beats instead of bars", tools, () => { fine = per === 1; show(); });
  beats.hidden = Boolean(model.get("whole"));  // where only whole bars are understood
  const undo = button("↶ Undo", "Undo (Ctrl+Z)", tools, takeBack);

  function takeBack() {
    const before = JSON.parse(past.pop() ?? "null");
    enable(undo, past.length > 0);
    if (before) { model.set("value", before); model.save_changes(); show(); }
  }

  function build() {
    past.length = 0;
    enable(undo, false);
    lay();
    show();
  }

  function lay() {
    per = needed();
    laid(per);
    frees = [];
    cells = names().map((name, row) => {
      const place = places(row);
      const colour = model.get("colours")[row];
      const free = button(place.words ?? name, `${name}: free or painted`, place.name, () => flipFree(row));
      free.classList.add("name");
      free.style.setProperty("--stem", colour);
      frees.push(free);
      return Array.from({ length: bars() * per }, (_, at) => {
        const beat = at % per;
        const cell = element("button", { type: "button", class: beat ? "cell beat" : "cell", "data-row": row, "data-bar": Math.floor(at / per), "data-at": at, tabindex: (place.words || !row) && !at ? 0 : -1 }, place.cells);
        cell.style.setProperty("--stem", colour);
        return cell;
      });
    });
  }

  function show() {
    if (needed() !== per || !cells.length) lay();
    beats.setAttribute("aria-pressed", String(per > 1));
    const rows = read();
    frees.forEach((free, row) => free.setAttribute("aria-pressed", rows[row] === null));
    cells.forEach((line, row) => line.forEach((cell, at) => {
      const on = rows[row]?.[at] ?? "mixed";
      const place = per > 1 ? `bar ${Math.floor(at / per) + 1}, beat ${(at % per) + 1}` : `bar ${at + 1}`;
      cell.setAttribute("aria-pressed", on);
      cell.setAttribute("aria-label", `${names()[row]}, ${place}: ${{ true: "plays", false: "rests", mixed: "free" }[on]}`);
    }));
    changed(textOf(rows));
  }

  function set(row, bar, on) {
    const rows = read();
    if (rows[row]?.[bar] === on) return;
    rows[row] = told(rows[row]);
    rows[row][bar] = on;
    put(rows);
  }

  function flipFree(row) {
    const rows = read();
    rows[row] = rows[row] ? null : told(null);
    change(rows);
  }

  function placeOf(target) {
    if (!target?.matches?.(".cell")) return null;
    const [row, bar] = [Number(target.dataset.row), Number(target.dataset.at)];
    return cells[row]?.[bar] === target ? [row, bar] : null;
  }

  function pressed(event) {
    const place = placeOf(event.target);
    if (!place || event.button !== 0) return;
    remember();
    paint = { on: !told(read()[place[0]])[place[1]] };
    set(...place, paint.on);
    focus(...place);
    event.preventDefault();
  }
  const moved = (event) => {
    const place = paint && placeOf(document.elementFromPoint(event.clientX, event.clientY));
    if (place) set(...place, paint.on);
  };
  const released = () => { paint = null; };
  window.addEventListener("pointermove", moved);
  window.addEventListener("pointerup", released);
  window.addEventListener("pointercancel", released);

  function focus(row, bar) {
    for (const cell of cells.flat()) cell.tabIndex = -1;
    cells[row][bar].tabIndex = 0;
    cells[row][bar].focus({ preventScroll: true });
  }

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  function typed(event) {
    const place = placeOf(event.target);
    const step = STEPS[event.code];
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ") takeBack();
    else if (place && step) {
      const [row, bar] = [Math.min(cells.length - 1, Math.max(0, place[0] + step[0])), Math.min(bars() * per - 1, Math.max(0, place[1] + step[1]))];
      const rows = read();
      if (event.shiftKey) {
        const on = told(rows[place[0]])[place[1]];
        rows[row] = told(rows[row]);
        rows[row][bar] = on;
        change(rows);
      }
      focus(row, bar);
    } else if (place && (event.code === "Space" || event.code === "Enter") && !event.ctrlKey && !event.metaKey) {
      const rows = read();
      rows[place[0]] = told(rows[place[0]]);
      rows[place[0]][place[1]] = !rows[place[0]][place[1]];
      change(rows);
    } else if (place && event.code === "KeyF" && !event.ctrlKey && !event.metaKey) flipFree(place[0]);
    else return;
    event.preventDefault();
  }
  // Keys and presses inside of an element are for the cells; once for each.
  function listen(host) {
    host.addEventListener("pointerdown", pressed);
    host.addEventListener("keydown", typed);
  }

  function close() {
    window.removeEventListener("pointermove", moved);
    window.removeEventListener("pointerup", released);
    window.removeEventListener("pointercancel", released);
  }
  return { build, show, listen, close };
}

// The grid as a widget of its own: names, numbers of the bars, cells.
function renderGrid({ model, el }) {
  const shell = makeShell(el, "gridShell", "Who plays when", model.get("kept"));
  const root = element("div", { class: "grid", role: "group", "aria-label": "Activity grid" }, shell.root);
  const tools = element("div", { class: "bar" }, root);
  const frame = element("div", { class: "frame" }, root);
  const desk = element("div", { class: "cells", role: "group", "aria-label": "Stems by bars" }, frame);
  const output = element("output", { "aria-label": "The value as Python" }, root);
  element("p", { class: "hint", text: "Click or drag to paint. A click on a name leaves that stem free (hatched). Arrows move, space paints, shift + arrows paint on, F is free, Ctrl+Z takes back, ? shows all keys." }, root);
  const python = (value) => `activity = {${Object.entries(value).map(([name, marks]) => `${JSON.stringify(name)}: "${marks}"`).join(", ")}}`;
  const bars = model.get("bars");
  const every = bars > 32 ? 4 : 1;
  desk.classList.toggle("many", bars > 32);
  function laid(per) {
    desk.replaceChildren();
    desk.style.gridTemplateColumns = `minmax(70px, 130px) repeat(${bars * per}, minmax(${bars * per > 32 ? 11 : 14}px, 1fr))`;
    element("span", { class: "number first", text: "bar" }, desk);
    for (let bar = 1; bar <= bars; bar++) element("span", { class: "number", text: (bar - 1) % every ? "" : bar, style: `grid-column: span ${per}` }, desk);
  }
  const grid = makeCells({ model, tools, laid, places: () => ({ cells: desk, name: desk }), changed: (value) => { output.textContent = python(value); } });
  grid.listen(root);
  grid.build();
  root.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.target.closest("dialog")) return;
    showKeys(root, [["Paint", GRID_KEYS]]);
    event.preventDefault();
  });
  model.on("change:value", grid.show);
  return () => { model.off("change:value", grid.show); grid.close(); shell.close(); };
}
