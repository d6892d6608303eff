/**
 * The symbols of the map, drawn once on a canvas. State is told by shape and colour: moving has a nose that points
 * where it goes, standing is a plain disc, silent a dashed ring. The kind is a pictogram on top, never turned.
 */

const SIZE = 40;
const SCALE = 2;
const HEADINGS = 48;
const STILL = /** @type {const} */ (["silent", "standing", "drifting"]);
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
 * Every symbol that can occur in one picture: a row for each kind, a column for each state, moving ones turned by
 * steps. Drawn once; a frame only copies from it.
 * @param {Record<string, Path2D[]>} pictograms @param {number} ratio device pixels a pixel
 */
export function makeAtlas(pictograms, ratio) {
  const size = Math.round(SIZE * ratio);
  const kinds = Object.keys(pictograms);
  const atlas = new OffscreenCanvas(size * (STILL.length + HEADINGS), size * Math.max(1, kinds.length));
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (atlas.getContext("2d"));
  const moving = base("moving");
  kinds.forEach((kind, row) => {
    const picture = pictogram(pictograms[kind], false);
    STILL.forEach((state, column) => {
      pen.drawImage(base(state), column * size, row * size, size, size);
      pen.drawImage(state === "silent" ? pictogram(pictograms[kind], true) : picture, column * size, row * size, size, size);
    });
    for (let step = 0; step < HEADINGS; step++) {
      pen.save();
      pen.translate((STILL.length + step + 0.5) * size, (row + 0.5) * size);
      pen.save();
      pen.rotate((step * 2 * Math.PI) / HEADINGS);
      pen.drawImage(moving, -size / 2, -size / 2, size, size);
      pen.restore();
      pen.drawImage(picture, -size / 2, -size / 2, size, size);
      pen.restore();
    }
  });
  const rows = new Map(kinds.map((kind, row) => [kind, row]));
  /** @param {import("./types.js").Device} device */
  const column = ({ state, course }) => {
    if (state !== "moving" || course === null) return STILL.indexOf(state === "moving" ? "drifting" : state);
    return STILL.length + (Math.round((course / 360) * HEADINGS) % HEADINGS);
  };
  /** Where in the picture the symbol of a device begins. @param {import("./types.js").Device} device @returns {[number, number]} */
  const at = (device) => [column(device) * size, (rows.get(device.kind) ?? 0) * size];
  return { picture: atlas.transferToImageBitmap(), size, at };
}
