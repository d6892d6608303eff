/** The map: background, symbols, today's line, clicks. */
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { placeAt } from "./fleet.js";
import { layers, SOURCES } from "./layers.js";
import { Overlay } from "./overlay.js";
import { settings, text } from "./settings.js";

const STREAM_ROOM = 0.25;
const EMPTY = { type: "FeatureCollection", features: [] };

export class MapView {
  /**
   * @param {HTMLElement} container
   * @param {import("./fleet.js").Fleet} fleet
   * @param {object} on
   * @param {(id: number | null) => void} on.choose
   * @param {() => void} on.dragged a person moved the map
   * @param {(place: {lon: number, lat: number}) => void} on.pressed a place was pressed for long, or clicked with the right button
   * @param {() => void} on.view the view changed
   * @param {(unavailable: boolean, online: boolean) => void} on.background
   */
  constructor(container, fleet, on) {
    this.fleet = fleet;
    this.on = on;
    this.ready = false;
    /** @type {(device: import("./types.js").Device) => boolean} */
    this.shown = () => true;
    this.follow = false;
    this.lineData = /** @type {any} */ (EMPTY);
    this.trafficData = /** @type {any} */ (EMPTY);
    this.turn = 0;
    this.map = new maplibregl.Map({
      container,
      style: { version: 8, sources: {}, layers: [] },
      bounds: settings.home,
      fitBoundsOptions: { padding: 20 },
      maxZoom: 18,
      minZoom: 2,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      attributionControl: false,
      renderWorldCopies: true,
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
    const narrow = window.matchMedia("(width < 768px)").matches; // there the sheet covers the bottom
    this.map.addControl(new maplibregl.AttributionControl({ compact: true }), narrow ? "top-left" : "bottom-right");
    if (!narrow) this.map.addControl(new maplibregl.ScaleControl({ maxWidth: 90 }), "bottom-left");
    this.overlay = new Overlay(this.map, fleet, (device) => this.shown(device));
    this.listen();
    document.addEventListener("themechange", () => this.restyle());
  }

  async start() {
    await this.overlay.start(settings.urls.icons);
    await this.restyle();
    requestAnimationFrame(() => this.frame());
  }

  /** Load the background in the colours of the theme and put our layers on top. */
  async restyle() {
    const theme = document.documentElement.getAttribute("data-bs-theme") || "light";
    const answer = await fetch(`${settings.urls.style}?theme=${theme}`);
    const style = await answer.json();
    const about = style.metadata || {};
    this.on.background(Boolean(about["allconnects:unavailable"]), Boolean(about["allconnects:online"]));
    const turn = ++this.turn;
    this.ready = false;
    this.overlay.fit();
    this.map.setStyle(style, { diff: false });
    this.map.once("style.load", () => {
      if (turn === this.turn) this.dress();
    });
    this.map.once("idle", () => this.collapseCredits());
  }

  /** Put sources and layers of ours on a fresh background. */
  dress() {
    for (const [name, source] of Object.entries(SOURCES)) this.map.addSource(name, /** @type {any} */ (source));
    for (const layer of layers()) this.map.addLayer(/** @type {any} */ (layer));
    this.ready = true;
    this.setLine(this.lineData);
    this.setTraffic(this.trafficData);
  }

  /** Credits start folded on narrow maps; the button shows them. */
  collapseCredits() {
    const box = this.map.getContainer().querySelector(".maplibregl-ctrl-attrib");
    if (this.map.getContainer().clientWidth < 640) {
      box?.classList.remove("maplibregl-compact-show");
      box?.removeAttribute("open");
    }
  }

  listen() {
    const map = this.map;
    map.on("click", (event) => this.click(event.point));
    map.on("mousemove", (event) => {
      map.getCanvas().style.cursor = this.overlay.hit(event.point) ? "pointer" : "";
    });
    map.on("contextmenu", (event) => {
      event.preventDefault();
      this.on.pressed({ lon: event.lngLat.lng, lat: event.lngLat.lat });
    });
    map.on("dragstart", () => this.on.dragged());
    map.on("moveend", () => {
      this.overlay.dirty = true;
      this.on.view();
    });
    map.on("error", (event) => console.info("map:", event.error?.message)); // on.background tells people
  }

  /** @param {{x: number, y: number}} point */
  click(point) {
    const hit = this.overlay.hit(point);
    if (hit?.device) return this.on.choose(hit.device.id);
    if (!hit?.group) return this.on.choose(null);
    const bounds = new maplibregl.LngLatBounds();
    for (const { at } of hit.group.members) if (at) bounds.extend([at.lon, at.lat]);
    const zoom = this.map.cameraForBounds(bounds, { padding: 60 })?.zoom ?? 0;
    // Closer in any case: a group may be as wide as the view.
    this.map.easeTo({ center: bounds.getCenter(), zoom: Math.min(Math.max(zoom, this.map.getZoom() + 0.7), 13) });
  }

  frame() {
    const now = performance.now();
    if (!document.hidden) {
      this.overlay.tick(now);
      this.keepUp(now);
    }
    requestAnimationFrame(() => this.frame());
  }

  /** Move the map with the device that is followed. @param {number} now */
  keepUp(now) {
    const device = this.follow && this.overlay.chosen !== null ? this.fleet.devices.get(this.overlay.chosen) : undefined;
    if (!device || this.map.isMoving()) return;
    const place = placeAt(device, now);
    if (!place || (place.lon === this.kept?.lon && place.lat === this.kept?.lat)) return;
    this.kept = place;
    this.map.easeTo({ center: [place.lon, place.lat], duration: 300, padding: this.padding() });
  }

  /** On a phone the sheet covers the lower part. */
  padding() {
    const narrow = window.matchMedia("(width < 768px)").matches;
    return { top: 0, left: 0, right: 0, bottom: narrow ? this.map.getContainer().clientHeight * 0.45 : 0 };
  }

  /** Mark a device and bring it into the view. @param {number | null} id @param {boolean} move */
  choose(id, move) {
    this.overlay.chosen = id;
    this.overlay.dirty = true;
    this.kept = undefined;
    if (id === null) this.setLine(EMPTY);
    const place = id === null ? null : this.fleet.devices.get(id)?.at;
    if (!place || !move) return;
    const zoom = Math.max(this.map.getZoom(), 12);
    this.map.easeTo({ center: [place.lon, place.lat], zoom, duration: 700, padding: this.padding() });
  }

  /** @param {any} data GeoJSON of today's line */
  setLine(data) {
    this.lineData = data;
    if (this.ready) source(this.map, "line")?.setData(data);
  }

  /** @param {any} data GeoJSON of the lines of a day */
  setTraffic(data) {
    this.trafficData = data;
    if (this.ready) source(this.map, "traffic")?.setData(data);
  }

  /** Bring places into the view. @param {{lon: number, lat: number}[]} places @param {number} [maxZoom] */
  bring(places, maxZoom = 14) {
    const bounds = new maplibregl.LngLatBounds();
    for (const { lon, lat } of places) bounds.extend([lon, lat]);
    const base = this.padding();
    if (places.length) this.map.fitBounds(bounds, { padding: { top: 60, left: 50, right: 60, bottom: base.bottom + 60 }, maxZoom, duration: 600 });
  }

  /** Mark a place that was asked about. @param {{lon: number, lat: number} | null} place */
  setPlace(place) {
    this.mark?.remove();
    this.mark = place ? new maplibregl.Marker({ color: "#b91c1c" }).setLngLat([place.lon, place.lat]).addTo(this.map) : null;
  }

  /** Show all devices that are shown. */
  fit() {
    const places = [...this.fleet.devices.values()].filter((d) => d.at && this.shown(d)).map((d) => d.at);
    const bounds = new maplibregl.LngLatBounds();
    for (const place of places) if (place) bounds.extend([place.lon, place.lat]);
    const base = this.padding();
    const padding = { top: 60, left: 50, right: 60, bottom: base.bottom + 60 };
    this.map.fitBounds(places.length ? bounds : settings.home, { padding, maxZoom: 13, duration: 600 });
  }

  /** The view with room around it, as the stream wants it. */
  box() {
    const box = padded(this.map.getBounds(), STREAM_ROOM);
    return [box.west, Math.max(-90, box.south), box.east, Math.min(90, box.north)];
  }

  /** Whatever of these is in the view, nearest to its middle first. @param {import("./types.js").Device[]} devices */
  around(devices) {
    const { west, south, east, north } = padded(this.map.getBounds(), 0);
    const middle = this.map.getCenter();
    const apart = (/** @type {any} */ p) => Math.hypot((p.lon - middle.lng) * Math.cos((middle.lat * Math.PI) / 180), p.lat - middle.lat);
    return devices
      .filter(({ at }) => at && at.lon >= west && at.lon <= east && at.lat >= south && at.lat <= north)
      .sort((a, b) => apart(a.at) - apart(b.at));
  }

  /** How many devices are in the view. */
  inView() {
    const { west, south, east, north } = padded(this.map.getBounds(), 0);
    const inside = (/** @type {import("./types.js").Place} */ p) => p.lon >= west && p.lon <= east && p.lat >= south && p.lat <= north;
    return [...this.fleet.devices.values()].filter((device) => device.at && inside(device.at)).length;
  }

  /** Whether all of the view is in a box. @param {number[]} box */
  within([west, south, east, north]) {
    const view = this.map.getBounds();
    return view.getWest() >= west && view.getSouth() >= south && view.getEast() <= east && view.getNorth() <= north;
  }
}

/** @param {any} map @param {string} name */
function source(map, name) {
  return map.getSource(name);
}

/** @param {any} bounds @param {number} part */
export function padded(bounds, part) {
  const wide = (bounds.getEast() - bounds.getWest()) * part;
  const high = (bounds.getNorth() - bounds.getSouth()) * part;
  return {
    west: bounds.getWest() - wide,
    south: bounds.getSouth() - high,
    east: bounds.getEast() + wide,
    north: bounds.getNorth() + high,
  };
}
