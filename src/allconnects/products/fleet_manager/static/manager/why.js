/** A decision that somebody reads with its reason: one tap says what, the next why; other words can be written. */
import { text } from "../live/settings.js";
import { button } from "./queue.js";
import { line } from "./trips.js";

/**
 * Opens below the buttons of a row, in place of what stood open there. `ready`: code and words of each reason that
 * stands ready; whoever reads one reads it in his language.
 * @param {HTMLElement} row
 * @param {{title: string, hint?: string, ready: [string, string][], least: number, send: (said: {reason: string, ready: string}) => void}} about
 */
export function why(row, about) {
  row.querySelector(".manager-why")?.remove();
  const box = document.createElement("div");
  box.className = "manager-why d-grid gap-2 mt-3";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", about.title);
  const send = (/** @type {string} */ reason, ready = "") => {
    box.remove(); // what is decided is drawn anew
    about.send({ reason, ready });
  };
  box.append(line("div", about.title));
  if (about.hint) {
    const hint = line("div", about.hint);
    hint.className = "form-hint";
    box.append(hint);
  }
  box.append(...about.ready.map(([code, words]) => button(words, () => send(words, code), "btn text-wrap")));
  const own = document.createElement("textarea");
  Object.assign(own, { className: "form-control", rows: 2, minLength: about.least, maxLength: 500, required: true, placeholder: text("ownwords") });
  own.setAttribute("aria-label", text("ownwords"));
  const written = () => {
    own.setCustomValidity(own.value.trim().length < about.least ? text("saywhy", { count: about.least }) : "");
    if (own.reportValidity()) send(own.value.trim());
  };
  own.addEventListener("input", () => own.setCustomValidity(""));
  box.append(own, button(text("sendreason"), written, "btn btn-primary"));
  row.append(box);
  box.scrollIntoView({ block: "nearest" });
}
