/** FLEET.driver: the button works without network too; what was pressed counts from when it was pressed. */
const settings = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("settings")).textContent || "{}");
const WAITING = "driver-pressed";
const RETRY_MS = 15000;

/** What this account pressed and nobody heard yet. @returns {{action: string, at: string} | null} */
function waiting() {
  try {
    const one = JSON.parse(localStorage.getItem(WAITING) || "null");
    return one && one.owner === settings.owner ? one : null;
  } catch {
    return null;
  }
}

/** @param {string} words @param {boolean} [wrong] */
function say(words, wrong = false) {
  const box = document.getElementById("pressed");
  if (!box) return;
  box.hidden = !words;
  box.textContent = words;
  box.className = wrong ? "alert alert-danger" : "alert alert-warning";
}

/** @param {string} at */
function clock(at) {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}

function draw() {
  const one = waiting();
  if (one) say(settings.texts.waits.replace("{time}", clock(one.at)));
}

async function send() {
  const one = waiting();
  if (!one || !settings.urls) return;
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector("#button input[name=csrfmiddlewaretoken]"));
  try {
    const answer = await fetch(settings.urls.private, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": cookie("csrftoken") || (token ? token.value : "") },
      body: new URLSearchParams({ action: one.action, at: one.at }),
    });
    if (answer.status >= 500) return;
    localStorage.removeItem(WAITING);
    if (answer.ok) return location.reload();
    const problem = await answer.json().catch(() => ({}));
    say(settings.texts.refused.replace("{reason}", problem.title || String(answer.status)), true);
  } catch {
    draw();
  }
}

/** @param {string} name */
function cookie(name) {
  return document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) || "";
}

document.getElementById("button")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const pressed = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter);
  localStorage.setItem(WAITING, JSON.stringify({ owner: settings.owner, action: pressed?.value || "begin", at: new Date().toISOString() }));
  if (pressed) pressed.disabled = true;
  send().finally(() => {
    if (pressed) pressed.disabled = false;
  });
});
document.getElementById("signout")?.addEventListener("submit", () => {
  localStorage.removeItem(WAITING);
  caches.delete("driver-state");
});
const install = document.getElementById("install");
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  if (!install) return;
  install.hidden = false;
  install.onclick = () => /** @type {any} */ (event).prompt();
});
window.addEventListener("online", () => send());
setInterval(() => send(), RETRY_MS);
if ("serviceWorker" in navigator && settings.urls) {
  navigator.serviceWorker.register(settings.urls.worker, { scope: "/driver/" }).catch((error) => console.info(error));
}
draw();
send();
