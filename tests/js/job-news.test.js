import assert from "node:assert/strict";
import { test } from "node:test";

import { news } from "../../static/js/job-news.js";

const job = (changes = {}) => ({ kind: "separate", label: "Unmix “A”", page: "/songs/a/", state: "done", error: null, ...changes });

test("a job that is done is told, with where its result is", () => {
  assert.deepEqual(news([job()], "/jobs/", "/jobs/"), [{ text: "Done: Unmix “A”.", level: "success", page: "/songs/a/" }]);
});

test("the page of the result needs no note, nor do short jobs and cancelled ones", () => {
  const quiet = [job({ page: "/here/" }), job({ kind: "probe" }), job({ kind: "predict" }), job({ state: "cancelled" })];
  assert.deepEqual(news(quiet, "/here/", "/jobs/"), []);
});

test("a job that failed says why", () => {
  const [{ text, level }] = news([job({ state: "failed", error: { message: "Too short." } })], "/", "/jobs/");
  assert.equal(text, "Failed: Unmix “A”. Too short.");
  assert.equal(level, "error");
});

test("many at once are one note, and failures are not lost in it", () => {
  const told = news([job(), job(), job(), job({ state: "failed" })], "/", "/jobs/");
  assert.deepEqual(told.map(({ text }) => text), ["3 jobs are done.", "Failed: Unmix “A”."]);
});
