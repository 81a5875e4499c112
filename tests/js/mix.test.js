import assert from "node:assert/strict";
import { test } from "node:test";

import { LOUDEST, QUIETEST, gains, levelText, linear, panText, remember, remembered, stemKey, wish } from "../../static/js/mix.js";

const fader = (more = {}) => ({ name: "drums", muted: false, solo: false, db: 0, pan: 0, ...more });

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

test("levels are decibels; at its lowest end a fader is silent", () => {
  assert.equal(linear(0), 1);
  assert.ok(Math.abs(linear(-20) - 0.1) < 1e-12);
  assert.equal(linear(QUIETEST), 0);
  assert.equal(linear(40), linear(LOUDEST));
});

test("levels and places in words", () => {
  assert.deepEqual([0, -3.5, 2, QUIETEST].map(levelText), ["0 dB", "−3.5 dB", "+2 dB", "off"]);
  assert.deepEqual([0, -0.2, 1].map(panText), ["middle", "20 % left", "100 % right"]);
});

test("a mix is asked for by what sounds", () => {
  const faders = [fader({ solo: true, db: -3 }), fader({ name: "bass" }), fader({ name: "other", solo: true, pan: 0.5 })];
  const region = { start: 1, stop: 2 };
  assert.deepEqual(wish(faders, { region, speed: 0.8, format: "mp3" }), {
    stems: { drums: { gain_db: -3, pan: 0 }, other: { gain_db: 0, pan: 0.5 } }, region, speed: 0.8, format: "mp3",
  });
  assert.equal(wish([fader({ muted: true }), fader({ db: QUIETEST })]), null);
});

test("digits mute, with shift they solo, and others are not ours", () => {
  assert.deepEqual(stemKey({ code: "Digit2", shiftKey: false }, 2), { index: 1, solo: false });
  assert.deepEqual(stemKey({ code: "Numpad1", shiftKey: true }, 2), { index: 0, solo: true });
  assert.equal(stemKey({ code: "Digit3", shiftKey: false }, 2), null);
  assert.equal(stemKey({ code: "KeyA", shiftKey: false }, 2), null);
});

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

test("each song's mixer is remembered, the latest forty", () => {
  const place = storage();
  for (let song = 0; song < 45; song += 1) remember(place, String(song), { stems: {}, loop: null, looping: false, speed: 1 + song / 100 });
  remember(place, "44", { stems: {}, loop: null, looping: false, speed: 0.5 });
  assert.equal(remembered(place, "44").speed, 0.5);
  assert.equal(remembered(place, "10").speed, 1.1);
  assert.deepEqual(remembered(place, "2"), {});
});

test("what somebody else wrote there is nothing", () => {
  const place = storage();
  for (const text of ["{", "7", "[[1]]", '[["1", 3], null]']) {
    place.setItem("mixers", text);
    assert.deepEqual(remembered(place, "1"), {});
  }
});
