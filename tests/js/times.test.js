import assert from "node:assert/strict";
import { test } from "node:test";

import { clock } from "../../static/js/times.js";

test("times read as on a player", () => {
  assert.equal(clock(7), "0:07");
  assert.equal(clock(220.9), "3:40");
  assert.equal(clock(3723), "1:02:03");
});

test("what is not a time reads as nought", () => {
  assert.equal(clock(NaN), "0:00");
  assert.equal(clock(Infinity), "0:00");
  assert.equal(clock(-3), "0:00");
});
