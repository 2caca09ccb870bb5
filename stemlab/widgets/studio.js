// The studio: what is asked for above, Generate in the middle, what was made below. The work is done in the kernel.

const PATIENCE = 6000;  // ms without an answer until the user is told

function renderStudio({ model, el }) {
  const shell = makeShell(el, "studio", "Stem studio", model.get("kept"));
  const { root } = shell;
  const refreshers = [];
  let waiting = null;
  const studio = {
    root,
    choices: model.get("choices"),
    compared: null,
    form: () => model.get("form"),
    view: () => model.get("view"),
    onRefresh: (act) => refreshers.push(act),
    change(told) {
      model.set("form", { ...model.get("form"), ...told });
      model.save_changes();
    },
    send(what, details = {}, buffers = []) {
      clearTimeout(waiting);
      waiting = setTimeout(() => studio.say("No answer from the kernel yet: it is busy with another cell, or it was restarted (then run this cell again)."), PATIENCE);
      model.send({ do: what, form: model.get("form"), ...details }, undefined, buffers);
    },
    ask(take) { studio.send("sound", { take }); },
    compare(take) { studio.compared = studio.compared === take ? null : take; refresh(); },
    say(words) { note.textContent = words; },
  };

  songPanel(studio, root);
  filePanel(studio, root);
  stemsPanel(studio, root);
  const closeGrid = gridPanel(studio, root);
  finePanel(studio, root);

  const bar = element("div", { class: "bar run" }, root);
  const generate = button("Generate", "Generate all stems that are not locked (Ctrl+Enter)", bar, () => studio.send("generate"));
  generate.classList.add("main");
  const cancel = button("Cancel", "Cancel: what was there stays", bar, () => studio.send("cancel"));
  const progress = element("progress", { "aria-label": "Progress" }, bar);
  const note = element("span", { class: "note", role: "status" }, bar);
  const problem = element("p", { class: "problem", role: "alert" }, root);

  takesPanel(studio, root);
  const heard = soundPanel(studio, root);
  codePanel(studio, root);
  folderPanel(studio, root);

  let last = null;
  function refresh() {
    const { busy, error, note: words, current, takes } = studio.view();
    if (current !== last && current !== null) {
      studio.compared = takes[current].parent;
      last = current;
    }
    enable(generate, !busy);
    cancel.hidden = progress.hidden = !busy;
    if (!busy) progress.removeAttribute("value");
    problem.textContent = error;
    problem.hidden = !error;
    studio.say(busy ? `${busy} ...` : words || (current === null ? "Press Generate: the band plays what the rows say." : ""));
    for (const act of refreshers) act();
  }

  function heed(message, buffers) {
    clearTimeout(waiting);
    if (message.kind === "sound") heard.receive(message, buffers);
    if (message.kind !== "progress" || !studio.view().busy) return;
    Object.assign(progress, { max: message.total, value: message.done });
    studio.say(message.done < message.total ? `${studio.view().busy}: step ${message.done} of ${message.total}` : `${studio.view().busy}: turning it into sound ...`);
  }

  root.addEventListener("keydown", (event) => {
    if (event.code !== "Enter" || !(event.ctrlKey || event.metaKey) || generate.getAttribute("aria-disabled") === "true") return;
    document.activeElement.blur();  // what was typed counts
    studio.send("generate");
    event.preventDefault();
  });
  model.on("change:form", refresh);
  model.on("change:view", refresh);
  model.on("msg:custom", heed);
  refresh();
  return () => {
    clearTimeout(waiting);
    for (const [event, act] of [["change:form", refresh], ["change:view", refresh], ["msg:custom", heed]]) model.off(event, act);
    closeGrid();
    heard.close();
    shell.close();
  };
}
