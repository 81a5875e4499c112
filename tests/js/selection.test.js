import assert from "node:assert/strict";
import { test } from "node:test";

import { between, neighbour, songs } from "../../static/js/selection.js";

const LIST = ["a", "b", "c", "d"];

test("a range holds both ends, whichever comes first", () => {
  assert.deepEqual(between(LIST, "b", "d"), ["b", "c", "d"]);
  assert.deepEqual(between(LIST, "d", "b"), ["b", "c", "d"]);
  assert.deepEqual(between(LIST, "b", "b"), ["b"]);
});

test("a range from what has left the list is the other end alone", () => {
  assert.deepEqual(between(LIST, "gone", "c"), ["c"]);
});

test("keys stop at both ends of a list", () => {
  assert.equal(neighbour(LIST, "b", 1), "c");
  assert.equal(neighbour(LIST, "d", 1), "d");
  assert.equal(neighbour(LIST, "a", -1), "a");
  assert.equal(neighbour(LIST, undefined, 1), "a");
  assert.equal(neighbour([], undefined, 1), undefined);
});

test("songs are counted in words", () => {
  assert.deepEqual([1, 2, 50_000].map(songs), ["1 song", "2 songs", "50,000 songs"]);
});
