/** A day's track as columns, and where it was at a moment. */

export const SILENCE_MS = 300000;

/**
 * @typedef {object} Data columns of one length, and spans in ms
 * @property {number[]} t
 * @property {number[]} lat
 * @property {number[]} lon
 * @property {(number | null)[]} kmh
 * @property {(number | null)[]} course
 * @property {(number | null)[] | null} alt
 * @property {[number, number][]} silences
 * @property {[number, number][]} idles
 *
 * @typedef {{lon: number, lat: number, kmh: number | null, course: number | null, alt: number | null, heard: boolean}} Here
 */

export class Track {
  /** @param {Data} data */
  constructor(data) {
    this.data = data;
    this.length = data.t.length;
  }

  /** Index of the last fix at or before a moment; -1 before the first. @param {number} ms */
  before(ms) {
    const { t } = this.data;
    let low = 0;
    let high = t.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (t[middle] <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /**
   * Between two fixes on the way from one to the other; in a silence at the last place that was heard of.
   * @param {number} ms
   * @returns {Here | null}
   */
  at(ms) {
    const { t, lat, lon, kmh, course, alt } = this.data;
    if (!t.length) return null;
    const i = Math.max(0, this.before(ms));
    const j = Math.min(i + 1, t.length - 1);
    const wide = t[j] - t[i];
    const heard = ms >= t[0] && ms <= t[t.length - 1] && wide <= SILENCE_MS;
    const part = heard && wide > 0 ? Math.min(1, (ms - t[i]) / wide) : 0;
    return {
      lon: lon[i] + (lon[j] - lon[i]) * part,
      lat: lat[i] + (lat[j] - lat[i]) * part,
      kmh: heard ? mix(kmh[i], kmh[j], part) : null,
      course: course[i] ?? bearing(lon[i], lat[i], lon[j], lat[j]),
      alt: alt ? mix(alt[i], alt[j], part) : null,
      heard,
    };
  }

  /** Speed on the way to the next fix: as told, else by the way itself. @param {number} i */
  speedAfter(i) {
    const { t, lat, lon, kmh } = this.data;
    const told = mix(kmh[i], kmh[i + 1], 0.5);
    if (told !== null) return told;
    const x = (lon[i + 1] - lon[i]) * Math.cos((lat[i] * Math.PI) / 180);
    const km = Math.hypot(x, lat[i + 1] - lat[i]) * 111.195;
    return (km * 3600000) / Math.max(1, t[i + 1] - t[i]);
  }
}

/** @param {number | null} a @param {number | null} b @param {number} part */
function mix(a, b, part) {
  if (a === null || b === null) return a ?? b;
  return a + (b - a) * part;
}

/** @param {number} aLon @param {number} aLat @param {number} bLon @param {number} bLat */
function bearing(aLon, aLat, bLon, bLat) {
  if (aLon === bLon && aLat === bLat) return null;
  const x = (bLon - aLon) * Math.cos((aLat * Math.PI) / 180);
  return ((Math.atan2(x, bLat - aLat) * 180) / Math.PI + 360) % 360;
}

/** Classes of speed: up to so many km/h, and their colour. @type {[number, string][]} */
export const CLASSES = [
  [10, "#64748b"],
  [30, "#2563eb"],
  [50, "#0891b2"],
  [70, "#16a34a"],
  [90, "#d69e00"],
  [120, "#ea580c"],
  [Infinity, "#b91c1c"],
];

/** @param {number} kmh */
export function classOf(kmh) {
  return CLASSES.findIndex(([most]) => kmh <= most);
}

/**
 * The track as lines of one class each; between trips class -1, over silences -2.
 * @param {Track} track
 * @param {[number, number][]} trips
 */
export function lines(track, trips) {
  const { t, lat, lon } = track.data;
  /** @type {any[]} */
  const features = [];
  /** @type {number[][]} */
  let points = [];
  let present = NaN;
  let trip = 0;
  for (let i = 0; i + 1 < t.length; i++) {
    while (trip < trips.length && trips[trip][1] <= t[i]) trip++;
    const inside = trip < trips.length && t[i + 1] > trips[trip][0];
    const kind = t[i + 1] - t[i] > SILENCE_MS ? -2 : inside ? classOf(track.speedAfter(i)) : -1;
    if (kind !== present) {
      if (points.length > 1) features.push(line(points, present));
      points = [[lon[i], lat[i]]];
      present = kind;
    }
    points.push([lon[i + 1], lat[i + 1]]);
  }
  if (points.length > 1) features.push(line(points, present));
  return { type: "FeatureCollection", features };
}

/** @param {number[][]} coordinates @param {number} kind */
function line(coordinates, kind) {
  return { type: "Feature", properties: { kind }, geometry: { type: "LineString", coordinates } };
}
