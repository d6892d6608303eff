/** The layers that we draw over the background map. */

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const NAMES_FROM_ZOOM = 9.5;
export const CLUSTER_TO_ZOOM = 11;

export const SOURCES = {
  fleet: {
    type: "geojson",
    data: { type: "FeatureCollection", features: [] },
    cluster: true,
    clusterMaxZoom: CLUSTER_TO_ZOOM,
    clusterRadius: 34,
    clusterMinPoints: 3,
    clusterProperties: { moving: ["+", ["case", ["==", ["get", "state"], "moving"], 1, 0]] },
  },
  line: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
  chosen: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
};

/** Layers in the colours of the theme, bottom first. */
export function layers() {
  const dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
  const ink = dark ? "#e6edf6" : "#1f2937";
  const halo = dark ? "#0c1620" : "#ffffff";
  const accent = dark ? "#7ab8ff" : "#0b5cad";
  const single = ["!", ["has", "point_count"]];
  const pinned = { "icon-allow-overlap": true, "icon-ignore-placement": true };
  return [
    {
      id: "fleet-line-casing",
      type: "line",
      source: "line",
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": halo, "line-width": 7, "line-opacity": 0.85 },
    },
    {
      id: "fleet-line",
      type: "line",
      source: "line",
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": accent, "line-width": 3.5 },
    },
    {
      id: "fleet-chosen",
      type: "circle",
      source: "chosen",
      paint: {
        "circle-radius": 23,
        "circle-color": accent,
        "circle-opacity": 0.22,
        "circle-stroke-color": accent,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "fleet-clusters",
      type: "circle",
      source: "fleet",
      filter: ["has", "point_count"],
      paint: {
        "circle-color": ["case", [">", ["get", "moving"], 0], colour("--state-moving"), colour("--state-standing")],
        "circle-radius": ["interpolate", ["linear"], ["get", "point_count"], 2, 16, 50, 24, 1000, 34],
        "circle-stroke-color": halo,
        "circle-stroke-width": 3,
      },
    },
    {
      id: "fleet-cluster-counts",
      type: "symbol",
      source: "fleet",
      filter: ["has", "point_count"],
      layout: {
        "text-field": ["get", "point_count_abbreviated"],
        "text-font": ["Noto Sans Bold"],
        "text-size": 14,
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": halo },
    },
    {
      id: "fleet-devices",
      type: "symbol",
      source: "fleet",
      filter: single,
      layout: {
        ...pinned,
        "icon-image": [
          "concat",
          "base-",
          ["case", ["all", ["==", ["get", "state"], "moving"], ["==", ["get", "course"], -1]], "drifting", ["get", "state"]],
        ],
        "icon-rotate": ["case", ["==", ["get", "state"], "moving"], ["max", 0, ["get", "course"]], 0],
        "icon-rotation-alignment": "map",
        "symbol-sort-key": ["get", "order"],
      },
    },
    {
      id: "fleet-kinds",
      type: "symbol",
      source: "fleet",
      filter: single,
      layout: {
        ...pinned,
        "icon-image": ["concat", "kind-", ["get", "kind"], ["case", ["==", ["get", "state"], "silent"], "-faint", ""]],
        "symbol-sort-key": ["get", "order"],
      },
    },
    {
      id: "fleet-names",
      type: "symbol",
      source: "fleet",
      filter: single,
      minzoom: NAMES_FROM_ZOOM,
      layout: {
        "text-field": ["get", "name"],
        "text-font": ["Noto Sans Bold"],
        "text-size": 12,
        "text-anchor": "top",
        "text-offset": [0, 1.8],
        "text-max-width": 12,
        "text-optional": true,
      },
      paint: { "text-color": ink, "text-halo-color": halo, "text-halo-width": 1.8 },
    },
  ];
}
