/** Lower case without accents, so that "Liege" finds "Liège". @param {string} text */
export function fold(text) {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}
