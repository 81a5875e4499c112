import assert from "node:assert/strict";
import { test } from "node:test";

import { remember, remembered } from "../../static/js/loudness.js";
import { Playlist } from "../../static/js/playlist.js";

const songs = (...keys) => keys.map((key) => ({ key }));

test("one song follows the other, and the list has two ends", () => {
  const list = new Playlist();
  list.set(songs("a", "b"), "a");
  assert.equal(list.previous, undefined);
  assert.equal(list.next.key, "b");
  list.moveTo("b");
  assert.equal(list.next, undefined);
  assert.equal(list.previous.key, "a");
});

test("a list that has grown goes on; another list is not taken", () => {
  const list = new Playlist();
  list.set(songs("a", "b"), "b");
  list.renew(songs("x", "y"));
  assert.equal(list.next, undefined);
  list.renew(songs("a", "b", "c"));
  assert.equal(list.next.key, "c");
});

test("loudness is remembered, and nonsense is not", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
  assert.deepEqual(remembered(storage), { volume: 1, muted: false });
  remember(storage, { volume: 0.25, muted: true });
  assert.deepEqual(remembered(storage), { volume: 0.25, muted: true });
  for (const text of ["{", "null", '{"volume": 7}', '{"volume": "x"}']) {
    assert.deepEqual(remembered({ getItem: () => text }), { volume: 1, muted: false });
  }
});
