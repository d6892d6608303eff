/** What needs somebody: alarms that are open, with the two things that can be done about them. */
import { ago } from "../js/time.js";
import { ask, settings, text } from "../live/settings.js";
import { button } from "./queue.js";

const EVERY_MS = 30000;

export class Alarms {
  /** @param {import("./queue.js").Queue} queue @param {(count: number) => void} counted @param {(device: number) => void} show */
  constructor(queue, counted, show) {
    this.queue = queue;
    this.counted = counted;
    this.show = show;
    /** @type {any[]} */
    this.items = [];
    this.list = /** @type {HTMLElement} */ (document.getElementById("alarms"));
    this.none = /** @type {HTMLElement} */ (document.getElementById("noalarms"));
    setInterval(() => !document.hidden && this.load(), EVERY_MS);
  }

  async load() {
    try {
      this.items = (await ask(settings.urls.alerts)).items;
    } catch {
      return; // the bar over the map says that there is no network
    }
    this.draw();
  }

  draw() {
    const waiting = new Map(this.queue.actions.filter((one) => !one.error).map((one) => [one.key, one]));
    const left = this.items.filter((one) => !(waiting.get(`alert-${one.id}`)?.url === settings.urls.resolve));
    this.list.replaceChildren(...left.map((one) => this.row(one, waiting.has(`alert-${one.id}`))));
    this.none.textContent = text("noalarms");
    this.none.hidden = left.length > 0;
    this.counted(left.filter((one) => one.handling === "open" && !waiting.has(`alert-${one.id}`)).length);
  }

  /** @param {any} alert @param {boolean} waits */
  row(alert, waits) {
    const row = document.createElement("li");
    row.className = `manager-alarm manager-${alert.severity}`;
    const name = document.createElement("strong");
    name.textContent = `${settings.texts.severity[alert.severity]}: ${alert.rule_name}`;
    const about = document.createElement("div");
    about.textContent = alert.name;
    const when = document.createElement("div");
    when.className = "text-secondary small";
    const state = waits ? text("queued") : alert.handling === "acknowledged" ? text("acknowledged") : "";
    when.textContent = [ago(Date.parse(alert.start), Date.now()), alert.end ? "" : text("goeson"), state].filter(Boolean).join(" · ");
    const buttons = document.createElement("div");
    buttons.className = "btn-list mt-2";
    if (alert.device) buttons.append(button(text("map"), () => this.show(alert.device)));
    if (settings.handles && !waits) {
      if (alert.handling === "open") buttons.append(button(text("acknowledge"), () => this.act(alert, "acknowledge"), "btn btn-primary"));
      buttons.append(button(text("resolve"), () => this.act(alert, "resolve")));
    }
    row.append(name, about, when, buttons);
    return row;
  }

  /** @param {any} alert @param {"acknowledge" | "resolve"} what */
  async act(alert, what) {
    const label = `${text(what)}: ${alert.rule_name} · ${alert.name}`;
    await this.queue.add({ key: `alert-${alert.id}`, label, url: settings.urls[what], body: { ids: [alert.id] } }, true);
  }
}
