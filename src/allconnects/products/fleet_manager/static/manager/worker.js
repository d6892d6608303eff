/**
 * The service worker of FLEET.manager. ABOUT stands in front of this file: version, whose app it is, what to keep.
 * Files of the shell come from the version that was installed; the page and what is known of the fleet come from the
 * network, and from the last answer where there is none. Another account's worker throws all of that away.
 */
const SHELL = `manager-shell-${ABOUT.version}`;
const STATE = `manager-state-${ABOUT.owner}`;
const KEPT_AT = "X-Kept-At";
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
  const old = (name) => name.startsWith("manager-") && name !== SHELL && name !== STATE;
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
  else if (request.mode === "navigate" && url.pathname === ABOUT.page) event.respondWith(fresh(request, ABOUT.page));
  else if (ABOUT.kept.includes(url.pathname)) event.respondWith(fresh(request, url.pathname + (url.search.startsWith("?back=") ? url.search : "")));
  else if (url.pathname === ABOUT.background) event.respondWith(fresh(request, url.pathname + url.search));
  else if (url.pathname.startsWith("/static/vendor/basemap/")) event.respondWith(background(request));
});

/** @param {Request} request */
async function shell(request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(request, { ignoreSearch: true })) || fetch(request);
}

/** Files of the offline background map: they do not change within a version. @param {Request} request */
async function background(request) {
  const cache = await caches.open(SHELL);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

/** The network's answer, else the last one, marked with when it was given. @param {Request} request @param {string} key */
async function fresh(request, key) {
  const cache = await caches.open(STATE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 401 || answer.status === 403 || answer.redirected) await caches.delete(STATE);
    else if (answer.ok) await cache.put(key, await marked(answer.clone()));
    else if (answer.status >= 500) return (await cache.match(key)) || answer;
    return answer;
  } catch (error) {
    const known = await cache.match(key);
    if (known) return known;
    throw error;
  }
}

/** @param {Response} answer */
async function marked(answer) {
  const headers = new Headers(answer.headers);
  headers.set(KEPT_AT, String(Date.now()));
  return new Response(await answer.blob(), { status: answer.status, headers });
}
