/** The clock of the replay: runs, stops, jumps over stops. Knows nothing of the page. */

const SMALLEST_STOP_MS = 60000;

export class Replay {
  /**
   * @param {number} start ms of the first moment
   * @param {number} end ms of the last one
   * @param {[number, number][]} trips from when to when it drove, in order
   * @param {(ms: number) => void} changed
   * @param {(playing: boolean) => void} switched
   */
  constructor(start, end, trips, changed, switched) {
    this.start = start;
    this.end = end;
    this.trips = trips;
    this.changed = changed;
    this.switched = switched;
    this.now = trips.length ? trips[0][0] : start;
    this.pace = 60;
    this.skips = true;
    this.playing = false;
    this.seen = 0;
  }

  /** @param {number} ms */
  to(ms) {
    this.now = Math.min(this.end, Math.max(this.start, ms));
    this.changed(this.now);
  }

  toggle() {
    if (this.playing) return this.pause();
    if (this.now >= this.last()) this.to(this.first());
    this.playing = true;
    this.seen = 0;
    this.switched(true);
    requestAnimationFrame((at) => this.frame(at));
  }

  pause() {
    this.playing = false;
    this.switched(false);
  }

  first() {
    return this.trips.length ? Math.max(this.start, this.trips[0][0]) : this.start;
  }

  /** Where a replay ends: behind the last trip when stops are skipped. */
  last() {
    return this.skips && this.trips.length ? Math.min(this.end, this.trips[this.trips.length - 1][1]) : this.end;
  }

  /** @param {number} at ms of the page's clock */
  frame(at) {
    if (!this.playing) return;
    const passed = this.seen ? Math.min(250, at - this.seen) : 0; // a tab that slept does not leap
    this.seen = at;
    this.to(this.following(this.now + passed * this.pace));
    if (this.now >= this.last()) return this.pause();
    requestAnimationFrame((next) => this.frame(next));
  }

  /** The moment itself, or the start of the next trip when it lies in a stop that is skipped. @param {number} ms */
  following(ms) {
    if (!this.skips) return ms;
    const next = this.trips.find(([, end]) => end > ms);
    if (!next) return Math.min(ms, this.last());
    return next[0] - ms > SMALLEST_STOP_MS ? next[0] : ms;
  }

  /** To the start of the next trip, or of the one before. @param {1 | -1} way */
  jump(way) {
    const starts = this.trips.map(([start]) => Math.max(start, this.start));
    const found = way > 0 ? starts.find((at) => at > this.now) : starts.filter((at) => at < this.now - 2000).pop();
    if (found !== undefined) this.to(found);
  }
}
