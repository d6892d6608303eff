/** The live map's page: ties stream, map, list and details together. */
import { Details } from "./details.js";
import { Fleet } from "./fleet.js";
import { Filters } from "./filters.js";
import { byId, DeviceList } from "./list.js";
import { Nearest } from "./nearest.js";
import { ask, settings, text } from "./settings.js";
import { makeSheet } from "./sheet.js";
import { Stream } from "./stream.js";
import { features, Traffic } from "./traffic.js";

const WHOLE_WORLD_UP_TO = 300;
const ZOOM_STEP = 1;
const LIST_EVERY_MS = 1000;
const RELOAD_EVERY_MS = 60000;

const fleet = new Fleet();
const sheet = makeSheet(byId("sheet"), byId("handle"));
/** @type {import("./mapview.js").MapView | null} */
let view = null;
/** @type {string | null} */
let trouble = null;
let background = false;

const details = new Details(fleet, (line) => view?.setLine(line));
const list = new DeviceList(fleet, {
  choose: (id) => choose(id, true),
  filter: () => {
    if (view) view.overlay.dirty = true;
  },
  escape: () => {
    if (details.id === null && near.isOpen) near.close();
    else if (details.id === null && traffic.isOpen) traffic.close();
    else choose(null, false);
  },
});
const filters = new Filters(list, () => view?.map);
const near = new Nearest(fleet, {
  shown: (device) => list.shows(device),
  choose: (id) => choose(id, true),
  place: (place) => view?.setPlace(place),
  bring: (places) => view?.bring(places),
  open: (open) => side(open),
});
const traffic = new Traffic({
  wanted: () => {
    const shown = [...fleet.devices.values()].filter((device) => list.shows(device));
    return list.group || !view ? shown : view.around(shown);
  },
  lines: (lines, chosen) => view?.setTraffic(features(lines, chosen)),
  fit: (line) => view?.bring(line.parts.flat().map((/** @type {number[]} */ [lon, lat]) => ({ lon, lat }))),
  open: () => side(traffic.isOpen),
});
const stream = new Stream(settings.urls.stream, {
  snapshot: (message) => {
    fleet.applyAll(message.p, performance.now());
    fleet.jump = false;
  },
  delta: (message) => fleet.applyAll(message.p, performance.now()),
  devices: () => load(),
  state: (state) => {
    trouble = state === "lost" ? "lost" : null;
    notice();
    if (state === "lost") load();
  },
  pause: () => fleet.settle(),
});

/** Who is in the fleet and where, also outside the view. */
async function load() {
  try {
    const urls = [settings.urls.devices, settings.urls.positions, settings.urls.subjects];
    const [devices, positions, subjects] = await Promise.all(urls.map((url) => ask(url)));
    fleet.setDevices(devices, subjects);
    filters.offer([...fleet.devices.values()]);
    fleet.setPositions(positions, performance.now());
    list.loaded = true;
    list.draw();
    return true;
  } catch (error) {
    trouble = error instanceof Error && error.message === "signedout" ? "signedout" : "lost";
    notice();
    return false;
  }
}

/** What is wrong, in one line over the map; nothing when all is well. */
function notice() {
  const box = byId("notice");
  const key = trouble || (background ? "basemap" : "");
  box.hidden = !key;
  if (!key || box.dataset.key === key) return;
  box.dataset.key = key;
  box.textContent = text(key);
  if (key === "signedout") {
    const link = document.createElement("a");
    link.href = `${settings.urls.login}?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = text("signin");
    box.append(" ", link);
  }
}

/** A panel beside the list was opened or closed. @param {boolean} open */
function side(open) {
  if (!open) return panels();
  choose(null, false);
  if (sheet.get() === "low") sheet.set("half");
}

/** One panel at a time: a device, else who is nearest, else traffic, else the list. */
function panels() {
  const open = details.id !== null ? "details" : near.isOpen ? "nearest" : traffic.isOpen ? "traffic" : "list";
  for (const name of ["list", "nearest", "traffic", "details"]) byId(`panel-${name}`).hidden = name !== open;
}

/** Show one device, or none. @param {number | null} id @param {boolean} move */
function choose(id, move) {
  const device = id === null ? undefined : fleet.devices.get(id);
  const before = details.id;
  setFollow(false);
  view?.choose(device ? device.id : null, move);
  history.replaceState(null, "", device ? `#device=${device.id}` : location.pathname);
  if (device) {
    list.activate(device.id);
    details.show(device.id);
    panels();
    byId("d-name").focus({ preventScroll: true });
    if (sheet.get() !== "half") sheet.set("half");
  } else {
    details.hide();
    panels(); // from a device back to the list that it was chosen from
    if (before !== null && !near.isOpen && !traffic.isOpen) list.box.focus({ preventScroll: true });
  }
}

/** @param {boolean} on */
function setFollow(on) {
  if (view) view.follow = on;
  byId("follow").setAttribute("aria-pressed", String(on));
  byId("follow").classList.toggle("active", on);
}

/** The part of the world that the stream should tell about, and how closely: all of it for small fleets. */
function watch() {
  if (!view) return stream.watch(null);
  const zoom = view.map.getZoom();
  const small = fleet.devices.size <= WHOLE_WORLD_UP_TO;
  if (watched && Math.abs(zoom - watched.zoom) < ZOOM_STEP && (small || view.within(watched.box))) return;
  watched = { box: view.box(), zoom };
  const box = small ? "" : `bbox=${watched.box.map((degrees) => degrees.toFixed(4)).join(",")}&`;
  stream.watch(`${box}zoom=${Math.ceil(zoom + ZOOM_STEP)}`);
}
/** @type {{box: number[], zoom: number} | null} */
let watched = null;

async function startMap() {
  try {
    const { MapView } = await import("./mapview.js");
    view = new MapView(byId("map"), fleet, {
      choose: (id) => choose(id, false),
      dragged: () => setFollow(false),
      pressed: (place) => near.to(place),
      view: () => watch(),
      background: (unavailable, online) => {
        background = unavailable;
        notice();
        if (online) checkBackground();
      },
    });
    view.shown = (device) => list.shows(device);
    await view.start();
    if (settings.urls.places) {
      const { PlacesOverlay } = await import("../places/overlay.js"); // whom a link was given sees none
      new PlacesOverlay(view.map, /** @type {HTMLButtonElement} */ (byId("places")), settings.urls.places);
    }
    window.allconnectsMap = { map: view.map, fleet, view, list };
  } catch (error) {
    view = null;
    const box = byId("map");
    box.className = "live-empty";
    box.textContent = text("nowebgl");
    console.info(error);
  }
}

let checking = 0;
function checkBackground() {
  clearInterval(checking);
  const check = async () => {
    if (document.hidden) return;
    background = !(await ask(settings.urls.status).catch(() => ({ available: true }))).available;
    notice();
  };
  checking = window.setInterval(check, 30000);
  setTimeout(check, 4000);
}

function buttons() {
  byId("back").addEventListener("click", () => choose(null, false));
  byId("nearest-open").addEventListener("click", () => near.here());
  byId("fit").addEventListener("click", () => view?.fit());
  byId("follow").addEventListener("click", () => {
    setFollow(!view?.follow);
    if (view?.follow) view.choose(details.id, true);
  });
  window.addEventListener("hashchange", fromAddress);
}

function fromAddress() {
  const filter = new URLSearchParams(location.hash.slice(1)); // #state=moving&group=… from the overview
  const state = filter.get("state") || "";
  if (settings.texts.states[state]) {
    const group = filter.get("group");
    list.set([state], ["vehicle"], group ? `g:${group}` : "", "");
    filters.choice.value = group ? `g:${group}` : "";
    view?.fit();
  }
  const asked = /^#device=(\d+)$/.exec(location.hash);
  if (asked && fleet.devices.has(Number(asked[1]))) choose(Number(asked[1]), true);
}

let drawn = -1;
function tick() {
  if (document.hidden) return;
  details.draw();
  near.draw();
  if (drawn !== fleet.changes || list.loaded) list.draw();
  drawn = fleet.changes;
}

async function start() {
  buttons();
  filters.load().catch((error) => console.info(error)); // without network there are none to choose
  const map = startMap();
  await load();
  await map;
  if (fleet.devices.size) view?.fit();
  fromAddress();
  watch();
  setInterval(tick, LIST_EVERY_MS);
  setInterval(() => !document.hidden && load(), RELOAD_EVERY_MS);
}

start();
