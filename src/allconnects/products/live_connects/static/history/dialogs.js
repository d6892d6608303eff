/** Questions before a trip is corrected. */
import { text } from "../live/settings.js";

/**
 * @param {any[]} entries
 * @param {() => number} now where the replay is
 * @param {(ms: number) => string} clock
 */
export function makeDialogs(entries, now, clock) {
  for (const button of document.querySelectorAll("[data-dialog]")) {
    button.addEventListener("click", () => open(/** @type {HTMLElement} */ (button), entries, now(), clock));
  }
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
}

/** @param {HTMLElement} button @param {any[]} entries @param {number} now @param {(ms: number) => string} clock */
function open(button, entries, now, clock) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById(`dialog-${button.dataset.dialog}`));
  const form = dialog?.querySelector("form");
  if (!dialog || !form) return;
  const trip = entries.find((one) => one.kind === "trip" && String(one.id) === button.dataset.trip);
  fill(form, { trip: button.dataset.trip, next: button.dataset.next, correction: button.dataset.correction });
  if (button.dataset.dialog === "split" && trip) splitAt(dialog, form, trip, now, clock);
  if (button.dataset.dialog === "correct" && trip) {
    fill(form, { start_place: trip.start_place, end_place: trip.end_place, km: trip.km.toFixed(1), purpose: trip.purpose });
  }
  dialog.showModal();
}

/** @param {HTMLFormElement} form @param {Record<string, string | undefined>} values */
function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
    if (field && value !== undefined) field.value = value;
  }
}

/** @param {HTMLElement} dialog @param {HTMLFormElement} form @param {any} trip @param {number} now @param {(ms: number) => string} clock */
function splitAt(dialog, form, trip, now, clock) {
  const inside = now > trip.start && now < trip.end;
  fill(form, { at: String(Math.round(now)) });
  const words = dialog.querySelector("[data-split-at]");
  if (words) words.textContent = text(inside ? "splitat" : "splitmove", { time: clock(now) });
  for (const one of dialog.querySelectorAll("[data-split-fields]")) /** @type {HTMLElement} */ (one).hidden = !inside;
}
