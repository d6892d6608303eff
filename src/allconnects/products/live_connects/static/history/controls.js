/** Buttons, scrubber and keys of a replay: the same on every page that has one. */
import { byId } from "../live/list.js";
import { text } from "../live/settings.js";

/** @param {string} id */
const checked = (id) => /** @type {HTMLInputElement} */ (byId(id)).checked;

/** Tell the button whether it plays. @param {boolean} playing */
export function showPlaying(playing) {
  byId("play").setAttribute("aria-pressed", String(playing));
  byId("play").setAttribute("aria-label", text(playing ? "pause" : "play"));
}

/** Where the replay is, for the scrubber and who listens to it. @param {number} ms @param {string} words */
export function showMoment(ms, words) {
  const scrub = /** @type {HTMLInputElement} */ (byId("scrub"));
  scrub.value = String(ms);
  scrub.setAttribute("aria-valuetext", words);
  byId("now").textContent = words;
}

/** @param {import("./replay.js").Replay} replay */
export function wire(replay) {
  const scrub = /** @type {HTMLInputElement} */ (byId("scrub"));
  const pace = /** @type {HTMLSelectElement} */ (byId("pace"));
  scrub.min = String(replay.start);
  scrub.max = String(replay.end);
  scrub.addEventListener("input", () => replay.to(Number(scrub.value)));
  scrub.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -60000, ArrowRight: 60000, PageDown: -900000, PageUp: 900000 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    replay.to(replay.now + step);
  });
  byId("play").addEventListener("click", () => replay.toggle());
  byId("trip-before").addEventListener("click", () => replay.jump(-1));
  byId("trip-after").addEventListener("click", () => replay.jump(1));
  pace.addEventListener("change", () => (replay.pace = Number(pace.value)));
  replay.pace = Number(pace.value);
  replay.skips = checked("skip");
  byId("skip").addEventListener("change", () => (replay.skips = checked("skip")));
  document.addEventListener("keydown", (event) => keys(event, replay, pace, scrub));
}

/** @param {KeyboardEvent} event @param {import("./replay.js").Replay} replay @param {HTMLSelectElement} pace @param {HTMLElement} scrub */
function keys(event, replay, pace, scrub) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (target.matches("input:not([type=range], [type=checkbox]), select, textarea, .maplibregl-canvas")) return;
  const press = (/** @type {string} */ id) => document.getElementById(id)?.click();
  if (event.key === " " && !target.matches("button, summary, a, [type=checkbox]")) {
    event.preventDefault();
    replay.toggle();
  } else if (event.key === "ArrowLeft" && target !== scrub) press("before");
  else if (event.key === "ArrowRight" && target !== scrub) press("after");
  else if (event.key === "n") replay.jump(1);
  else if (event.key === "p") replay.jump(-1);
  else if (event.key === "+" || event.key === "-") {
    pace.selectedIndex = Math.min(pace.options.length - 1, Math.max(0, pace.selectedIndex + (event.key === "+" ? 1 : -1)));
    replay.pace = Number(pace.value);
  }
}
