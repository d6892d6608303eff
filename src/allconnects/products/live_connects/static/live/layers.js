/** The layers that the map draws over the background; symbols are drawn above it (overlay.js). */

export const SOURCES = {
  traffic: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
  line: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
};

/** Layers in the colours of the theme, bottom first. */
export function layers() {
  const dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
  const halo = dark ? "#0c1620" : "#ffffff";
  const accent = dark ? "#7ab8ff" : "#0b5cad";
  const round = { "line-join": "round", "line-cap": "round" };
  const faint = ["==", ["get", "faint"], 1];
  return [
    {
      id: "traffic-casing",
      type: "line",
      source: "traffic",
      layout: round,
      paint: { "line-color": halo, "line-width": 5.5, "line-opacity": ["case", faint, 0.15, 0.8] },
    },
    {
      id: "traffic",
      type: "line",
      source: "traffic",
      layout: round,
      paint: { "line-color": ["get", "colour"], "line-width": 3, "line-opacity": ["case", faint, 0.3, 1] },
    },
    {
      id: "fleet-line-casing",
      type: "line",
      source: "line",
      layout: round,
      paint: { "line-color": halo, "line-width": 7, "line-opacity": 0.85 },
    },
    {
      id: "fleet-line",
      type: "line",
      source: "line",
      layout: round,
      paint: { "line-color": accent, "line-width": 3.5 },
    },
  ];
}
