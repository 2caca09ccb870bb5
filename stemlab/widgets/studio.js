// The studio: the band and Generate, what was made, one row a stem; all that is rarer is folded. The kernel does the work.

const WATCH = 10_000;  // ms without a word during an action until the kernel is asked whether it is there
const LEFT = "stemlab studio: the form before the kernel was restarted";

function renderStudio({ model, el }) {
  const shell = makeShell(el, "studio", "Stem studio", model.get("kept"));
  const { root } = shell;
  const refreshers = [];
  let [waiting, watching, edits, mine] = [null, null, 0, []];  // mine: changes of the form that the kernel has not confirmed

  const kernel = makeKernel(model, { told: heed, lost });
  const studio = {
    root,
    kernel,
    choices: model.get("choices"),
    compared: null,
    blind: null,  // takes in the order of their letters, while they are compared blind
    told: "",  // what that comparison told, until something else happens
    refresh: () => refresh(),
    form: () => mine.reduce((form, { told }) => ({ ...form, ...told }), model.get("form")),
    view: () => (kernel.there() ? model.get("view") : { ...model.get("view"), busy: "" }),
    onRefresh: (act) => refreshers.push(act),
    change(told) {
      edits = Math.max(edits, model.get("view").edit ?? 0) + 1;  // another page may show the same studio
      mine.push({ edit: edits, told });
      kernel.tell({ do: "set", told, edit: edits });
      refresh();
    },
    send(what, details = {}, buffers = []) {
      if (!kernel.there()) return studio.say(LOST);
      clearTimeout(waiting);
      waiting = setTimeout(silent, PATIENCE);
      kernel.tell({ do: what, ...details }, buffers);
    },
    ask: (take) => kernel.tell({ do: "sound", take }),
    compare(take) { studio.compared = studio.compared === take ? null : take; refresh(); },
    say(words) { note.textContent = words; },
  };

  songPanel(studio, root);
  const bar = element("div", { class: "bar run" }, root);
  const generate = button("Generate", "Generate all stems that are not locked (Ctrl+Enter)", bar, () => studio.send("generate"));
  generate.classList.add("main");
  const four = button("Four takes", "Generate four takes at once, with four seeds", bar, () => studio.send("four"));
  const cancel = button("Cancel", "Cancel: what was there stays", bar, () => studio.send("cancel"));
  const progress = element("progress", { "aria-label": "Progress" }, bar);
  const note = element("span", { class: "note", role: "status" }, bar);
  const sketches = sketchPanel(studio, bar);
  const again = button("Take over what was set before", "Take over what was set before the kernel was restarted", bar, takeLeft);
  const problem = element("p", { class: "problem", role: "alert" }, root);
  takesPanel(studio, root);
  repairPanel(studio, root);
  const rows = stemRows(studio);
  const heard = soundPanel(studio, root, rows);
  const below = element("div", { class: "below" }, root);
  addPanel(studio, below);
  goOnPanel(studio, below);
  const folds = element("div", { class: "folds" }, root);
  const closePatterns = rows.patterns(foldOf(folds, "Patterns"));
  filePanel(studio, foldOf(folds, "Accompany a file"));
  finePanel(studio, foldOf(folds, "Finer settings"));
  codePanel(studio, foldOf(folds, "Show code"));
  folderPanel(studio, foldOf(folds, "Save and load"));

  let last = null;
  function refresh() {
    mine = mine.filter(({ edit }) => edit > (model.get("view").edit ?? 0));
    const { busy, error, note: words, current, takes } = studio.view();
    if (busy) studio.told = "";
    if (current !== last && current !== null) {
      studio.compared = takes[current].parent;
      last = current;
    }
    for (const one of [generate, four]) enable(one, !busy && kernel.there());
    cancel.hidden = progress.hidden = !busy;
    if (!busy) progress.removeAttribute("value");
    problem.textContent = error;
    problem.hidden = !error;
    again.hidden = current !== null || !left();
    studio.say(!kernel.there() ? LOST : busy ? `${busy} ...` : words || studio.told || (current === null ? "Press Generate: the band plays what the rows say." : ""));
    watch();
    for (const act of refreshers) act();
  }

  function heed(message, buffers) {
    clearTimeout(waiting);
    watch();
    if (message.kind === "sound") heard.receive(message, buffers);
    if (message.kind === "sketch") sketches.receive(message, buffers);
    if (message.kind !== "progress" || !studio.view().busy) return;
    Object.assign(progress, { max: message.total, value: message.done });
    const rest = message.left ? `, about ${message.left} s left` : "";
    studio.say(message.done < message.total ? `${studio.view().busy}: step ${message.done} of ${message.total}${rest}` : `${studio.view().busy}: turning it into sound ...`);
  }

  // While something is being made the kernel speaks at each step; where it falls silent it is asked.
  function watch() {
    clearTimeout(watching);
    if (studio.view().busy) watching = setTimeout(() => kernel.ask({ do: "ping" }).then(watch, silent), WATCH);
  }

  function silent() { studio.say("No answer from the kernel yet: it is busy with another cell, or it was restarted (then run this cell again)."); }

  // The kernel was restarted: what was set here is kept for the studio that runs next.
  function lost() {
    clearTimeout(waiting);
    sessionStorage.setItem(place(), JSON.stringify(studio.form()));
    refresh();
    heard.lost();
  }

  // There may be several studios in a notebook: each finds again what was set where it stands.
  function place() { return `${LEFT}, ${[...document.querySelectorAll(".studio")].indexOf(root)}`; }

  function left() { return sessionStorage.getItem(place()); }

  function takeLeft() {
    const { audio, ...form } = JSON.parse(left());
    sessionStorage.removeItem(place());
    studio.change(form);
  }

  root.addEventListener("keydown", (event) => {
    if (event.key === "?" && !event.defaultPrevented && !takesText(event.target) && !event.target.closest("dialog")) {
      showKeys(root, [["Studio", STUDIO_KEYS], ["Listen", MIXER_KEYS], ["Paint", GRID_KEYS]]);
      event.preventDefault();
    }
    if (event.code !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (generate.getAttribute("aria-disabled") === "true") return;
    event.target.dispatchEvent(new Event("change"));  // what was typed counts
    studio.send("generate");
  });
  model.on("change:form", refresh);
  model.on("change:view", refresh);
  refresh();
  requestAnimationFrame(refresh);  // once it stands in its place
  return () => {
    clearTimeout(waiting);
    clearTimeout(watching);
    for (const event of ["change:form", "change:view"]) model.off(event, refresh);
    closePatterns();
    heard.close();
    kernel.close();
    shell.close();
  };
}

function foldOf(parent, title) {
  const fold = element("details", { class: "fold" }, parent);
  element("summary", { text: title }, fold);
  return element("div", { class: "inside" }, fold);
}
