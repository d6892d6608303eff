/** Draws the shape of a place on the map; the fields of the form say the same, and can be typed instead. */
import { around, isDark, makeMap } from "./basemap.js";
import { groups, lines, onTyping, showNeeded, state, write } from "./fields.js";
import { History } from "./history.js";
import { addressSearch } from "./search.js";
import { settings, text } from "./settings.js";
import { circle, middle, showPlaces } from "./shapes.js";
import * as terra from "../vendor/terra-draw/terra-draw.mjs";
import { TerraDrawMapLibreGLAdapter } from "../vendor/terra-draw/maplibre-adapter.mjs";

const MODES = { Circle: "circle", Polygon: "polygon", Corridor: "linestring" };
const HANDLES = 24; // corners of a circle that one can take hold of
const says = /** @type {HTMLElement} */ (document.getElementById("says"));
const tools = /** @type {HTMLElement} */ (document.getElementById("tools"));
/** @type {any} */
let map = null;
/** @type {any} */
let draw = null;
let ours = false; // a change that we make ourselves is none of the person's
/** @type {import("./settings.js").Place[]} */
let others = [];

const past = new History(state(), (canUndo, canRedo) => {
  /** @type {HTMLButtonElement} */ (document.getElementById("undo")).disabled = !canUndo;
  /** @type {HTMLButtonElement} */ (document.getElementById("redo")).disabled = !canRedo;
});

/** The shape of the fields as Terra Draw keeps it; null when there is none, or one with holes. */
function drawn() {
  const found = groups();
  const kind = state().shape;
  if (!found.length || found.length > 1) return null;
  const points = found[0];
  if (kind === "Circle") {
    const radius = Number(state().radius_m) || 100;
    return polygon("circle", [circle(/** @type {any} */ (points[0]), radius, HANDLES)], { radiusKilometers: radius / 1000 });
  }
  if (kind === "Polygon") return points.length > 2 ? polygon("polygon", [[...points, points[0]]], {}) : null;
  if (points.length < 2) return null;
  return { type: "Feature", properties: { mode: "linestring" }, geometry: { type: "LineString", coordinates: points } };
}

/** @param {string} mode @param {number[][][]} coordinates @param {object} more */
function polygon(mode, coordinates, more) {
  return { type: "Feature", properties: { mode, ...more }, geometry: { type: "Polygon", coordinates } };
}

/** Put what the fields say on the map. @param {boolean} move */
function show(move) {
  showNeeded();
  if (!draw) return;
  const points = groups().flat();
  ours = true;
  draw.setMode("select");
  draw.clear();
  const feature = drawn();
  if (feature) {
    const added = draw.addFeatures([feature])[0];
    if (added?.valid) draw.selectFeature(added.id);
    else console.info("shape:", added?.reason);
  }
  ours = false;
  press(null);
  says.textContent = groups().length > 1 && state().shape === "Polygon" ? text("holes") : feature ? text("edit") : "";
  showWidth();
  const corners = feature ? feature.geometry.coordinates.flat(feature.geometry.type === "Polygon" ? 1 : 0) : points;
  if (move && corners.length) map.fitBounds(around(corners), { padding: 60, maxZoom: 17, duration: 300 });
}

/** What was drawn or dragged goes into the fields. @param {any} id */
function read(id) {
  const feature = draw.getSnapshot().find((/** @type {any} */ one) => one.id === id);
  if (!feature) return;
  if (feature.properties.mode === "circle") {
    const found = middle(feature.geometry.coordinates[0]);
    write({ shape: "Circle", points: lines([[found.lon, found.lat]]), radius_m: String(Math.max(10, Math.round(found.radius))) });
  } else if (feature.properties.mode === "polygon") {
    write({ shape: "Polygon", points: lines(feature.geometry.coordinates[0].slice(0, -1)) });
  } else if (feature.properties.mode === "linestring") {
    write({ shape: "Corridor", points: lines(feature.geometry.coordinates) });
  } else return;
  past.push(state());
  showWidth();
}

/** The whole width of a corridor, below its line. */
function showWidth() {
  if (!map?.getSource("corridor")) return;
  const line = state().shape === "Corridor" ? groups()[0] || [] : [];
  const width = Number(state().width_m) || 40;
  const features = line.length > 1 ? [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } }] : [];
  map.getSource("corridor").setData({ type: "FeatureCollection", features });
  const pixels = (width / 78271.5 / Math.cos(((line[0]?.[1] || 51) * Math.PI) / 180)) || 0; // at zoom 0, tiles of 512
  map.setPaintProperty("corridor", "line-width", ["interpolate", ["exponential", 2], ["zoom"], 0, pixels, 20, pixels * 2 ** 20]);
}

/** @param {string | null} kind */
function press(kind) {
  for (const button of tools.querySelectorAll("[data-draw]")) {
    button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.draw === kind));
  }
}

/** Draw anew. @param {keyof typeof MODES} kind */
function begin(kind) {
  ours = true;
  draw.clear();
  ours = false;
  draw.setMode(MODES[kind]);
  press(kind);
  says.textContent = text(kind);
}

/** @param {any} to */
function travel(to) {
  if (!to) return;
  write(to);
  show(false);
}

function startDrawing() {
  const corner = { draggable: true, deletable: true, midpoints: true };
  draw = new terra.TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 7 }),
    modes: [
      new terra.TerraDrawCircleMode({ segments: HANDLES }),
      new terra.TerraDrawPolygonMode(),
      new terra.TerraDrawLineStringMode(),
      new terra.TerraDrawSelectMode({
        flags: {
          circle: { feature: { draggable: true, coordinates: { resizable: "center" } } },
          polygon: { feature: { draggable: true, coordinates: corner } },
          linestring: { feature: { draggable: true, coordinates: corner } },
        },
      }),
    ],
  });
  draw.start();
  draw.on("finish", (/** @type {any} */ id, /** @type {any} */ context) => {
    if (ours) return;
    read(id);
    if (context.action === "draw") setTimeout(() => show(false));
  });
  tools.hidden = false;
  show(true);
  window.allconnectsPlace = { map, draw };
}

/** @param {any} fresh */
function dress(fresh) {
  fresh.addSource("corridor", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  fresh.addLayer({ id: "corridor", type: "line", source: "corridor", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#2563eb", "line-opacity": 0.25, "line-width": 4 } });
  showPlaces(fresh, others, isDark());
  if (draw) draw.stop();
  startDrawing();
}

/** Places beside this one, so that one does not draw over them. */
async function loadOthers() {
  const answer = await fetch(settings.urls.places, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  others = (await answer.json()).places.filter((/** @type {any} */ place) => place.id !== settings.own);
  if (map?.getSource("places")) showPlaces(map, others, isDark());
}

tools.addEventListener("click", (event) => {
  const kind = /** @type {HTMLElement} */ (event.target).closest("[data-draw]")?.getAttribute("data-draw");
  if (kind) begin(/** @type {keyof typeof MODES} */ (kind));
});
document.getElementById("undo")?.addEventListener("click", () => travel(past.undo()));
document.getElementById("redo")?.addEventListener("click", () => travel(past.redo()));
document.getElementById("map")?.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey)) return;
  if (event.key === "z") travel(event.shiftKey ? past.redo() : past.undo());
  else if (event.key === "y") travel(past.redo());
  else return;
  event.preventDefault();
});
onTyping(() => {
  past.push(state());
  show(true);
});
addressSearch((hit) => {
  write({ shape: "Circle", points: lines([[hit.lon, hit.lat]]) });
  const address = /** @type {HTMLInputElement} */ (document.getElementById("id_address"));
  if (!address.value && !/^[-\d., ]+$/.test(hit.text)) address.value = hit.text;
  past.push(state());
  show(true);
});
showNeeded();
map = makeMap(/** @type {HTMLElement} */ (document.getElementById("map")), dress);
loadOthers();
