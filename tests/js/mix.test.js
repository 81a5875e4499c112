import assert from "node:assert/strict";
import { test } from "node:test";

import { gains, loudness, stemKey } from "../../static/js/mix.js";

const fader = (more = {}) => ({ muted: false, solo: false, volume: 1, ...more });

test("untouched stems sound as they are", () => {
  assert.deepEqual(gains([fader(), fader()]), [1, 1]);
});

test("a muted stem is silent", () => {
  assert.deepEqual(gains([fader({ muted: true }), fader()]), [0, 1]);
});

test("solo silences the others", () => {
  assert.deepEqual(gains([fader({ solo: true }), fader(), fader()]), [1, 0, 0]);
});

test("several can be solo at once", () => {
  assert.deepEqual(gains([fader({ solo: true }), fader({ solo: true }), fader()]), [1, 1, 0]);
});

test("solo is heard even when muted before", () => {
  assert.deepEqual(gains([fader({ solo: true, muted: true }), fader()]), [1, 0]);
});

test("volume counts for what sounds, and never exceeds the stem itself", () => {
  assert.deepEqual(gains([fader({ volume: 0.5 }), fader({ volume: 0 })]), [0.25, 0]);
  assert.equal(loudness(7), 1);
  assert.equal(loudness(-1), 0);
});

test("digits mute, with shift they solo, and others are not ours", () => {
  assert.deepEqual(stemKey({ code: "Digit2", shiftKey: false }, 2), { index: 1, solo: false });
  assert.deepEqual(stemKey({ code: "Numpad1", shiftKey: true }, 2), { index: 0, solo: true });
  assert.equal(stemKey({ code: "Digit3", shiftKey: false }, 2), null);
  assert.equal(stemKey({ code: "KeyA", shiftKey: false }, 2), null);
});
