/** The lists of the register: ticking rows, and what is done to all that are ticked. */

const form = document.querySelector("[data-bulk]");
const all = document.querySelector("[data-bulk-all]");
// Who may not change rows sees no boxes to tick.
if (form && all) {
  const boxes = [...document.querySelectorAll("input[name=row]")];
  const bar = form.querySelector("[data-bulk-bar]");
  const count = form.querySelector("[data-bulk-count]");
  const field = form.querySelector("select[name=field]");
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    bar.hidden = ticked === 0;
    count.textContent = String(ticked);
    all.checked = ticked === boxes.length && ticked > 0;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  const choose = () => {
    for (const one of form.querySelectorAll("[data-bulk-value]")) {
      const names = one.dataset.bulkValue.split(" ");
      one.hidden = !names.includes(field.value);
      one.querySelector("input, select").disabled = one.hidden;
    }
  };
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; show(); });
  for (const box of boxes) box.addEventListener("change", show);
  field.addEventListener("change", choose);
  show();
  choose();
}

for (const one of document.querySelectorAll("[data-submit-on-change]")) {
  one.addEventListener("change", () => one.form.requestSubmit());
}

for (const one of document.querySelectorAll("[data-print]")) {
  one.addEventListener("click", () => window.print());
}

// A plan is a service or a check: what the other one asks is hidden.
const kind = document.querySelector("select[name=kind]");
const asked = [...document.querySelectorAll("[data-of]")];
if (kind && asked.length) {
  const choose = () => { for (const one of asked) one.hidden = one.dataset.of !== kind.value; };
  kind.addEventListener("change", choose);
  choose();
}

// A plan for one vehicle or material asks which; one for all of a kind does not.
const target = document.querySelector("select[name=target]");
const ones = [...document.querySelectorAll("[data-one]")];
if (target && ones.length) {
  const choose = () => { for (const one of ones) one.hidden = one.dataset.one !== target.value; };
  target.addEventListener("change", choose);
  choose();
}
