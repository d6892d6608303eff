/** A map with the background of the platform, in the colours of the theme. */
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { settings, text } from "./settings.js";

export { maplibregl };
export const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";

/**
 * @param {HTMLElement} container
 * @param {(map: any) => void} dress puts our layers on every fresh background
 * @returns {any} the map, or null where the browser cannot draw one
 */
export function makeMap(container, dress) {
  let map;
  try {
    map = new maplibregl.Map({
      container,
      style: { version: 8, sources: {}, layers: [] },
      bounds: settings.home,
      fitBoundsOptions: { padding: 10 },
      maxZoom: 19,
      minZoom: 2,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      attributionControl: false,
      locale: {
        "Map.Title": text("map"),
        "NavigationControl.ZoomIn": text("zoomin"),
        "NavigationControl.ZoomOut": text("zoomout"),
        "AttributionControl.ToggleAttribution": text("attribution"),
      },
    });
  } catch (error) {
    console.info(error);
    container.classList.add("missing");
    container.textContent = text("nowebgl");
    return null;
  }
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.AttributionControl({ compact: true }), "bottom-right");
  map.once("idle", () => {
    const credits = container.querySelector(".maplibregl-ctrl-attrib"); // folded; the button shows them
    credits?.classList.remove("maplibregl-compact-show");
    credits?.removeAttribute("open");
  });
  map.on("error", (event) => console.info("map:", event.error?.message));
  const restyle = async () => {
    const answer = await fetch(`${settings.urls.style}?theme=${isDark() ? "dark" : "light"}`);
    if (!answer.ok) return;
    map.once("style.load", () => dress(map));
    map.setStyle(await answer.json(), { diff: false });
  };
  document.addEventListener("themechange", restyle);
  restyle();
  return map;
}

/** The box around points. @param {number[][]} points */
export function around(points) {
  const bounds = new maplibregl.LngLatBounds();
  for (const point of points) bounds.extend(/** @type {any} */ (point));
  return bounds;
}
