/** Groups and teams as filters, and views that people keep: filters, search and place under a name. */
import { byId } from "./list.js";
import { ask, settings, text } from "./settings.js";

export class Filters {
  /** @param {import("./list.js").DeviceList} list @param {() => any} map the map, once there is one */
  constructor(list, map) {
    this.list = list;
    this.map = map;
    this.choice = /** @type {HTMLSelectElement} */ (byId("group"));
    this.views = /** @type {HTMLSelectElement} */ (byId("views"));
    this.forget = /** @type {HTMLButtonElement} */ (byId("view-forget"));
    this.choice.addEventListener("change", () => this.chosen());
    this.views.addEventListener("change", () => this.apply());
    byId("view-keep").addEventListener("click", () => this.keep());
    this.forget.addEventListener("click", () => this.remove());
    /** @type {{id: number, name: string, filters: any}[]} */
    this.kept = [];
  }

  /** What there is to choose from. @param {import("./types.js").Device[]} devices */
  offer(devices) {
    /** @type {Set<string>} */
    const found = new Set();
    for (const { groups, teams } of devices) {
      for (const group of groups) found.add(`g:${group}`);
      for (const team of teams) found.add(`t:${team}`);
    }
    const values = [...found].sort((a, b) => this.list.sort.compare(a.slice(2), b.slice(2)));
    const known = values.join("\n");
    if (known !== this.known) {
      const before = this.choice.value;
      this.known = known;
      const option = (/** @type {string} */ value) => new Option(value.slice(2), value);
      this.choice.replaceChildren(new Option(text("allgroups"), ""), ...values.map(option));
      this.choice.value = values.includes(before) ? before : "";
    }
    byId("group-box").hidden = !values.length;
  }

  chosen() {
    this.list.group = this.choice.value;
    this.list.changed();
  }

  async load() {
    this.show((await ask(settings.urls.views)).views);
  }

  /** @param {any[]} views @param {string} [name] */
  show(views, name = "") {
    this.kept = views;
    this.views.replaceChildren(new Option(text("views"), ""), ...views.map((one) => new Option(one.name, String(one.id))));
    this.views.value = String(views.find((one) => one.name === name)?.id ?? "");
    this.forget.hidden = !this.views.value;
  }

  get now() {
    const map = this.map();
    const centre = map?.getCenter().wrap();
    return {
      states: [...this.list.states],
      kinds: [...this.list.kinds],
      groups: this.list.group ? [this.list.group] : [],
      search: this.list.field.value,
      place: centre ? [centre.lng, centre.lat, map.getZoom()] : null,
    };
  }

  async keep() {
    const name = window.prompt(text("viewname"), this.kept.find((one) => String(one.id) === this.views.value)?.name || "");
    if (!name) return;
    const answer = await this.post(settings.urls.views, { name, filters: this.now });
    const told = await answer.json();
    if (answer.ok) this.show(told.views, name.trim());
    else window.alert(told.title);
  }

  async remove() {
    const id = this.views.value;
    const answer = await this.post(`${settings.urls.views}${id}/`, {});
    if (answer.ok) this.show(this.kept.filter((one) => String(one.id) !== id));
  }

  /** @param {string} url @param {any} body */
  post(url, body) {
    const token = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="))?.slice(10) || "";
    return fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(body) });
  }

  apply() {
    const found = this.kept.find((one) => String(one.id) === this.views.value);
    this.forget.hidden = !found;
    const filters = found?.filters || { states: [], kinds: [], groups: [], search: "" };
    this.choice.value = filters.groups[0] || "";
    this.list.set(filters.states, filters.kinds, this.choice.value, filters.search);
    if (filters.place) this.map()?.easeTo({ center: filters.place.slice(0, 2), zoom: filters.place[2], duration: 600 });
  }
}
