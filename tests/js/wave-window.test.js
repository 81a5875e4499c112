import assert from "node:assert/strict";
import { test } from "node:test";

import { NARROWEST, WaveWindow, cut, pointsAround, zoomFor } from "../../static/js/wave-window.js";

const ZOOMS = [128, 32, 8].map((rate) => ({ points: rate * 100, points_per_second: rate }));
const seen = ({ start, stop }) => [start, stop];

test("looking closer keeps the moment under the finger where it is", () => {
  const look = new WaveWindow(100);
  look.zoom(4, 40);
  assert.deepEqual(seen(look), [30, 55]);
  assert.equal(look.shareOf(40), 0.4);
  look.zoom(0.25, 40);
  assert.deepEqual(seen(look), [0, 100]);
});

test("it never leaves the recording, nor goes closer than sense", () => {
  const look = new WaveWindow(100);
  look.zoom(1e9, 100);
  assert.equal(look.length, NARROWEST);
  assert.equal(look.stop, 100);
  assert.ok(look.isNarrowest);
  look.move(1000);
  assert.equal(look.stop, 100);
  look.move(-1000);
  assert.equal(look.start, 0);
  look.zoom(0, 0);
  assert.ok(look.isWhole);
});

test("a recording of no length is looked at without a fault", () => {
  const look = new WaveWindow(0);
  look.zoom(2, 0);
  assert.equal(look.shareOf(0), 0);
  assert.ok(look.isWhole);
});

test("the page is turned when the playhead leaves it", () => {
  const look = new WaveWindow(100);
  assert.equal(look.follow(99), false);
  look.zoom(10, 0);
  assert.equal(look.follow(5), false);
  assert.equal(look.follow(10.5), true);
  assert.deepEqual(seen(look), [10, 20]);
});

test("the widest zoom with a point for every column is taken", () => {
  assert.equal(zoomFor(ZOOMS, 100, 400), 2);
  assert.equal(zoomFor(ZOOMS, 20, 400), 1);
  assert.equal(zoomFor(ZOOMS, 1, 400), 0);
  assert.equal(zoomFor([], 1, 400), 0);
});

test("points are asked for on both sides, within the recording", () => {
  assert.deepEqual(pointsAround(ZOOMS[1], { start: 10, stop: 20 }), { start: 0, stop: 960 });
  assert.deepEqual(pointsAround(ZOOMS[1], { start: 95, stop: 100 }), { start: 2880, stop: 3200 });
});

test("what is seen is cut out of what was given", () => {
  const points = Array.from({ length: 100 }, (_, i) => [-i, i]);
  assert.deepEqual(cut(points, 50, 10, { start: 6, stop: 6.3 }), [[-10, 10], [-11, 11], [-12, 12]]);
  assert.equal(cut(points, 0, 10, { start: 5, stop: 5 }).length, 1);
});
