/** Who is nearest to a place: by straight line, for roads are not known here, and it says so. */
import { ago, language } from "../js/time.js";
import { length } from "./details.js";
import { icon, ICONS } from "./list.js";
import { settings, text } from "./settings.js";

const MOST = 12;
const km = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

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

export class Nearest {
  /**
   * @param {import("./fleet.js").Fleet} fleet @param {object} on
   * @param {(device: import("./types.js").Device) => boolean} on.shown
   * @param {(id: number) => void} on.choose
   * @param {(place: {lon: number, lat: number} | null) => void} on.place marks the place on the map
   * @param {(open: boolean) => void} on.open
   */
  constructor(fleet, on) {
    this.fleet = fleet;
    this.on = on;
    this.box = /** @type {HTMLElement} */ (document.getElementById("panel-nearest"));
    this.list = /** @type {HTMLElement} */ (document.getElementById("nearest-list"));
    this.hint = /** @type {HTMLElement} */ (document.getElementById("nearest-hint"));
    document.getElementById("nearest-close")?.addEventListener("click", () => this.close());
    document.getElementById("nearest-here")?.addEventListener("click", () => this.here());
    document.addEventListener("nearest:here", () => this.here());
    document.addEventListener("nearest:close", () => !this.box.hidden && this.close());
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
    this.box.hidden = false;
    this.on.open(true);
  }

  close() {
    this.at = null;
    this.box.hidden = true;
    this.on.place(null);
    this.on.open(false);
  }

  /** @param {{lon: number, lat: number}} place */
  to(place) {
    if (this.box.hidden) this.open();
    this.at = place;
    this.on.place(place);
    this.hint.textContent = text("nearestline");
    this.draw();
  }

  draw() {
    if (!this.at || this.box.hidden) return;
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
    const distance = document.createElement("b");
    distance.textContent = `${km.format(apart)} km`;
    press.append(icon(ICONS[device.kind]), words, distance);
    press.addEventListener("click", () => this.on.choose(device.id));
    row.append(press);
    return row;
  }
}
