import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** A microphone as browsers give it, and what is written of it. */
class Track {
  stopped = false;
  stop() { this.stopped = true; }
}

class Writer extends EventTarget {
  static isTypeSupported = (type) => type === "audio/mp4";
  state = "inactive";
  mimeType = "audio/mp4";
  start() { this.state = "recording"; writers.push(this); }
  stop() {
    this.state = "inactive";
    this.dispatchEvent(Object.assign(new Event("dataavailable"), { data: new Blob(["sound"]) }));
    this.dispatchEvent(new Event("stop"));
  }
}

const bare = await import("../../static/js/recorder.js?bare");
const writers = [];
let track;
let allow; // what the person says to the browser's question
let refuse;

globalThis.MediaRecorder = Writer;
Object.defineProperty(globalThis, "navigator", {
  configurable: true,
  value: { mediaDevices: { getUserMedia: () => new Promise((yes, no) => {
    allow = () => yes({ getTracks: () => [track] });
    refuse = () => no(new Error("NotAllowedError"));
  }) } },
});

const { Recorder, canRecord, ending } = await import("../../static/js/recorder.js");
const soon = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => { track = new Track(); writers.length = 0; });

test("a recording is named after what the browser wrote", () => {
  assert.equal(ending("audio/webm;codecs=opus"), "webm");
  assert.equal(ending("audio/mp4"), "m4a");
  assert.equal(ending(""), "audio");
});

test("without a microphone nothing is recorded", () => {
  assert.equal(bare.canRecord, false);
});

test("what is recorded until it is stopped is a file", async () => {
  assert.equal(canRecord, true);
  const recorder = new Recorder();
  const recording = recorder.record(30);
  assert.equal(recorder.state, "starting");
  allow();
  await soon();
  assert.equal(recorder.isRecording, true);
  recorder.stop();
  const file = await recording;
  assert.deepEqual([file.name, await file.text()], ["recording.m4a", "sound"]);
  assert.deepEqual([recorder.state, track.stopped], ["idle", true]);
});

test("stopped before it was allowed, it never listens", async () => {
  const recorder = new Recorder();
  const recording = recorder.record(30);
  recorder.stop();
  allow();
  assert.equal(await recording, null);
  assert.deepEqual([writers.length, track.stopped, recorder.state], [0, true, "idle"]);
});

test("a second press while the browser asks starts nothing twice", async () => {
  const recorder = new Recorder();
  const recording = recorder.record(30);
  assert.equal(await recorder.record(30), null);
  allow();
  await soon();
  recorder.stop();
  assert.ok(await recording);
  assert.equal(writers.length, 1);
});

test("the microphone is let go, whatever happens", async () => {
  const recorder = new Recorder();
  const broken = recorder.record(30);
  allow();
  await soon();
  writers[0].dispatchEvent(new Event("error"));
  await assert.rejects(broken);
  assert.deepEqual([recorder.state, track.stopped], ["idle", true]);
  const refused = recorder.record(30);
  refuse();
  await assert.rejects(refused);
  assert.equal(recorder.state, "idle");
});

test("it ends by itself when the time is over", async () => {
  const recorder = new Recorder();
  const recording = recorder.record(0.01);
  allow();
  assert.ok(await recording);
});
