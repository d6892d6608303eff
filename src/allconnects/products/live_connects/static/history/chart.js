/** Speed and altitude of the day, in step with the replay. */
import { text } from "../live/settings.js";
import uPlot from "../vendor/uplot/uPlot.mjs";
import { SILENCE_MS } from "./track.js";

const HIGH = 120;
/** Room at both sides, as wide as that beside the bar of the day: one hour stands over the other. */
const NARROW = window.matchMedia("(width < 992px)").matches;
const GUTTER = NARROW ? 30 : 56;
/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Chart {
  /**
   * @param {HTMLElement} box
   * @param {{start: number, end: number}} day
   * @param {import("./track.js").Data} data
   * @param {(ms: number) => void} chosen
   */
  constructor(box, day, data, chosen) {
    this.box = box;
    this.day = day;
    this.data = data;
    this.chosen = chosen;
    this.mark = document.createElement("div");
    this.mark.className = "day-chart-mark";
    this.draw();
    new ResizeObserver(() => this.plot?.setSize({ width: box.clientWidth, height: HIGH })).observe(box);
    document.addEventListener("themechange", () => this.draw());
  }

  draw() {
    this.plot?.destroy();
    const known = this.data.alt?.some((value) => value !== null) ?? false;
    const columns = [this.data.t.map((ms) => ms / 1000), this.data.kmh, ...(known ? [this.data.alt] : [])];
    this.plot = new uPlot(this.options(known), withGaps(columns), this.box);
    this.plot.over.append(this.mark);
    this.listen(this.plot.over);
    const most = this.data.kmh.reduce((a, b) => Math.max(a ?? 0, b ?? 0), 0);
    this.box.setAttribute("aria-label", text("chart", { speed: Math.round(most ?? 0) }));
    if (this.at) this.show(this.at);
  }

  /** @param {boolean} altitude */
  options(altitude) {
    const ink = colour("--chart-ink");
    const grid = { stroke: colour("--chart-grid"), width: 1 };
    const axis = { stroke: ink, grid, ticks: { show: false }, font: "11px system-ui", size: GUTTER, gap: 4 };
    const hours = [0, 4, 8, 12, 16, 20, 24].map((part) => this.day.start / 1000 + ((this.day.end - this.day.start) * part) / 24000);
    return {
      width: Math.max(200, this.box.clientWidth),
      height: HIGH,
      padding: [8, altitude ? 0 : GUTTER, 4, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      tzDate: (/** @type {number} */ at) => uPlot.tzDate(new Date(at * 1000), "Europe/Brussels"),
      scales: { x: { range: [this.day.start / 1000, this.day.end / 1000] }, y: { range: (_u, _a, b) => [0, Math.max(60, b * 1.05)] } },
      series: [
        {},
        { label: text("speed"), stroke: colour("--chart-speed"), fill: colour("--chart-speed-fill"), width: 1.5, points: { show: false } },
        ...(altitude ? [{ label: text("altitude"), scale: "m", stroke: ink, width: 1, dash: [4, 3], points: { show: false } }] : []),
      ],
      axes: [
        { ...axis, size: 0, splits: () => hours, values: () => [] },
        { ...axis, values: (_u, marks) => marks.map((mark, n) => (!NARROW && n === marks.length - 1 ? `${mark} km/h` : mark)) },
        ...(altitude ? [{ ...axis, scale: "m", side: 1, grid: { show: false }, values: (_u, marks) => marks.map((mark) => (NARROW ? mark : `${mark} m`)) }] : []),
      ],
    };
  }

  /** A press or a pull chooses the moment. @param {HTMLElement} over */
  listen(over) {
    const choose = (/** @type {PointerEvent} */ event) => {
      const x = event.clientX - over.getBoundingClientRect().left;
      if (event.buttons & 1 && this.plot) this.chosen(this.plot.posToVal(x, "x") * 1000);
    };
    over.addEventListener("pointerdown", (event) => {
      over.setPointerCapture(event.pointerId);
      choose(event);
    });
    over.addEventListener("pointermove", choose);
  }

  /** @param {number} ms */
  show(ms) {
    this.at = ms;
    if (this.plot) this.mark.style.transform = `translateX(${this.plot.valToPos(ms / 1000, "x").toFixed(1)}px)`;
  }
}

/** An empty value within each silence, so that no line is drawn over it. @param {any[]} columns */
function withGaps(columns) {
  /** @type {any[][]} */
  const out = columns.map(() => []);
  columns[0].forEach((/** @type {number} */ at, /** @type {number} */ i) => {
    const before = columns[0][i - 1];
    if (i && at - before > SILENCE_MS / 1000) out.forEach((column, n) => column.push(n ? null : before + 1));
    out.forEach((column, n) => column.push(columns[n][i]));
  });
  return out;
}
