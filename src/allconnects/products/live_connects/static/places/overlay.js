/** Places on the live map, below the symbols; a button shows and hides them, and this browser remembers it. */
import { showPlaces, placeLayers } from "./shapes.js";

const KEY = "live-places";
const AGAIN_MS = 300000;

export class PlacesOverlay {
  /** @param {any} map @param {HTMLButtonElement} button @param {string} url */
  constructor(map, button, url) {
    this.map = map;
    this.button = button;
    this.url = url;
    /** @type {import("./settings.js").Place[]} */
    this.places = [];
    this.shown = localStorage.getItem(KEY) !== "off";
    map.on("style.load", () => this.draw());
    button.addEventListener("click", () => this.toggle());
    button.hidden = false;
    this.press();
    this.load();
    setInterval(() => !document.hidden && this.load(), AGAIN_MS);
  }

  async load() {
    const answer = await fetch(this.url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    this.places = (await answer.json()).places;
    if (this.map.isStyleLoaded()) this.draw();
    else this.map.once("idle", () => this.draw());
  }

  draw() {
    showPlaces(this.map, this.places, document.documentElement.getAttribute("data-bs-theme") === "dark");
    this.apply();
    this.button.dataset.drawn = String(this.places.length);
  }

  toggle() {
    this.shown = !this.shown;
    localStorage.setItem(KEY, this.shown ? "on" : "off");
    this.press();
    this.apply();
  }

  press() {
    this.button.setAttribute("aria-pressed", String(this.shown));
    this.button.classList.toggle("active", this.shown);
  }

  apply() {
    for (const layer of placeLayers(false)) {
      if (this.map.getLayer(layer.id)) this.map.setLayoutProperty(layer.id, "visibility", this.shown ? "visible" : "none");
    }
  }
}
