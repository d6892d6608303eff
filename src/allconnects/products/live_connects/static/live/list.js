/** The list beside the map: search, filters with counts, keyboard. */
import { ago, numerals } from "../js/time.js";
import { fold } from "../js/page.js";
import { settings, text } from "./settings.js";

const MOST = 200;
const counts = new Intl.NumberFormat(numerals, { notation: "compact" });
export const ICONS = { vehicle: "truck", phone: "device-mobile", material: "package" };

export class DeviceList {
  /**
   * @param {import("./fleet.js").Fleet} fleet
   * @param {object} on
   * @param {(id: number) => void} on.choose
   * @param {() => void} on.filter
   * @param {() => void} on.escape
   */
  constructor(fleet, on) {
    this.fleet = fleet;
    this.on = on;
    this.words = /** @type {string[]} */ ([]);
    this.states = new Set();
    this.kinds = new Set();
    /** "g:" and the name of a group, "t:" and that of a team; empty for all */
    this.group = "";
    this.loaded = false;
    /** @type {number | null} the one that the arrow keys are at */
    this.active = null;
    /** @type {number[]} */
    this.order = [];
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    this.sort = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
    this.field = /** @type {HTMLInputElement} */ (byId("search"));
    this.box = byId("devices");
    this.listen();
  }

  listen() {
    this.field.addEventListener("input", () => {
      this.words = fold(this.field.value).split(/\s+/).filter(Boolean);
      this.changed();
    });
    for (const target of [this.field, this.box]) target.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest("[data-id]");
      if (row) this.on.choose(Number(/** @type {HTMLElement} */ (row).dataset.id));
    });
    for (const chip of chips()) chip.addEventListener("click", () => this.toggle(chip));
    document.addEventListener("keydown", (event) => this.shortcut(event));
  }

  /** @param {KeyboardEvent} event */
  shortcut(event) {
    const typing = /** @type {HTMLElement} */ (event.target).closest?.("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.on.escape();
      this.field.focus();
      this.field.select();
    } else if (event.key === "Escape" && !event.defaultPrevented) {
      if (typing && this.field.value) {
        this.field.value = "";
        this.words = [];
        this.changed();
      } else {
        this.on.escape();
      }
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (step) {
      const at = this.active === null ? -1 : this.order.indexOf(this.active);
      const next = Math.max(0, Math.min(this.order.length - 1, at < 0 ? 0 : at + step));
      this.activate(this.order[next] ?? null);
      event.preventDefault();
    } else if (event.key === "Enter" && this.active !== null) {
      this.on.choose(this.active);
      event.preventDefault();
    }
  }

  /** @param {number | null} id */
  activate(id) {
    this.active = id;
    for (const [key, row] of this.rows) {
      row.classList.toggle("current", key === id);
      row.setAttribute("aria-selected", String(key === id));
    }
    const row = id === null ? undefined : this.rows.get(id);
    row?.scrollIntoView({ block: "nearest" });
    for (const element of [this.field, this.box]) {
      if (row) element.setAttribute("aria-activedescendant", row.id);
      else element.removeAttribute("aria-activedescendant");
    }
  }

  /** @param {HTMLElement} chip */
  toggle(chip) {
    const [set, value] = chip.dataset.state ? [this.states, chip.dataset.state] : [this.kinds, chip.dataset.kind];
    if (!set.delete(value)) set.add(value);
    chip.setAttribute("aria-pressed", String(set.has(value)));
    this.changed();
  }

  changed() {
    this.on.filter();
    this.draw();
    byId("results").textContent = text("results", { count: this.total, total: this.fleet.devices.size });
  }

  /** Whether search and filters let a device through. @param {import("./types.js").Device} device */
  shows(device) {
    return (
      (!this.states.size || this.states.has(device.state)) &&
      (!this.kinds.size || this.kinds.has(device.kind)) &&
      this.inGroup(device) &&
      this.matches(device)
    );
  }

  /** @param {import("./types.js").Device} device */
  inGroup(device) {
    const name = this.group.slice(2);
    return !this.group || (this.group.startsWith("g:") ? device.groups : device.teams).includes(name);
  }

  /** Filters and search as a kept view has them. @param {string[]} states @param {string[]} kinds @param {string} group @param {string} search */
  set(states, kinds, group, search) {
    this.states = new Set(states);
    this.kinds = new Set(kinds);
    this.group = group;
    this.field.value = search;
    this.words = fold(search).split(/\s+/).filter(Boolean);
    for (const chip of chips()) {
      const on = this.states.has(chip.dataset.state || "") || this.kinds.has(chip.dataset.kind || "");
      chip.setAttribute("aria-pressed", String(on));
    }
    this.changed();
  }

  /** @param {import("./types.js").Device} device */
  matches(device) {
    if (!this.words.length) return true;
    const name = fold(`${device.name} ${device.plate} ${device.plate.replace(/[^\p{L}\d]/gu, "")}`);
    return this.words.every((word) => name.includes(word));
  }

  /** Everything by name; sorted only when others are in the fleet. */
  byName() {
    if (this.sorted?.roster !== this.fleet.roster) {
      const devices = [...this.fleet.devices.values()].sort((a, b) => this.sort.compare(a.name, b.name));
      this.sorted = { roster: this.fleet.roster, devices };
    }
    return this.sorted.devices;
  }

  draw() {
    const all = this.byName();
    const found = all.filter((device) => this.shows(device));
    this.total = found.length;
    const shown = found.slice(0, MOST);
    this.order = shown.map((device) => device.id);
    this.reconcile(shown);
    this.count(this.words.length || this.group ? all.filter((device) => this.matches(device) && this.inGroup(device)) : all);
    const more = byId("more");
    more.hidden = found.length > 0 && found.length <= MOST;
    more.textContent = found.length ? text("more", { count: found.length - MOST }) : text("none");
    const empty = this.loaded && !all.length;
    byId("empty").hidden = !empty;
    if (!all.length) more.hidden = true;
  }

  /** Move and change rows instead of making them anew: no flicker, and focus stays. @param {import("./types.js").Device[]} shown */
  reconcile(shown) {
    const wanted = new Set(this.order);
    for (const [id, row] of this.rows) {
      if (!wanted.has(id)) {
        row.remove();
        this.rows.delete(id);
      }
    }
    const now = Date.now();
    shown.forEach((device, index) => {
      let row = this.rows.get(device.id);
      if (!row) {
        row = newRow(device.id);
        this.rows.set(device.id, row);
      }
      fill(row, device, now);
      if (this.box.children[index] !== row) this.box.insertBefore(row, this.box.children[index] || null);
    });
    if (this.active !== null && !wanted.has(this.active)) this.activate(null);
  }

  /** How many each filter would leave, with the filters of the other sort as they are. @param {import("./types.js").Device[]} devices */
  count(devices) {
    /** @type {Record<string, number>} */
    const found = {};
    for (const { state, kind } of devices) {
      if (!this.kinds.size || this.kinds.has(kind)) found[state] = (found[state] || 0) + 1;
      if (!this.states.size || this.states.has(state)) found[kind] = (found[kind] || 0) + 1;
    }
    for (const chip of chips()) {
      const { state, kind } = chip.dataset;
      put(/** @type {HTMLElement} */ (chip.querySelector("[data-count]")), counts.format(found[state || kind || ""] || 0));
    }
  }
}

/** @returns {HTMLElement[]} */
function chips() {
  return [...document.querySelectorAll(".live-chip")].map((chip) => /** @type {HTMLElement} */ (chip));
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** Change text only when it differs: cheap, and screen readers stay quiet. @param {HTMLElement} node @param {string} value */
export function put(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/** @param {string} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${settings.urls.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** @param {number} id */
function newRow(id) {
  const row = document.createElement("li");
  row.className = "live-device";
  row.id = `device-${id}`;
  row.dataset.id = String(id);
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", "false");
  for (const [tag, name] of [
    ["span", "live-badge"],
    ["div", ""],
    ["div", "live-device-time"],
  ]) {
    const part = document.createElement(tag);
    part.className = name;
    row.append(part);
  }
  const middle = /** @type {HTMLElement} */ (row.children[1]);
  for (const name of ["live-device-name", "live-device-sub"]) {
    const part = document.createElement("div");
    part.className = name;
    middle.append(part);
  }
  return row;
}

/** @param {HTMLElement} row @param {import("./types.js").Device} device @param {number} now */
function fill(row, device, now) {
  const [badge, middle, time] = /** @type {any} */ (row.children);
  if (badge.dataset.shows !== device.kind + device.state) {
    badge.dataset.shows = device.kind + device.state;
    badge.className = `live-badge ${device.state}`;
    badge.replaceChildren(icon(ICONS[device.kind]));
  }
  const state = settings.texts.states[device.state];
  const moving = device.state === "moving" && device.speed !== null;
  put(middle.children[0], device.name);
  const doing = moving ? `${state} · ${text("kmh", { speed: Math.round(device.speed ?? 0) })}` : state;
  put(middle.children[1], device.plate && device.plate !== device.name ? `${device.plate} · ${doing}` : doing);
  put(time, device.reported ? ago(device.reported, now) : "–");
}
