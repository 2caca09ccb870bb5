// Files of the model, fetched once and kept by the browser. A file's address ends with its digest, so that another one is fetched anew.

const KEPT = "stemlab-band";

// The bytes of a file; `heard(bytes)` is told of each piece that arrives. Where the browser keeps nothing (a page that is neither https nor
// localhost) it is fetched each time, or comes from the browser's ordinary cache.
async function fileBytes(base, name, { sha256 }, heard) {
  const address = new URL(`${name}?${sha256.slice(0, 16)}`, base).href;
  const kept = globalThis.caches ? await caches.open(KEPT).catch(() => null) : null;
  const there = await kept?.match(address);
  const answer = there ?? await fetch(address).catch(() => { throw new Error(`${name} could not be fetched: is there a network?`); });
  if (!answer.ok) throw new Error(`${name} is not beside this page (${answer.status}): build the page again with stemlab export --page.`);
  const [pieces, reader] = [[], answer.body.getReader()];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    heard(piece.value.length);
  }
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  if (globalThis.crypto?.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    if ([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256) {
      await kept?.delete(address);
      throw new Error(`${name} arrived damaged: load the page again.`);
    }
  }
  if (kept && !there) await keep(kept, address, bytes).catch(() => {});  // a full disk only costs another fetch next time
  return bytes;
}

async function keep(kept, address, bytes) {
  const path = (url) => url.split("?")[0];
  for (const { url } of await kept.keys()) if (path(url) === path(address)) await kept.delete(url);
  await kept.put(address, new Response(bytes, { headers: { "Content-Type": "application/octet-stream" } }));
}
