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

  async function look() {
    const mine = ++turn;
    if (field.value.trim().length < 2) return show([]);
    try {
      const answer = await fetch(`${settings.urls.search}?q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const found = await answer.json();
      if (mine !== turn) return;
      show(found);
      says.textContent = found.length ? "" : text("nothing");
    } catch {
      if (mine === turn) says.textContent = text("failed");
    }
  }

  /** @param {typeof hits} found */
  function show(found) {
    hits = found;
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
    clearTimeout(timer);
    turn++;
    field.value = hit.text;
    show([]);
    choose(hit);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(look, WAIT_MS);
  });
  field.addEventListener("blur", () => show([]));
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") walk(at + 1);
    else if (event.key === "ArrowUp") walk(at - 1);
    else if (event.key === "Escape") show([]);
    else if (event.key === "Enter" && hits.length) take(Math.max(at, 0));
    else if (event.key === "Enter") look();
    else return;
    event.preventDefault();
  });
  // Somebody was quicker than this script.
  if (field.value && document.activeElement === field) look();
}
