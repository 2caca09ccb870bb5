// One mixer at a time out of several versions of a piece. Changing over keeps playhead, loop, solo, mute, gain and sound,
// so that two versions can be compared while they play.

const LETTERS = "ABCD";

function makeDeck(el) {
  const root = element("div", { class: "deck" }, el);
  const choice = element("div", { class: "bar versions", role: "group", "aria-label": "Which version is heard" }, root);
  const place = element("div", {}, root);
  let [versions, mixer, orders] = [[], null, 0];

  // Offer versions, [{ title, about, sound, ... }], one to four, and let one be heard.
  function offer(list, heard = 0) {
    versions = list;
    choice.hidden = list.length < 2;
    choice.replaceChildren();
    list.forEach(({ title }, index) => {
      const letter = LETTERS[index];
      const made = button(title ? `${letter}: ${title}` : letter, `Hear version ${letter} (X changes over)`, choice, () => hear(index));
      made.classList.add("version");
    });
    return hear(Math.min(heard, list.length - 1));
  }

  async function hear(index) {
    const version = versions[index];
    const order = (orders += 1);
    mark(index);
    if (mixer?.version === version) return;
    const next = Object.assign(makeMixer(version), { version });
    const old = mixer;
    if (old) await next.engine.load().catch(() => {});  // the mixer says itself what it cannot play
    if (order !== orders || mixer !== old) return next.close();
    if (old) next.takeOver(old);
    const focused = place.contains(document.activeElement);
    place.replaceChildren(next.root);
    if (focused) next.root.focus({ preventScroll: true });
    old?.close();
    mixer = next;
  }

  function mark(heard) {
    [...choice.children].forEach((made, index) => made.setAttribute("aria-pressed", index === heard));
  }

  root.addEventListener("keydown", (event) => {
    if (event.code !== "KeyX" || event.ctrlKey || event.metaKey || event.altKey || versions.length < 2 || takesText(event.target)) return;
    hear((heard() + 1) % versions.length);
    event.preventDefault();
  });
  const heard = () => Math.max(0, versions.indexOf(mixer?.version));
  return { root, offer, heard, mixer: () => mixer, close() { orders += 1; mixer?.close(); root.remove(); } };
}

function renderMixer({ model, el }) {
  const shell = makeShell(el, "mixerShell", "Stems", model.get("kept"));
  const deck = makeDeck(shell.root);
  const kernel = makeKernel(model, { lost: () => deck.mixer()?.show() });
  deck.offer(model.get("versions").map(({ about, sounds }, version) => ({
    about,
    sound: { encoded: sounds.map(bytesOf) },
    lossless: kernel.there,
    fetchFile: (asked) => kernel.ask({ do: "export", version, ...asked }, { patience: FILE_PATIENCE }),
    fetchNotes: () => kernel.ask({ do: "notes", version }, { patience: FILE_PATIENCE }),
    keep: (desk) => kernel.tell({ do: "desk", version, desk }),
  })));
  return () => { kernel.close(); deck.close(); shell.close(); };
}
