/**
 * Faster or slower at the same pitch: pieces are laid over each other where they match best. The
 * server does the same with the same numbers (audio/speed.py, which names the source).
 */

const HOP = 0.024; // s: what one piece adds, and how long it passes into the next
const REACH = 0.012; // s that a piece may come from before or after where the speed says
const COARSE = 4; // samples that are one where the match is looked for first

/** @typedef {Float32Array[]} Channels of equal length */

export class Stretcher {
  #number = 0;

  /**
   * @param {number} rate Hz
   * @param {number} speed 2 would be twice as fast
   * @param {number} start frame of the source
   */
  constructor(rate, speed, start) {
    this.hop = Math.round(rate * HOP);
    this.reach = Math.round(rate * REACH);
    this.speed = speed;
    this.start = start;
    this.follows = start; // where the piece before would go on
    this.rise = Float32Array.from({ length: this.hop }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / this.hop));
  }

  /** Where the next piece should come from: frames of the source, as the speed says. */
  get ideal() {
    return this.#idealOf(this.#number);
  }

  /** @param {number} number */
  #idealOf(number) {
    return this.start + Math.round(number * this.hop * this.speed);
  }

  /**
   * What the next so many pieces need of the source.
   * @param {number} count
   */
  needs(count) {
    const last = this.#idealOf(this.#number + count - 1);
    const start = this.#number ? Math.min(this.follows, this.ideal - this.reach) : this.start;
    return { start, stop: Math.max(last + this.reach, this.follows) + 2 * this.hop };
  }

  /**
   * The next pieces: every lane is moved alike, so that all stay together.
   * @param {Channels[]} lanes of the source, as `needs` says
   * @param {Float32Array} mono what the match is looked for in, just as long
   * @param {number} first frame of the source that they begin at
   * @param {number} count
   * @returns {Channels[]} count * hop frames of each lane
   */
  next(lanes, mono, first, count) {
    const out = lanes.map((channels) => channels.map(() => new Float32Array(count * this.hop)));
    for (let piece = 0; piece < count; piece += 1) {
      const place = this.#number ? this.#best(mono, first) : this.start;
      this.#lay(lanes, out, { old: this.follows - first, now: place - first, at: piece * this.hop });
      this.follows = place + this.hop;
      this.#number += 1;
    }
    return out;
  }

  /**
   * @param {Channels[]} lanes
   * @param {Channels[]} out
   * @param {{old: number, now: number, at: number}} where
   */
  #lay(lanes, out, { old, now, at }) {
    lanes.forEach((channels, lane) => channels.forEach((samples, channel) => {
      const target = out[lane][channel];
      for (let i = 0; i < this.hop; i += 1) {
        target[at + i] = samples[old + i] + this.rise[i] * (samples[now + i] - samples[old + i]);
      }
    }));
  }

  /**
   * Where the next piece begins.
   * @param {Float32Array} mono
   * @param {number} first
   */
  #best(mono, first) {
    const low = Math.max(this.ideal - this.reach, 0);
    const wanted = mono.subarray(this.follows - first, this.follows - first + this.hop);
    const around = mono.subarray(low - first, this.ideal + this.reach + this.hop - first);
    const near = COARSE * peak(thinned(around), thinned(wanted));
    const from = Math.max(near - COARSE, 0);
    return low + from + peak(around.subarray(from, near + COARSE + this.hop), wanted);
  }
}

/**
 * Means of every few samples.
 * @param {Float32Array} mono
 */
function thinned(mono) {
  return Float32Array.from({ length: Math.floor(mono.length / COARSE) }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < COARSE; j += 1) sum += mono[i * COARSE + j];
    return sum / COARSE;
  });
}

/**
 * At which lag it looks most like what is wanted.
 * @param {Float32Array} around
 * @param {Float32Array} wanted
 */
function peak(around, wanted) {
  const length = wanted.length;
  let energy = 0;
  for (let i = 0; i < length; i += 1) energy += around[i] ** 2;
  let best = 0;
  let highest = -Infinity;
  for (let lag = 0; lag + length <= around.length; lag += 1) {
    let match = 0;
    for (let i = 0; i < length; i += 1) match += around[lag + i] * wanted[i];
    const likeness = match / Math.sqrt(Math.max(energy, 0) + 1e-9);
    if (likeness > highest) [best, highest] = [lag, likeness];
    energy += (around[lag + length] ?? 0) ** 2 - around[lag] ** 2;
  }
  return best;
}
