/** The map of a replay of several: a line and a named mark for each, in its colour. */
import { BaseMap, EMPTY, put } from "./basemap.js";
import { SILENCE_MS } from "./track.js";

export class TogetherMap extends BaseMap {
  /** @param {HTMLElement} container @param {() => void} dragged */
  constructor(container, dragged) {
    super(container, dragged);
    this.lines = /** @type {any} */ (EMPTY);
    this.marks = /** @type {any} */ (EMPTY);
  }

  /** @param {boolean} dark */
  dress(dark) {
    this.map.addSource("lines", { type: "geojson", data: this.lines });
    this.map.addSource("marks", { type: "geojson", data: this.marks });
    for (const layer of layers(dark)) this.map.addLayer(/** @type {any} */ (layer));
    this.ready = true;
  }

  /** @param {import("./together.js").One[]} ones */
  setLines(ones) {
    const features = ones.filter((one) => one.shown && one.track).map((one) => ({
      type: "Feature",
      properties: { colour: one.colour },
      geometry: { type: "MultiLineString", coordinates: pieces(/** @type {any} */ (one.track)) },
    }));
    this.lines = { type: "FeatureCollection", features };
    if (this.ready) put(this.map, "lines", this.lines);
  }

  /** @param {import("./together.js").One[]} ones @param {boolean} follow */
  show(ones, follow) {
    const features = ones.filter((one) => one.shown && one.here).map((one) => ({
      type: "Feature",
      properties: { colour: one.colour, name: one.name, heard: one.here.heard ? 1 : 0 },
      geometry: { type: "Point", coordinates: [one.here.lon, one.here.lat] },
    }));
    this.marks = { type: "FeatureCollection", features };
    if (!this.ready) return;
    put(this.map, "marks", this.marks);
    const moving = ones.find((one) => one.shown && one.here?.heard && (one.here.kmh ?? 0) > 3);
    if (follow && moving && features.length === 1) this.keepInView(moving.here);
  }
}

/** Lines without what lies over a silence. @param {import("./track.js").Track} track */
function pieces(track) {
  const { t, lon, lat } = track.data;
  /** @type {number[][][]} */
  const found = [];
  let piece = /** @type {number[][]} */ ([]);
  for (let i = 0; i < t.length; i++) {
    if (i && t[i] - t[i - 1] > SILENCE_MS) {
      if (piece.length > 1) found.push(piece);
      piece = [];
    }
    piece.push([lon[i], lat[i]]);
  }
  if (piece.length > 1) found.push(piece);
  return found;
}

/** @param {boolean} dark */
function layers(dark) {
  const halo = dark ? "#0c1620" : "#ffffff";
  const ink = dark ? "#e6edf6" : "#1f2937";
  const round = { "line-join": "round", "line-cap": "round" };
  const heard = ["case", ["==", ["get", "heard"], 1], 1, 0.45];
  return [
    { id: "together-casing", type: "line", source: "lines", layout: round, paint: { "line-color": halo, "line-width": 5.5, "line-opacity": 0.7 } },
    { id: "together-lines", type: "line", source: "lines", layout: round, paint: { "line-color": ["get", "colour"], "line-width": 2.5, "line-opacity": 0.75 } },
    { id: "together-marks", type: "circle", source: "marks",
      paint: { "circle-radius": 9, "circle-color": ["get", "colour"], "circle-opacity": heard, "circle-stroke-color": halo, "circle-stroke-width": 2.5 } },
    { id: "together-names", type: "symbol", source: "marks",
      layout: { "text-field": ["get", "name"], "text-font": ["Noto Sans Bold"], "text-size": 12, "text-offset": [0, 1.3], "text-anchor": "top", "text-optional": true },
      paint: { "text-color": ink, "text-halo-color": halo, "text-halo-width": 1.5 } },
  ];
}
