/** Looks for new messages now and then; what is being written stays. */
import { ago, exact } from "../js/time.js";

const EVERY_MS = 10000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("thread");
  const shown = document.getElementById("thread");
  if (!fresh || !shown || fresh.innerHTML === last) return;
  const below = shown.scrollHeight - shown.scrollTop - shown.clientHeight < 40;
  last = fresh.innerHTML;
  shown.replaceChildren(...fresh.children);
  for (const node of shown.querySelectorAll("time[data-ago]")) {
    const at = Date.parse(node.getAttribute("datetime") || "");
    node.textContent = ago(at, Date.now());
    node.setAttribute("title", exact(at));
  }
  if (below) shown.scrollTop = shown.scrollHeight;
}

let last = "";
const list = document.getElementById("thread");
if (list) list.scrollTop = list.scrollHeight;
setInterval(refresh, EVERY_MS);
