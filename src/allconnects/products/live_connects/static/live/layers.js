/** The layers that the map draws over the background; symbols are drawn above it (overlay.js). */

export const SOURCES = {
  line: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
};

/** Layers in the colours of the theme, bottom first. */
export function layers() {
  const dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
  const halo = dark ? "#0c1620" : "#ffffff";
  const accent = dark ? "#7ab8ff" : "#0b5cad";
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
  ];
}
