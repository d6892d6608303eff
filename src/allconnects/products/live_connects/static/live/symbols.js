/**
 * The symbols of the map, drawn once on a canvas. State is told by shape and colour: moving has a nose that points
 * where it goes, standing is a plain disc, silent a dashed ring. The kind is a pictogram on top, never turned.
 */

const SIZE = 40;
const SCALE = 2;
const KINDS = { vehicle: "truck", phone: "device-mobile", material: "package" };

/** @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @returns {[HTMLCanvasElement, CanvasRenderingContext2D]} */
function canvas() {
  const element = document.createElement("canvas");
  element.width = element.height = SIZE * SCALE;
  const pen = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  pen.scale(SCALE, SCALE);
  pen.translate(SIZE / 2, SIZE / 2);
  return [element, pen];
}

/** @param {"moving" | "drifting" | "standing" | "silent"} state */
function base(state) {
  const [element, pen] = canvas();
  const dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
  const rim = dark ? "#0c1620" : "#ffffff";
  pen.beginPath();
  if (state === "moving") {
    pen.moveTo(0, -19);
    pen.lineTo(9.2, -8.2);
    pen.arc(0, 0, 12.3, -0.73, Math.PI + 0.73);
    pen.closePath();
  } else {
    pen.arc(0, 0, 11.5, 0, 2 * Math.PI);
  }
  pen.lineJoin = "round";
  if (state === "silent") {
    pen.fillStyle = dark ? "#18212c" : "#f8fafc";
    pen.fill();
    pen.setLineDash([4, 3]);
    pen.lineWidth = 2.2;
    pen.strokeStyle = colour("--state-silent");
    pen.stroke();
  } else {
    pen.strokeStyle = rim;
    pen.lineWidth = 3.5;
    pen.stroke();
    pen.fillStyle = colour(state === "standing" ? "--state-standing" : "--state-moving");
    pen.fill();
  }
  return element;
}

/** @param {Path2D[]} paths @param {boolean} faint */
function pictogram(paths, faint) {
  const [element, pen] = canvas();
  const dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
  pen.scale(0.62, 0.62);
  pen.translate(-12, -12);
  pen.lineWidth = 2.2;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = faint ? colour("--state-silent") : dark ? "#0c1620" : "#ffffff";
  for (const path of paths) pen.stroke(path);
  return element;
}

/** Paths of the pictograms, out of the icon sprite. @param {string} url */
export async function loadPictograms(url) {
  const sprite = new DOMParser().parseFromString(await (await fetch(url)).text(), "image/svg+xml");
  /** @type {Record<string, Path2D[]>} */
  const found = {};
  for (const [kind, name] of Object.entries(KINDS)) {
    const nodes = sprite.querySelectorAll(`symbol[id="${name}"] path`);
    found[kind] = [...nodes].map((node) => new Path2D(node.getAttribute("d") || ""));
  }
  return found;
}

/**
 * Put all symbols into a map, in the colours of the theme.
 * @param {any} map @param {Record<string, Path2D[]>} pictograms
 */
export function addSymbols(map, pictograms) {
  const put = (/** @type {string} */ name, /** @type {HTMLCanvasElement} */ element) => {
    const pen = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
    const image = pen.getImageData(0, 0, element.width, element.height);
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, image, { pixelRatio: SCALE });
  };
  for (const state of /** @type {const} */ (["moving", "drifting", "standing", "silent"])) put(`base-${state}`, base(state));
  for (const [kind, paths] of Object.entries(pictograms)) {
    put(`kind-${kind}`, pictogram(paths, false));
    put(`kind-${kind}-faint`, pictogram(paths, true));
  }
}
