/** Trips of a day: what each was for and who drove, corrected with a thumb, and taken back. */
import { language, today } from "../js/time.js";
import { ask, settings, text } from "../live/settings.js";
import { choose } from "./choose.js";
import { button } from "./queue.js";

const MOST_SHOWN = 200;
const EVERY_MS = 60000;
/** How many days back the server tells: on a Monday, the trips of Friday. */
const DAYS_BACK = 7;

const dayName = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "numeric", timeZone: "UTC" });
const hour = new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit" });

export class Trips {
  /** @param {import("./queue.js").Queue} queue @param {import("./choose.js").Used} used */
  constructor(queue, used) {
    this.queue = queue;
    this.used = used;
    /** @type {any} */
    this.known = { trips: [], more: false };
    this.vehicle = "";
    this.list = /** @type {HTMLElement} */ (document.getElementById("trips"));
    this.none = /** @type {HTMLElement} */ (document.getElementById("notrips"));
    const chosen = (/** @type {import("../js/pick.js").Option | null} */ one) => {
      this.vehicle = one?.key || "";
      if (this.known.more) this.load();
      else this.draw();
    };
    const vehicles = () => options(this.known.trips, "vehicle", "name");
    document.getElementById("trips-vehicle")?.append(choose("vehicle", text("allvehicles"), used, { known: vehicles, chosen }).box);
    this.back = /** @type {HTMLSelectElement} */ (document.getElementById("trips-day"));
    this.back.addEventListener("change", () => this.load());
    setInterval(() => !document.hidden && this.list.offsetParent && this.load(), EVERY_MS);
  }

  /** The days before yesterday, under the names that they have now: an app stays open over midnight. */
  nameDays() {
    const noon = new Date(`${today()}T12:00Z`);
    noon.setUTCDate(noon.getUTCDate() - 1);
    for (let back = 2; back <= DAYS_BACK; back += 1) {
      noon.setUTCDate(noon.getUTCDate() - 1);
      const option = this.back.options[back] ?? this.back.appendChild(new Option("", String(back)));
      option.text = dayName.format(noon);
    }
  }

  async load() {
    this.nameDays();
    const [back, vehicle] = [this.back.value, this.vehicle];
    try {
      // Of a fleet whose day does not fit, the day of one vehicle is asked for.
      const one = this.known.more && vehicle ? `&vehicle=${vehicle}` : "";
      const found = await ask(`${settings.urls.day}?back=${back}${one}`);
      if (back !== this.back.value || vehicle !== this.vehicle) return; // something else was chosen meanwhile
      this.list.dataset.day = back;
      this.known = { ...found, more: found.more || Boolean(one) };
    } catch {
      // the bar above says that there is no network
    }
    this.draw();
  }

  draw() {
    // Who is being chosen right now is not thrown away under the thumb.
    if (this.list.contains(document.activeElement) && document.activeElement?.matches("input")) return;
    const shown = this.known.trips.filter((/** @type {any} */ one) => !this.vehicle || String(one.vehicle) === this.vehicle);
    const open = new Set([...this.list.querySelectorAll("details[open]")].map((one) => /** @type {HTMLElement} */ (one).dataset.trip));
    this.list.replaceChildren(...shown.slice(0, MOST_SHOWN).map((/** @type {any} */ one) => this.row(one)));
    for (const one of this.list.querySelectorAll("details")) one.open = open.has(one.dataset.trip);
    const more = shown.length > MOST_SHOWN || (this.known.more && !this.vehicle);
    this.none.textContent = text(more ? "moretrips" : "notrips");
    this.none.hidden = shown.length > 0 && !more;
  }

  /** @param {any} trip */
  row(trip) {
    const row = document.createElement("li");
    const waits = this.queue.actions.find((one) => !one.error && one.key === `trip-${trip.id}`);
    const purpose = waits?.body.purpose ?? trip.purpose;
    const head = line("strong", `${hour.format(new Date(trip.start))} – ${trip.end ? hour.format(new Date(trip.end)) : text("underway")} · ${trip.name}`);
    const way = line("div", trip.hidden ? text("privatetrip") : [trip.from, trip.to].filter(Boolean).join(" → "));
    const said = [`${trip.km} km`, settings.texts.purposes[purpose], this.driver(trip, waits)];
    if (waits) said.push(text("queued"));
    else if (trip.corrections.length) said.push(text("corrected"));
    const facts = line("div", said.filter(Boolean).join(" · "));
    facts.className = "text-secondary small";
    row.append(head, way, facts);
    if (settings.handles && !trip.hidden && trip.end && !waits) row.append(this.choices(trip));
    return row;
  }

  /** @param {any} trip @param {any} waits */
  driver(trip, waits) {
    if (waits?.body.nobody) return text("nobody");
    return waits?.body.person ? waits.body.name : trip.driver || text("driverunknown");
  }

  /** @param {any} trip */
  choices(trip) {
    const box = document.createElement("details");
    box.dataset.trip = String(trip.id);
    const summary = line("summary", `${settings.texts.purposes[trip.purpose]} · ${text("changedriver")}`);
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    buttons.setAttribute("role", "group");
    for (const name of ["business", "private", "commute"]) {
      const one = button(settings.texts.purposes[name], () => this.say(trip, { purpose: name }, settings.texts.purposes[name]));
      one.setAttribute("aria-pressed", String(trip.purpose === name));
      one.classList.toggle("active", trip.purpose === name);
      buttons.append(one);
    }
    box.append(summary, buttons);
    // Made when it is wanted: a day has hundreds of trips.
    box.addEventListener("toggle", () => box.querySelector(".pick") || buttons.after(...this.who(trip)), { once: true });
    if (trip.corrections.length) {
      const last = Math.max(...trip.corrections);
      box.append(button(text("takeback"), () => this.queue.add({
        key: `undo-${last}`, label: `${text("takeback")}: ${trip.name}`, url: settings.urls.act, body: { act: "undo_trip", correction: last },
      }), "btn mt-2"));
    }
    return box;
  }

  /** @param {any} trip */
  who(trip) {
    const known = () => options(this.known.trips, "person", "driver");
    const chosen = (/** @type {import("../js/pick.js").Option | null} */ one) => {
      if (!one) return;
      const name = one.text.split(" · ")[0];
      /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
      this.say(trip, { person: one.key, name }, name);
    };
    const nobody = button(text("nobody"), () => this.say(trip, { nobody: true }, text("nobody")), "btn mt-2");
    return [choose("person", text("changedriver"), this.used, { known, chosen }).box, nobody];
  }

  /** @param {any} trip @param {any} what @param {string} words */
  say(trip, what, words) {
    this.queue.add({
      key: `trip-${trip.id}`, label: `${words}: ${trip.name} ${hour.format(new Date(trip.start))}`, url: settings.urls.act,
      body: { act: "trip", trip: trip.id, ...what },
    }, true);
  }
}

/** @param {string} tag @param {string} words */
export function line(tag, words) {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}

/** What the trips of the day name, once each. @param {any[]} trips @param {string} key @param {string} name */
function options(trips, key, name) {
  const found = new Map(trips.filter((one) => one[key] && one[name]).map((one) => [String(one[key]), one[name]]));
  return [...found].map(([id, words]) => ({ key: id, text: words }));
}
