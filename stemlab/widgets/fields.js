// Labelled inputs that show a key of the studio's form and change it.

const asNumber = (input) => (input.value === "" ? null : Number(input.value));
const asText = (input) => input.value;

// What is being typed is left alone until it is done.
function bind(studio, key, input, read = asText) {
  input.addEventListener("change", () => studio.change({ [key]: read(input) }));
  studio.onRefresh(() => { if (document.activeElement !== input) input.value = studio.form()[key] ?? ""; });
  return input;
}

function labelled(parent, label, title, input) {
  const field = element("label", { class: "field", title }, parent);
  element("span", { text: label }, field);
  field.append(input);
  return field;
}

function textField(studio, parent, key, label, title, attributes = {}) {
  const input = element("input", { type: "text", "data-key": key, ...attributes });
  labelled(parent, label, title, input);
  return bind(studio, key, input);
}

function numberField(studio, parent, key, label, title, attributes) {
  const input = element("input", { type: "number", "data-key": key, ...attributes });
  labelled(parent, label, title, input);
  return bind(studio, key, input, asNumber);
}

function checkField(studio, parent, key, label, title) {
  const input = element("input", { type: "checkbox", "data-key": key });
  labelled(parent, label, title, input);
  input.addEventListener("change", () => studio.change({ [key]: input.checked }));
  studio.onRefresh(() => { input.checked = Boolean(studio.form()[key]); });
  return input;
}

// `open` is the text of a first choice that leaves the key open (null).
function choiceField(studio, parent, key, label, title, choices, open = "") {
  const select = element("select", { "data-key": key });
  if (open) element("option", { value: "", text: open }, select);
  for (const choice of choices) element("option", { value: choice, text: choice }, select);
  labelled(parent, label, title, select);
  return bind(studio, key, select, (input) => input.value || null);
}
