/** The editor of a rule: shows the fields that its kind has. */
const kinds = JSON.parse(document.getElementById("kinds")?.textContent || "{}");
const form = /** @type {HTMLFormElement} */ (document.getElementById("rule"));

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement | HTMLSelectElement} */ (form.elements.namedItem(name));

/** @param {string} name @param {boolean} on */
function show(name, on) {
  form.querySelector(`[data-field="${name}"]`)?.toggleAttribute("hidden", !on);
}

/** @param {boolean} chosen whether somebody chose the kind just now: then its defaults are put in */
function apply(chosen) {
  const kind = field("kind").value;
  const known = kinds[kind] || {};
  const attribute = kind === "attribute";
  const comparison = field("comparison").value;
  if (chosen) {
    field("number").value = known.number ?? "";
    field("minutes").value = known.minutes ?? "";
    field("when").value = known.when || "any";
  }
  const unit = form.querySelector("[data-unit]");
  if (unit) unit.textContent = known.unit ? `(${known.unit})` : "";
  show("number", known.number !== null || (attribute && ["above", "below"].includes(comparison)));
  show("minutes", known.minutes !== null);
  show("by_minute", kind === "absent");
  for (const name of ["attribute", "comparison"]) show(name, attribute);
  show("word", attribute && comparison === "is");
  show("where", !known.placed && !known.scheduled);
  show("places", known.placed || (!known.scheduled && field("where").value !== "any"));
  show("when", !known.scheduled && kind !== "absent");
  document.getElementById("hours")?.toggleAttribute("hidden", known.scheduled || (field("when").value === "any" && kind !== "absent"));
}

for (const name of ["where", "when", "comparison"]) field(name).addEventListener("change", () => apply(false));
field("kind").addEventListener("change", () => apply(true));
apply(false);
