/** One out of thousands with a thumb: typed and found on the server; without network what was used last is offered. */
import { Pick } from "../js/pick.js";
import { settings, text } from "../live/settings.js";

const KEPT = 20;
let count = 0;

/** @typedef {import("../js/pick.js").Option} Option */

/** What was chosen last of each kind; another account has another place, and signing out empties it. */
export class Used {
  /** @param {string} owner */
  constructor(owner) {
    this.owner = owner;
    forget((name) => name !== `manager-used-${owner}`);
  }

  /** @param {string} kind @returns {Option[]} */
  of(kind) {
    return this.all()[kind] || [];
  }

  /** @param {string} kind @param {Option} one */
  note(kind, one) {
    const all = this.all();
    const name = `manager-used-${this.owner}`;
    all[kind] = [one, ...this.of(kind).filter((other) => other.key !== one.key)].slice(0, KEPT);
    try {
      localStorage.setItem(name, JSON.stringify(all));
    } catch {
      // a phone that keeps nothing: the server is asked each time
    }
  }

  /** @returns {Record<string, Option[]>} */
  all() {
    try {
      const name = `manager-used-${this.owner}`;
      return JSON.parse(localStorage.getItem(name) || "{}");
    } catch {
      return {};
    }
  }
}

/** @param {(name: string) => boolean} which */
export function forget(which = () => true) {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith("manager-used-") && which(name)) localStorage.removeItem(name);
  } catch {
    // nothing is kept there
  }
}

/**
 * A field for one of a kind. `known`: what the page knows besides, such as who drove today. `chosen` is called with what
 * was chosen, or with null where the field was emptied.
 * @param {string} kind @param {string} words @param {Used} used @param {{known?: () => Option[], chosen?: (one: Option | null) => void}} [more]
 */
export function choose(kind, words, used, more = {}) {
  const box = document.createElement("div");
  const set = { pick: settings.urls.find.replace("kind", kind), pickNone: text("nosuch"), pickMore: text("moretyping"), pickAway: text("lastused") };
  Object.assign(box.dataset, set);
  box.className = "pick manager-pick";
  const field = document.createElement("input");
  Object.assign(field, { type: "text", className: "form-control", id: `choose-${(count += 1)}`, maxLength: 200, autocomplete: "off", placeholder: words });
  field.setAttribute("aria-label", words);
  field.setAttribute("autocapitalize", "off");
  field.spellcheck = false;
  const key = document.createElement("input");
  key.type = "hidden";
  box.append(key, field);
  const known = () => {
    const last = used.of(kind);
    return [...last, ...(more.known?.() || []).filter((one) => !last.some((other) => other.key === one.key))].slice(0, 2 * KEPT);
  };
  new Pick(box, known);
  field.addEventListener("change", () => {
    const one = key.value ? { key: key.value, text: field.value } : null;
    if (one) used.note(kind, one);
    if (one || !field.value) more.chosen?.(one);
  });
  /** @returns {Option | null} what is chosen; says so in the field where nothing is */
  const value = () => {
    field.setCustomValidity(key.value ? "" : text("choosefromlist"));
    return field.reportValidity() ? { key: key.value, text: field.value } : null;
  };
  return { box, value };
}
