/** Where stretches of time lie in what is looked at of a song. */

/** @typedef {{start: number, stop: number}} Stretch seconds */

/**
 * The part of a stretch that is seen, in percent of the width; null when none of it is.
 * @param {Stretch} stretch
 * @param {Stretch} seen
 * @returns {{left: number, width: number} | null}
 */
export function placed(stretch, seen) {
  const length = seen.stop - seen.start;
  const from = Math.max(stretch.start, seen.start);
  const to = Math.min(stretch.stop, seen.stop);
  if (length <= 0 || to <= from) return null;
  return { left: (100 * (from - seen.start)) / length, width: (100 * (to - from)) / length };
}

/**
 * The start of the window that sounds at a moment, so that pressing it plays all of it.
 * @param {number[]} starts in order
 * @param {number} time
 * @returns {number}
 */
export function startOf(starts, time) {
  return starts.findLast((start) => start <= time) ?? starts[0] ?? 0;
}

/**
 * The neighbour that an arrow key leads to.
 * @param {string} key
 * @param {number} place
 * @param {number} count
 * @returns {number | null} null for other keys
 */
export function stepped(key, place, count) {
  const steps = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: count - 1 };
  if (!(key in steps)) return null;
  return Math.min(count - 1, Math.max(0, steps[key]));
}
