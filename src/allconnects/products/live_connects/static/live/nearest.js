/** Who is nearest to a place or an address: by straight line, with an estimate of the way that says that it is one. */
import { ago, numerals } from "../js/time.js";
import { addressSearch } from "../places/search.js";
import { length } from "./details.js";
import { icon, ICONS } from "./list.js";
import { settings, text } from "./settings.js";

const MOST = 12;
const km = new Intl.NumberFormat(numerals, { maximumFractionDigits: 1 });

/**
 * The nearest devices to a place, nearest first. @param {Iterable<import("./types.js").Device>} devices
 * @param {{lon: number, lat: number}} place @param {(device: import("./types.js").Device) => boolean} shown
 */
export function nearest(devices, place, shown) {
  const found = [];
  for (const device of devices) {
    if (!device.at || !shown(device)) continue;
    found.push({ device, km: length([[place.lon, place.lat], [device.at.lon, device.at.lat]]) });
  }
  return found.sort((a, b) => a.km - b.km).slice(0, MOST);
}

/** Minutes on the way, guessed from a straight line as the server does. @param {number} straight km */
export function estimated(straight) {
  const { detour, speeds } = settings.estimate;
  const road = straight * detour;
  let hours = 0;
  let before = 0;
  for (const [upTo, kmh] of speeds) {
    hours += Math.max(0, Math.min(road, upTo) - before) / kmh;
    before = upTo;
  }
  return Math.max(1, Math.round(hours * 60));
}

/** @param {number} minutes */
const spoken = (minutes) => (minutes < 60 ? text("about", { minutes }) : text("abouthours", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") }));

export class Nearest {
  /**
   * @param {import("./fleet.js").Fleet} fleet @param {object} on
   * @param {(device: import("./types.js").Device) => boolean} on.shown
   * @param {(id: number) => void} on.choose
   * @param {(place: {lon: number, lat: number} | null) => void} on.place marks the place on the map
   * @param {(places: {lon: number, lat: number}[]) => void} on.bring brings places into the view
   * @param {(open: boolean) => void} on.open
   */
  constructor(fleet, on) {
    this.fleet = fleet;
    this.on = on;
    this.isOpen = false;
    /** @type {{lon: number, lat: number} | null} */
    this.at = null;
    this.box = /** @type {HTMLElement} */ (document.getElementById("panel-nearest"));
    this.list = /** @type {HTMLElement} */ (document.getElementById("nearest-list"));
    this.hint = /** @type {HTMLElement} */ (document.getElementById("nearest-hint"));
    document.getElementById("nearest-close")?.addEventListener("click", () => this.close());
    document.getElementById("nearest-here")?.addEventListener("click", () => this.here());
    document.addEventListener("nearest:here", () => this.here());
    document.addEventListener("nearest:close", () => this.isOpen && this.close());
    addressSearch((hit) => this.address(hit));
  }

  /** Around where this phone is; without leave to know that, around a place that is pressed. */
  here() {
    this.open();
    this.hint.textContent = text("nearestwait");
    const press = () => {
      if (!this.at) this.hint.textContent = text("nearestpress");
    };
    if (!navigator.geolocation) return press();
    navigator.geolocation.getCurrentPosition(({ coords }) => this.to({ lon: coords.longitude, lat: coords.latitude }), press, { timeout: 8000, maximumAge: 60000 });
  }

  open() {
    this.at = null;
    this.list.replaceChildren();
    this.isOpen = true;
    this.on.open(true);
  }

  /** Around an address that was searched; the map shows it with the nearest three. @param {{text: string, lat: number, lon: number}} hit */
  address(hit) {
    this.to({ lon: hit.lon, lat: hit.lat });
    const found = nearest(this.fleet.devices.values(), hit, this.on.shown).slice(0, 3);
    this.on.bring([hit, ...found.map(({ device }) => /** @type {any} */ (device.at))]);
  }

  close() {
    this.at = null;
    this.isOpen = false;
    this.on.place(null);
    this.on.open(false);
  }

  /** @param {{lon: number, lat: number}} place */
  to(place) {
    if (!this.isOpen) this.open();
    this.at = place;
    this.on.place(place);
    this.hint.textContent = text("nearestline");
    this.draw();
  }

  draw() {
    if (!this.at || !this.isOpen || this.box.hidden) return;
    const found = nearest(this.fleet.devices.values(), this.at, this.on.shown);
    this.list.replaceChildren(...found.map((one) => this.row(one.device, one.km)));
    if (!found.length) this.hint.textContent = text("none");
  }

  /** @param {import("./types.js").Device} device @param {number} apart */
  row(device, apart) {
    const row = document.createElement("li");
    const press = document.createElement("button");
    press.type = "button";
    press.className = "live-near";
    const words = document.createElement("span");
    const name = document.createElement("strong");
    name.textContent = device.name;
    const state = document.createElement("small");
    state.textContent = `${settings.texts.states[device.state]} · ${device.reported ? ago(device.reported, Date.now()) : text("never")}`;
    words.append(name, state);
    const distance = document.createElement("span");
    distance.className = "live-near-far";
    const straight = document.createElement("b");
    straight.textContent = `${km.format(apart)} km`;
    const guess = document.createElement("small");
    guess.textContent = spoken(estimated(apart));
    distance.append(straight, guess);
    press.append(icon(ICONS[device.kind]), words, distance);
    press.addEventListener("click", () => this.on.choose(device.id));
    row.append(press);
    return row;
  }
}
