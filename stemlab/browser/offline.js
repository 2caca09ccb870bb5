// A service worker: after the first visit the page opens without a network. It answers for band.html and the files of its folder alone.

addEventListener("install", (event) => event.waitUntil(caches.open("stemlab-band").then((kept) => kept.add("band.html"))));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !pathname.endsWith("/band.html")) return;
  event.respondWith(fetch(event.request).then(async (answer) => {
    if (answer.ok) await (await caches.open("stemlab-band")).put("band.html", answer.clone());
    return answer;
  }).catch(async () => (await caches.match("band.html", { ignoreSearch: true })) ?? Response.error()));
});
