/* Takes out of the browser's storage what was refused or withdrawn. */
for (const one of document.querySelectorAll("[data-forget]")) {
  for (const name of one.dataset.forget.split(" ")) localStorage.removeItem(name);
}
