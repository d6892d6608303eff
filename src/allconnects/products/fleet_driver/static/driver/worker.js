/**
 * The service worker of FLEET.driver. ABOUT stands in front of this file: version, and the files of the shell.
 * Without network the page that was shown last is shown, so that the button can be pressed; it is thrown away as soon
 * as somebody else is signed in or nobody is.
 */
const SHELL = `driver-shell-${ABOUT.version}`;
const STATE = "driver-state";
const PATIENCE_MS = 8000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(ABOUT.shell.map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("driver-") && name !== SHELL && name !== STATE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (ABOUT.shell.includes(url.pathname)) event.respondWith(shell(request));
  else if (request.mode === "navigate" && url.pathname === ABOUT.page) event.respondWith(page(request));
});

/** @param {Request} request */
async function shell(request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(request, { ignoreSearch: true })) || fetch(request);
}

/** The network's page, else the last one. @param {Request} request */
async function page(request) {
  const cache = await caches.open(STATE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 401 || answer.status === 403 || answer.redirected) await caches.delete(STATE);
    else if (answer.ok) await cache.put(ABOUT.page, answer.clone());
    return answer;
  } catch (error) {
    const known = await cache.match(ABOUT.page);
    if (known) return known;
    throw error;
  }
}
