import assert from "node:assert/strict";
import { test } from "node:test";

import { StemFeed } from "../../static/js/stem-feed.js";
import { Stretcher } from "../../static/js/stretch.js";

const RATE = 22_050;

class Sound {
  /** @param {{length: number, numberOfChannels: number}} shape */
  constructor({ length, numberOfChannels }) {
    this.channels = Array.from({ length: numberOfChannels }, () => new Float32Array(length));
  }

  get numberOfChannels() { return this.channels.length; }
  getChannelData(channel) { return this.channels[channel]; }
  copyToChannel(samples, channel) { this.channels[channel].set(samples); }
}
globalThis.AudioBuffer = Sound;

/** A lane of which all blocks are there. */
function lane(frames, size, sample, has = () => true) {
  const get = (index) => {
    if (!has(index) || index < 0 || index * size >= frames) return undefined;
    const length = Math.min(size, frames - index * size);
    const block = new Sound({ length, numberOfChannels: 1 });
    for (let i = 0; i < length; i += 1) block.channels[0][i] = sample(index * size + i);
    return block;
  };
  return { frames, size, get };
}

const tone = (hertz) => (frame) => 0.5 * Math.sin((2 * Math.PI * hertz * frame) / RATE);

/** All that a feed gives from here to there, lane by lane, and how much of the song is over. */
function played(feed, at, stop) {
  const out = feed.lanes.map(() => []);
  let place = at;
  for (let piece; place < stop && (piece = feed.piece(place, stop)); place += piece.advance) {
    piece.buffers.forEach((buffer, index) => {
      out[index].push(...buffer.getChannelData(0).subarray(piece.offset, piece.offset + piece.frames));
    });
  }
  return { out, place };
}

test("at its own speed the song is cut out as it is, across blocks", () => {
  const feed = new StemFeed([lane(1000, 300, (frame) => frame)], RATE, 1);
  const { out, place } = played(feed, 250, 730);
  assert.equal(place, 730);
  assert.deepEqual(out[0], Array.from({ length: 480 }, (_, index) => 250 + index));
});

for (const speed of [0.5, 0.75, 1.3, 1.5]) {
  test(`at speed ${speed} it is as much longer, and just as high`, () => {
    const frames = 3 * RATE;
    const feed = new StemFeed([lane(frames, 10_000, tone(441))], RATE, speed);
    const { out: [sound], place } = played(feed, 0, frames);
    assert.equal(place, frames);
    assert.ok(Math.abs(sound.length - frames / speed) < 20);
    const crossings = sound.filter((value, index) => index && sound[index - 1] < 0 && value >= 0).length;
    assert.ok(Math.abs((crossings * RATE) / sound.length - 441) < 4);
    const steps = sound.slice(1).map((value, index) => Math.abs(value - sound[index]));
    assert.ok(steps.reduce((most, step) => Math.max(most, step), 0) < 0.5 * 2 * Math.PI * (441 / RATE) * 1.15, "no clicks");
  });
}

test("all lanes are moved alike, whatever they hold", () => {
  const frames = 2 * RATE;
  const noise = (frame) => Math.sin(frame * frame * 0.001);
  const feed = new StemFeed([lane(frames, 7000, noise), lane(frames, 7000, (frame) => -2 * noise(frame))], RATE, 0.8);
  const { out: [first, second] } = played(feed, 500, frames);
  assert.ok(first.every((value, index) => Math.abs(second[index] + 2 * value) < 1e-5));
});

test("nothing comes while a block is missing, and then it goes on", () => {
  let all = false;
  const feed = new StemFeed([lane(40_000, 10_000, tone(300), (index) => all || index < 1)], RATE, 0.7);
  let at = 0;
  for (let piece; (piece = feed.piece(at, 40_000)); at += piece.advance);
  assert.ok(at > 2000 && at < 10_000);
  all = true;
  assert.notEqual(feed.piece(at, 40_000), null);
});

test("what it needs begins with the piece, so that a loop needs no block before its own", () => {
  const stretcher = new Stretcher(RATE, 0.5, 10_000);
  assert.equal(stretcher.needs(8).start, 10_000);
});
