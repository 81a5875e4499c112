import assert from "node:assert/strict";
import { test } from "node:test";

import { Blocks, CannotLoad, wanted } from "../../static/js/blocks.js";

const SONG = { size: 100, frames: 1000 };

test("what sounds next comes first, and a little of what is over stays", () => {
  assert.deepEqual(wanted(250, { ...SONG, most: 3 }), [2, 3, 4, 1]);
  assert.deepEqual(wanted(0, { ...SONG, most: 3 }), [0, 1, 2]);
  assert.deepEqual(wanted(999, { ...SONG, most: 3 }), [9, 8]);
});

test("in a loop its beginning comes after its end", () => {
  const loop = { start: 120, stop: 390 };
  assert.deepEqual(wanted(310, { ...SONG, loop, most: 4 }), [3, 1, 2]);
  assert.deepEqual(wanted(110, { ...SONG, loop, most: 2 }), [1, 2, 0]);
  assert.deepEqual(wanted(500, { ...SONG, loop, most: 2 }), [5, 6, 4], "behind it, the song goes on");
});

test("the block in which a loop's end is looked for is wanted too", () => {
  assert.deepEqual(wanted(310, { ...SONG, loop: { start: 300, stop: 396 }, most: 4 }), [3, 4, 2]);
});

/** A server of blocks that can be told to fail. */
function served(t, answers = {}) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (address, { signal }) => {
    asked.push(address);
    await new Promise((resolve) => { setImmediate(resolve); });
    signal.throwIfAborted();
    const status = answers.status ?? 200;
    return { ok: status < 400, status, url: address, arrayBuffer: async () => address };
  });
  const came = new EventTarget();
  const blocks = new Blocks({ address: "/stem", frames: 250, size: 100, decode: async (bytes) => bytes, came: () => came.dispatchEvent(new Event("came")) });
  const next = () => new Promise((resolve) => { came.addEventListener("came", resolve, { once: true }); });
  return { blocks, asked, next, answers };
}

test("blocks are asked for once, the last one shorter, and let go when they are not wanted", async (t) => {
  const { blocks, asked, next } = served(t);
  blocks.want([1, 2]);
  blocks.want([1, 2]);
  await next();
  assert.equal(asked.length, 1, "the most urgent one has the line for itself");
  blocks.want([1, 2]);
  blocks.want([1, 2]);
  await next();
  assert.deepEqual(asked, ["/stem?start=100&frames=100", "/stem?start=200&frames=50"]);
  assert.equal(blocks.count, 2);
  blocks.want([2]);
  assert.equal(blocks.get(1), undefined);
  assert.equal(blocks.get(2), asked[1]);
});

test("who turns elsewhere does not wait for what was asked for", async (t) => {
  const { blocks, next } = served(t);
  blocks.want([0]);
  blocks.want([2]);
  await next();
  assert.equal(blocks.get(0), undefined);
  assert.notEqual(blocks.get(2), undefined);
  assert.equal(blocks.problem, null);
});

test("a hitch is tried again later; what is not there is said at once", async (t) => {
  const { blocks, asked, next, answers } = served(t, { status: 503 });
  blocks.want([0]);
  await next();
  assert.equal(blocks.problem, null);
  blocks.want([0]);
  assert.equal(asked.length, 1, "not at once");
  answers.status = 404;
  blocks.want([1]);
  await next();
  assert.ok(blocks.problem instanceof CannotLoad);
  answers.status = 200;
  blocks.retry();
  blocks.want([0]);
  await next();
  assert.notEqual(blocks.get(0), undefined);
});
