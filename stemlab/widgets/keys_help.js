// All keys, in one list that `?` opens.

const MIXER_KEYS = [
  ["Space", "play or pause"], ["← →", "a bar back, a bar on"], ["Shift + ← →", "a beat back, a beat on"], ["Home", "back to the start"],
  ["1 to 9", "solo a stem"], ["Shift + 1 to 9", "mute a stem"], ["L", "loop"], ["Escape", "loop the whole"],
  ["Z", "zoom into the loop or the bar, and out"], ["N", "name the section that begins here"], ["K", "metronome"], ["C", "count-in"], ["X", "change over between A and B"], ["Drag", "loop bars; with Alt freely"],
];
const GRID_KEYS = [["Arrows", "move in the bars"], ["Space", "paint a bar"], ["Shift + arrows", "paint on"], ["F", "leave a stem free"], ["Ctrl + Z", "take back"]];
const STUDIO_KEYS = [["Ctrl + Enter", "generate"]];

// A dialog over `root`; the focus goes back to where it was.
function showKeys(root, lists) {
  const dialog = element("dialog", { class: "keys", "aria-label": "All keys" }, root);
  for (const [title, keys] of lists) {
    element("h2", { text: title }, dialog);
    const list = element("dl", {}, dialog);
    for (const [key, words] of keys) {
      element("kbd", { text: key }, element("dt", {}, list));
      element("dd", { text: words }, list);
    }
  }
  button("Close", "Close (Escape)", dialog, () => dialog.close());
  dialog.addEventListener("keydown", (event) => { if (event.key === "Escape" || event.key === "?") { event.preventDefault(); dialog.close(); } });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
