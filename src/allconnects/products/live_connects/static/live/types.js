/**
 * @typedef {"moving" | "standing" | "silent"} State
 * @typedef {"vehicle" | "phone" | "material"} Kind
 *
 * One fix as the stream sends it: device, latitude, longitude, km/h, course in degrees, state (0 silent, 1 standing,
 * 2 moving), time of the fix in ms since 1970.
 * @typedef {[number, number, number, number | null, number | null, 0 | 1 | 2, number]} Entry
 *
 * @typedef {object} Place where a device is drawn, and where it goes
 * @property {number} lon
 * @property {number} lat
 *
 * @typedef {object} Device
 * @property {number} id
 * @property {string} name
 * @property {string} plate of the vehicle that the device is in
 * @property {string[]} groups of the vehicle or material
 * @property {string[]} teams of those who are in it now
 * @property {Kind} kind
 * @property {State} state
 * @property {number | null} reported ms since 1970 of the last sign of life
 * @property {number | null} fixed ms since 1970 of the latest fix
 * @property {number | null} speed km/h
 * @property {number | null} course degrees
 * @property {Place | null} at the latest fix
 * @property {Place | null} from where the present glide began
 * @property {number} began ms of the page's clock
 * @property {number} lasts ms
 * @property {number} x the latest fix across the square world of the map, 0 to 1
 * @property {number} y the same, downwards
 * @property {number} fromX where the present glide began
 * @property {number} fromY
 *
 * @typedef {object} Settings
 * @property {Record<string, string>} urls
 * @property {[number, number, number, number]} home
 * @property {Record<string, any>} texts
 * @property {{detour: number, speeds: [number, number][]}} estimate of the way, from a straight line
 */
export {};
