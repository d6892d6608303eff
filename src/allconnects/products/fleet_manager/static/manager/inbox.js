/** What waits for a decision: forgotten and unknown badges, two drivers at once, unknown devices, asked corrections. */
import { ask, settings, text } from "../live/settings.js";
import { button } from "./queue.js";
import { line, option } from "./trips.js";

const EVERY_MS = 60000;
const moment = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "short", timeStyle: "short" });
const date = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeZone: "UTC" });

export class Inbox {
  /** @param {import("./queue.js").Queue} queue @param {(count: number) => void} counted */
  constructor(queue, counted) {
    this.queue = queue;
    this.counted = counted;
    /** @type {any} */
    this.known = { questions: [], devices: [], requests: [], people: [] };
    this.list = /** @type {HTMLElement} */ (document.getElementById("inbox"));
    this.none = /** @type {HTMLElement} */ (document.getElementById("noinbox"));
    if (settings.handles) setInterval(() => !document.hidden && this.load(), EVERY_MS);
  }

  async load() {
    if (!settings.handles) return;
    try {
      this.known = await ask(settings.urls.waiting);
    } catch {
      return; // the bar above says that there is no network
    }
    this.draw();
  }

  draw() {
    const decided = new Set(this.queue.actions.filter((one) => !one.error).map((one) => one.key));
    const questions = this.known.questions.filter((/** @type {any} */ one) => !decided.has(`question-${one.id}`));
    const devices = this.known.devices.filter((/** @type {any} */ one) => !decided.has(`device-${one.protocol}-${one.identifier}`));
    const requests = this.known.requests || []; // what an older version kept for times without network lacks them
    const count = questions.length + devices.length + requests.length;
    // What somebody is choosing right now is not thrown away under the thumb.
    if (this.list.contains(document.activeElement) && document.activeElement?.matches("select, input") && count === this.list.children.length) return;
    this.list.replaceChildren(
      ...questions.map((/** @type {any} */ one) => this.question(one)),
      ...devices.map((/** @type {any} */ one) => this.device(one)),
      ...requests.map((/** @type {any} */ one) => this.request(one)),
    );
    this.none.textContent = text("nowaitinghere");
    this.none.hidden = count > 0;
    this.counted(count);
  }

  /** @param {any} one */
  question(one) {
    const row = document.createElement("li");
    const words = { no_out: "badgedin", two_drivers: "twodrivers", unknown_badge: "strangebadge" }[/** @type {string} */ (one.kind)] || "";
    row.append(line("strong", one.title), line("div", text(words, { ...one, since: moment.format(new Date(one.since)) })));
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    if (one.kind === "no_out") {
      const end = /** @type {HTMLInputElement} */ (document.createElement("input"));
      end.type = "datetime-local";
      end.className = "form-control mt-2";
      end.setAttribute("aria-label", text("endedat"));
      end.required = true;
      row.append(end);
      buttons.append(
        button(text("ended"), () => end.reportValidity() && this.decide(one, { choice: "end", end: new Date(end.value).toISOString() }, text("ended")), "btn btn-primary"),
        button(text("doesnotcount"), () => this.decide(one, { choice: "ignore" }, text("doesnotcount"))),
      );
    } else {
      const who = this.people();
      const choice = one.kind === "two_drivers" ? "driver" : "assign";
      const words = text(choice === "driver" ? "thisdrove" : "badgeis");
      row.append(who);
      buttons.append(
        button(words, () => who.reportValidity() && this.decide(one, { choice, person: who.value }, `${who.selectedOptions[0].textContent}: ${words}`), "btn btn-primary"),
        button(text("leaveit"), () => this.decide(one, { choice: "ignore" }, text("leaveit"))),
      );
    }
    row.append(buttons);
    return row;
  }

  people() {
    const who = document.createElement("select");
    who.className = "form-select mt-2";
    who.required = true;
    who.setAttribute("aria-label", text("person"));
    who.append(option("", "–"), ...this.known.people.map((/** @type {any} */ one) => option(one.id, one.name)));
    return who;
  }

  /** @param {any} one @param {any} body @param {string} words */
  decide(one, body, words) {
    this.queue.add({ key: `question-${one.id}`, label: `${words} · ${one.vehicle}`, url: settings.urls.act, body: { act: "question", question: one.id, ...body } }, true);
  }

  /** @param {any} one */
  device(one) {
    const row = document.createElement("li");
    const name = /** @type {HTMLInputElement} */ (document.createElement("input"));
    name.className = "form-control mt-2";
    name.placeholder = text("devicename");
    name.setAttribute("aria-label", text("devicename"));
    name.required = true;
    name.maxLength = 100;
    const send = (/** @type {any} */ body, /** @type {string} */ words) => this.queue.add({
      key: `device-${one.protocol}-${one.identifier}`, label: `${words}: ${one.identifier}`, url: settings.urls.act,
      body: { act: "device", protocol: one.protocol, identifier: one.identifier, ...body },
    }, true);
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    buttons.append(
      button(text("take"), () => name.reportValidity() && send({ choice: "take", name: name.value }, text("take")), "btn btn-primary"),
      button(text("dismiss"), () => send({ choice: "dismiss" }, text("dismiss"))),
    );
    row.append(line("strong", text("strangedevice", one)), name, buttons);
    return row;
  }

  /** What a person asks to have corrected. Decided on its page: who asks has to be known first. @param {any} one */
  request(one) {
    const row = document.createElement("li");
    row.append(line("strong", text("askscorrection", { name: one.name || "–" })));
    for (const each of one.corrections) row.append(line("div", `${text("correctit", { ...each, from: each.from || "–" })}${each.about ? ` (${each.about})` : ""}`));
    row.append(line("div", text("answerby", { day: date.format(new Date(one.due)) })));
    const link = document.createElement("a");
    link.className = "btn btn-primary mt-2";
    link.href = one.url;
    link.textContent = text("openrequest");
    row.append(link);
    return row;
  }
}
