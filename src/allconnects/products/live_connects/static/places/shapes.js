/** Shapes as maps draw them. */

const METRE_LAT = 1 / 111250;
const CORNERS = 64;

/** Colours of places, told apart on both grounds. */
export const COLOURS = { blue: "#2563eb", green: "#15803d", orange: "#c2410c", red: "#b91c1c", purple: "#7e22ce", grey: "#64748b" };

/** Degrees of longitude that a metre has at a latitude. @param {number} lat */
const metreLon = (lat) => METRE_LAT / Math.max(0.05, Math.cos((lat * Math.PI) / 180));

/**
 * A circle as a ring of corners.
 * @param {import("./settings.js").Point} middle
 * @param {number} radius metres
 * @param {number} [corners]
 */
export function circle([lon, lat], radius, corners = CORNERS) {
  const ring = [];
  for (let n = 0; n <= corners; n++) {
    const turn = (2 * Math.PI * (n % corners)) / corners;
    ring.push([
      round(lon + Math.cos(turn) * radius * metreLon(lat)),
      round(lat + Math.sin(turn) * radius * METRE_LAT),
    ]);
  }
  return ring;
}

/** The middle and radius of a ring that was drawn as a circle. @param {number[][]} ring */
export function middle(ring) {
  const lons = ring.map((point) => point[0]);
  const lats = ring.map((point) => point[1]);
  const lon = (Math.min(...lons) + Math.max(...lons)) / 2;
  const lat = (Math.min(...lats) + Math.max(...lats)) / 2;
  const radius = (Math.max(...lats) - Math.min(...lats)) / 2 / METRE_LAT;
  return { lon, lat, radius };
}

/** @param {number} value */
export const round = (value) => Math.round(value * 1e7) / 1e7;

/** A place as a feature. @param {import("./settings.js").Place} place */
export function feature(place) {
  const shape = place.shape;
  const coordinates =
    shape.type === "Circle" ? [circle(shape.coordinates, shape.radius_m || 100)] : shape.coordinates;
  return {
    type: "Feature",
    properties: { id: place.id, name: place.name, colour: COLOURS[/** @type {keyof typeof COLOURS} */ (place.colour)] || COLOURS.blue },
    geometry: { type: "Polygon", coordinates },
  };
}

/** A place as a point with its name. @param {import("./settings.js").Place} place */
export function label(place) {
  const properties = { id: place.id, name: place.name };
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: place.at } };
}

/**
 * Layers that show places, below the symbols of devices.
 * @param {boolean} dark
 */
export function placeLayers(dark) {
  return [
    { id: "places-fill", type: "fill", source: "places", paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.18 } },
    { id: "places-line", type: "line", source: "places", paint: { "line-color": ["get", "colour"], "line-width": 2 } },
    {
      id: "places-dots",
      type: "circle",
      source: "places-names",
      maxzoom: 12,
      paint: { "circle-radius": 3.5, "circle-color": dark ? "#e6edf6" : "#1f2937", "circle-stroke-color": dark ? "#0c1620" : "#fff", "circle-stroke-width": 1.5 },
    },
    {
      id: "places-names",
      type: "symbol",
      source: "places-names",
      minzoom: 9,
      layout: { "text-field": ["get", "name"], "text-font": ["Noto Sans Bold"], "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.5], "text-max-width": 12, "text-optional": true },
      paint: { "text-color": dark ? "#e6edf6" : "#1f2937", "text-halo-color": dark ? "#0c1620" : "#ffffff", "text-halo-width": 1.5 },
    },
  ];
}

/** @param {any} map @param {import("./settings.js").Place[]} places @param {boolean} dark */
export function showPlaces(map, places, dark) {
  const collection = (/** @type {any[]} */ features) => ({ type: "FeatureCollection", features });
  const data = { places: collection(places.map(feature)), "places-names": collection(places.map(label)) };
  for (const [name, value] of Object.entries(data)) {
    const source = map.getSource(name);
    if (source) source.setData(value);
    else map.addSource(name, { type: "geojson", data: value, tolerance: 0.2 });
  }
  const above = map.getStyle().layers.find((/** @type {any} */ layer) => layer.id.startsWith("fleet-"))?.id;
  for (const layer of placeLayers(dark)) if (!map.getLayer(layer.id)) map.addLayer(layer, above);
}
