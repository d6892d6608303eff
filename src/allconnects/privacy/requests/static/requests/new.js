/** The form for a request: fields of a correction show only with it, and what the register holds is filled in. */
const correction = /** @type {HTMLElement | null} */ (document.getElementById("correction"));
const fact = /** @type {HTMLSelectElement | null} */ (document.getElementById("fact"));
const measured = /** @type {HTMLInputElement | null} */ (document.getElementById("measured"));
const held = JSON.parse(document.getElementById("held")?.textContent || "{}");

function show() {
  const chosen = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=right]:checked"));
  if (correction) correction.hidden = chosen?.value !== "rectification";
}

function fill() {
  if (!fact || !measured) return;
  const known = Object.hasOwn(held, fact.value);
  if (known) measured.value = held[fact.value];
  measured.readOnly = known;
}

for (const radio of document.querySelectorAll("input[name=right]")) radio.addEventListener("change", show);
fact?.addEventListener("change", fill);
show();
fill();
