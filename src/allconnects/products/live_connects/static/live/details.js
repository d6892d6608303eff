/** The panel of one device: what it is, what it does, what it said last, its line of today. */
import { ago, exact, hours, numerals } from "../js/time.js";
import { byId, put } from "./list.js";
import { ask, settings, text } from "./settings.js";

const number = new Intl.NumberFormat(numerals, { maximumFractionDigits: 1 });
const EARTH_KM = 6371;

export class Details {
  /**
   * @param {import("./fleet.js").Fleet} fleet
   * @param {(line: any) => void} showLine
   */
  constructor(fleet, showLine) {
    this.fleet = fleet;
    this.showLine = showLine;
    /** @type {number | null} */
    this.id = null;
    /** @type {[number, number, number][]} longitude, latitude, ms */
    this.points = [];
    this.asked = 0;
  }

  /** @param {number} id */
  async show(id) {
    this.id = id;
    this.points = [];
    put(byId("d-track"), "…");
    byId("d-attributes").replaceChildren();
    byId("d-others").hidden = true;
    const manage = /** @type {HTMLAnchorElement | null} */ (document.getElementById("d-manage"));
    if (manage) manage.href = `${settings.urls.manage}${id}/`;
    const share = /** @type {HTMLAnchorElement | null} */ (document.getElementById("d-share"));
    if (share) {
      share.href = `${settings.urls.shares}?device=${id}`;
      share.hidden = this.device?.kind === "phone";
    }
    const trips = /** @type {HTMLAnchorElement | null} */ (document.getElementById("d-history"));
    if (trips) trips.href = `${settings.urls.trips}device/${id}/`;
    this.draw();
    await Promise.all([this.loadTrack(id), this.loadAttributes(id)]);
  }

  get device() {
    return this.id === null ? undefined : this.fleet.devices.get(this.id);
  }

  hide() {
    this.id = null;
    this.points = [];
  }

  /** @param {number} id */
  async loadTrack(id) {
    try {
      const track = await ask(`${settings.urls.devices}/${id}/track`);
      if (this.id !== id) return;
      this.points = track.points.map((/** @type {number[]} */ p) => [p[0], p[1], p[2]]);
      this.drawTrack();
    } catch {
      if (this.id === id) put(byId("d-track"), text("failed"));
    }
  }

  /** @param {number} id */
  async loadAttributes(id) {
    this.asked = Date.now();
    try {
      const device = await ask(`${settings.urls.devices}/${id}`);
      if (this.id === id) this.drawAttributes(device.attributes);
    } catch {
      this.asked = 0;
    }
  }

  /** Draw what the stream changed; ask for the other values now and then. */
  draw() {
    const device = this.device;
    if (!device) return;
    put(byId("d-name"), device.name);
    const state = byId("d-state");
    state.className = `state state-${device.state}`;
    put(state, settings.texts.states[device.state]);
    put(byId("d-kind"), [settings.texts.kinds[device.kind], device.plate, ...device.groups, ...device.teams].filter(Boolean).join(" · "));
    put(byId("d-speed"), device.state === "moving" && device.speed !== null ? text("kmh", { speed: Math.round(device.speed) }) : "");
    const time = byId("d-time");
    put(time, device.reported ? ago(device.reported, Date.now()) : text("never"));
    if (device.reported) time.setAttribute("datetime", new Date(device.reported).toISOString());
    put(byId("d-exact"), device.reported ? exact(device.reported) : "");
    this.extend(device);
    if (Date.now() - this.asked > 15000) this.loadAttributes(device.id);
  }

  /** Let today's line grow with the symbol. @param {import("./types.js").Device} device */
  extend(device) {
    const last = this.points.at(-1);
    if (!last || !device.at || !device.fixed || device.fixed <= last[2]) return;
    this.points.push([device.at.lon, device.at.lat, device.fixed]);
    this.drawTrack();
  }

  drawTrack() {
    const coordinates = this.points.map((p) => [p[0], p[1]]);
    const km = length(coordinates);
    const moved = coordinates.length > 1 && km >= 0.1;
    const line = { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
    this.showLine({ type: "FeatureCollection", features: coordinates.length > 1 ? [line] : [] });
    const first = this.points[0];
    const last = this.points.at(-1);
    const values = moved && first && last ? { from: hours(first[2]), to: hours(last[2]), km: number.format(km) } : null;
    put(byId("d-track"), values ? text("track", values) : text(this.device?.at ? "notrack" : "noposition"));
  }

  /** @param {{name: string, value: any, unit: string | null}[]} attributes */
  drawAttributes(attributes) {
    const names = settings.texts.names;
    const known = attributes.filter((a) => a.name in names);
    const order = Object.keys(names);
    known.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    terms(byId("d-attributes"), known.map((a) => [names[a.name], value(a)]));
    const others = attributes.filter((a) => !(a.name in names));
    terms(byId("d-rest"), others.map((a) => [a.name, value(a)]));
    byId("d-others").hidden = !others.length;
  }
}

/** @param {HTMLElement} box @param {string[][]} pairs */
function terms(box, pairs) {
  const nodes = pairs.flatMap(([name, shown]) => {
    const term = document.createElement("dt");
    const words = document.createElement("dd");
    term.textContent = name;
    words.textContent = shown;
    return [term, words];
  });
  box.replaceChildren(...nodes);
}

/** @param {{name: string, value: any, unit: string | null}} attribute */
function value({ name, value: given, unit }) {
  if (typeof given === "boolean" || unit === "on/off") return given ? text("yes") : text("no");
  if (typeof given !== "number") return String(given);
  if (unit === "m" && name.toLowerCase().includes("odometer")) return `${number.format(given / 1000)} km`;
  const scale = /^0-(\d+)$/.exec(unit || "");
  if (scale) return `${number.format(given)} / ${scale[1]}`;
  return unit && unit !== "flags" ? `${number.format(given)} ${unit}` : number.format(given);
}

/** Kilometres along a line of [longitude, latitude]. @param {number[][]} line */
export function length(line) {
  const rad = Math.PI / 180;
  let sum = 0;
  for (let i = 1; i < line.length; i++) {
    const [aLon, aLat] = line[i - 1];
    const [bLon, bLat] = line[i];
    const x = (bLon - aLon) * rad * Math.cos(((aLat + bLat) / 2) * rad);
    sum += EARTH_KM * Math.hypot(x, (bLat - aLat) * rad);
  }
  return sum;
}
