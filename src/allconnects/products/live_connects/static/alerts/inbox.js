/** The inbox: choose all; push messages to this browser. */
import "./push.js";

const all = /** @type {HTMLInputElement | null} */ (document.getElementById("all"));
const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('#inbox input[name="ids"]'));

function mark() {
  const count = [...boxes].filter((box) => box.checked).length;
  if (!all) return;
  all.checked = count > 0 && count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
}
all?.addEventListener("change", () => {
  for (const box of boxes) box.checked = all.checked;
});
for (const box of boxes) box.addEventListener("change", mark);
