/** The page of a day: ties replay, map, timeline, chart and list together. */
import { exact, language } from "../js/time.js";
import { byId } from "../live/list.js";
import { ask, settings, text } from "../live/settings.js";
import { Chart } from "./chart.js";
import { showMoment, showPlaying, wire } from "./controls.js";
import { makeDialogs } from "./dialogs.js";
import { Replay } from "./replay.js";
import { drawHours, drawTimeline } from "./timeline.js";
import { CLASSES, Track } from "./track.js";

const day = /** @type {any} */ (settings);
/** @type {[number, number][]} */
const trips = day.entries.filter((/** @type {any} */ one) => one.kind === "trip").map((/** @type {any} */ one) => [one.start, one.end]);
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "Europe/Brussels" });
/** @type {import("./map.js").DayMap | null} */
let map = null;
/** @type {Track | null} */
let track = null;
/** @type {Chart | null} */
let chart = null;
/** @type {Element | null} */
let current = null;

const replay = new Replay(day.start, day.end, trips, show, showPlaying);

/** Everything that tells where the replay is. @param {number} ms */
function show(ms) {
  showMoment(ms, clock.format(ms));
  const here = track?.at(ms) ?? null;
  byId("here").textContent = spoken(here);
  map?.show(here, replay.playing && checked("follow"));
  chart?.show(ms);
  mark(ms);
}

/** @param {import("./track.js").Here | null} here */
function spoken(here) {
  if (!here) return "";
  if (!here.heard) return text("unknown");
  const parts = here.kmh === null ? [] : [text("kmh", { speed: Math.round(here.kmh) })];
  if (here.alt !== null) parts.push(text("m", { metres: Math.round(here.alt) }));
  return parts.join(" · ");
}

/** Mark the trip or stop of the moment in the list. @param {number} ms */
function mark(ms) {
  const found = [...document.querySelectorAll(".day-entry")].find((one) => {
    const { start, end } = /** @type {HTMLElement} */ (one).dataset;
    return Number(start) <= ms && ms < Number(end);
  });
  if (found === current) return;
  current?.classList.remove("current");
  current = found ?? null;
  current?.classList.add("current");
  if (replay.playing && window.matchMedia("(width >= 992px)").matches) current?.scrollIntoView({ block: "nearest" });
}

/** @param {string} id */
function checked(id) {
  return /** @type {HTMLInputElement} */ (byId(id)).checked;
}

/** @param {string} key */
function notice(key) {
  const box = byId("notice");
  box.hidden = !key;
  box.textContent = key ? text(key) : "";
}

function controls() {
  wire(replay);
  byId("day").addEventListener("change", () => {
    const field = /** @type {HTMLInputElement} */ (byId("day"));
    if (field.value && field.validity.valid) /** @type {HTMLFormElement} */ (byId("pick")).submit();
  });
  for (const button of document.querySelectorAll("[data-jump]")) {
    button.addEventListener("click", () => jump(/** @type {HTMLElement} */ (button)));
  }
}

/** To the start of an entry, and its places into the view. @param {HTMLElement} button */
function jump(button) {
  const entry = /** @type {HTMLElement | null} */ (button.closest(".day-entry"));
  const [start, end] = [Number(entry?.dataset.start), Number(entry?.dataset.end)];
  replay.to(start);
  if (!track || !map) return;
  const first = Math.max(0, track.before(Math.max(start, day.start)));
  const last = Math.max(first, track.before(Math.min(end, day.end)));
  map.fit(track.data.lon.slice(first, last + 1), track.data.lat.slice(first, last + 1));
}

function legend() {
  const parts = CLASSES.map(([most, colour], number) => {
    const part = document.createElement("span");
    const swatch = document.createElement("i");
    swatch.style.background = colour;
    const less = number ? CLASSES[number - 1][0] : 0;
    part.append(swatch, most === Infinity ? `> ${less}` : String(most));
    return part;
  });
  const unit = document.createElement("span");
  unit.textContent = "km/h";
  byId("legend").replaceChildren(...parts, unit);
}

async function startMap() {
  try {
    const { DayMap } = await import("./map.js");
    map = new DayMap(byId("map"), day.entries, (ms) => replay.to(ms), () => {
      /** @type {HTMLInputElement} */ (byId("follow")).checked = false;
    });
    await map.restyle();
    window.allconnectsDay = { map: map.map, view: map, replay, track: () => track };
  } catch (error) {
    notice("nowebgl");
    console.info(error);
  }
}

async function load() {
  try {
    const data = await ask(day.urls.data);
    track = new Track(data);
    drawTimeline(/** @type {any} */ (byId("timeline")), day, data);
    if (!track.length) return notice("notrack");
    /** @type {HTMLButtonElement} */ (byId("play")).disabled = false;
    if (!trips.length) replay.now = data.t[0];
    chart = new Chart(byId("chart"), day, data, (ms) => replay.to(ms));
  } catch (error) {
    notice("failed");
    console.info(error);
  }
}

async function start() {
  controls();
  legend();
  drawHours(byId("hours"), day);
  drawTimeline(/** @type {any} */ (byId("timeline")), day, { silences: [], idles: [] });
  makeDialogs(day.entries, () => replay.now, exact);
  const drawn = startMap();
  await load();
  await drawn;
  if (track?.length) map?.setTrack(track, trips);
  show(replay.now);
  document.documentElement.dataset.day = "ready";
}

start();
