/** Watches a file that is looked through or carried out. */
import { byId } from "../live/list.js";

const EVERY_MS = 1000;
const box = byId("working");

async function look() {
  if (document.hidden) return setTimeout(look, EVERY_MS);
  const answer = await fetch(box.dataset.status || "", { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.redirected || answer?.status === 404) return location.reload();
  const found = answer?.ok ? await answer.json() : null;
  if (found && !found.running) return location.reload();
  if (found) {
    byId("done").textContent = found.done;
    byId("total").textContent = found.total || "…";
    /** @type {HTMLProgressElement} */ (byId("progress")).value = found.percent;
  }
  setTimeout(look, EVERY_MS);
}

if (box.dataset.running === "1") setTimeout(look, EVERY_MS);
