/** Trips of a day: what each was for and who drove, corrected with a thumb, and taken back. */
import { ask, settings, text } from "../live/settings.js";
import { button } from "./queue.js";

const hour = new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit" });

export class Trips {
  /** @param {import("./queue.js").Queue} queue */
  constructor(queue) {
    this.queue = queue;
    /** @type {any} */
    this.known = { trips: [], people: [], vehicles: [] };
    this.list = /** @type {HTMLElement} */ (document.getElementById("trips"));
    this.none = /** @type {HTMLElement} */ (document.getElementById("notrips"));
    this.vehicle = /** @type {HTMLSelectElement} */ (document.getElementById("trips-vehicle"));
    this.back = /** @type {HTMLSelectElement} */ (document.getElementById("trips-day"));
    this.vehicle.addEventListener("change", () => this.draw());
    this.back.addEventListener("change", () => this.load());
  }

  async load() {
    try {
      this.known = await ask(`${settings.urls.day}?back=${this.back.value}`);
    } catch {
      return; // the bar above says that there is no network
    }
    const chosen = this.vehicle.value;
    this.vehicle.replaceChildren(option("", text("allvehicles")), ...this.known.vehicles.map((/** @type {any} */ one) => option(one.id, one.name)));
    this.vehicle.value = chosen;
    this.draw();
  }

  draw() {
    const wanted = this.vehicle.value;
    const shown = this.known.trips.filter((/** @type {any} */ one) => !wanted || String(one.vehicle) === wanted);
    this.list.replaceChildren(...shown.map((/** @type {any} */ one) => this.row(one)));
    this.none.textContent = text("notrips");
    this.none.hidden = shown.length > 0;
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
    const person = waits?.body.person || trip.person;
    return this.known.people.find((/** @type {any} */ one) => one.id === person)?.name || trip.driver || text("driverunknown");
  }

  /** @param {any} trip */
  choices(trip) {
    const box = document.createElement("details");
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
    const who = document.createElement("select");
    who.className = "form-select mt-2";
    who.setAttribute("aria-label", text("changedriver"));
    who.append(option("", "–"), option("nobody", text("nobody")), ...this.known.people.map((/** @type {any} */ one) => option(one.id, one.name)));
    who.value = trip.person;
    who.addEventListener("change", () => {
      if (!who.value) return;
      const body = who.value === "nobody" ? { nobody: true } : { person: who.value };
      this.say(trip, body, who.selectedOptions[0].textContent || "");
    });
    box.append(summary, buttons, who);
    if (trip.corrections.length) {
      const last = Math.max(...trip.corrections);
      box.append(button(text("takeback"), () => this.queue.add({
        key: `undo-${last}`, label: `${text("takeback")}: ${trip.name}`, url: settings.urls.act, body: { act: "undo_trip", correction: last },
      }), "btn mt-2"));
    }
    return box;
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

/** @param {string | number} value @param {string} words */
export function option(value, words) {
  const made = document.createElement("option");
  made.value = String(value);
  made.textContent = words;
  return made;
}
