import assert from "node:assert/strict";
import { test } from "node:test";

import { Pace, timeLeft } from "../../static/js/pace.js";

test("the time left is by the pace of the last seconds", () => {
  const pace = new Pace();
  assert.equal(pace.secondsLeft(1000), null);
  for (let second = 0; second <= 10; second += 1) pace.add(second * 10, second * 1000);
  assert.equal(pace.secondsLeft(200), 10);
  for (let second = 11; second <= 20; second += 1) pace.add(100 + (second - 10) * 20, second * 1000);
  assert.equal(pace.secondsLeft(500), 10);
});

test("nothing is known of what stands still", () => {
  const pace = new Pace();
  pace.add(5, 0);
  pace.add(5, 5000);
  assert.equal(pace.secondsLeft(10), null);
});

test("times left in words", () => {
  assert.deepEqual([null, 3, 42, 300, 7200].map(timeLeft), ["", "a few seconds left", "50 s left", "5 min left", "2 h left"]);
});
