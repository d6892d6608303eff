/** What every page does: theme without reload, confirmations, filters of tables, times that say how long ago. */
import { fold } from "./fold.js";
import "./pick.js";
import { ago, exact } from "./time.js";

export { fold };

/** @param {HTMLFormElement} form */
function themeForm(form) {
  const mark = () => {
    const now = window.allconnectsTheme.get();
    for (const button of form.querySelectorAll("button[name=theme]")) {
      const on = /** @type {HTMLButtonElement} */ (button).value === now;
      button.classList.toggle("active", on);
      button.toggleAttribute("aria-current", on);
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (!button) return;
    window.allconnectsTheme.set(button.value);
    mark();
    const url = form.getAttribute("action");
    if (!url) return;
    const body = new FormData(form);
    body.set("theme", button.value);
    fetch(url, { method: "POST", body, redirect: "manual" }).catch(() => undefined);
  });
  mark();
}

/** A text field with data-filter="#table" hides rows that don't contain what is typed.
 * @param {HTMLInputElement} field */
function tableFilter(field) {
  const table = document.querySelector(field.dataset.filter || "");
  if (!table) return;
  const empty = document.querySelector(field.dataset.filterEmpty || "#-");
  const apply = () => {
    const words = fold(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.querySelectorAll("tbody tr")) {
      const text = fold(row.textContent || "");
      const hit = words.every((word) => text.includes(word));
      row.toggleAttribute("hidden", !hit);
      shown += Number(hit);
    }
    empty?.toggleAttribute("hidden", shown > 0);
  };
  field.addEventListener("input", apply);
  apply();
}

/** Copies the text of data-copy="#id". @param {HTMLButtonElement} button */
function copyButton(button) {
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy || "");
    await navigator.clipboard.writeText(source?.textContent?.trim() || "");
    const status = button.querySelector("[data-copied]");
    status?.removeAttribute("hidden");
    setTimeout(() => status?.setAttribute("hidden", ""), 2000);
  });
}

function times() {
  for (const node of document.querySelectorAll("time[data-ago]")) {
    const at = Date.parse(node.getAttribute("datetime") || "");
    if (Number.isNaN(at)) continue;
    node.textContent = ago(at, Date.now());
    node.setAttribute("title", exact(at));
  }
}

/** What a column is called, beside each value: read where a narrow screen has no columns. @param {HTMLTableElement} table */
function lines(table) {
  const names = [...(table.tHead?.rows[0]?.cells || [])].map((cell) => (cell.querySelector("input, .visually-hidden") ? "" : cell.textContent?.trim() || ""));
  const first = names.findIndex(Boolean);
  for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
    [...row.cells].forEach((cell, at) => {
      const bare = !cell.querySelector("input, button, svg, a") && /^[–-]?$/.test(cell.textContent?.trim() || "");
      if (bare) cell.classList.add("table-empty");
      else if (at === first) cell.classList.add("table-name");
      else if (names[at] && cell.colSpan === 1) cell.dataset.label = names[at];
    });
  }
}

document.querySelectorAll("table.table-lines").forEach((table) => lines(/** @type {HTMLTableElement} */ (table)));
document.querySelectorAll("form[data-theme-form]").forEach((form) => themeForm(/** @type {HTMLFormElement} */ (form)));
document.querySelectorAll("input[data-filter]").forEach((field) => tableFilter(/** @type {HTMLInputElement} */ (field)));
document.querySelectorAll("button[data-copy]").forEach((button) => copyButton(/** @type {HTMLButtonElement} */ (button)));
times();
setInterval(times, 20000);

/** How many messages wait, in the navigation. @param {HTMLElement} mark */
function unread(mark) {
  const marks = [mark, .../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-unread-too]"))];
  const show = async () => {
    if (document.hidden) return;
    const answer = await fetch(mark.dataset.unread || "", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const { count } = await answer.json();
    for (const one of marks) {
      one.textContent = count > 99 ? "99+" : String(count);
      one.hidden = !count;
    }
  };
  show();
  setInterval(show, 60000);
  document.addEventListener("visibilitychange", show);
}

const mark = /** @type {HTMLElement | null} */ (document.querySelector("[data-unread]"));
if (mark) unread(mark);
