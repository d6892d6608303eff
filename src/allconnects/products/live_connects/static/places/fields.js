/** The shape as it stands in the fields of the form: the truth, which the map shows and changes. */
import { round } from "./shapes.js";

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (document.getElementById(`id_${name}`));

/**
 * @typedef {{shape: string, points: string, radius_m: string, width_m: string}} State
 * @returns {State}
 */
export const state = () => ({
  shape: field("shape").value,
  points: field("points").value,
  radius_m: field("radius_m").value,
  width_m: field("width_m").value,
});

/** @param {Partial<State>} next */
export function write(next) {
  for (const [name, value] of Object.entries(next)) field(name).value = value;
  showNeeded();
}

/** Only the lengths that a shape has. */
export function showNeeded() {
  for (const part of document.querySelectorAll("[data-for]")) {
    /** @type {HTMLElement} */ (part).hidden = /** @type {HTMLElement} */ (part).dataset.for !== field("shape").value;
  }
}

/** Groups of [longitude, latitude]; what cannot be read is left out. @returns {number[][][]} */
export function groups() {
  /** @type {number[][][]} */
  const found = [[]];
  for (const line of field("points").value.split("\n")) {
    if (!line.trim()) {
      found.push([]);
      continue;
    }
    const [lat, lon] = line.split(/[,;\s]+/).filter(Boolean).map(Number);
    if (Number.isFinite(lat) && Number.isFinite(lon) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180) found[found.length - 1].push([round(lon), round(lat)]);
  }
  return found.filter((group) => group.length);
}

/** @param {number[][]} points [longitude, latitude] */
export const lines = (points) => points.map(([lon, lat]) => `${lat.toFixed(6)}, ${lon.toFixed(6)}`).join("\n");

/** @param {() => void} changed */
export function onTyping(changed) {
  for (const name of ["shape", "points", "radius_m", "width_m"]) field(name).addEventListener("change", changed);
}
