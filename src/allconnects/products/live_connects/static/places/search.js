/** Finds addresses, towns and postal codes while one types; a list to walk through with the arrow keys. */
import { settings, text } from "./settings.js";

const WAIT_MS = 300;

/** @param {(hit: {text: string, lat: number, lon: number}) => void} choose */
export function addressSearch(choose) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById("place-search"));
  const list = /** @type {HTMLElement} */ (document.getElementById("place-hits"));
  const says = /** @type {HTMLElement} */ (document.getElementById("place-search-says"));
  /** @type {{text: string, lat: number, lon: number}[]} */
  let hits = [];
  let at = -1;
  let timer = 0;
  let turn = 0;
  /** @type {string | null} */
  let listed = null; // what the list is an answer to
  /** @type {string | null} */
  let asked = null; // what is being looked for
  let looking = Promise.resolve();

  async function look() {
    const mine = ++turn;
    const typed = (asked = field.value);
    clearTimeout(timer);
    if (typed.trim().length < 2) return show([], typed);
    try {
      const answer = await fetch(`${settings.urls.search}?q=${encodeURIComponent(typed)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const found = await answer.json();
      if (mine !== turn) return;
      show(found, typed);
      says.textContent = found.length ? "" : text("nothing");
    } catch {
      if (mine !== turn) return;
      show([], null);
      says.textContent = text("failed");
    }
  }

  /** A key means the list of what is typed now, not that of a moment ago: it waits for it. @param {() => void} does */
  async function press(does) {
    if (listed !== field.value && asked !== field.value) looking = look();
    await looking;
    if (listed === field.value) does();
  }

  function leave() {
    clearTimeout(timer);
    turn++;
    show([], null);
  }

  /** @param {typeof hits} found @param {string | null} of */
  function show(found, of) {
    hits = found;
    listed = of;
    asked = null;
    at = -1;
    list.replaceChildren(
      ...found.map((hit, n) => {
        const item = document.createElement("li");
        item.className = "list-group-item list-group-item-action";
        item.id = `place-hit-${n}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = hit.text;
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(n);
        });
        return item;
      }),
    );
    list.hidden = !found.length;
    field.setAttribute("aria-expanded", String(found.length > 0));
    field.removeAttribute("aria-activedescendant");
  }

  /** @param {number} to */
  function walk(to) {
    if (!hits.length) return;
    list.children[at]?.setAttribute("aria-selected", "false");
    at = (to + hits.length) % hits.length;
    list.children[at].setAttribute("aria-selected", "true");
    list.children[at].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", list.children[at].id);
  }

  /** @param {number} n */
  function take(n) {
    const hit = hits[n];
    if (!hit) return;
    field.value = hit.text;
    leave();
    choose(hit);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => (looking = look()), WAIT_MS);
  });
  /** @type {Record<string, () => void>} */
  const keys = { ArrowDown: () => walk(at + 1), ArrowUp: () => walk(at - 1), Enter: () => take(Math.max(at, 0)) };
  field.addEventListener("blur", leave);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    else if (keys[event.key]) press(keys[event.key]);
    else return;
    event.preventDefault();
  });
  // Somebody was quicker than this script.
  if (field.value && document.activeElement === field) looking = look();
}
