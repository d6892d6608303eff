/** Colours that tell lines apart on light and dark maps; after the last they begin again, so names stand beside them. */
export const COLOURS = ["#2563eb", "#dc2626", "#059669", "#d97706", "#9333ea", "#0891b2", "#db2777", "#65a30d", "#7c5c3e", "#4f46e5"];

/** @param {number} at */
export const colourOf = (at) => COLOURS[at % COLOURS.length];

/** @param {string} colour */
export function swatch(colour) {
  const box = document.createElement("i");
  box.className = "live-swatch";
  box.style.background = colour;
  return box;
}
