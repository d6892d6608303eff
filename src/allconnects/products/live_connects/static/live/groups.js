/** Which symbols stand alone and which stand for many: a few hundred shapes, however many devices. Pure. */

const CELL_PX = 56;
const FEWEST = 3;

/** Pixels of a group's disc. @param {number} count */
export const radius = (count) => Math.min(34, 12 + 2.4 * Math.log2(count));

/**
 * @typedef {object} Group
 * @property {import("./types.js").Device[]} members
 * @property {number} x of the middle, in pixels of the world at this zoom
 * @property {number} y
 */

/**
 * Devices that would lie on each other as groups, others alone. Cells are fixed to the world, not to the view, so
 * nothing changes its group because the map is moved.
 * @param {import("./types.js").Device[]} devices @param {number} world pixels around the world at this zoom
 * @returns {{groups: Group[], alone: import("./types.js").Device[]}}
 */
export function grouped(devices, world) {
  /** @type {Map<number, Group>} */
  const cells = new Map();
  const across = Math.ceil(world / CELL_PX) + 1;
  for (const device of devices) {
    const x = device.x * world;
    const y = device.y * world;
    const key = Math.floor(y / CELL_PX) * across + Math.floor(x / CELL_PX);
    const cell = cells.get(key);
    if (cell) add(cell, device, x, y);
    else cells.set(key, { members: [device], x, y });
  }
  const alone = [];
  const groups = [];
  for (const cell of merged([...cells.values()])) {
    if (cell.members.length >= FEWEST) groups.push(cell);
    else alone.push(...cell.members);
  }
  return { groups, alone };
}

/** @param {Group} group @param {import("./types.js").Device} device @param {number} x @param {number} y */
function add(group, device, x, y) {
  group.members.push(device);
  const share = 1 / group.members.length;
  group.x += (x - group.x) * share;
  group.y += (y - group.y) * share;
}

/** The largest first, each with the smaller ones that it would touch. @param {Group[]} cells */
function merged(cells) {
  cells.sort((a, b) => b.members.length - a.members.length);
  /** @type {Map<string, Group[]>} */
  const near = new Map();
  const kept = [];
  for (const cell of cells) {
    const column = Math.floor(cell.x / CELL_PX);
    const row = Math.floor(cell.y / CELL_PX);
    const host = around(near, column, row).find((one) => touch(one, cell));
    if (host) {
      const share = cell.members.length / (host.members.length + cell.members.length);
      host.x += (cell.x - host.x) * share;
      host.y += (cell.y - host.y) * share;
      host.members = host.members.concat(cell.members);
      continue;
    }
    kept.push(cell);
    const key = `${column},${row}`;
    near.set(key, [...(near.get(key) || []), cell]);
  }
  return kept;
}

/** @param {Group} a @param {Group} b */
const touch = (a, b) => Math.hypot(a.x - b.x, a.y - b.y) < radius(a.members.length) + radius(b.members.length) + 2;

/** @param {Map<string, Group[]>} near @param {number} column @param {number} row */
function around(near, column, row) {
  const found = [];
  for (const dx of [-1, 0, 1]) for (const dy of [-1, 0, 1]) found.push(...(near.get(`${column + dx},${row + dy}`) || []));
  return found;
}
