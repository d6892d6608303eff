/** The map of a day: the track coloured by speed, stops, where the replay is. */
import { BaseMap, EMPTY, put } from "./basemap.js";
import { CLASSES, lines } from "./track.js";

export class DayMap extends BaseMap {
  /**
   * @param {HTMLElement} container
   * @param {any[]} entries
   * @param {(ms: number) => void} chosen a stop was pressed
   * @param {() => void} dragged
   */
  constructor(container, entries, chosen, dragged) {
    super(container, dragged);
    this.entries = entries;
    this.trackLines = /** @type {any} */ (EMPTY);
    this.here = /** @type {any} */ (EMPTY);
    this.map.on("click", (event) => {
      const hit = this.ready && this.map.queryRenderedFeatures(event.point, { layers: ["day-stops"] })[0];
      if (hit) chosen(Number(hit.properties.start));
    });
  }

  /** @param {boolean} dark */
  dress(dark) {
    this.map.addImage("day-arrow", arrow(dark), { pixelRatio: 2 });
    this.map.addSource("day-track", { type: "geojson", data: this.trackLines });
    this.map.addSource("day-stops", { type: "geojson", data: stops(this.entries) });
    this.map.addSource("day-here", { type: "geojson", data: this.here });
    for (const layer of layers(dark)) this.map.addLayer(/** @type {any} */ (layer));
    this.ready = true;
  }

  /** @param {import("./track.js").Track} track @param {[number, number][]} trips */
  setTrack(track, trips) {
    this.trackLines = lines(track, trips);
    if (this.ready) put(this.map, "day-track", this.trackLines);
    this.fit(track.data.lon, track.data.lat);
  }

  /** @param {import("./track.js").Here | null} here @param {boolean} follow */
  show(here, follow) {
    const features = here
      ? [{
          type: "Feature",
          properties: { course: here.course ?? 0, moving: (here.kmh ?? 0) > 3 ? 1 : 0, heard: here.heard ? 1 : 0 },
          geometry: { type: "Point", coordinates: [here.lon, here.lat] },
        }]
      : [];
    this.here = { type: "FeatureCollection", features };
    if (!this.ready) return;
    put(this.map, "day-here", this.here);
    if (here && follow) this.keepInView(here);
  }
}

/** @param {any[]} entries */
function stops(entries) {
  const features = entries
    .filter((one) => one.kind === "stop" && one.lat !== null)
    .map((one) => ({
      type: "Feature",
      properties: { number: String(one.number), start: one.start },
      geometry: { type: "Point", coordinates: [one.lon, one.lat] },
    }));
  return { type: "FeatureCollection", features };
}

/** An arrow in a disc, drawn here: no picture is fetched. @param {boolean} dark */
function arrow(dark) {
  const size = 56;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.beginPath();
  pen.arc(28, 28, 24, 0, 7);
  pen.fillStyle = dark ? "#7ab8ff" : "#0b5cad";
  pen.strokeStyle = dark ? "#0c1620" : "#ffffff";
  pen.lineWidth = 6;
  pen.stroke();
  pen.fill();
  pen.beginPath();
  pen.moveTo(28, 12);
  pen.lineTo(40, 40);
  pen.lineTo(28, 34);
  pen.lineTo(16, 40);
  pen.closePath();
  pen.fillStyle = dark ? "#0c1620" : "#ffffff";
  pen.fill();
  return pen.getImageData(0, 0, size, size);
}

/** @param {boolean} dark */
function layers(dark) {
  const halo = dark ? "#0c1620" : "#ffffff";
  const ink = dark ? "#e6edf6" : "#1f2937";
  const quiet = dark ? "#94a3b8" : "#64748b";
  const round = { "line-join": "round", "line-cap": "round" };
  const colours = CLASSES.flatMap(([, colour], number) => [number, colour]);
  const driven = [">=", ["get", "kind"], 0];
  return [
    { id: "day-quiet", type: "line", source: "day-track", filter: ["==", ["get", "kind"], -1], layout: round,
      paint: { "line-color": quiet, "line-width": 1.5, "line-opacity": 0.6 } },
    { id: "day-silent", type: "line", source: "day-track", filter: ["==", ["get", "kind"], -2],
      paint: { "line-color": quiet, "line-width": 2, "line-dasharray": [2, 2] } },
    { id: "day-casing", type: "line", source: "day-track", filter: driven, layout: round,
      paint: { "line-color": halo, "line-width": 8, "line-opacity": 0.9 } },
    { id: "day-speed", type: "line", source: "day-track", filter: driven, layout: round,
      paint: { "line-color": ["match", ["get", "kind"], ...colours, quiet], "line-width": 4.5 } },
    { id: "day-stops", type: "circle", source: "day-stops",
      paint: { "circle-radius": 11, "circle-color": halo, "circle-stroke-color": ink, "circle-stroke-width": 2 } },
    { id: "day-stop-numbers", type: "symbol", source: "day-stops",
      layout: { "text-field": ["get", "number"], "text-font": ["Noto Sans Bold"], "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": ink } },
    { id: "day-here", type: "symbol", source: "day-here",
      layout: { "icon-image": "day-arrow", "icon-rotate": ["get", "course"], "icon-rotation-alignment": "map", "icon-allow-overlap": true, "icon-ignore-placement": true },
      paint: { "icon-opacity": ["case", ["==", ["get", "heard"], 1], 1, 0.55] } },
  ];
}
