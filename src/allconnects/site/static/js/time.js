/** Times and numbers in the language of the page. */

/** The page's language as Belgium writes it: day before month, hours to 24. */
export const language = `${document.documentElement.lang || "en"}-BE`;
/** How numbers are written: as the server writes them on the same page, "5,459" in English. */
export const numerals = document.documentElement.lang || "en";
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const stamp = new Intl.DateTimeFormat(language, {
  dateStyle: "medium",
  timeStyle: "medium",
  timeZone: "Europe/Brussels",
});
const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Brussels" });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Brussels" });

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const steps = [
  ["day", 86400000],
  ["hour", 3600000],
  ["minute", 60000],
  ["second", 1000],
];

/**
 * "3 min. ago", in the page's language.
 * @param {number} at milliseconds since 1970
 * @param {number} now
 */
export function ago(at, now) {
  const past = Math.min(0, at - now);
  for (const [unit, size] of steps) {
    if (-past >= size || unit === "second") return relative.format(Math.ceil(past / size), unit);
  }
  return "";
}

/** Date and time to the second, in Belgium. @param {number} at */
export function exact(at) {
  return stamp.format(at);
}

/** Hours and minutes, in Belgium. @param {number} at */
export function hours(at) {
  return clock.format(at);
}

/** The present day in Brussels, as a date field holds it. */
export const today = () => day.format(Date.now());
