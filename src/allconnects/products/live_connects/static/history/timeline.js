/** The bar of a day: trips, stops, silences, idling, and the hours under it. */
const SVG = "http://www.w3.org/2000/svg";
const WIDE = 10000;

/**
 * @param {SVGSVGElement} svg
 * @param {{start: number, end: number, entries: any[]}} day
 * @param {{silences: [number, number][], idles: [number, number][]}} told
 */
export function drawTimeline(svg, day, told) {
  const scale = WIDE / (day.end - day.start);
  svg.setAttribute("viewBox", `0 0 ${WIDE} 100`);
  svg.replaceChildren(hatching());
  /** @param {[number, number]} span @param {string} kind @param {number} y @param {number} high */
  const bar = (span, kind, y, high) => {
    const from = Math.max(span[0], day.start);
    const wide = (Math.min(span[1], day.end) - from) * scale;
    if (wide <= 0) return;
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", `bar-${kind}`);
    rect.setAttribute("x", String((from - day.start) * scale));
    rect.setAttribute("width", String(Math.max(wide, 8)));
    rect.setAttribute("y", String(y));
    rect.setAttribute("height", String(high));
    svg.append(rect);
  };
  for (const one of day.entries) if (one.kind === "stop") bar([one.start, one.end], "stop", 38, 24);
  for (const one of day.entries) for (const span of one.idle ?? []) bar(span, "idle", 38, 24);
  for (const one of day.entries) if (one.kind === "trip") bar([one.start, one.end], "trip", 10, 80);
  for (const span of told.idles) bar(span, "idle", 10, 80);
  for (const span of told.silences) bar(span, "silence", 38, 24);
}

function hatching() {
  const defs = document.createElementNS(SVG, "defs");
  const pattern = document.createElementNS(SVG, "pattern");
  for (const [name, value] of Object.entries({ id: "hatch", width: "60", height: "100", patternUnits: "userSpaceOnUse" })) {
    pattern.setAttribute(name, value);
  }
  const stripe = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ width: "26", height: "100", class: "hatch" })) stripe.setAttribute(name, value);
  pattern.append(stripe);
  defs.append(pattern);
  return defs;
}

/**
 * The hours as the clock shows them: on the night of summer time one is missing, or there twice.
 * @param {HTMLElement} box
 * @param {{start: number, end: number, hours: [number, string][]}} day
 */
export function drawHours(box, day) {
  const marks = day.hours.map(([at, words]) => {
    const mark = document.createElement("span");
    mark.style.left = `${(100 * (at - day.start)) / (day.end - day.start)}%`;
    if (/^\d\d:/.test(words)) {
      mark.textContent = words.slice(0, 2);
      mark.dataset.hour = String(Number(words.slice(0, 2)));
    } else mark.textContent = words; // days, where it is more than one
    return mark;
  });
  box.replaceChildren(...marks);
}
