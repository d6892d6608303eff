/** What maps of history share: the background in the colours of the theme, and keeping in view what moves. */
import { settings, text } from "../live/settings.js";
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";

export const EMPTY = { type: "FeatureCollection", features: [] };
const ROOM = 0.22;

export class BaseMap {
  /** @param {HTMLElement} container @param {() => void} dragged a person moved the map */
  constructor(container, dragged) {
    this.ready = false;
    this.turn = 0;
    this.map = new maplibregl.Map({
      container,
      style: { version: 8, sources: {}, layers: [] },
      bounds: [2.45, 49.45, 6.45, 51.55],
      maxZoom: 18,
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
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new maplibregl.AttributionControl({ compact: true }), "bottom-right");
    this.map.on("dragstart", dragged);
    this.map.on("error", (event) => console.info("map:", event.error?.message));
    document.addEventListener("themechange", () => this.restyle());
  }

  async restyle() {
    const theme = document.documentElement.getAttribute("data-bs-theme") || "light";
    const turn = ++this.turn;
    const style = await (await fetch(`${settings.urls.style}?theme=${theme}`)).json();
    if (turn !== this.turn) return;
    this.ready = false;
    this.map.setStyle(style, { diff: false });
    this.map.once("style.load", () => turn === this.turn && this.dress(theme === "dark"));
    this.map.once("idle", () => {
      const box = this.map.getContainer().querySelector(".maplibregl-ctrl-attrib");
      box?.classList.remove("maplibregl-compact-show");
      box?.removeAttribute("open");
    });
  }

  /** Put sources and layers of its own on a fresh background, and be ready. @param {boolean} dark */
  dress(dark) {
    throw new Error(`not dressed for ${dark ? "dark" : "light"}`);
  }

  /** Show all of these places. @param {number[]} lons @param {number[]} lats */
  fit(lons, lats) {
    if (!lons.length) return;
    const bounds = new maplibregl.LngLatBounds();
    for (let i = 0; i < lons.length; i++) bounds.extend([lons[i], lats[i]]);
    this.map.fitBounds(bounds, { padding: 48, maxZoom: 15, duration: 0 });
  }

  /** The map moves only when the mark comes near its edge: a map that never rests is hard to read. @param {{lon: number, lat: number}} here */
  keepInView(here) {
    if (this.map.isMoving()) return;
    const box = this.map.getContainer();
    const at = this.map.project([here.lon, here.lat]);
    const x = at.x / box.clientWidth;
    const y = at.y / box.clientHeight;
    if (x < ROOM || x > 1 - ROOM || y < ROOM || y > 1 - ROOM) {
      this.map.easeTo({ center: [here.lon, here.lat], duration: 400 });
    }
  }
}

/** @param {any} map @param {string} name @param {any} data */
export function put(map, name, data) {
  map.getSource(name)?.setData(data);
}
