import assert from "node:assert/strict";
import { test } from "node:test";

import { isPassing, problemOf } from "../../static/js/resumable-upload.js";

/** What tus-js-client reports of an answer with this status and error. */
function failure(status, error) {
  const response = { getStatus: () => status, getBody: () => JSON.stringify({ error }) };
  return Object.assign(new Error("tus"), { originalRequest: {}, originalResponse: status ? response : null });
}

test("trouble that passes is tried again", () => {
  for (const error of [failure(0), failure(500), failure(503), failure(423, { code: "busy" }), failure(409, { code: "offset" })]) {
    assert.equal(isPassing(error), true);
  }
});

test("a refusal is not", () => {
  for (const error of [failure(422, {}), failure(413, {}), failure(403, {}), failure(507, {}), failure(409, { code: "over_quota" }), new Error("no file")]) {
    assert.equal(isPassing(error), false);
  }
});

test("the server's sentence is what people read", () => {
  assert.equal(problemOf(failure(422, { message: "This is no recording." })), "This is no recording.");
  assert.equal(problemOf(new Error("x")), "The server could not take this file. Try again.");
});
