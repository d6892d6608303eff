/** A field in which one types to find: suggestions under a text, by keyboard, pointer and thumb.
 *
 * Without this file the field is plain text, which the server reads. What is chosen stands in a hidden field beside it,
 * or, where several can be, in ticked boxes above it. A page that is used without network names what it knows: that is
 * offered first, and alone while the server cannot be reached. */
import { fold } from "./fold.js";

const WAIT_MS = 150;
let count = 0;

/** @typedef {{key: string, text: string}} Option */

export class Pick {
  /** @param {HTMLElement} box @param {() => Option[]} [known] what is offered without asking the server */
  constructor(box, known = () => []) {
    this.box = box;
    this.known = known;
    this.many = box.hasAttribute("data-pick-many");
    this.text = /** @type {HTMLInputElement} */ (box.querySelector("input[type=text]"));
    this.key = /** @type {HTMLInputElement | null} */ (box.querySelector("input[type=hidden]"));
    this.chosen = box.querySelector("[data-pick-chosen]");
    /** @type {Option[]} */
    this.options = [];
    this.active = -1;
    this.asked = 0;
    this.answered = 0;
    /** @type {string[]} */
    this.held = []; // keys that wait for the list of what is typed
    this.id = `pick-${(count += 1)}`;
    this.list = this.build();
    this.said = this.status();
    this.listen();
  }

  build() {
    const list = document.createElement("ul");
    list.className = "dropdown-menu pick-list";
    list.id = this.id;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", this.text.labels?.[0]?.textContent?.trim() || this.text.placeholder);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", this.id], ["aria-expanded", "false"]]) {
      this.text.setAttribute(name, value);
    }
    this.text.after(list);
    return list;
  }

  status() {
    const said = document.createElement("div");
    said.className = "pick-said form-hint";
    said.setAttribute("role", "status");
    this.list.after(said);
    return said;
  }

  listen() {
    this.text.addEventListener("input", () => {
      if (this.key) this.key.value = "";
      this.text.setCustomValidity("");
      this.mark(-1);
      this.ask();
    });
    this.text.addEventListener("keydown", (event) => this.press(event));
    this.text.addEventListener("click", () => this.list.classList.contains("show") || this.ask());
    this.text.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the keyboard
    this.list.addEventListener("click", (event) => {
      const at = [...this.list.children].indexOf(/** @type {Element} */ (event.target).closest("li") || this.list);
      if (at >= 0) this.choose(at);
    });
    this.text.form?.addEventListener("submit", (event) => this.send(event));
    this.text.form?.addEventListener("formdata", (event) => {
      if (this.many && !this.text.value.trim()) event.formData.delete(this.text.name);
    });
  }

  /** What is typed stays out of addresses: a form that asks by address takes what was chosen only.
   * @param {Event} event */
  send(event) {
    if (this.text.form?.method !== "get") return;
    if (this.text.value.trim() && !this.key?.value) {
      event.preventDefault();
      this.text.setCustomValidity(this.box.dataset.pickChoose || "");
      this.text.reportValidity();
    }
  }

  ask() {
    const asked = (this.asked += 1);
    setTimeout(() => asked === this.asked && this.fetch(asked), WAIT_MS);
  }

  /** @param {number} asked */
  async fetch(asked) {
    const token = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=csrfmiddlewaretoken]"));
    const body = new FormData();
    body.set("q", this.key?.value ? "" : this.text.value);
    const answer = await fetch(this.box.dataset.pick || "", {
      method: "POST", body, headers: { "X-CSRFToken": token?.value || "", Accept: "application/json" },
    }).catch(() => null);
    const found = answer?.ok && !answer.redirected ? await answer.json().catch(() => null) : null;
    if (asked !== this.asked) return; // typed on meanwhile
    const typed = String(body.get("q"));
    const known = this.known().filter((one) => holds(one.text, typed));
    if (!found) {
      if (known.length) this.show(known, false);
      else this.close();
      this.said.textContent = this.box.dataset.pickAway || "";
      return;
    }
    const first = typed.trim() ? [] : known;
    this.show([...first, ...found.items.filter((/** @type {Option} */ one) => !first.some((other) => other.key === one.key))], found.more);
  }

  /** @param {Option[]} items @param {boolean} more */
  show(items, more) {
    const taken = new Set([...(this.chosen?.querySelectorAll("input:checked") || [])].map((one) => /** @type {HTMLInputElement} */ (one).value));
    this.options = items.filter((one) => !taken.has(one.key));
    this.list.replaceChildren(...this.options.map((one, at) => {
      const item = document.createElement("li");
      item.className = "dropdown-item text-wrap";
      item.id = `${this.id}-${at}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = one.text;
      return item;
    }));
    this.said.textContent = this.options.length ? (more ? this.box.dataset.pickMore || "" : "") : this.box.dataset.pickNone || "";
    const open = this.options.length > 0 && document.activeElement === this.text;
    this.list.classList.toggle("show", open);
    this.text.setAttribute("aria-expanded", String(open));
    this.mark(-1);
    this.answered = this.asked;
    for (const key of this.held.splice(0)) if (open) this.walk(key);
  }

  close() {
    this.asked += 1;
    this.held = [];
    this.list.classList.remove("show");
    this.text.setAttribute("aria-expanded", "false");
    this.said.textContent = "";
    this.mark(-1);
  }

  /** @param {number} at */
  mark(at) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.list.children[this.active]?.classList.remove("active");
    this.active = at;
    const item = this.list.children[at];
    if (!item) return this.text.removeAttribute("aria-activedescendant");
    item.setAttribute("aria-selected", "true");
    item.classList.add("active");
    item.scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", item.id);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const open = this.list.classList.contains("show");
    const arrow = event.key === "ArrowDown" || event.key === "ArrowUp";
    if (open && this.asked !== this.answered && (arrow || (event.key === "Enter" && this.held.length))) {
      event.preventDefault(); // the list is still that of what was typed a moment ago
      this.held.push(event.key);
    } else if (arrow) {
      event.preventDefault();
      if (open) this.walk(event.key);
      else this.ask();
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && open && this.active >= 0) {
      event.preventDefault();
      this.walk(event.key);
    } else if (event.key === "Enter" && this.many && this.text.value.trim()) {
      event.preventDefault(); // a word half typed does not send a form in which several can be chosen
      this.ask();
    }
  }

  /** Up or down the list, or what is marked is chosen. @param {string} key */
  walk(key) {
    const last = this.options.length - 1;
    if (key === "Enter") {
      if (this.active >= 0) this.choose(this.active);
    } else if (key === "ArrowDown") this.mark(this.active < last ? this.active + 1 : 0);
    else this.mark(this.active > 0 ? this.active - 1 : last);
  }

  /** @param {number} at */
  choose(at) {
    const one = this.options[at];
    this.close();
    this.text.setCustomValidity("");
    if (this.key) {
      this.key.value = one.key;
      this.text.value = one.text;
    } else {
      this.add(one);
      this.text.value = "";
    }
    this.text.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** @param {Option} one */
  add(one) {
    const label = document.createElement("label");
    label.className = "form-check";
    const box = document.createElement("input");
    Object.assign(box, { className: "form-check-input", type: "checkbox", name: this.box.dataset.pickName, value: one.key, checked: true });
    const text = document.createElement("span");
    text.className = "form-check-label";
    text.textContent = one.text;
    label.append(box, text);
    this.chosen?.append(label);
  }
}

/** Whether every word that is typed stands in a text, whatever its accents and capitals. @param {string} text @param {string} typed */
export function holds(text, typed) {
  const plain = fold(text);
  return fold(typed).split(/\s+/).every((word) => plain.includes(word));
}

for (const box of document.querySelectorAll("[data-pick]")) new Pick(/** @type {HTMLElement} */ (box));
