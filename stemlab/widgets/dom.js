// Small things that every widget builds itself from.

function element(tag, attributes, parent) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  parent?.append(made);
  return made;
}

function button(text, title, parent, act) {
  const made = element("button", { type: "button", text, title, "aria-label": title }, parent);
  made.addEventListener("click", (event) => { if (made.getAttribute("aria-disabled") !== "true") act(event); });
  return made;
}

// A button that can do nothing now keeps the focus, unlike a disabled one.
function enable(made, on) { made.setAttribute("aria-disabled", String(!on)); }

// The notebook's own theme where there is one, else the system's. `change` is called at once and at each change.
function watchTheme(change) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const bodies = [document.body];
  try { if (window.parent !== window) bodies.push(window.parent.document.body); } catch { /* a page of another site */ }
  const tell = () => {
    for (const body of bodies) {
      if (body.dataset.jpThemeLight) return change(body.dataset.jpThemeLight === "false");
      if (body.matches(".vscode-dark, .vscode-light")) return change(body.matches(".vscode-dark"));
    }
    return change(dark.matches);
  };
  const observer = new MutationObserver(tell);
  for (const body of bodies) observer.observe(body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  dark.addEventListener("change", tell);
  tell();
  return () => { observer.disconnect(); dark.removeEventListener("change", tell); };
}
