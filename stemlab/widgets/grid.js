// The activity grid: a row a stem, a cell a bar. A press paints what the first cell becomes, a drag goes on with it.

const PRESETS = {
  "All on": (rows, bars) => rows.map(() => Array(bars).fill(true)),
  "Build-up": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => bar >= Math.floor((row * bars) / rows.length))),
  "Drop": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => row === rows.length - 1 || bar !== Math.ceil(bars / 2) - 1)),
  "Call and response": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => row < rows.length - 2 || (row + rows.length + bar) % 2 === 0)),
  "Alternate": (rows, bars) => rows.map((_, row) => Array.from({ length: bars }, (_, bar) => (row + bar) % 2 === 0)),
};

// A stem that the value does not name is free: the model decides when it plays.
function makeGrid({ model, el }) {
  const root = element("div", { class: "grid", role: "group", "aria-label": "Activity grid" }, el);
  const tools = element("div", { class: "bar" }, root);
  const desk = element("div", { class: "cells", role: "group" }, root);
  const output = element("output", { "aria-label": "The value as Python" }, root);
  element("p", { class: "hint", text: "Click or drag to paint. A click on a name leaves that stem free (hatched). Arrows move, space paints, shift + arrows paint on, F is free, Ctrl+Z takes back." }, root);
  const past = [];
  let cells = [], frees = [], paint = null;

  const names = () => model.get("stems");
  const bars = () => model.get("bars");
  const rowOf = (marks) => (marks ? [...marks].map((mark) => mark === "x") : null);
  const read = () => names().map((name) => rowOf(model.get("value")[name]));
  const textOf = (rows) => Object.fromEntries(names().flatMap((name, row) => (rows[row] ? [[name, rows[row].map((on) => (on ? "x" : ".")).join("")]] : [])));
  const told = (row) => row ?? Array(bars()).fill(true);

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

  for (const [name, preset] of Object.entries(PRESETS)) button(name, `Preset: ${name}`, tools, () => change(preset(names(), bars())));
  const undo = button("↶ Undo", "Undo (Ctrl+Z)", tools, takeBack);

  function takeBack() {
    const before = JSON.parse(past.pop() ?? "null");
    enable(undo, past.length > 0);
    if (before) put(names().map((name) => rowOf(before[name])));
  }

  function build() {
    past.length = 0;
    enable(undo, false);
    desk.replaceChildren();
    desk.style.gridTemplateColumns = `minmax(70px, 130px) repeat(${bars()}, minmax(14px, 1fr))`;
    element("span", { class: "number", text: "bar" }, desk);
    for (let bar = 1; bar <= bars(); bar++) element("span", { class: "number", text: bar }, desk);
    frees = [];
    cells = names().map((name, row) => {
      const colour = model.get("colours")[row];
      const free = button(name, `${name}: free or painted`, desk, () => flipFree(row));
      free.classList.add("name");
      frees.push(free);
      free.style.setProperty("--stem", colour);
      return Array.from({ length: bars() }, (_, bar) => {
        const cell = element("button", { type: "button", class: "cell", "data-row": row, "data-bar": bar, tabindex: row || bar ? -1 : 0 }, desk);
        cell.style.setProperty("--stem", colour);
        return cell;
      });
    });
    show();
  }

  function show() {
    const rows = read();
    frees.forEach((free, row) => free.setAttribute("aria-pressed", rows[row] === null));
    cells.forEach((line, row) => line.forEach((cell, bar) => {
      const on = rows[row]?.[bar] ?? "mixed";
      cell.setAttribute("aria-pressed", on);
      cell.setAttribute("aria-label", `${names()[row]}, bar ${bar + 1}: ${{ true: "plays", false: "rests", mixed: "free" }[on]}`);
    }));
    output.textContent = `activity = {${Object.entries(textOf(rows)).map(([name, marks]) => `${JSON.stringify(name)}: "${marks}"`).join(", ")}}`;
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

  const placeOf = (target) => (target?.matches?.(".cell") && desk.contains(target) ? [Number(target.dataset.row), Number(target.dataset.bar)] : null);

  desk.addEventListener("pointerdown", (event) => {
    const place = placeOf(event.target);
    if (!place || event.button !== 0) return;
    remember();
    paint = { on: !told(read()[place[0]])[place[1]] };
    set(...place, paint.on);
    focus(...place);
    event.preventDefault();
  });
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
  root.addEventListener("keydown", (event) => {
    const place = placeOf(event.target);
    const step = STEPS[event.code];
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ") takeBack();
    else if (place && step) {
      const [row, bar] = [Math.min(cells.length - 1, Math.max(0, place[0] + step[0])), Math.min(bars() - 1, Math.max(0, place[1] + step[1]))];
      const rows = read();
      if (event.shiftKey) {
        const on = told(rows[place[0]])[place[1]];
        rows[row] = told(rows[row]);
        rows[row][bar] = on;
        change(rows);
      }
      focus(row, bar);
    } else if (place && (event.code === "Space" || event.code === "Enter")) {
      const rows = read();
      rows[place[0]] = told(rows[place[0]]);
      rows[place[0]][place[1]] = !rows[place[0]][place[1]];
      change(rows);
    } else if (place && event.code === "KeyF" && !event.ctrlKey && !event.metaKey) flipFree(place[0]);
    else return;
    event.preventDefault();
  });

  model.on("change:value", show);
  build();
  return () => {
    model.off("change:value", show);
    window.removeEventListener("pointermove", moved);
    window.removeEventListener("pointerup", released);
    window.removeEventListener("pointercancel", released);
    root.remove();
  };
}

function renderGrid({ model, el }) {
  const shell = makeShell(el, "gridShell", "Who plays when", model.get("kept"));
  const close = makeGrid({ model, el: shell.root });
  return () => { close(); shell.close(); };
}
