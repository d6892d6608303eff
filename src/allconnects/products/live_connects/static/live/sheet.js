/** On a phone the list is a sheet with three heights: pulled with a thumb, or stepped with its button. */

const SIZES = ["low", "half", "full"];

/** @param {HTMLElement} sheet @param {HTMLElement} handle */
export function makeSheet(sheet, handle) {
  let began = 0;
  let height = 0;
  let moved = false;

  /** @param {string} size */
  const set = (size) => {
    sheet.dataset.size = size;
    sheet.style.removeProperty("--sheet-height");
    handle.setAttribute("aria-expanded", String(size !== "low"));
  };

  handle.addEventListener("pointerdown", (event) => {
    began = event.clientY;
    height = sheet.clientHeight;
    moved = false;
    handle.setPointerCapture(event.pointerId);
    sheet.classList.add("dragging");
  });
  handle.addEventListener("pointermove", (event) => {
    if (!sheet.classList.contains("dragging")) return;
    if (Math.abs(event.clientY - began) > 6) moved = true;
    sheet.style.setProperty("--sheet-height", `${Math.max(60, height + began - event.clientY)}px`);
  });
  const end = () => {
    if (!sheet.classList.contains("dragging")) return;
    sheet.classList.remove("dragging");
    if (moved) set(nearest(sheet));
    else sheet.style.removeProperty("--sheet-height");
  };
  handle.addEventListener("pointerup", end);
  handle.addEventListener("pointercancel", end);
  handle.addEventListener("click", () => {
    if (!moved) set(SIZES[(SIZES.indexOf(sheet.dataset.size || "half") + 1) % SIZES.length]);
    moved = false;
  });
  return { set, get: () => sheet.dataset.size };
}

/** @param {HTMLElement} sheet */
function nearest(sheet) {
  const part = sheet.clientHeight / (sheet.parentElement?.clientHeight || 1);
  return part < 0.25 ? "low" : part < 0.68 ? "half" : "full";
}
