/** The page of a replay of several: loads their tracks, one clock for all, a legend that tells what each does. */
import { language } from "../js/time.js";
import { byId, icon, put } from "../live/list.js";
import { colourOf, swatch } from "../live/palette.js";
import { ask, settings, text } from "../live/settings.js";
import { makeChooser } from "./chooser.js";
import { showMoment, showPlaying, wire } from "./controls.js";
import { Replay } from "./replay.js";
import { drawHours } from "./timeline.js";
import { Track } from "./track.js";

/**
 * @typedef {object} One
 * @property {number} id
 * @property {string} name
 * @property {string} plate
 * @property {string} colour
 * @property {boolean} shown
 * @property {Track | null} track
 * @property {[number, number][]} trips
 * @property {any} here
 */

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 10000;
const AT_ONCE = 3;
const page = /** @type {any} */ (settings);
/** @type {One[]} */
const ones = page.devices.map((/** @type {any} */ one, /** @type {number} */ n) => ({ ...one, colour: colourOf(n), shown: true, track: null, trips: [], here: null }));
const days = page.range[0] !== page.range[1];
const clock = new Intl.DateTimeFormat(language, { ...(days ? { weekday: "short", day: "numeric" } : {}), hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "Europe/Brussels" });
const replay = new Replay(page.start, page.end, [], show, showPlaying);
/** @type {import("./togethermap.js").TogetherMap | null} */
let map = null;
/** @type {Map<number, HTMLElement>} */
const says = new Map();

/** @param {string} id */
const checked = (id) => /** @type {HTMLInputElement} */ (byId(id)).checked;

/** @param {number} ms */
function show(ms) {
  showMoment(ms, clock.format(ms));
  for (const one of ones) {
    one.here = one.track?.at(ms) ?? null;
    const box = says.get(one.id);
    if (box) put(box, spoken(one));
  }
  map?.show(ones, replay.playing && checked("follow"));
}

/** @param {One} one */
function spoken(one) {
  if (!one.here?.heard) return one.track ? text("unknown") : "";
  return (one.here.kmh ?? 0) > 3 ? text("kmh", { speed: Math.round(one.here.kmh) }) : text("standing");
}

/** @param {string} words */
function notice(words) {
  byId("notice").hidden = !words;
  byId("notice").textContent = words;
}

function legend() {
  byId("legend-list").replaceChildren(...ones.map((one) => {
    const row = document.createElement("li");
    row.className = "together-one";
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.className = "form-check-input m-0";
    box.checked = one.shown;
    box.setAttribute("aria-label", text("showline", { name: one.name }));
    box.addEventListener("change", () => {
      one.shown = box.checked;
      map?.setLines(ones);
      timeline();
      schedule();
      show(replay.now);
    });
    const name = document.createElement("strong");
    name.textContent = [one.name, one.plate].filter(Boolean).join(" · ");
    const does = document.createElement("small");
    says.set(one.id, does);
    label.append(box, swatch(one.colour), name, does);
    const day = document.createElement("a");
    day.className = "btn btn-icon btn-ghost-secondary";
    day.href = `${page.urls.trips}device/${one.id}/?day=${page.range[0]}`;
    day.title = text("thisday", { name: one.name });
    day.setAttribute("aria-label", day.title);
    day.append(icon("history"));
    const out = document.createElement("a");
    out.className = "btn btn-icon btn-ghost-secondary";
    out.href = `?device=${ones.filter((other) => other !== one).map(({ id }) => id).join(",")}&from=${page.range[0]}&to=${page.range[1]}`;
    out.title = text("takeout", { name: one.name });
    out.setAttribute("aria-label", out.title);
    out.append(icon("x"));
    row.append(label, day, out);
    return row;
  }));
}

/** Whatever lies between is skipped only when nobody drives. */
function schedule() {
  const spans = ones.filter((one) => one.shown).flatMap((one) => one.trips).sort((a, b) => a[0] - b[0]);
  /** @type {[number, number][]} */
  const joined = [];
  for (const [start, end] of spans) {
    const last = joined.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  replay.trips = joined;
}

/** A row for each with the stretches that it drove. */
function timeline() {
  const svg = byId("timeline");
  const high = 100 / Math.max(1, ones.length);
  byId("timeline").parentElement?.style.setProperty("--rows", String(ones.length));
  svg.setAttribute("viewBox", `0 0 ${WIDE} 100`);
  const scale = WIDE / (page.end - page.start);
  svg.replaceChildren(...ones.flatMap((one, n) => one.trips.map(([start, end]) => {
    const from = Math.max(start, page.start);
    const bar = document.createElementNS(SVG, "rect");
    bar.setAttribute("x", String((from - page.start) * scale));
    bar.setAttribute("width", String(Math.max(8, (Math.min(end, page.end) - from) * scale)));
    bar.setAttribute("y", String(n * high + high * 0.15));
    bar.setAttribute("height", String(high * 0.7));
    bar.setAttribute("fill", one.colour);
    bar.setAttribute("opacity", one.shown ? "1" : "0.25");
    return bar;
  })));
}

async function startMap() {
  try {
    const { TogetherMap } = await import("./togethermap.js");
    map = new TogetherMap(byId("map"), () => {
      /** @type {HTMLInputElement} */ (byId("follow")).checked = false;
    });
    await map.restyle();
  } catch (error) {
    notice(text("nowebgl"));
    console.info(error);
  }
}

/** Track after track, a few at a time, with what is here so far. */
async function load() {
  const waiting = [...ones];
  const failed = /** @type {string[]} */ ([]);
  let done = 0;
  const next = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      try {
        const data = await ask(`${page.urls.data}&device=${one.id}`);
        one.track = new Track(data);
        one.trips = data.trips;
      } catch (error) {
        failed.push(one.name);
        console.info(error);
      }
      done++;
      notice(text("loading", { done, count: ones.length }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  const found = ones.some((one) => one.track?.length);
  notice(failed.length ? text("someless", { names: failed.join(", ") }) : found ? "" : text("nothingmoved"));
  return found;
}

async function start() {
  wire(replay);
  legend();
  drawHours(byId("hours"), page);
  makeChooser(page);
  const drawn = startMap();
  if (ones.length && (await load())) {
    schedule();
    timeline();
    replay.now = replay.trips.length ? replay.first() : Math.min(...ones.filter((one) => one.track?.length).map((one) => /** @type {Track} */ (one.track).data.t[0]));
    /** @type {HTMLButtonElement} */ (byId("play")).disabled = false;
  }
  await drawn;
  map?.setLines(ones);
  const tracks = ones.flatMap((one) => (one.track ? [one.track.data] : []));
  map?.fit(tracks.flatMap((data) => data.lon), tracks.flatMap((data) => data.lat));
  show(replay.now);
  window.allconnectsTogether = { replay, ones, map };
  document.documentElement.dataset.together = "ready";
}

start();
