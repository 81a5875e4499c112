import assert from "node:assert/strict";
import { test } from "node:test";

import { placed, startOf, stepped } from "../../static/js/lanes.js";

const SONG = { start: 0, stop: 200 };

test("a stretch lies where its time is", () => {
  assert.deepEqual(placed({ start: 50, stop: 100 }, SONG), { left: 25, width: 25 });
  assert.deepEqual(placed(SONG, SONG), { left: 0, width: 100 });
});

test("looked at closely, a stretch is cut where the view ends", () => {
  assert.deepEqual(placed({ start: 50, stop: 100 }, { start: 90, stop: 110 }), { left: 0, width: 50 });
  assert.deepEqual(placed(SONG, { start: 90, stop: 110 }), { left: 0, width: 100 });
});

test("what is not seen has no place", () => {
  assert.equal(placed({ start: 0, stop: 90 }, { start: 90, stop: 110 }), null);
  assert.equal(placed({ start: 110, stop: 120 }, { start: 90, stop: 110 }), null);
  assert.equal(placed(SONG, { start: 0, stop: 0 }), null);
});

test("a press plays the window under it from its start", () => {
  assert.equal(startOf([0, 30, 60], 45), 30);
  assert.equal(startOf([0, 30, 60], 60), 60);
  assert.equal(startOf([30, 60], 10), 30);
  assert.equal(startOf([], 10), 0);
});

test("arrows go to the neighbour and stop at the ends", () => {
  assert.equal(stepped("ArrowRight", 0, 3), 1);
  assert.equal(stepped("ArrowRight", 2, 3), 2);
  assert.equal(stepped("ArrowLeft", 0, 3), 0);
  assert.equal(stepped("End", 0, 3), 2);
  assert.equal(stepped("Home", 2, 3), 0);
  assert.equal(stepped("Enter", 1, 3), null);
});
