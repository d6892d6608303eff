/**
 * Watches work that goes on in the background: `data-status` of the box names an address that answers with
 * `{stage, done, total, percent}`. When the stage is another one, the page is drawn anew.
 */
import { numerals } from "../js/time.js";
import { byId } from "./list.js";

const EVERY_MS = 1000;
const number = new Intl.NumberFormat(numerals);
const box = byId("working");

async function look() {
  if (document.hidden) return setTimeout(look, EVERY_MS);
  const answer = await fetch(box.dataset.status || "", { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.redirected || answer?.status === 404) return location.reload();
  const found = answer?.ok ? await answer.json() : null;
  if (found && found.stage !== box.dataset.stage) return location.reload();
  if (found) {
    byId("done").textContent = number.format(found.done);
    byId("total").textContent = found.total ? number.format(found.total) : "…";
    /** @type {HTMLProgressElement} */ (byId("progress")).value = found.percent;
  }
  setTimeout(look, EVERY_MS);
}

if (document.getElementById("progress")) setTimeout(look, EVERY_MS);
