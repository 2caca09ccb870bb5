// What was made: the history with undo, the code, and folders to save in and load from.

function takesPanel(studio, parent) {
  const bar = element("div", { class: "bar takes", role: "group", "aria-label": "History" }, parent);
  const undo = button("↶ Undo", "Undo: back to the take before", bar, () => studio.send("undo"));
  const redo = button("↷ Redo", "Redo: forward to the take after", bar, () => studio.send("redo"));
  const list = element("div", { class: "list", role: "list" }, bar);
  studio.onRefresh(() => {
    const { takes, current, busy } = studio.view();
    bar.hidden = !takes.length;
    enable(undo, !busy && current && studio.kernel.there());
    enable(redo, !busy && studio.view().redo && studio.kernel.there());
    list.replaceChildren();
    takes.forEach(({ title }, index) => {
      const item = element("span", { role: "listitem", class: "take" }, list);
      const go = button(`${index + 1} ${title}`, `Go back to take ${index + 1}: ${title}`, item, () => studio.send("go", { take: index }));
      go.setAttribute("aria-pressed", index === current);
      enable(go, !busy);
      if (index !== current) button("A/B", `A/B: compare with take ${index + 1}, ${title}`, item, () => studio.compare(index)).setAttribute("aria-pressed", index === studio.compared);
    });
  });
}

function codePanel(studio, parent) {
  const fold = parent;
  element("p", { class: "hint", text: "The same in Python, for a cell of your own." }, fold);
  const code = element("pre", { class: "code", tabindex: 0, "aria-label": "Python code" }, fold);
  const copy = button("Copy", "Copy the code", fold, async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    } catch {  // a page without https may not: then the text is marked, for Ctrl+C
      getSelection().selectAllChildren(code);
      copy.textContent = "Marked: press Ctrl+C";
    }
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  studio.onRefresh(() => { code.textContent = studio.view().code; });
}

function folderPanel(studio, parent) {
  const bar = element("div", { class: "fields" }, parent);
  const folder = element("input", { type: "text", "data-key": "folder" });
  labelled(bar, "Folder, as the kernel sees it", "A new folder to save in, or one that was saved", folder);
  const acts = element("div", { class: "bar" }, bar);
  const save = button("Save", "Save stems, mix, session and player in this folder", acts, () => studio.send("save", { folder: folder.value, replace: replace.checked }));
  const box = element("label", { class: "check", title: "Save over what is in the folder" }, bar);
  const replace = element("input", { type: "checkbox" }, box);
  box.append("Replace what is there");
  const load = button("Load", "Load the session in this folder", acts, () => studio.send("load", { folder: folder.value }));
  let offered = "";
  studio.onRefresh(() => {
    const { busy, current } = studio.view();
    enable(save, !busy && current !== null && studio.kernel.there());
    enable(load, !busy && studio.kernel.there());
    if (folder.value === offered && document.activeElement !== folder) folder.value = offered = studio.view().folder;
  });
}

// What can be done by hand to bars that were dragged over, and how it goes on.
function repairPanel(studio, parent) {
  const bar = element("div", { class: "bar repair", role: "group", "aria-label": "Bars that were dragged over" }, parent);
  const words = element("span", { class: "hint" }, bar);
  const again = button("Again here", "Make these bars of the stem anew", bar, () => studio.send("inpaint", { name: chosen.name, bars: chosen.bars }));
  let chosen = null;
  studio.looped = (part, name, about) => {
    const bar = about.beat * about.perBar;
    const numbers = part && part.map((second) => Math.round((second - about.downbeat) / bar));
    chosen = part && name && about.beat ? { name, bars: Array.from({ length: Math.max(1, numbers[1] - numbers[0]) }, (_, i) => numbers[0] + i + 1) } : null;
    show();
  };
  function show() {
    const { current, busy } = studio.view();
    bar.hidden = !chosen || current === null;
    if (!chosen) return;
    const { name, bars } = chosen;
    words.textContent = bars.length === 1 ? `${name}, bar ${bars[0]}:` : `${name}, bars ${bars[0]} to ${bars.at(-1)}:`;
    enable(again, !busy && studio.kernel.there());
  }
  studio.onRefresh(show);
}

function goOnPanel(studio, parent) {
  const bar = element("div", { class: "bar add", role: "group", "aria-label": "Go on" }, parent);
  element("span", { class: "hint", text: "Go on" }, bar);
  const more = [4, 8].map((bars) => button(`+ ${bars} bars`, `Let all stems go on for ${bars} bars`, bar, () => studio.send("extend", { bars })));
  studio.onRefresh(() => {
    const { current, busy } = studio.view();
    bar.hidden = current === null || studio.form().bpm === null;
    for (const one of more) enable(one, !busy && studio.kernel.there());
  });
}
