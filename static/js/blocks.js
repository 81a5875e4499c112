/** A recording in blocks: those around the playhead are fetched and decoded, the others let go. */

export const SECONDS = 2; // a block
const AHEAD = 8; // blocks from the playhead on
const BEHIND = 1; // blocks kept that are over
const AT_ONCE = 2; // requests of one recording
const TRIES = 4;

/**
 * Which blocks are wanted, the most urgent first: those that sound next, around a loop if need be.
 * @param {number} frame where the playhead is
 * @param {object} song
 * @param {number} song.size frames a block
 * @param {number} song.frames
 * @param {{start: number, stop: number} | null} [song.loop] in frames
 * @param {number} [song.most] blocks from the playhead on
 * @returns {number[]}
 */
export function wanted(frame, { size, frames, loop = null, most = AHEAD }) {
  const last = Math.max(0, Math.ceil(frames / size) - 1);
  const here = Math.min(last, Math.floor(frame / size));
  const looped = loop && frame < loop.stop;
  const end = looped ? Math.min(last, Math.floor((loop.stop + size / 20) / size)) : last;
  const turn = looped ? upTo(Math.floor(loop.start / size), end) : [];
  const next = new Set([...upTo(here, Math.min(end, here + most)), ...turn.slice(0, most)]);
  return [...new Set([...[...next].slice(0, most), ...upTo(Math.max(0, here - BEHIND), here)])];
}

/**
 * @param {number} first
 * @param {number} last
 */
function upTo(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** Too often in vain, or for a reason that does not pass. */
export class CannotLoad extends Error {}

export class Blocks {
  /** @type {Map<number, AudioBuffer>} */
  #buffers = new Map();
  /** @type {Map<number, AbortController>} */
  #asked = new Map();
  /** @type {Map<number, {tries: number, again: number}>} */
  #failed = new Map();
  /** @type {CannotLoad | null} */
  problem = null;

  /**
   * @param {object} recording
   * @param {string} recording.address of its stretches
   * @param {number} recording.frames
   * @param {number} recording.size frames a block
   * @param {(bytes: ArrayBuffer) => Promise<AudioBuffer>} recording.decode
   * @param {() => void} [recording.came] is told of every block
   */
  constructor({ address, frames, size, decode, came = () => {} }) {
    Object.assign(this, { address, frames, size, decode, came });
  }

  /** @param {number} index */
  get(index) {
    return this.#buffers.get(index);
  }

  get count() {
    return this.#buffers.size;
  }

  /**
   * Have these, the most urgent first, and that one alone as long as it is missing; what is neither
   * here nor wanted is let go.
   * @param {number[]} indices
   */
  want(indices) {
    for (const index of this.#buffers.keys()) if (!indices.includes(index)) this.#buffers.delete(index);
    for (const [index, asked] of this.#asked) if (!indices.includes(index)) this.#forget(index, asked);
    const most = this.#buffers.has(indices[0]) ? AT_ONCE : 1;
    for (const index of indices) {
      if (this.#asked.size >= most) return;
      if (!this.#buffers.has(index) && !this.#asked.has(index) && this.#mayTry(index)) this.#ask(index);
    }
  }

  /** Begin anew after a problem. */
  retry() {
    this.problem = null;
    this.#failed.clear();
  }

  close() {
    for (const [index, asked] of this.#asked) this.#forget(index, asked);
    this.#buffers.clear();
  }

  /** @param {number} index */
  #mayTry(index) {
    return !this.problem && (this.#failed.get(index)?.again ?? 0) <= Date.now();
  }

  /**
   * @param {number} index
   * @param {AbortController} asked
   */
  #forget(index, asked) {
    asked.abort();
    this.#asked.delete(index);
  }

  /** @param {number} index */
  async #ask(index) {
    const asked = new AbortController();
    this.#asked.set(index, asked);
    try {
      const buffer = await this.#fetch(index, asked.signal);
      if (!asked.signal.aborted) this.#buffers.set(index, buffer);
      this.#failed.delete(index);
    } catch (error) {
      if (!asked.signal.aborted) this.#fail(index, error);
    } finally {
      if (this.#asked.get(index) === asked) this.#asked.delete(index);
      if (!asked.signal.aborted) this.came();
    }
  }

  /**
   * @param {number} index
   * @param {AbortSignal} signal
   */
  async #fetch(index, signal) {
    const start = index * this.size;
    const frames = Math.min(this.size, this.frames - start);
    const response = await fetch(`${this.address}?start=${start}&frames=${frames}`, { signal });
    if (response.status >= 400 && response.status < 500) throw new CannotLoad(`${response.status} for ${response.url}`);
    if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
    return this.decode(await response.arrayBuffer());
  }

  /**
   * @param {number} index
   * @param {unknown} error
   */
  #fail(index, error) {
    const tries = (this.#failed.get(index)?.tries ?? 0) + 1;
    this.#failed.set(index, { tries, again: Date.now() + 500 * 2 ** tries });
    if (error instanceof CannotLoad || tries >= TRIES) this.problem = new CannotLoad(String(error));
  }
}
