import assert from "node:assert/strict";
import { test } from "node:test";

import { canRecord, ending } from "../../static/js/recorder.js";

test("a recording is named after what the browser wrote", () => {
  assert.equal(ending("audio/webm;codecs=opus"), "webm");
  assert.equal(ending("audio/mp4"), "m4a");
  assert.equal(ending(""), "audio");
});

test("without a microphone nothing is recorded", () => {
  assert.equal(canRecord, false);
});
