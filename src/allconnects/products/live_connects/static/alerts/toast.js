/** On the live map: a short message, and for what is urgent a sound, when an alert is raised. */
const place = document.getElementById("alert-toasts");
const texts = /** @type {Record<string, string>} */ (place?.dataset || {});
const LASTS_MS = 12000;
let silent = localStorage.getItem("alerts-silent") === "1";

/** Two short tones, made here: no file is asked for. @param {boolean} urgent */
function sound(urgent) {
  if (silent) return;
  try {
    const audio = new AudioContext();
    const tones = urgent ? [880, 660, 880] : [660, 880];
    tones.forEach((frequency, at) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.08, audio.currentTime + at * 0.18);
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at * 0.18 + 0.16);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at * 0.18);
      tone.stop(audio.currentTime + at * 0.18 + 0.17);
    });
    setTimeout(() => audio.close(), 1500);
  } catch (error) {
    silent = true; // the browser lets no page sound before somebody touched it
  }
}

/** @param {{name: string, count: number, latest: {alert: number, severity: string, kind: string}}} notice */
function toast(notice) {
  if (!place) return;
  const link = document.createElement("a");
  link.className = `alert-toast alert-toast-${notice.latest.severity}`;
  link.href = notice.count > 1 ? texts.inbox : `${texts.inbox}${notice.latest.alert}/`;
  const happened = JSON.parse(texts.kinds || "{}")[notice.latest.kind] || texts.one;
  link.textContent = notice.count > 1 ? texts.many.replace("{count}", String(notice.count)) : happened;
  place.replaceChildren(link);
  setTimeout(() => link.remove(), LASTS_MS);
}

document.addEventListener("live:notice", (event) => {
  const notice = /** @type {CustomEvent} */ (event).detail;
  if (notice.name !== "alert") return;
  toast(notice);
  if (notice.latest.severity !== "info") sound(notice.latest.severity === "critical");
});
