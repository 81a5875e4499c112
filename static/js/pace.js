/** How fast bytes go, and how long the rest of them will take. */

const WINDOW = 8000; // ms that the pace is taken from

export class Pace {
  /** @type {[number, number][]} moments in ms, and the bytes gone by then */
  #seen = [];

  /**
   * @param {number} bytes gone in all
   * @param {number} moment in ms
   */
  add(bytes, moment) {
    this.#seen.push([moment, bytes]);
    while (this.#seen.length > 2 && this.#seen[0][0] < moment - WINDOW) this.#seen.shift();
  }

  /**
   * Seconds until all are gone; null before that can be told.
   * @param {number} total
   * @returns {number | null}
   */
  secondsLeft(total) {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || last[0] - first[0] < 1000 || last[1] <= first[1]) return null;
    return ((total - last[1]) * (last[0] - first[0])) / (last[1] - first[1]) / 1000;
  }
}

/**
 * A time left as people say it; "" when it is not known.
 * @param {number | null} seconds
 * @returns {string}
 */
export function timeLeft(seconds) {
  if (seconds === null) return "";
  if (seconds < 10) return "a few seconds left";
  if (seconds < 90) return `${Math.ceil(seconds / 10) * 10} s left`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min left`;
  return `${Math.round(seconds / 3600)} h left`;
}
