/** Choosing vehicles for a replay: by name, plate, group or team; the form's address gets their ids. */
import { fold } from "../js/page.js";
import { byId } from "../live/list.js";
import { ask, text } from "../live/settings.js";

const MOST_SHOWN = 60;

/** @param {{devices: {id: number}[], most: number, urls: Record<string, string>}} page */
export function makeChooser(page) {
  const details = /** @type {HTMLDetailsElement} */ (byId("choose"));
  const find = /** @type {HTMLInputElement} */ (byId("find"));
  const group = /** @type {HTMLSelectElement} */ (byId("group"));
  const chosen = new Set(page.devices.map((one) => one.id));
  const says = byId("choose-says").textContent || "";
  /** @type {{id: number, name: string, words: string, in: string[]}[]} */
  let all = [];
  let asked = false;

  async function open() {
    if (asked || !details.open) return;
    asked = true;
    try {
      const [devices, subjects] = await Promise.all([ask(page.urls.devices), ask(page.urls.subjects)]);
      const known = new Map(subjects.map((/** @type {any} */ one) => [one.device, one]));
      all = devices.map((/** @type {any} */ { id, name }) => {
        const one = known.get(id);
        const shown = one ? [one.name, one.plate].filter((word, n, words) => word && words.indexOf(word) === n).join(" · ") : name;
        const within = one ? [...one.groups.map((/** @type {string} */ g) => `g:${g}`), ...one.teams.map((/** @type {string} */ t) => `t:${t}`)] : [];
        return { id, name: shown, words: fold(`${shown} ${(one?.plate || "").replace(/[^\p{L}\d]/gu, "")}`), in: within };
      });
      all.sort((a, b) => a.name.localeCompare(b.name, document.documentElement.lang, { numeric: true }));
      const names = [...new Set(all.flatMap((one) => one.in))].sort((a, b) => a.slice(2).localeCompare(b.slice(2)));
      group.replaceChildren(new Option(text("allgroups"), ""), ...names.map((name) => new Option(name.slice(2), name)));
      group.hidden = !names.length;
      draw();
    } catch (error) {
      asked = false;
      byId("choose-says").textContent = text("failed");
      console.info(error);
    }
  }

  function draw() {
    const words = fold(find.value).split(/\s+/).filter(Boolean);
    const found = all.filter((one) => (!group.value || one.in.includes(group.value)) && words.every((word) => one.words.includes(word)));
    found.sort((a, b) => Number(chosen.has(b.id)) - Number(chosen.has(a.id)));
    byId("found").replaceChildren(/** @type {Node} */ (byId("found").firstElementChild), ...found.slice(0, MOST_SHOWN).map(row));
    const more = found.length - MOST_SHOWN;
    byId("more").textContent = more > 0 ? text("morefound", { count: more }) : found.length ? "" : text("none");
  }

  /** @param {{id: number, name: string}} one */
  function row(one) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.className = "form-check-input m-0";
    box.checked = chosen.has(one.id);
    box.addEventListener("change", () => {
      if (box.checked && chosen.size >= page.most) {
        box.checked = false;
        byId("choose-says").textContent = text("full", { most: page.most });
        return;
      }
      if (box.checked) chosen.add(one.id);
      else chosen.delete(one.id);
      byId("choose-says").textContent = says;
      /** @type {HTMLInputElement} */ (byId("chosen")).value = [...chosen].join(",");
    });
    label.append(box, one.name);
    return label;
  }

  details.addEventListener("toggle", open);
  find.addEventListener("input", draw);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  group.addEventListener("change", draw);
  open();
}
