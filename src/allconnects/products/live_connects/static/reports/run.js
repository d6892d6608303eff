/** The page of one report: days appear when they are asked for, lines sort, bars are drawn. */
import uPlot from "../vendor/uplot/uPlot.mjs";

const period = /** @type {HTMLSelectElement | null} */ (document.getElementById("period"));
const days = document.getElementById("days");
const showDays = () => days?.toggleAttribute("hidden", period?.value !== "days");
period?.addEventListener("change", showDays);
showDays(); // somebody may have chosen before this file was here

/** Empty fields stay out of the address. @param {HTMLFormElement} form */
function tidy(form) {
  form.addEventListener("submit", () => {
    const given = period?.value === "days";
    for (const field of form.querySelectorAll("input[type=date]")) field.toggleAttribute("disabled", !given);
    setTimeout(() => form.querySelectorAll("input[type=date]").forEach((one) => one.removeAttribute("disabled")), 100);
  });
}

/** @param {HTMLTableElement} table */
function sortable(table) {
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((head, place) => {
    head.querySelector("button")?.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((a, b) => compare(a, b, place));
      if (down) rows.reverse();
      body.append(...rows);
    });
  });
}

/** Numbers as numbers, what is unknown last, words as the language orders them.
 * @param {HTMLTableRowElement} a @param {HTMLTableRowElement} b @param {number} place */
function compare(a, b, place) {
  const [x, y] = [a, b].map((row) => row.cells[place]?.dataset.sort ?? "");
  if (x === "" || y === "") return Number(x === "") - Number(y === "");
  const [m, n] = [Number(x), Number(y)];
  if (!Number.isNaN(m) && !Number.isNaN(n)) return m - n;
  return x.localeCompare(y, document.documentElement.lang, { numeric: true });
}

/** A name over at most three lines, cut between its words. @param {string} name */
function wrapped(name) {
  const lines = [""];
  for (const word of name.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= 13) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.length > 3 ? `${lines.slice(0, 3).join("\n")}…` : lines.join("\n");
}

/** @param {HTMLElement} place @param {{bars: Record<string, number>, unit: string, title: string}} data */
function chart(place, data) {
  const names = Object.keys(data.bars);
  const values = Object.values(data.bars);
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const ink = getComputedStyle(document.body).color;
  place.onpointermove = (event) => {
    const at = Math.round(drawn.posToVal(event.clientX - drawn.over.getBoundingClientRect().left, "x"));
    place.title = names[at] === undefined ? "" : `${names[at]}: ${values[at].toLocaleString(document.documentElement.lang)} ${data.unit}`;
  };
  const every = Math.ceil(names.length / Math.max(1, Math.floor(place.clientWidth / 90)));
  const drawn = new uPlot(
    {
      width: place.clientWidth,
      height: 180,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: () => [-0.6, names.length - 0.4] }, y: { range: (_u, _min, max) => [0, max * 1.05 || 1] } },
      axes: [
        {
          stroke: ink,
          grid: { show: false },
          splits: () => names.map((_name, at) => at).filter((at) => at % every === 0),
          values: (_u, splits) => splits.map((at) => wrapped(names[at] ?? "")),
          size: 20 + 15 * Math.max(1, ...names.map((name) => wrapped(name).split("\n").length)),
        },
        { stroke: ink, grid: { stroke: colour("--tblr-border-color"), width: 1 }, size: 56 },
      ],
      series: [
        {},
        {
          fill: colour("--tblr-primary"),
          stroke: colour("--tblr-primary"),
          paths: uPlot.paths.bars?.({ size: [0.7, 60] }),
          points: { show: false },
        },
      ],
    },
    [names.map((_name, at) => at), values],
    place,
  );
  return drawn;
}

const form = document.getElementById("ask");
if (form instanceof HTMLFormElement) tidy(form);
document.querySelectorAll("table[data-sortable]").forEach((table) => sortable(/** @type {HTMLTableElement} */ (table)));
const place = document.getElementById("chart");
const data = document.getElementById("chart-data");
if (place && data) {
  const read = JSON.parse(data.textContent || "{}");
  let drawn = chart(place, read);
  const again = () => {
    drawn.destroy();
    drawn = chart(place, read);
  };
  new ResizeObserver(() => {
    if (Math.abs(drawn.width - place.clientWidth) > 4) again();
  }).observe(place);
  document.addEventListener("themechange", again);
}
