/** One's own home: a circle around a point that is clicked, searched or typed. */
import { around, makeMap } from "./basemap.js";
import { addressSearch } from "./search.js";
import { circle } from "./shapes.js";

const points = /** @type {HTMLInputElement} */ (document.getElementById("id_points"));
const radius = /** @type {HTMLInputElement} */ (document.getElementById("id_radius_m"));
/** @type {any} */
let map = null;

/** @param {boolean} move */
function show(move) {
  if (!map?.getSource("home")) return;
  const [lat, lon] = points.value.split(/[,;\s]+/).filter(Boolean).map(Number);
  const known = Number.isFinite(lat) && Number.isFinite(lon) && points.value.trim() !== "";
  const ring = known ? circle([lon, lat], Number(radius.value) || 100) : [];
  const features = known ? [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }] : [];
  map.getSource("home").setData({ type: "FeatureCollection", features });
  if (move && known) map.fitBounds(around(ring), { padding: 40, maxZoom: 16, duration: 300 });
}

/** @param {number} lat @param {number} lon */
function put(lat, lon) {
  points.value = `${lat.toFixed(6)}, ${lon.toFixed(6)}`;
}

map = makeMap(/** @type {HTMLElement} */ (document.getElementById("map")), (fresh) => {
  fresh.addSource("home", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  fresh.addLayer({ id: "home", type: "fill", source: "home", paint: { "fill-color": "#2563eb", "fill-opacity": 0.25, "fill-outline-color": "#2563eb" } });
  show(true);
});
map?.on("click", (/** @type {any} */ event) => {
  put(event.lngLat.lat, event.lngLat.lng);
  show(false);
});
points.addEventListener("change", () => show(true));
radius.addEventListener("change", () => show(true));
addressSearch((hit) => {
  put(hit.lat, hit.lon);
  show(true);
});
