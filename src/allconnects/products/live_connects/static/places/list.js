/** The map of a list of places, or of one place. */
import { around, isDark, makeMap } from "./basemap.js";
import { settings, text } from "./settings.js";
import { feature, showPlaces } from "./shapes.js";

const container = /** @type {HTMLElement} */ (document.getElementById("map"));
/** @type {import("./settings.js").Place[]} */
let places = settings.shape ? [settings.shape] : [];

async function load() {
  if (settings.shape) return;
  const answer = await fetch(settings.urls.places, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  places = (await answer.json()).places;
}

/** @param {any} map */
function fit(map) {
  const points = places.flatMap((place) => feature(place).geometry.coordinates[0]);
  if (points.length) map.fitBounds(around(points), { padding: 40, maxZoom: 16, duration: 0 });
}

async function start() {
  const loaded = load().catch(() => {
    container.title = text("failed");
  });
  let fitted = false;
  const map = makeMap(container, async (fresh) => {
    await loaded;
    showPlaces(fresh, places, isDark());
    if (!fitted) fit(fresh);
    fitted = true;
    container.dataset.ready = String(places.length);
  });
  if (!map || settings.shape) return;
  map.on("click", "places-fill", (/** @type {any} */ event) => {
    location.href = settings.urls.place.replace("/0/", `/${event.features[0].properties.id}/`);
  });
  map.on("mouseenter", "places-fill", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "places-fill", () => (map.getCanvas().style.cursor = ""));
}

start();
