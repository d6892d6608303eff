/** What waits for a decision: forgotten and unknown badges, two drivers at once, stays that nobody closed, unknown
 * devices, contested hours, asked corrections. */
import { ago } from "../js/time.js";
import { ask, settings, text } from "../live/settings.js";
import { choose } from "./choose.js";
import { button } from "./queue.js";
import { line } from "./trips.js";
import { why } from "./why.js";

const EVERY_MS = 60000;
const moment = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "short", timeStyle: "short" });
const date = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeZone: "UTC" });

const day = new Intl.DateTimeFormat(document.documentElement.lang || "en", { weekday: "short", day: "numeric", month: "long", timeZone: "UTC" });
const month = new Intl.DateTimeFormat(document.documentElement.lang || "en", { month: "long", year: "numeric", timeZone: "UTC" });

/** A moment as a field of date and time has it, by the phone's clock. @param {string} at */
function local(at) {
  const then = new Date(at);
  return new Date(then.getTime() - then.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export class Inbox {
  /** @param {import("./queue.js").Queue} queue @param {import("./choose.js").Used} used @param {(count: number) => void} counted */
  constructor(queue, used, counted) {
    this.queue = queue;
    this.used = used;
    this.counted = counted;
    /** @type {any} */
    this.known = { questions: [], devices: [], contests: [], requests: [] };
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
    const contests = (this.known.contests || []).filter((/** @type {any} */ one) => !decided.has(`contest-${one.id}`));
    const count = questions.length + devices.length + contests.length + requests.length;
    this.counted(count);
    // What somebody is choosing or writing right now is not thrown away under the thumb.
    const busy = document.activeElement?.matches("input, textarea") && this.list.contains(document.activeElement);
    if ((busy || this.list.querySelector(".manager-why")) && count === this.list.children.length) return;
    this.list.replaceChildren(
      ...questions.map((/** @type {any} */ one) => this.question(one)),
      ...devices.map((/** @type {any} */ one) => this.device(one)),
      ...contests.map((/** @type {any} */ one) => this.contest(one)),
      ...requests.map((/** @type {any} */ one) => this.request(one, decided)),
    );
    this.none.textContent = text("nowaitinghere");
    this.none.hidden = count > 0;
  }

  /** Why the last decision of this did not come to pass. @param {HTMLElement} row @param {string} key */
  refused(row, key) {
    const found = this.queue.actions.find((one) => one.error && one.key === key);
    if (!found) return;
    const words = line("div", text("refused", { reason: found.error }));
    words.className = "text-danger mt-1";
    row.append(words);
  }

  /** @param {any} one */
  question(one) {
    const row = document.createElement("li");
    const words = { no_out: "badgedin", two_drivers: "twodrivers", unknown_badge: "strangebadge", open_stay: "stayedon" }[/** @type {string} */ (one.kind)] || "";
    row.append(line("strong", one.title), line("div", text(words, { ...one, since: moment.format(new Date(one.since)) })));
    if (one.site) row.append(line("div", one.site));
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    if (one.kind === "no_out" || one.kind === "open_stay") {
      const stays = one.kind === "open_stay";
      const end = /** @type {HTMLInputElement} */ (document.createElement("input"));
      end.type = "datetime-local";
      end.className = "form-control mt-2";
      end.setAttribute("aria-label", text("endedat"));
      end.required = true;
      if (stays) [end.min, end.max] = [local(one.since), local(one.until)];
      row.append(end);
      buttons.append(
        button(text("ended"), () => end.reportValidity() && this.decide(one, { choice: stays ? "left" : "end", end: new Date(end.value).toISOString() }, text("ended")), "btn btn-primary"),
        stays
          ? button(text("wasnotthere"), () => this.decide(one, { choice: "absent" }, text("wasnotthere")))
          : button(text("doesnotcount"), () => this.decide(one, { choice: "ignore" }, text("doesnotcount"))),
      );
    } else {
      const who = choose("person", text("person"), this.used);
      const choice = one.kind === "two_drivers" ? "driver" : "assign";
      const words = text(choice === "driver" ? "thisdrove" : "badgeis");
      row.append(who.box);
      buttons.append(
        button(words, () => {
          const person = who.value();
          if (person) this.decide(one, { choice, person: person.key }, `${person.text}: ${words}`);
        }, "btn btn-primary"),
        button(text("leaveit"), () => this.decide(one, { choice: "ignore" }, text("leaveit"))),
      );
    }
    row.append(buttons);
    this.refused(row, `question-${one.id}`);
    return row;
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
    this.refused(row, `device-${one.protocol}-${one.identifier}`);
    return row;
  }

  /** Hours that a person contests. The figures stand on their page: reading them is written down. @param {any} one */
  contest(one) {
    const row = document.createElement("li");
    const when = one.day ? day.format(new Date(one.day)) : month.format(new Date(one.month));
    const said = line("div", text("saidago", { ago: ago(Date.parse(one.said), Date.now()) }));
    said.className = "text-secondary small";
    row.append(line("strong", text("contests", { name: one.name, when })), line("div", `“${one.reason}”`), said);
    const decide = (/** @type {boolean} */ accept) => {
      const words = text(accept ? "iscorrected" : "stays");
      why(row, {
        title: text("whatreads", { name: one.name }), hint: accept ? text("correctfirst") : "", least: 3,
        ready: settings.texts.contestreasons[accept ? "yes" : "no"],
        send: (said) => this.say(`contest-${one.id}`, `${words}: ${one.name}`, { act: "contest", contest: one.id, person: one.person, accept, ...said }),
      });
    };
    const link = document.createElement("a");
    link.className = "btn";
    link.href = one.url;
    link.textContent = text("lookatdays");
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    buttons.append(button(text("iscorrected"), () => decide(true), "btn btn-primary"), button(text("stays"), () => decide(false)), link);
    row.append(buttons);
    this.refused(row, `contest-${one.id}`);
    return row;
  }

  /** What a person asks to have corrected; decided here where it is known who asks. @param {any} one @param {Set<string>} decided */
  request(one, decided) {
    const row = document.createElement("li");
    const open = one.corrections.filter((/** @type {any} */ each) => !decided.has(`correction-${each.id}`));
    row.append(line("strong", text("askscorrection", { name: one.name || "–" })));
    for (const each of open) row.append(this.correction(one, each));
    if (one.known && !open.length) row.append(line("div", text("answernow")));
    if (!one.known) row.append(line("div", text("whoasks")));
    row.append(line("div", text("answerby", { day: date.format(new Date(one.due)) })));
    const link = document.createElement("a");
    link.className = one.known && open.length ? "btn mt-2" : "btn btn-primary mt-2";
    link.href = one.url;
    link.textContent = text("openrequest");
    row.append(link);
    return row;
  }

  /** @param {any} one @param {any} each */
  correction(one, each) {
    const box = document.createElement("div");
    box.className = "manager-correction";
    const words = `${text("correctit", { ...each, from: each.from || "–" })}${each.about ? ` (${each.about})` : ""}`;
    box.append(line("div", words));
    if (!one.known) return box;
    const send = (/** @type {boolean} */ accept, /** @type {{reason: string, ready: string}} */ said) =>
      this.say(`correction-${each.id}`, `${text(accept ? "accept" : "notaccept")}: ${words}`, { act: "correction", correction: each.id, accept, ...said });
    const no = () => why(box, { title: text("whatreads", { name: one.name || "–" }), ready: settings.texts.correctionreasons, least: 10, send: (said) => send(false, said) });
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    buttons.append(button(text("accept"), () => send(true, { reason: "", ready: "" }), "btn btn-primary"), button(text("notaccept"), no));
    box.append(buttons);
    this.refused(box, `correction-${each.id}`);
    return box;
  }

  /** @param {string} key @param {string} label @param {any} body */
  say(key, label, body) {
    this.queue.add({ key, label, url: settings.urls.act, body }, true);
  }
}
