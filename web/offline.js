// Keeps the page for when there is no network: every part of this version, until another version is
// whole. The model is not kept here; its worker has a cache of its own.

// Written in when the page is built.
const version = "VERSION";
const parts = ["PARTS"];

const ours = "rulewright-page-";
const name = ours + version;

addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(name);
    // Parts bear their version, so what the browser has just fetched will do; the page itself bears none, and
    // may still be of the last one.
    const request = (part) => new Request(part, { cache: part === "./" ? "no-cache" : "default" });
    // Bad wifi: a part that does not arrive is asked for again, and those that are here stay.
    const add = async (part) => {
      if (part !== "./" && (await cache.match(part))) return;
      for (const wait of [1000, 4000, 16000]) {
        try {
          return await cache.add(request(part));
        } catch {
          await new Promise((over) => setTimeout(over, wait));
        }
      }
      return cache.add(request(part));
    };
    await Promise.all(parts.map(add));
  };
  event.waitUntil(keep());
});

// No page of an older version is open any more: until then its own worker answers from its own cache, so that
// no page gets parts of two versions.
addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((key) => key.startsWith(ours) && key !== name);
    await Promise.all(old.map((key) => caches.delete(key)));
    await clients.claim();
  };
  event.waitUntil(tidy());
});

// From the cache first, so that bad wifi makes nobody wait: a new version comes with the visit after all tabs
// were closed. Only the folder itself is the page; whatever else lies there is what it is.
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  const folder = new URL(registration.scope);
  const inside = address.origin === folder.origin && address.pathname.startsWith(folder.pathname);
  if (request.method !== "GET" || !inside || address.pathname.startsWith(`${folder.pathname}model/`)) return;
  const isPage = [folder.pathname, `${folder.pathname}index.html`].includes(address.pathname);
  const answer = async () => {
    const cache = await caches.open(name);
    const kept = await cache.match(isPage ? "./" : request);
    if (kept) return kept;
    const answer = await fetch(request);
    // What this version asks for by its version only: a GPU's program, for those who have a GPU.
    // Where there is no room for it, it is fetched again the next time.
    if (answer.ok && address.searchParams.has("v")) await cache.put(request, answer.clone()).catch(() => {});
    return answer;
  };
  event.respondWith(answer());
});
