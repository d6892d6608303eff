/**
 * The symbols, on a canvas of their own above the map. The background is drawn when the map moves, the symbols when
 * they move; neither waits for the other. Thousands are copied from one picture a frame, without a GPU too.
 */
import { grouped, radius } from "./groups.js";
import { Labels } from "./labels.js";
import { loadPictograms, makeAtlas } from "./symbols.js";

const ORDER = { silent: 0, standing: 1, moving: 2 };
const GROUPS_BELOW_ZOOM = 11;
const NAMES_FROM_ZOOM = 9.5;
const REGROUP_MS = 400;
const REGROUP_ZOOMING_MS = 120;
const FRAME_MS = 32;
const SPARING_MS = 120;
/** No more than this part of the time goes into symbols. */
const MOST_OF_THE_TIME = 0.7;
const HIT_PX = 18;
/** Part of the view around it in which symbols are ready to come in. */
const MARGIN = 0.15;
/** With more symbols than this in the view they are smaller: less covers less. */
const CROWD = 400;
const CROWDED_SIZE = 0.62;

export class Overlay {
  /**
   * @param {any} map @param {import("./fleet.js").Fleet} fleet
   * @param {(device: import("./types.js").Device) => boolean} shown
   */
  constructor(map, fleet, shown) {
    this.map = map;
    this.fleet = fleet;
    this.shown = shown;
    /** @type {number | null} */
    this.chosen = null;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "live-symbols";
    this.canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.canvas);
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {import("./types.js").Device[]} */
    this.alone = [];
    /** @type {import("./groups.js").Group[]} */
    this.groups = [];
    this.xs = new Float32Array(0);
    this.ys = new Float32Array(0);
    this.frames = 0;
    this.cost = 0;
    this.drawnAt = 0;
    this.regroupedAt = 0;
    this.dirty = true;
    this.alive = false;
    this.seenMoves = -1;
    this.labels = new Labels();
    this.sparing = window.matchMedia("(pointer: coarse), (prefers-reduced-motion: reduce)").matches;
    map.on("render", () => this.atlas && this.draw(performance.now()));
    map.on("resize", () => this.fit());
  }

  /** @param {string} icons address of the sprite with the pictograms */
  async start(icons) {
    this.pictograms = await loadPictograms(icons);
    this.fit();
  }

  /** Take over the size of the map and the colours of the theme. */
  fit() {
    const box = this.map.getContainer();
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(box.clientWidth * this.ratio);
    this.canvas.height = Math.round(box.clientHeight * this.ratio);
    this.canvas.style.width = `${box.clientWidth}px`;
    this.canvas.style.height = `${box.clientHeight}px`;
    if (this.pictograms) {
      this.large = makeAtlas(this.pictograms, this.ratio);
      this.small = makeAtlas(this.pictograms, this.ratio * CROWDED_SIZE);
      this.atlas = this.large;
    }
    const style = getComputedStyle(document.documentElement);
    const dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
    this.colours = {
      moving: style.getPropertyValue("--state-moving").trim(),
      standing: style.getPropertyValue("--state-standing").trim(),
      silent: style.getPropertyValue("--state-silent").trim(),
      halo: dark ? "#0c1620" : "#ffffff",
      accent: dark ? "#7ab8ff" : "#0b5cad",
    };
    this.labels.dress(this.ratio, dark ? "#e6edf6" : "#1f2937", this.colours.halo);
    this.dirty = true;
  }

  /** Called at every frame of the page: draws when something moved and it is time again. @param {number} now */
  tick(now) {
    if (!this.atlas || now - this.drawnAt < this.pace()) return;
    const news = this.seenMoves !== this.fleet.moves;
    if (news || this.dirty || this.alive) this.draw(now);
  }

  /** Milliseconds between two pictures: fewer on what runs on a battery, and never most of the machine's time. */
  pace() {
    return Math.max(this.sparing ? SPARING_MS : FRAME_MS, this.cost / MOST_OF_THE_TIME) - 4;
  }

  /** From places of the world to pixels of the canvas. */
  camera() {
    const centre = this.map.getCenter();
    const at = this.map.project(centre);
    const world = 512 * 2 ** this.map.getZoom() * this.ratio;
    const x = centre.lng / 360 + 0.5;
    const y = 0.5 - Math.log(Math.tan(Math.PI / 4 + (centre.lat * Math.PI) / 360)) / (2 * Math.PI);
    return { world, left: at.x * this.ratio - x * world, top: at.y * this.ratio - y * world };
  }

  /** @param {number} now */
  draw(now) {
    const began = performance.now();
    const camera = this.camera();
    this.regroup(now, camera);
    this.seenMoves = this.fleet.moves;
    this.drawnAt = now;
    this.alive = false;
    this.place(now, camera);
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.drawGroups(camera);
    this.drawAlone();
    if (this.map.getZoom() >= NAMES_FROM_ZOOM) this.labels.draw(this.pen, this.xs, this.ys);
    this.frames++;
    this.cost += (performance.now() - began - this.cost) / 8;
  }

  /** Decide anew what stands alone, now and then: in between only places change. @param {number} now @param {ReturnType<Overlay["camera"]>} camera */
  regroup(now, camera) {
    const zooming = this.groupedWorld !== camera.world;
    const since = now - this.regroupedAt;
    const news = this.seenMoves !== this.fleet.moves || this.map.isMoving();
    if (!this.dirty && !(zooming && since > REGROUP_ZOOMING_MS) && !(news && since > REGROUP_MS)) return;
    this.dirty = false;
    this.regroupedAt = now;
    this.groupedWorld = camera.world;
    const seen = this.inView(camera);
    if (this.map.getZoom() < GROUPS_BELOW_ZOOM) {
      const found = grouped(seen, camera.world / (this.ratio || 1));
      this.groups = found.groups;
      this.alone = found.alone;
    } else {
      this.groups = [];
      this.alone = seen;
    }
    this.atlas = this.alone.length > CROWD ? this.small : this.large;
    const rank = (/** @type {import("./types.js").Device} */ one) => (one.id === this.chosen ? 9 : ORDER[one.state]);
    this.alone.sort((a, b) => rank(a) - rank(b));
    this.xs = new Float32Array(this.alone.length);
    this.ys = new Float32Array(this.alone.length);
    this.place(now, camera);
    if (this.map.getZoom() >= NAMES_FROM_ZOOM) this.labels.choose(this.alone, this.xs, this.ys, this.canvas);
  }

  /** Devices that are shown and in the view or near it. @param {ReturnType<Overlay["camera"]>} camera */
  inView(camera) {
    const wide = this.canvas.width * MARGIN;
    const high = this.canvas.height * MARGIN;
    const west = (-wide - camera.left) / camera.world;
    const east = (this.canvas.width + wide - camera.left) / camera.world;
    const north = (-high - camera.top) / camera.world;
    const south = (this.canvas.height + high - camera.top) / camera.world;
    const found = [];
    for (const device of this.fleet.devices.values()) {
      if (!device.at || device.y < north || device.y > south) continue;
      const x = device.x;
      if (!((x >= west && x <= east) || (x + 1 >= west && x + 1 <= east) || (x - 1 >= west && x - 1 <= east))) continue;
      if (device.id === this.chosen || this.shown(device)) found.push(device);
    }
    return found;
  }

  /** Where everything is at this moment: between its last two fixes. @param {number} now @param {ReturnType<Overlay["camera"]>} camera */
  place(now, { world, left, top }) {
    const far = this.canvas.width + 100;
    for (let i = 0; i < this.alone.length; i++) {
      const device = this.alone[i];
      let { x, y } = device;
      if (device.from) {
        const part = (now - device.began) / device.lasts;
        if (part < 1) {
          x = device.fromX + (x - device.fromX) * part;
          y = device.fromY + (y - device.fromY) * part;
          this.alive = true;
        } else device.from = null;
      }
      let px = left + x * world;
      if (px > far && px - world > -100) px -= world;
      else if (px < -100 && px + world < far) px += world;
      this.xs[i] = px;
      this.ys[i] = top + y * world;
    }
    for (const group of this.groups) this.follow(group, now, world);
  }

  /** The middle of a group moves with its members. @param {import("./groups.js").Group} group @param {number} now @param {number} world */
  follow(group, now, world) {
    let x = 0;
    let y = 0;
    for (const device of group.members) {
      const part = device.from ? (now - device.began) / device.lasts : 1;
      if (part < 1) {
        x += device.fromX + (device.x - device.fromX) * part;
        y += device.fromY + (device.y - device.fromY) * part;
        this.alive = true;
      } else {
        x += device.x;
        y += device.y;
      }
    }
    group.x = (x / group.members.length) * world;
    group.y = (y / group.members.length) * world;
  }

  /** @param {ReturnType<Overlay["camera"]>} camera */
  drawGroups({ left, top }) {
    const pen = this.pen;
    const ratio = this.ratio || 1;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `700 ${14 * ratio}px ${this.labels.family}`;
    for (const group of this.groups) {
      const x = Math.round(left + group.x);
      const y = Math.round(top + group.y);
      pen.beginPath();
      pen.arc(x, y, radius(group.members.length) * ratio, 0, 2 * Math.PI);
      pen.fillStyle = group.members.some((one) => one.state === "moving") ? this.colours.moving : this.colours.standing;
      pen.fill();
      pen.lineWidth = 3 * ratio;
      pen.strokeStyle = this.colours.halo;
      pen.stroke();
      pen.fillStyle = this.colours.halo;
      pen.fillText(this.labels.count(group.members.length), x, y);
    }
  }

  drawAlone() {
    const { picture, size, at } = /** @type {ReturnType<typeof makeAtlas>} */ (this.atlas);
    const half = size / 2;
    const { width, height } = this.canvas;
    for (let i = 0; i < this.alone.length; i++) {
      const x = Math.round(this.xs[i] - half);
      const y = Math.round(this.ys[i] - half);
      if (x < -size || y < -size || x > width || y > height) continue;
      const device = this.alone[i];
      if (device.id === this.chosen) this.mark(this.xs[i], this.ys[i]);
      const [sx, sy] = at(device);
      this.pen.drawImage(picture, sx, sy, size, size, x, y, size, size);
    }
  }

  /** A ring around the chosen one. @param {number} x @param {number} y */
  mark(x, y) {
    const ratio = this.ratio || 1;
    this.pen.beginPath();
    this.pen.arc(x, y, 23 * ratio, 0, 2 * Math.PI);
    this.pen.globalAlpha = 0.22;
    this.pen.fillStyle = this.colours.accent;
    this.pen.fill();
    this.pen.globalAlpha = 1;
    this.pen.lineWidth = 2 * ratio;
    this.pen.strokeStyle = this.colours.accent;
    this.pen.stroke();
  }

  /**
   * What is drawn at a point, the topmost first: a device or a group.
   * @param {{x: number, y: number}} point
   * @returns {{device?: import("./types.js").Device, group?: import("./groups.js").Group} | null}
   */
  hit(point) {
    const ratio = this.ratio || 1;
    const x = point.x * ratio;
    const y = point.y * ratio;
    let best = HIT_PX * ratio;
    let found = null;
    for (let i = this.alone.length - 1; i >= 0; i--) {
      const apart = Math.hypot(this.xs[i] - x, this.ys[i] - y);
      if (apart < best) {
        best = apart;
        found = { device: this.alone[i] };
      }
    }
    if (found) return found;
    const { left, top } = this.camera();
    const group = this.groups.find((one) => Math.hypot(left + one.x - x, top + one.y - y) < radius(one.members.length) * ratio);
    return group ? { group } : null;
  }

  /** Where single symbols are drawn: degrees by device. For tests. */
  drawn() {
    const found = [...this.alone.keys()].map((i) => {
      const ratio = this.ratio || 1;
      const { lng, lat } = this.map.unproject([this.xs[i] / ratio, this.ys[i] / ratio]);
      return [this.alone[i].id, [lng, lat]];
    });
    return Object.fromEntries(found);
  }
}
