// A band as the part of an address behind "#": all that makes it, readable, and never sent to a server.

const asWritten = (text) => encodeURIComponent(text).replace(/%20/g, "+").replace(/%3A/g, ":").replace(/%2C/g, ",");

function toLink({ stems, prompt, bpm, key, bars, seed, activity, coupling, rho, again }) {
  const parts = [...stems.map((stem) => ["stem", stem]), ["prompt", prompt]];
  if (bpm !== null) parts.push(["bpm", bpm], ["bars", bars]);
  if (key !== null) parts.push(["key", key]);
  parts.push(["seed", seed], ...Object.entries(activity).map(([name, marks]) => ["plays", `${name}:${marks}`]));
  if (coupling === "noise") parts.push(["rho", rho]);
  if (coupling === "attention") parts.push(["coupling", coupling]);
  parts.push(...again.map(([name, anew]) => ["again", `${name}:${anew}`]));
  return `#${parts.map(([name, value]) => `${name}=${asWritten(String(value))}`).join("&")}`;
}

// What a link asks for; null for one that names no stem. What is wrong in it is left for `checkRequest` to tell.
function fromLink(hash) {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  if (!told.has("stem")) return null;
  const number = (name) => (told.get(name) ? Number(told.get(name)) : null);
  const pairs = (name) => told.getAll(name).map((pair) => [pair.slice(0, pair.lastIndexOf(":")), pair.slice(pair.lastIndexOf(":") + 1)]);
  return {
    stems: told.getAll("stem"), prompt: told.get("prompt") ?? "", bpm: number("bpm"), key: told.get("key"), bars: number("bars") ?? 4,
    seed: number("seed") ?? 0, activity: Object.fromEntries(pairs("plays")), coupling: told.has("rho") ? "noise" : told.get("coupling") ?? "song",
    rho: number("rho") ?? 1, again: pairs("again").map(([name, seed]) => [name, Number(seed)]),
  };
}
