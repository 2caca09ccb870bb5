// The frame of a widget. What is pressed inside stays inside, whichever control has the focus: a notebook has plain keys
// that cut and delete cells. And the focus never falls out of it: not by a click beside a control, nor when the control that
// had it is taken away.

// Saving the notebook is the one thing that is meant for it from here too.
const forTheNotebook = (event) => (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.code === "KeyS";

// Controls that take letters, arrows or digits themselves.
const takesText = (target) => target.matches("select, textarea, input:not([type=range], [type=checkbox], [type=file])");

// The outermost element of a widget is a shell; sections inside it listen to keys as they like.
function makeShell(el, kind, label, kept = "") {
  const root = element("div", { class: `stemlab ${kind}`, role: "group", "aria-label": label, tabindex: -1, "data-kept": kept }, el);
  for (const type of ["keydown", "keypress", "keyup"]) {
    root.addEventListener(type, (event) => { if (!forTheNotebook(event)) event.stopPropagation(); });
  }

  let last = null;  // what has the focus, or had it until it was taken away
  root.addEventListener("focusin", ({ target }) => {
    last = target;
    target.setAttribute("data-lm-suppress-shortcuts", "true");  // JupyterLab asks the focused element alone
  });
  root.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !root.contains(relatedTarget)) last = null;
  });
  const gone = () => {
    if (!last || root.contains(document.activeElement) && !document.activeElement.matches(":disabled, [hidden] *, [hidden]")) return;
    const name = last.getAttribute("aria-label");
    const there = (one) => one.isConnected && !one.closest("[hidden]") && !one.matches(":disabled");
    const twin = [...root.querySelectorAll("[aria-label]")].find((one) => one.getAttribute("aria-label") === name && there(one));
    (there(last) ? last : (name && twin) || root).focus({ preventScroll: true });  // it was moved, made anew or taken away
  };
  const watcher = new MutationObserver(() => setTimeout(gone));  // not while the focus is on its way to another control
  watcher.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden", "disabled"] });
  const pressed = ({ target }) => { if (!root.contains(target)) last = null; };
  document.addEventListener("pointerdown", pressed, true);

  const unwatch = watchTheme((dark) => { root.dataset.theme = dark ? "dark" : "light"; });
  const close = () => {
    watcher.disconnect();
    document.removeEventListener("pointerdown", pressed, true);
    unwatch();
    root.remove();
  };
  return { root, close };
}
