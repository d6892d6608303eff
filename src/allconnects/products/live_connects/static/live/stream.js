/** The one live stream of this tab: opens again by itself, rests while the tab is hidden. */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const HIDDEN_GRACE_MS = 5000;

export class Stream {
  /**
   * @param {string} url
   * @param {object} on
   * @param {(message: {p: import("./types.js").Entry[]}) => void} on.snapshot
   * @param {(message: {p: import("./types.js").Entry[], gone?: number[]}) => void} on.delta
   * @param {() => void} on.devices
   * @param {(state: "open" | "lost") => void} on.state
   * @param {() => void} on.pause
   */
  constructor(url, on) {
    this.url = url;
    this.on = on;
    this.wait = FIRST_WAIT_MS;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {string | null} query: bbox=west,south,east,north (without it the whole world) and zoom */
    this.part = null;
    document.addEventListener("visibilitychange", () => this.visibility());
    window.addEventListener("online", () => this.open());
    window.addEventListener("pagehide", () => this.close());
  }

  /** Watch another part of the world. @param {string | null} part */
  watch(part) {
    if (this.source && this.part === part) return;
    this.part = part;
    this.open();
  }

  open() {
    this.close();
    if (document.hidden) return;
    const source = new EventSource(this.part ? `${this.url}?${this.part}` : this.url);
    this.source = source;
    source.addEventListener("snapshot", (event) => {
      this.wait = FIRST_WAIT_MS;
      this.on.state("open");
      this.on.snapshot(JSON.parse(event.data));
    });
    source.addEventListener("delta", (event) => this.on.delta(JSON.parse(event.data)));
    source.addEventListener("devices", () => this.on.devices());
    source.addEventListener("notice", (event) => {
      document.dispatchEvent(new CustomEvent("live:notice", { detail: JSON.parse(event.data) }));
    });
    source.addEventListener("error", () => this.retry());
  }

  retry() {
    this.close();
    this.on.state("lost");
    this.timer = setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  visibility() {
    clearTimeout(this.timer);
    if (document.hidden) {
      this.timer = setTimeout(() => {
        this.close();
        this.on.pause();
      }, HIDDEN_GRACE_MS);
    } else if (!this.source) {
      this.open();
    }
  }
}
