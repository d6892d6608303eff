/** A shared link's map: what the link shows, and when it ends. */
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { ago } from "../js/time.js";
import { Fleet } from "./fleet.js";
import { byId, icon, ICONS } from "./list.js";
import { Overlay } from "./overlay.js";
import { settings, text } from "./settings.js";

const STATES = ["silent", "standing", "moving"];
const fleet = new Fleet();
let fitted = false;
let ended = false;

/** @param {string} words */
function say(words) {
  const box = byId("notice");
  box.textContent = words;
  box.hidden = !words;
}

function end() {
  ended = true;
  say(text("shareended"));
  fleet.setDevices([]);
  byId("shared").replaceChildren();
}

/** @param {any[]} places @param {any} map */
function show(places, map) {
  fleet.setDevices(places.map((one) => ({ ...one, name: one.name || (places.length > 1 ? String(one.id) : ""), last_report: null })));
  const now = performance.now();
  fleet.applyAll(
    places.filter((one) => one.at).map((one) => [one.id, one.at[0], one.at[1], null, one.course, STATES.indexOf(one.state), one.time]),
    now,
  );
  list(places);
  const located = places.filter((one) => one.at);
  if (fitted || !located.length) return;
  fitted = true;
  const bounds = new maplibregl.LngLatBounds();
  for (const { at } of located) bounds.extend([at[1], at[0]]);
  map.fitBounds(bounds, { padding: 90, maxZoom: settings.coarse ? 12 : 14, duration: 0 });
}

/** @param {any[]} places */
function list(places) {
  const rows = places.map((one) => {
    const row = document.createElement("li");
    row.className = "d-flex gap-2 align-items-center py-1";
    const words = document.createElement("span");
    const kind = settings.texts.kinds[one.kind];
    const state = one.at ? settings.texts.states[one.state] : text("never");
    words.textContent = [one.name || (places.length > 1 ? `${kind} ${one.id}` : kind), state, one.time ? ago(one.time, Date.now()) : ""].filter(Boolean).join(" · ");
    row.append(icon(ICONS[one.kind] || "truck"), words);
    return row;
  });
  byId("shared").replaceChildren(...rows);
}

async function start() {
  const theme = document.documentElement.getAttribute("data-bs-theme") || "light";
  const map = new maplibregl.Map({
    container: byId("map"),
    style: await (await fetch(`${settings.urls.style}?theme=${theme}`)).json(),
    bounds: [2.45, 49.45, 6.45, 51.55],
    maxZoom: 17,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    attributionControl: false,
  });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.AttributionControl({ compact: true }), "top-left");
  const overlay = new Overlay(map, fleet, () => true);
  await overlay.start(settings.urls.icons);
  const frame = () => {
    if (!document.hidden) overlay.tick(performance.now());
    requestAnimationFrame(frame);
  };
  frame();
  listen(map);
  window.allconnectsShare = { map, fleet, overlay };
}

/** @param {any} map */
function listen(map) {
  if (ended) return;
  const source = new EventSource(settings.urls.stream);
  source.addEventListener("places", (event) => {
    say("");
    show(JSON.parse(event.data), map);
  });
  source.addEventListener("end", () => {
    source.close();
    end();
  });
  source.addEventListener("error", () => {
    source.close();
    if (Date.now() >= settings.ends) return end();
    say(text("lost"));
    setTimeout(() => listen(map), 8000);
  });
}

start();
