/** Traffic of a day: the lines of what is in view or in the chosen group, with who drove and how far. */
import { hours, numerals, today } from "../js/time.js";
import { icon } from "./list.js";
import { colourOf, swatch } from "./palette.js";
import { ask, settings, text } from "./settings.js";

const MOST = 40;
const km = new Intl.NumberFormat(numerals, { maximumFractionDigits: 1 });
const byId = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

export class Traffic {
  /**
   * @param {object} on
   * @param {() => import("./types.js").Device[]} on.wanted devices to show, the most wanted first
   * @param {(lines: any[], chosen: number | null) => void} on.lines
   * @param {(line: any) => void} on.fit
   * @param {() => void} on.open it was opened or closed
   */
  constructor(on) {
    this.on = on;
    this.isOpen = false;
    /** @type {any[]} */
    this.lines = [];
    /** @type {number | null} */
    this.chosen = null;
    this.turn = 0;
    this.button = byId("traffic");
    this.day = byId("traffic-day");
    this.hint = byId("traffic-hint");
    this.list = byId("traffic-list");
    this.button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    byId("traffic-close").addEventListener("click", () => this.close());
    byId("traffic-again").addEventListener("click", () => this.load());
    this.day.addEventListener("change", () => this.day.value && this.day.validity.valid && this.load());
  }

  open() {
    this.isOpen = true;
    this.day.max = today();
    this.day.value ||= today();
    this.button.setAttribute("aria-pressed", "true");
    this.on.open();
    return this.load();
  }

  close() {
    this.isOpen = false;
    this.turn++;
    this.button.setAttribute("aria-pressed", "false");
    this.show([], "");
    this.on.open();
    this.button.focus({ preventScroll: true });
  }

  async load() {
    const turn = ++this.turn;
    const all = this.on.wanted();
    const ids = all.slice(0, MOST).map((device) => device.id);
    if (!ids.length) return this.show([], text("trafficnone"));
    this.hint.textContent = text("trafficwait", { count: ids.length });
    try {
      const told = await ask(`${settings.urls.traffic}?day=${this.day.value}&device=${ids.join(",")}`);
      if (turn !== this.turn) return;
      const more = all.length - ids.length;
      this.show(told.lines, more ? text("trafficmore", { count: ids.length, more }) : text("traffic", { count: ids.length }));
      this.together(ids);
    } catch (error) {
      if (turn === this.turn) this.show([], text(error instanceof Error && error.message === "signedout" ? "signedout" : "failed"));
    }
  }

  /** The link to the replay of those that drove. @param {number[]} ids */
  together(ids) {
    const drove = this.lines.filter((line) => line.parts.length).map((line) => line.device);
    const link = byId("traffic-replay");
    link.hidden = !drove.length;
    link.href = `${settings.urls.together}?device=${(drove.length ? drove : ids).slice(0, 12).join(",")}&from=${this.day.value}&to=${this.day.value}`;
  }

  /** @param {any[]} lines @param {string} hint */
  show(lines, hint) {
    this.lines = lines.map((line, n) => ({ ...line, colour: colourOf(n) }));
    this.chosen = null;
    this.hint.textContent = hint;
    byId("traffic-replay").hidden = true;
    this.draw();
  }

  draw() {
    this.on.lines(this.lines, this.chosen);
    const order = [...this.lines].sort((a, b) => b.km - a.km);
    this.list.replaceChildren(...order.map((line) => this.row(line)));
  }

  /** @param {any} line */
  row(line) {
    const row = document.createElement("li");
    row.className = "live-traffic-row";
    const press = document.createElement("button");
    press.type = "button";
    press.className = "live-near";
    press.setAttribute("aria-pressed", String(this.chosen === line.device));
    press.disabled = !line.parts.length;
    const words = document.createElement("span");
    const name = document.createElement("strong");
    name.textContent = [line.name, line.plate].filter((one, n, all) => one && all.indexOf(one) === n).join(" · ");
    const about = document.createElement("small");
    about.textContent = this.about(line);
    words.append(name, about);
    const distance = document.createElement("b");
    distance.textContent = `${km.format(line.km)} km`;
    press.append(swatch(line.colour), words, distance);
    press.addEventListener("click", () => this.choose(line));
    const day = document.createElement("a");
    day.className = "btn btn-icon btn-ghost-secondary";
    day.href = `${settings.urls.trips}device/${line.device}/?day=${this.day.value}`;
    day.title = text("thisday", { name: line.name });
    day.setAttribute("aria-label", day.title);
    day.append(icon("history"));
    row.append(press, day);
    return row;
  }

  /** @param {any} line */
  about(line) {
    if (line.withheld) return text("withheld");
    if (!line.first) return text(line.parts.length ? "trafficnotrips" : "trafficstood");
    const when = `${hours(Date.parse(line.first))} – ${hours(Date.parse(line.last))}`;
    return [when, ...line.drivers].join(" · ");
  }

  /** @param {any} line */
  choose(line) {
    this.chosen = this.chosen === line.device ? null : line.device;
    for (const press of this.list.querySelectorAll("[aria-pressed]")) press.setAttribute("aria-pressed", "false");
    this.on.lines(this.lines, this.chosen);
    this.draw();
    if (this.chosen !== null) this.on.fit(line);
    this.list.querySelector('[aria-pressed="true"]')?.focus();
  }
}

/** As the map draws them. @param {any[]} lines @param {number | null} chosen */
export function features(lines, chosen) {
  return {
    type: "FeatureCollection",
    features: lines
      .filter((line) => line.parts.length)
      .map((line) => ({
        type: "Feature",
        properties: { colour: line.colour, faint: chosen !== null && chosen !== line.device ? 1 : 0 },
        geometry: { type: "MultiLineString", coordinates: line.parts },
      })),
  };
}
