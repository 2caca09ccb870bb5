// Which parts of the lessons hold all words that were typed? Exact beginnings of words, the heading counts more than the text.
function searched(query, sections) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const holds = (text, word) => (" " + text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ")).includes(" " + word);
  const rank = (part) => words.reduce((sum, word) => sum + (holds(part.title + " " + part.heading, word) ? 10 : 1), 0);
  return sections
    .filter((part) => words.every((word) => holds(`${part.title} ${part.heading} ${part.text}`, word)))
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, 12);
}

function shown(event) {
  const list = document.getElementById("found");
  list.replaceChildren();
  for (const part of searched(event.target.value, SECTIONS)) {
    const item = document.createElement("li"), link = document.createElement("a"), about = document.createElement("small");
    const place = Math.max(0, part.text.toLowerCase().indexOf(event.target.value.trim().toLowerCase()) - 60);
    link.href = part.page;
    link.textContent = part.title === part.heading ? part.title : `${part.title}: ${part.heading}`;
    about.textContent = " " + part.text.slice(place, place + 160);
    item.append(link, about);
    list.append(item);
  }
}

if (typeof document !== "undefined") document.getElementById("search").addEventListener("input", shown);
if (typeof module !== "undefined") module.exports = { searched };
