/** Work that is done a few at a time, in order. */

/** @typedef {"added" | "failed" | "cancelled"} End how the upload of a file ended */

export class UploadQueue {
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

  /** @param {(done: (end: End) => void) => void} start begins, and calls `done` at its end */
  add(start) {
    this.total += 1;
    this.#waiting.push(start);
    this.#fill();
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
    else this.over += 1;
    if (end === "failed") this.failed += 1;
    this.#fill();
  }
}
