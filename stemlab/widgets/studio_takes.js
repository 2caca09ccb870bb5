// What was made: the history with undo, the code, and folders to save in and load from.

const nameOf = ({ title, name }) => name || title;

function takesPanel(studio, parent) {
  const bar = element("div", { class: "bar takes", role: "group", "aria-label": "History" }, parent);
  const undo = button("↶ Undo", "Undo: back to the take before", bar, () => studio.send("undo"));
  const redo = button("↷ Redo", "Redo: forward to the take after", bar, () => studio.send("redo"));
  const list = element("div", { class: "list", role: "list" }, bar);
  const own = element("div", { class: "bar own-take", role: "group", "aria-label": "This take" }, parent);
  const current = () => studio.view().current;
  const name = element("input", { type: "text", maxlength: 60, "aria-label": "Name of this take", placeholder: "name this take" }, own);
  name.addEventListener("change", () => studio.send("name", { take: current(), name: name.value }));
  const star = button("☆ Star", "Star this take", own, () => studio.send("star", { take: current() }));
  const gone = button("✕ Delete", "Delete this take", own, () => studio.send("delete", { take: current() }));
  blindButtons(studio, own);
  studio.onRefresh(() => {
    const { takes, busy } = studio.view();
    const living = takes.filter((take) => !take.gone).length;
    bar.hidden = own.hidden = !living;
    list.hidden = Boolean(studio.blind);
    for (const one of [undo, redo, name, star, gone]) one.hidden = Boolean(studio.blind);
    const ready = !busy && studio.kernel.there();
    enable(undo, ready && current());
    enable(redo, ready && studio.view().redo);
    enable(gone, ready && living > 1);
    enable(star, ready);
    const now = takes[current()];
    if (now) {
      if (document.activeElement !== name) name.value = now.name;
      star.setAttribute("aria-pressed", String(now.star));
      star.textContent = now.star ? "★ Starred" : "☆ Star";
    }
    list.replaceChildren();
    takes.forEach((take, index) => {
      if (take.gone) return;
      const words = nameOf(take);
      const item = element("span", { role: "listitem", class: "take" }, list);
      const go = button(`${index + 1} ${take.star ? "★ " : ""}${words}`, `Go back to take ${index + 1}: ${words}`, item, () => studio.send("go", { take: index }));
      go.setAttribute("aria-pressed", index === current());
      enable(go, !busy);
      if (index !== current()) button("A/B", `A/B: compare with take ${index + 1}, ${words}`, item, () => studio.compare(index)).setAttribute("aria-pressed", index === studio.compared);
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
