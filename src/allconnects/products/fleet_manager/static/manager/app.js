/** FLEET.manager: tabs for a thumb around the live map; says how old things are; keeps what could not be sent. */
import "../live/main.js";
import { ago } from "../js/time.js";
import { byId } from "../live/list.js";
import { settings, text } from "../live/settings.js";
import "../alerts/push.js";
import { Alarms } from "./alarms.js";
import { Used, forget as forgetUsed } from "./choose.js";
import { Inbox } from "./inbox.js";
import { Queue } from "./queue.js";
import { Trips } from "./trips.js";

const owner = new URL(settings.urls.worker_script, location.href).searchParams.get("k") || "";
const queue = new Queue(owner, () => waiting());
const used = new Used(owner);
const alarms = new Alarms(queue, (count) => badge("alarm-count", count), (device) => {
  tab("map");
  location.hash = `#device=${device}`;
});
const trips = new Trips(queue, used);
const inbox = new Inbox(queue, used, (count) => badge("inbox-count", count));
/** @type {number | null} */
let keptAt = null;

function waiting() {
  queue.draw(byId("queue"));
  byId("noqueue").textContent = queue.actions.length ? text("waits", { count: queue.actions.length }) : text("nowaiting");
  badge("queue-count", queue.actions.length);
  alarms.draw();
  trips.draw();
  inbox.draw();
}

/** @param {string} id @param {number} count */
function badge(id, count) {
  byId(id).textContent = String(count);
  byId(id).hidden = !count;
}

/** @param {string} name */
function tab(name) {
  const panel = name === "nearest" ? "map" : name;
  for (const one of ["map", "alarms", "trips", "inbox", "more"]) byId(`tab-${one}`).hidden = one !== panel;
  for (const button of document.querySelectorAll("[data-tab]")) {
    if (/** @type {HTMLElement} */ (button).dataset.tab === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  if (panel === "map") window.allconnectsMap?.map.resize();
  document.dispatchEvent(new CustomEvent(name === "nearest" ? "nearest:here" : "nearest:close"));
  if (name === "alarms") alarms.load();
  if (name === "trips") trips.load();
  if (name === "inbox") inbox.load();
}

function age() {
  const box = byId("stale");
  box.hidden = keptAt === null;
  if (keptAt !== null) box.textContent = text("stale", { ago: ago(keptAt, Date.now()) });
}

document.addEventListener("sent", (event) => {
  const { key } = /** @type {CustomEvent} */ (event).detail;
  if (key.startsWith("alert-")) alarms.load();
  else if (key.startsWith("trip-") || key.startsWith("undo-")) trips.load();
  else inbox.load();
});
document.addEventListener("refused", (event) => {
  const { action } = /** @type {CustomEvent} */ (event).detail;
  queue.tellRefused(action);
  if (/^(question|device|contest|correction)-/.test(action.key)) inbox.load();
  else if (action.key.startsWith("alert-")) alarms.load();
});
document.addEventListener("answer", (event) => {
  keptAt = /** @type {CustomEvent} */ (event).detail.keptAt;
  age();
});
setInterval(age, 10000);
for (const button of document.querySelectorAll("[data-tab]")) {
  button.addEventListener("click", () => tab(/** @type {HTMLElement} */ (button).dataset.tab || "map"));
}
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  const button = byId("install");
  button.hidden = false;
  button.onclick = () => /** @type {any} */ (event).prompt();
});
byId("signout").addEventListener("submit", () => forget());

/** Nothing of this account stays on the phone. */
function forget() {
  indexedDB.deleteDatabase("manager");
  forgetUsed();
  caches.keys().then((names) => names.filter((name) => name.startsWith("manager-state-")).forEach((name) => caches.delete(name)));
}

async function start() {
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(settings.urls.worker_script, { scope: "/manager/" }).catch((error) => console.info(error));
  }
  await queue.open();
  await Promise.all([alarms.load(), inbox.load()]);
  window.allconnectsManager = { queue, alarms, trips, inbox };
}

start();
