import assert from "node:assert/strict";
import { test } from "node:test";

import { UploadQueue } from "../../static/js/upload-queue.js";

/** A queue of some uploads, and the functions that end those that have begun. */
function queueOf(count) {
  const begun = [];
  const queue = new UploadQueue(2, () => {});
  for (let i = 0; i < count; i += 1) queue.add((done) => begun.push(done));
  return { queue, begun };
}

test("two at a time, the next when one ends", () => {
  const { queue, begun } = queueOf(3);
  assert.equal(begun.length, 2);
  begun[0]("added");
  assert.equal(begun.length, 3);
  assert.ok(queue.busy);
});

test("it counts what was added and what failed", () => {
  const { queue, begun } = queueOf(2);
  begun[0]("added");
  begun[1]("failed");
  assert.deepEqual([queue.total, queue.over, queue.failed, queue.busy], [2, 2, 1, false]);
});

test("what is paused makes room, and goes on before those that have not begun", () => {
  const { queue, begun } = queueOf(3);
  begun[0]("paused");
  assert.equal(begun.length, 3);
  queue.resume((done) => begun.push(done));
  begun[1]("added");
  assert.equal(begun.length, 4);
  assert.deepEqual([queue.total, queue.over, queue.busy], [3, 1, true]);
});

test("what is cancelled while it is paused does not count", () => {
  const { queue, begun } = queueOf(1);
  begun[0]("paused");
  assert.ok(queue.busy);
  queue.drop();
  assert.deepEqual([queue.total, queue.busy], [0, false]);
});

test("what is cancelled does not count", () => {
  const { queue, begun } = queueOf(2);
  begun[0]("cancelled");
  begun[1]("added");
  assert.deepEqual([queue.total, queue.over, queue.busy], [1, 1, false]);
});
