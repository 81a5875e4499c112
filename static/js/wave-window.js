/** Which part of a waveform is looked at, and which of its zooms shows it best. */

/**
 * @typedef {object} Zoom as the API tells it, the closest one first
 * @property {number} points
 * @property {number} points_per_second
 */

export const NARROWEST = 0.5; // seconds

export class WaveWindow {
  /** @param {number} seconds how long the recording is */
  constructor(seconds) {
    this.seconds = Math.max(seconds, 0);
    this.start = 0;
    this.stop = this.seconds;
  }

  get length() {
    return this.stop - this.start;
  }

  get isWhole() {
    return this.length >= this.seconds;
  }

  get isNarrowest() {
    return this.length <= Math.min(NARROWEST, this.seconds);
  }

  /**
   * Look closer (factor above 1) or further, with one moment staying where it is.
   * @param {number} factor
   * @param {number} around seconds
   */
  zoom(factor, around) {
    const length = Math.min(this.seconds, Math.max(NARROWEST, this.length / factor));
    const share = this.length ? (around - this.start) / this.length : 0;
    this.#place(around - share * length, length);
  }

  /** @param {number} by seconds */
  move(by) {
    this.#place(this.start + by, this.length);
  }

  /** Show everything. */
  reset() {
    this.#place(0, this.seconds);
  }

  /**
   * Turn the page when the playhead leaves it; true when it did.
   * @param {number} time
   */
  follow(time) {
    if (this.isWhole || (time >= this.start && time <= this.stop)) return false;
    this.#place(time - this.length / 20, this.length);
    return true;
  }

  /** @param {number} share of the width, 0..1 */
  timeAt(share) {
    return this.start + Math.min(1, Math.max(0, share)) * this.length;
  }

  /** @param {number} time @returns {number} share of the width; beyond 0..1 where it is not seen */
  shareOf(time) {
    return this.length ? (time - this.start) / this.length : 0;
  }

  /**
   * @param {number} start
   * @param {number} length
   */
  #place(start, length) {
    this.start = Math.min(Math.max(0, start), this.seconds - length);
    this.stop = this.start + length;
  }
}

/**
 * The widest zoom that has a point for every column, or the closest there is.
 * @param {Zoom[]} zooms
 * @param {number} length seconds that are seen
 * @param {number} columns
 * @returns {number} its place in the list
 */
export function zoomFor(zooms, length, columns) {
  const enough = zooms.findLastIndex((zoom) => zoom.points_per_second * length >= columns);
  return Math.max(0, enough);
}

/**
 * Which points to ask for: those seen, and as many again on both sides.
 * @param {Zoom} zoom
 * @param {{start: number, stop: number}} seen
 * @returns {{start: number, stop: number}}
 */
export function pointsAround(zoom, { start, stop }) {
  const margin = stop - start;
  return {
    start: Math.max(0, Math.floor((start - margin) * zoom.points_per_second)),
    stop: Math.min(zoom.points, Math.ceil((stop + margin) * zoom.points_per_second)),
  };
}

/**
 * Of some points that begin at a place, those of a stretch of time.
 * @param {import("./peaks.js").Points} points
 * @param {number} first the place of the first one
 * @param {number} rate points a second
 * @param {{start: number, stop: number}} seen
 */
export function cut(points, first, rate, { start, stop }) {
  const from = Math.max(0, Math.round(start * rate) - first);
  return points.slice(from, Math.max(from + 1, Math.round(stop * rate) - first));
}
