/** The map: background, symbols, today's line, clicks. */
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { placeAt } from "./fleet.js";
import { CLUSTER_TO_ZOOM, layers, SOURCES } from "./layers.js";
import { settings, text } from "./settings.js";
import { addSymbols, loadPictograms } from "./symbols.js";

const ORDER = { silent: 0, standing: 1, moving: 2 };
const EQUATOR_M = 40075016;
const FAST_M_S = 30;
const ALL_TO_ZOOM = 7;
const EMPTY = { type: "FeatureCollection", features: [] };

export class MapView {
  /**
   * @param {HTMLElement} container
   * @param {import("./fleet.js").Fleet} fleet
   * @param {object} on
   * @param {(id: number | null) => void} on.choose
   * @param {() => void} on.dragged a person moved the map
   * @param {() => void} on.view the view changed
   * @param {(unavailable: boolean, online: boolean) => void} on.background
   */
  constructor(container, fleet, on) {
    this.fleet = fleet;
    this.on = on;
    this.ready = false;
    /** @type {(device: import("./types.js").Device) => boolean} */
    this.shown = () => true;
    /** @type {number | null} */
    this.chosen = null;
    this.follow = false;
    this.lineData = /** @type {any} */ (EMPTY);
    this.drawnAt = 0;
    this.drawnMoves = -1;
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
    // Work on symbols of the background before may still be going on when there is a new one.
    this.map.setMissingStyleImageResolver(async () => {
      if (this.pictograms && !this.map.hasImage("base-moving")) addSymbols(this.map, this.pictograms);
    });
    this.listen();
    document.addEventListener("themechange", () => this.restyle());
  }

  async start() {
    this.pictograms = await loadPictograms(settings.urls.icons);
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
    this.map.setStyle(style, { diff: false });
    // Our layers come after their pictures: a layer that is drawn before them would ask for them in vain.
    this.map.once("style.load", () => {
      if (turn === this.turn) this.dress();
    });
    this.map.once("idle", () => this.collapseCredits());
  }

  /** Put pictures, sources and layers of ours on a fresh background. */
  dress() {
    addSymbols(this.map, this.pictograms || {});
    for (const [name, source] of Object.entries(SOURCES)) this.map.addSource(name, /** @type {any} */ (source));
    for (const layer of layers()) this.map.addLayer(/** @type {any} */ (layer));
    this.ready = true;
    this.drawnMoves = -1;
    this.setLine(this.lineData);
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
      map.getCanvas().style.cursor = this.ready && this.hits(event.point).length ? "pointer" : "";
    });
    map.on("dragstart", () => this.on.dragged());
    map.on("moveend", () => {
      this.drawnMoves = -1;
      this.on.view();
    });
    map.on("error", (event) => console.info("map:", event.error?.message)); // on.background tells people
  }

  /** @param {{x: number, y: number}} point */
  hits(point) {
    const box = [
      [point.x - 6, point.y - 6],
      [point.x + 6, point.y + 6],
    ];
    return this.map.queryRenderedFeatures(/** @type {any} */ (box), { layers: ["fleet-devices", "fleet-clusters"] });
  }

  /** @param {{x: number, y: number}} point */
  async click(point) {
    const hit = this.ready ? this.hits(point)[0] : undefined;
    if (!hit) return this.on.choose(null);
    if (!hit.properties.cluster) return this.on.choose(Number(hit.properties.id));
    const source = /** @type {any} */ (this.map.getSource("fleet"));
    const zoom = await source.getClusterExpansionZoom(hit.properties.cluster_id);
    this.map.easeTo({ center: /** @type {any} */ (hit.geometry).coordinates, zoom: Math.min(zoom + 0.3, CLUSTER_TO_ZOOM + 1.5) });
  }

  frame() {
    const now = performance.now();
    if (this.ready && !document.hidden && now - this.drawnAt >= this.pace()) this.draw(now);
    requestAnimationFrame(() => this.frame());
  }

  /**
   * Milliseconds between two pictures: so often that a fast vehicle moves half a pixel in between (which is seldom when
   * zoomed out), and less often the more symbols there are.
   */
  pace() {
    const metres = (EQUATOR_M * Math.cos((this.map.getCenter().lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
    const count = this.drawnCount || 0;
    const least = count <= 150 ? 50 : count <= 600 ? 120 : count <= 2000 ? 500 : 1000;
    return Math.max(least, Math.min(500, (500 * metres) / FAST_M_S));
  }

  /** @param {number} now */
  draw(now) {
    const gliding = this.fleet.gliding(now);
    if (!gliding && this.drawnMoves === this.fleet.moves && !this.wasGliding) return;
    this.wasGliding = gliding;
    this.drawnMoves = this.fleet.moves;
    this.drawnAt = now;
    const features = this.features(now);
    this.drawnCount = features.length;
    source(this.map, "fleet")?.setData({ type: "FeatureCollection", features });
    this.drawChosen(now);
  }

  /** @param {number} now */
  features(now) {
    const near = this.map.getZoom() > ALL_TO_ZOOM ? padded(this.map.getBounds(), 0.5) : null;
    const features = [];
    for (const device of this.fleet.devices.values()) {
      if (!device.at || (!this.shown(device) && device.id !== this.chosen)) continue;
      const place = /** @type {import("./types.js").Place} */ (placeAt(device, now));
      if (near && !inside(near, place)) continue;
      features.push(feature(device, place));
    }
    return features;
  }

  /** @param {number} now */
  drawChosen(now) {
    const device = this.chosen === null ? undefined : this.fleet.devices.get(this.chosen);
    const place = device && placeAt(device, now);
    const features = place ? [point(place, {})] : [];
    source(this.map, "chosen")?.setData({ type: "FeatureCollection", features });
    if (place && this.follow && !this.map.isMoving()) {
      this.map.easeTo({ center: [place.lon, place.lat], duration: 300, padding: this.padding() });
    }
  }

  /** On a phone the sheet covers the lower part. */
  padding() {
    const narrow = window.matchMedia("(width < 768px)").matches;
    return { top: 0, left: 0, right: 0, bottom: narrow ? this.map.getContainer().clientHeight * 0.45 : 0 };
  }

  /** Mark a device and bring it into the view. @param {number | null} id @param {boolean} move */
  choose(id, move) {
    this.chosen = id;
    this.drawnMoves = -1;
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
    const box = padded(this.map.getBounds(), 0.5);
    return [box.west, Math.max(-90, box.south), box.east, Math.min(90, box.north)];
  }
}

/** @param {any} map @param {string} name */
function source(map, name) {
  return map.getSource(name);
}

/** @param {import("./types.js").Device} device @param {import("./types.js").Place} place */
function feature(device, place) {
  return point(place, {
    id: device.id,
    name: device.name,
    kind: device.kind,
    state: device.state,
    course: device.course ?? -1,
    order: ORDER[device.state],
  });
}

/** @param {import("./types.js").Place} place @param {object} properties */
function point(place, properties) {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: [place.lon, place.lat] } };
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

/** @param {ReturnType<typeof padded>} box @param {import("./types.js").Place} place */
function inside(box, place) {
  return place.lon >= box.west && place.lon <= box.east && place.lat >= box.south && place.lat <= box.north;
}
