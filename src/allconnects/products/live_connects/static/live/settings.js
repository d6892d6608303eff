/** What the server told the page: addresses and words. */

/** @type {import("./types.js").Settings} */
export const settings = JSON.parse(document.getElementById("settings")?.textContent || "{}");

/**
 * A text of the page with its {marks} filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  const found = String(settings.texts[key] ?? key);
  return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * JSON of our own API; a sign-in that has ended gives "signedout".
 * @param {string} url
 */
export async function ask(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (answer.status === 401 || answer.status === 403 || answer.redirected) throw new Error("signedout");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  // A page that works without network learns how old an answer is from what gave it.
  const kept = answer.headers.get("X-Kept-At");
  document.dispatchEvent(new CustomEvent("answer", { detail: { keptAt: kept ? Number(kept) : null } }));
  return answer.json();
}
