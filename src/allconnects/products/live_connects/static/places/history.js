/** Steps to go back and forth between. */
const MOST = 100;

export class History {
  /** @param {any} first @param {(canUndo: boolean, canRedo: boolean) => void} changed */
  constructor(first, changed) {
    this.steps = [first];
    this.at = 0;
    this.changed = changed;
  }

  /** @param {any} step */
  push(step) {
    if (JSON.stringify(step) === JSON.stringify(this.steps[this.at])) return;
    this.steps = [...this.steps.slice(0, this.at + 1), step].slice(-MOST);
    this.at = this.steps.length - 1;
    this.tell();
  }

  undo() {
    return this.at > 0 ? this.go(this.at - 1) : null;
  }

  redo() {
    return this.at < this.steps.length - 1 ? this.go(this.at + 1) : null;
  }

  /** @param {number} to */
  go(to) {
    this.at = to;
    this.tell();
    return this.steps[to];
  }

  tell() {
    this.changed(this.at > 0, this.at < this.steps.length - 1);
  }
}
