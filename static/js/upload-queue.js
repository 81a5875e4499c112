/** Work that is done a few at a time, in order; what is paused makes room for the next. */

/** @typedef {"added" | "failed" | "cancelled" | "paused"} End how a file's turn ended */
/** @typedef {(done: (end: End) => void) => void} Start begins, and calls `done` once at its end */

export class UploadQueue {
  /** @type {Start[]} */
  #waiting = [];
  #running = 0;
  #atOnce;
  #changed;
  total = 0;
  over = 0;
  failed = 0;

  /**
   * @param {number} atOnce how many run at the same time
   * @param {() => void} changed told after every step
   */
  constructor(atOnce, changed) {
    this.#atOnce = atOnce;
    this.#changed = changed;
  }

  get busy() {
    return this.over < this.total;
  }

  /** @param {Start} start */
  add(start) {
    this.total += 1;
    this.#waiting.push(start);
    this.#fill();
  }

  /**
   * Go on with what was paused, before those that have not begun.
   * @param {Start} start
   */
  resume(start) {
    this.#waiting.unshift(start);
    this.#fill();
  }

  /** What was paused will not go on. */
  drop() {
    this.total -= 1;
    this.#changed();
  }

  /** Count from nought again. */
  forget() {
    this.total = this.over = this.failed = 0;
  }

  #fill() {
    while (this.#running < this.#atOnce && this.#waiting.length) {
      this.#running += 1;
      this.#waiting.shift()((/** @type {End} */ end) => this.#ended(end));
    }
    this.#changed();
  }

  /** @param {End} end */
  #ended(end) {
    this.#running -= 1;
    if (end === "cancelled") this.total -= 1;
    if (end === "added" || end === "failed") this.over += 1;
    if (end === "failed") this.failed += 1;
    this.#fill();
  }
}
