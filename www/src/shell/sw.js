/**
 * Keeps the page for when there is no network. All its files are kept when a version is installed, under the hash of
 * their content, and answered from there; a new version waits until the page asks for it, so that one page never gets
 * files of two. What is not in the list is never kept.
 */
const CACHE = `quorate-${"VERSION"}`;
const FILES = ["FILES"];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("quorate-") && name !== CACHE;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

addEventListener("message", (event) => {
  if (event.data === "change") self.skipWaiting();
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  const answer = async () => {
    const cache = await caches.open(CACHE);
    const [{ pathname }, home] = [new URL(request.url), new URL(registration.scope).pathname];
    // The page is kept once, and has two names.
    const page = request.mode === "navigate" && (pathname === home || pathname === `${home}index.html`);
    return (await cache.match(page ? "./" : request, { ignoreSearch: page })) ?? fetch(request);
  };
  event.respondWith(answer());
});
