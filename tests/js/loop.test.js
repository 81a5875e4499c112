import assert from "node:assert/strict";
import { test } from "node:test";

import { anchor, drawnOut, snapped } from "../../static/js/loop.js";

const BEATS = [1, 1.5, 2, 2.5];

test("a moment goes to the nearest beat, or stays where none is known", () => {
  assert.deepEqual([0, 1.2, 1.3, 2.3, 9].map((time) => snapped(time, BEATS)), [1, 1, 1.5, 2.5, 2.5]);
  assert.equal(snapped(1.234, []), 1.234);
});

test("a loop is drawn out either way, within the song", () => {
  assert.deepEqual(drawnOut(5, 2, 10), { start: 2, stop: 5 });
  assert.deepEqual(drawnOut(8, 14, 10), { start: 8, stop: 10 });
  assert.deepEqual(drawnOut(1.1, 2.4, 10, BEATS), { start: 1, stop: 2.5 });
});

test("a twitch is no loop", () => {
  assert.equal(drawnOut(3, 3.05, 10), null);
  assert.equal(drawnOut(1.4, 1.6, 10, BEATS), null);
});

test("who takes an edge moves that one", () => {
  const loop = { start: 2, stop: 6 };
  assert.equal(anchor(loop, 2.05, 0.01), 6);
  assert.equal(anchor(loop, 6.05, 0.01), 2);
  assert.equal(anchor(loop, 4, 0.01), 4);
  assert.equal(anchor(null, 4, 0.01), 4);
});
