/** Names below symbols: drawn once each, and only where they do not cover each other. */
import { numerals } from "../js/time.js";

const FONT_PX = 12;
const LONGEST_PX = 150;
const BELOW_PX = 20;
const KEPT = 3000;
/** More names than this are not read but looked at. */
const MOST = 150;
const CELL_PX = 160;

export class Labels {
  constructor() {
    /** @type {Map<string, ImageBitmap>} */
    this.pictures = new Map();
    /** @type {[number, string][]} index of the symbol, and its name */
    this.chosen = [];
    this.family = getComputedStyle(document.body).fontFamily;
    this.numbers = new Intl.NumberFormat(numerals, { notation: "compact" });
    this.ratio = 1;
    this.ink = this.halo = "";
  }

  /** @param {number} ratio @param {string} ink @param {string} halo */
  dress(ratio, ink, halo) {
    Object.assign(this, { ratio, ink, halo });
    this.pictures.clear();
  }

  /** @param {number} count */
  count(count) {
    return this.numbers.format(count);
  }

  /**
   * Choose which symbols have a name: those drawn last (moving, chosen) first.
   * @param {import("./types.js").Device[]} devices @param {Float32Array} xs @param {Float32Array} ys
   * @param {{width: number, height: number}} canvas
   */
  choose(devices, xs, ys, canvas) {
    /** @type {Map<string, number[][]>} */
    const taken = new Map();
    this.chosen = [];
    for (let i = devices.length - 1; i >= 0 && this.chosen.length < MOST; i--) {
      if (xs[i] < 0 || ys[i] < 0 || xs[i] > canvas.width || ys[i] > canvas.height || !devices[i].name) continue;
      const picture = this.picture(devices[i].name);
      const left = xs[i] - picture.width / 2;
      const top = ys[i] + BELOW_PX * this.ratio;
      const box = [left, top, left + picture.width, top + picture.height];
      if (this.free(taken, box)) this.chosen.push([i, devices[i].name]);
    }
  }

  /** Whether a box covers none before it; then it counts from now on. @param {Map<string, number[][]>} taken @param {number[]} box */
  free(taken, [left, top, right, bottom]) {
    const keys = [];
    for (let x = Math.floor(left / CELL_PX); x <= right / CELL_PX; x++) {
      for (let y = Math.floor(top / CELL_PX); y <= bottom / CELL_PX; y++) keys.push(`${x},${y}`);
    }
    const covers = (/** @type {number[]} */ b) => b[0] < right && b[2] > left && b[1] < bottom && b[3] > top;
    if (keys.some((key) => taken.get(key)?.some(covers))) return false;
    for (const key of keys) taken.set(key, [...(taken.get(key) || []), [left, top, right, bottom]]);
    return true;
  }

  /** @param {CanvasRenderingContext2D} pen @param {Float32Array} xs @param {Float32Array} ys */
  draw(pen, xs, ys) {
    for (const [i, name] of this.chosen) {
      if (i >= xs.length) continue;
      const picture = this.picture(name);
      pen.drawImage(picture, Math.round(xs[i] - picture.width / 2), Math.round(ys[i] + BELOW_PX * this.ratio));
    }
  }

  /** @param {string} name */
  picture(name) {
    const known = this.pictures.get(name);
    if (known) return known;
    if (this.pictures.size > KEPT) this.pictures.clear();
    const made = this.write(name);
    this.pictures.set(name, made);
    return made;
  }

  /** @param {string} name */
  write(name) {
    const canvas = new OffscreenCanvas(1, 1);
    const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const font = `700 ${FONT_PX * this.ratio}px ${this.family}`;
    pen.font = font;
    const most = LONGEST_PX * this.ratio;
    let shown = name;
    while (pen.measureText(shown).width > most) shown = `${shown.slice(0, -2)}…`;
    canvas.width = Math.ceil(pen.measureText(shown).width + 6 * this.ratio);
    canvas.height = Math.ceil((FONT_PX + 6) * this.ratio);
    pen.font = font;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 3.5 * this.ratio;
    pen.strokeStyle = this.halo;
    pen.strokeText(shown, canvas.width / 2, canvas.height / 2);
    pen.fillStyle = this.ink;
    pen.fillText(shown, canvas.width / 2, canvas.height / 2);
    return canvas.transferToImageBitmap();
  }
}
