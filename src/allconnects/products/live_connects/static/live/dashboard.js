/** Charts of the overview: bars by day, out of what the page holds; its table says the same. */
import { numerals } from "../js/time.js";
import uPlot from "../vendor/uplot/uPlot.mjs";

const HIGH = 190;
const told = JSON.parse(document.getElementById("chart")?.textContent || "null");
const number = new Intl.NumberFormat(numerals, { maximumFractionDigits: 1 });
/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * @param {HTMLElement} box
 * @param {{label: string, values: (number | null)[], colour: string}[]} series drawn one before the other
 * @param {number} [most] top of the scale
 */
function bars(box, series, most) {
  const days = told.days.map((/** @type {string} */ _day, /** @type {number} */ n) => n);
  const axis = () => ({ stroke: colour("--chart-ink"), grid: { stroke: colour("--chart-grid"), width: 1 }, ticks: { show: false }, font: "11px system-ui" });
  const options = () => ({
    width: Math.max(200, box.clientWidth),
    height: HIGH,
    padding: [8, 8, 0, 0],
    legend: { live: true },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: { x: { time: false, range: [-0.6, days.length - 0.4] }, y: { range: (/** @type {any} */ _u, /** @type {number} */ _a, /** @type {number} */ b) => [0, most ?? Math.max(1, b * 1.08)] } },
    series: [
      { label: "", value: (/** @type {any} */ _u, /** @type {number | null} */ n) => (n === null ? "–" : told.days[n]) },
      ...series.map((one) => ({
        label: one.label,
        fill: colour(one.colour),
        width: 0,
        points: { show: false },
        paths: uPlot.paths.bars({ size: [0.7, 40] }),
        value: (/** @type {any} */ _u, /** @type {number | null} */ value) => (value === null ? "–" : number.format(value)),
      })),
    ],
    axes: [
      { ...axis(), grid: { show: false }, values: (/** @type {any} */ _u, /** @type {number[]} */ at) => at.map((n) => told.days[n]?.replace(/^\S+ /, "") ?? ""), space: 46, incrs: [1, 2, 7, 14] },
      { ...axis(), size: 48, values: (/** @type {any} */ _u, /** @type {number[]} */ at) => at.map((value) => number.format(value)) },
    ],
  });
  /** @type {any} */
  let plot = null;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(), [days, ...series.map((one) => one.values)], box);
  };
  draw();
  new ResizeObserver(() => plot.setSize({ width: Math.max(200, box.clientWidth), height: HIGH })).observe(box);
  document.addEventListener("themechange", draw);
}

const box = (/** @type {string} */ id) => document.getElementById(id);
const [km, hours, use] = ["chart-km", "chart-hours", "chart-use"].map(box);
if (told && km && hours && use) {
  const { texts } = told;
  const both = told.driving.map((/** @type {number} */ value, /** @type {number} */ n) => value + told.idle[n]);
  bars(km, [{ label: texts.km, values: told.km, colour: "--chart-speed" }]);
  // Idling stands on top of driving: the taller bar of both is drawn first.
  bars(hours, [{ label: texts.both, values: both, colour: "--bar-idle" }, { label: texts.driving, values: told.driving, colour: "--bar-trip" }]);
  bars(use, [{ label: texts.use, values: told.use, colour: "--bar-trip" }], 100);
}
document.documentElement.dataset.dashboard = "ready";
