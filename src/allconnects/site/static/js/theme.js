/* Runs before the first paint, so that a dark page never flashes light. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    var stored = null;
    try {
      stored = localStorage.getItem("theme");
    } catch (error) {
      stored = null; // storage may be blocked: the account's choice stands
    }
    return stored || root.dataset.theme || "auto";
  }

  function apply() {
    var theme = chosen();
    var now = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
    if (root.getAttribute("data-bs-theme") !== now) {
      root.setAttribute("data-bs-theme", now);
      document.dispatchEvent(new CustomEvent("themechange", { detail: now }));
    }
  }

  window.allconnectsTheme = {
    get: chosen,
    set: function (theme) {
      root.dataset.theme = theme;
      try {
        localStorage.setItem("theme", theme);
      } catch (error) {
        root.dataset.theme = theme;
      }
      apply();
    },
  };
  dark.addEventListener("change", apply);
  apply();
})();
