/** A stretch of a song that is played again and again: how it is drawn out and moved. */

/** @typedef {{start: number, stop: number}} Stretch seconds */

export const SHORTEST = 0.1; // seconds
const GRIP = 12; // pixels around an edge that take hold of it

/**
 * The beat that is nearest; the moment itself where no beats are known.
 * @param {number} time
 * @param {number[]} beats rising
 */
export function snapped(time, beats) {
  const after = beats.findIndex((beat) => beat >= time);
  const near = after < 0 ? beats.slice(-1) : beats.slice(Math.max(0, after - 1), after + 1);
  return near.reduce((best, beat) => (Math.abs(beat - time) < Math.abs(best - time) ? beat : best), near[0] ?? time);
}

/**
 * From one moment to another, whichever comes first; null where that is no stretch.
 * @param {number} from
 * @param {number} to
 * @param {number} seconds of the song
 * @param {number[]} beats
 * @returns {Stretch | null}
 */
export function drawnOut(from, to, seconds, beats = []) {
  const [low, high] = [Math.min(from, to), Math.max(from, to)].map((time) => snapped(time, beats));
  const stretch = { start: Math.max(0, low), stop: Math.min(seconds, high) };
  return stretch.stop - stretch.start >= SHORTEST ? stretch : null;
}

/**
 * Which moment stays when a press at this place draws out a stretch: the far edge of the one that
 * is there, when the near edge was taken hold of; else the place itself.
 * @param {Stretch | null} loop
 * @param {number} time
 * @param {number} perPixel seconds
 */
export function anchor(loop, time, perPixel) {
  if (!loop) return time;
  const near = [loop.start, loop.stop].map((edge) => Math.abs(edge - time) / perPixel);
  if (Math.min(...near) > GRIP) return time;
  return near[0] < near[1] ? loop.stop : loop.start;
}
