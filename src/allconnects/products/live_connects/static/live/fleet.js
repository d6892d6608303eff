/** What we know of every device, and where it is drawn at this moment. */

const STATES = /** @type {const} */ (["silent", "standing", "moving"]);
const SHORTEST_MS = 400;
const LONGEST_MS = 12000;
const JUMP_DEGREES = 0.25;
const RAD = Math.PI / 180;

export class Fleet {
  constructor() {
    /** @type {Map<number, import("./types.js").Device>} */
    this.devices = new Map();
    /** Raised when others are in the fleet, or under other names. */
    this.roster = 0;
    /** Raised when a list should be drawn again. */
    this.changes = 0;
    /** Raised when the map should be drawn again. */
    this.moves = 0;
    /** After a pause symbols jump: nothing should sweep over the map. */
    this.jump = false;
  }

  /**
   * Replace who is in the fleet by what /devices says; positions stay. A device goes by the vehicle or material that it is in.
   * @param {any[]} rows @param {any[]} [subjects]
   */
  setDevices(rows, subjects = []) {
    const kept = new Map();
    const within = new Map(subjects.map((one) => [one.device, one]));
    for (const row of rows) {
      const subject = within.get(row.id);
      const known = this.devices.get(row.id);
      const reported = row.last_report ? Date.parse(row.last_report) : null;
      kept.set(row.id, {
        ...(known || blank(row.id)),
        name: subject?.name || row.name,
        plate: subject?.plate || "",
        groups: subject?.groups || [],
        teams: subject?.teams || [],
        kind: subject?.kind || row.kind,
        state: row.state,
        reported: Math.max(reported || 0, known?.reported || 0) || null,
      });
    }
    this.devices = kept;
    this.roster++;
    this.changes++;
    this.moves++;
  }

  /** Rows of /positions/latest: all devices, in the view or not. @param {any[]} rows @param {number} now */
  setPositions(rows, now) {
    this.applyAll(
      rows.map((row) => [row.device, row.lat, row.lon, row.speed_kmh, row.course_deg, /** @type {0|1|2} */ (STATES.indexOf(row.state)), Date.parse(row.time)]),
      now,
    );
  }

  /** @param {import("./types.js").Entry[]} entries @param {number} now ms of the page's clock */
  applyAll(entries, now) {
    for (const entry of entries) this.apply(entry, now);
    if (entries.length) {
      this.changes++;
      this.moves++;
    }
  }

  /**
   * One fix: the symbol glides there in the time that the device took, and never beyond.
   * @param {import("./types.js").Entry} entry @param {number} now
   */
  apply([id, lat, lon, speed, course, state, fixed], now) {
    const device = this.devices.get(id);
    if (!device || (device.fixed !== null && fixed < device.fixed)) return;
    if (fixed !== device.fixed) this.glide(device, { lon, lat }, fixed, now);
    Object.assign(device, { at: { lon, lat }, speed, course, state: STATES[state], fixed, x: mercatorX(lon), y: mercatorY(lat) });
    device.reported = Math.max(device.reported || 0, fixed);
  }

  /** @param {import("./types.js").Device} device @param {import("./types.js").Place} to @param {number} fixed @param {number} now */
  glide(device, to, fixed, now) {
    const before = placeAt(device, now);
    device.from = null;
    if (!before || device.fixed === null || this.jump) return;
    const apart = Math.abs(before.lon - to.lon) + Math.abs(before.lat - to.lat);
    if (apart === 0 || apart > JUMP_DEGREES) return;
    device.from = before;
    device.fromX = mercatorX(before.lon);
    device.fromY = mercatorY(before.lat);
    device.began = now;
    device.lasts = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, fixed - device.fixed));
  }

  /** Whether any symbol is still gliding. @param {number} now */
  gliding(now) {
    for (const device of this.devices.values()) {
      if (device.from && now < device.began + device.lasts) return true;
    }
    return false;
  }

  /** End every glide, and let the next news jump. */
  settle() {
    for (const device of this.devices.values()) device.from = null;
    this.jump = true;
    this.moves++;
  }
}

/** Where a device is drawn: between its last two fixes, never further. @param {import("./types.js").Device} device @param {number} now */
export function placeAt(device, now) {
  if (!device.from || !device.at) return device.at;
  const part = (now - device.began) / device.lasts;
  if (part >= 1) {
    device.from = null;
    return device.at;
  }
  return {
    lon: device.from.lon + (device.at.lon - device.from.lon) * part,
    lat: device.from.lat + (device.at.lat - device.from.lat) * part,
  };
}

/** Across the world from west to east, 0 to 1. @param {number} lon */
export const mercatorX = (lon) => lon / 360 + 0.5;

/** Down the square world of the map, 0 to 1. @param {number} lat */
export const mercatorY = (lat) => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * RAD) / 2)) / (2 * Math.PI);

/** @param {number} id @returns {import("./types.js").Device} */
function blank(id) {
  return {
    id,
    name: "",
    plate: "",
    groups: [],
    teams: [],
    kind: "vehicle",
    state: "silent",
    reported: null,
    fixed: null,
    speed: null,
    course: null,
    at: null,
    from: null,
    began: 0,
    lasts: 0,
    x: 0,
    y: 0,
    fromX: 0,
    fromY: 0,
  };
}
