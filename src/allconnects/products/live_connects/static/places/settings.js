/** What the server told the page. */

/**
 * @typedef {[number, number]} Point longitude, latitude
 * @typedef {{type: string, coordinates: any, radius_m?: number, width_m?: number}} Shape
 * @typedef {{id: number, name: string, kind: string, colour: string, at: Point, shape: Shape}} Place
 */

export const settings = JSON.parse(document.getElementById("settings")?.textContent || "{}");

/** @param {string} key */
export const text = (key) => String(settings.texts?.[key] ?? key);
