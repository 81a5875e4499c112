import assert from "node:assert/strict";
import { test } from "node:test";

import { fit, outline } from "../../static/js/peaks.js";

test("an outline keeps the lowest and highest sample of each stretch", () => {
  const samples = Float32Array.of(0, 0.5, -0.25, 0.125, 1, -1, 0, 0);
  assert.deepEqual(outline([samples], 2), [[-0.25, 0.5], [-1, 1]]);
});

test("an outline joins the channels", () => {
  const left = Float32Array.of(0.5, 0);
  const right = Float32Array.of(-0.5, 0.25);
  assert.deepEqual(outline([left, right], 2), [[-0.5, 0.5], [0, 0.25]]);
});

test("no more points than samples, and none of nothing", () => {
  assert.equal(outline([new Float32Array(3)], 100).length, 3);
  assert.deepEqual(outline([new Float32Array(0)], 100), []);
  assert.deepEqual(outline([], 100), []);
});

test("fitting never loses the loudest", () => {
  const points = Array.from({ length: 1000 }, (_, i) => (i === 777 ? [-1, 1] : [0, 0]));
  for (const columns of [1, 7, 300, 999]) {
    assert.ok(fit(points, columns).some(([low, high]) => low === -1 && high === 1));
  }
});

test("fewer points than columns are stretched", () => {
  assert.deepEqual(fit([[0, 1], [0, 2]], 4).map((p) => p[1]), [1, 1, 2, 2]);
  assert.deepEqual(fit([], 4), []);
});
