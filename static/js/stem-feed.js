/** What several recordings give to be scheduled next: whole blocks, or pieces at another speed. */

import { Stretcher } from "./stretch.js";

const PIECES = 8; // of a stretcher at a time

/**
 * @typedef {object} Piece
 * @property {AudioBuffer[]} buffers one a lane
 * @property {number} offset in them
 * @property {number} frames to be played
 * @property {number} advance frames of the song that are over then
 */

export class StemFeed {
  /** @type {Stretcher | null} */
  #stretcher = null;

  /**
   * @param {import("./blocks.js").Blocks[]} lanes
   * @param {number} rate Hz
   * @param {number} speed
   */
  constructor(lanes, rate, speed) {
    this.lanes = lanes;
    this.rate = rate;
    this.speed = speed;
  }

  /**
   * The next piece; null where a block has not come yet.
   * @param {number} at frame of the song, which goes on from piece to piece
   * @param {number} stop the frame before which it ends
   * @param {number} [leading] how many lanes the match is looked for in
   * @returns {Piece | null}
   */
  piece(at, stop, leading = this.lanes.length) {
    return this.speed === 1 ? this.#whole(at, stop) : this.#stretched(at, stop, leading);
  }

  /**
   * A block, or the part of it that is left, as it is.
   * @param {number} at
   * @param {number} stop
   */
  #whole(at, stop) {
    const { size } = this.lanes[0];
    const index = Math.floor(at / size);
    const buffers = this.lanes.map((lane) => lane.get(index));
    if (!buffers.every(Boolean)) return null;
    const offset = at - index * size;
    const frames = Math.min(size - offset, stop - at);
    return { buffers, offset, frames, advance: frames };
  }

  /**
   * @param {number} at
   * @param {number} stop
   * @param {number} leading
   */
  #stretched(at, stop, leading) {
    const stretcher = this.#stretcher ?? new Stretcher(this.rate, this.speed, at);
    const whole = stretcher.hop * this.speed;
    const count = Math.max(1, Math.min(PIECES, Math.ceil((stop - at) / whole)));
    const need = stretcher.needs(count);
    const lanes = this.lanes.map((lane) => read(lane, need.start, need.stop));
    if (!lanes.every(Boolean)) return null;
    this.#stretcher = stretcher;
    const made = stretcher.next(lanes, summed(lanes.slice(0, leading)), need.start, count);
    const over = stretcher.ideal >= stop;
    const frames = over ? Math.max(1, Math.min(count * stretcher.hop, Math.round((stop - at) / this.speed))) : count * stretcher.hop;
    const buffers = made.map((channels) => buffered(channels, this.rate));
    return { buffers, offset: 0, frames, advance: (over ? stop : stretcher.ideal) - at };
  }
}

/**
 * A stretch of a lane from the blocks it lies in; silence outside of the song.
 * @param {import("./blocks.js").Blocks} lane
 * @param {number} start
 * @param {number} stop
 * @returns {Float32Array[] | null} null where a block is not there
 */
export function read(lane, start, stop) {
  const end = Math.min(stop, lane.frames);
  const first = lane.get(Math.floor(Math.min(Math.max(start, 0), lane.frames - 1) / lane.size));
  if (!first) return null;
  const found = Array.from({ length: first.numberOfChannels }, () => new Float32Array(stop - start));
  for (let frame = Math.max(start, 0); frame < end;) {
    const index = Math.floor(frame / lane.size);
    const buffer = lane.get(index);
    if (!buffer) return null;
    const offset = frame - index * lane.size;
    const count = Math.min(lane.size - offset, end - frame);
    found.forEach((target, channel) => target.set(buffer.getChannelData(channel).subarray(offset, offset + count), frame - start));
    frame += count;
  }
  return found;
}

/**
 * All channels of all lanes together.
 * @param {Float32Array[][]} lanes
 */
function summed(lanes) {
  const sum = new Float32Array(lanes[0][0].length);
  for (const samples of lanes.flat()) for (let i = 0; i < sum.length; i += 1) sum[i] += samples[i];
  return sum;
}

/**
 * @param {Float32Array[]} channels
 * @param {number} sampleRate
 */
function buffered(channels, sampleRate) {
  const buffer = new AudioBuffer({ length: channels[0].length, numberOfChannels: channels.length, sampleRate });
  channels.forEach((samples, channel) => buffer.copyToChannel(samples, channel));
  return buffer;
}
