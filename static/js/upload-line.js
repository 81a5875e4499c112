/** The line of one file in <upload-tray>: how far it is, and its buttons. */

import { Pace, timeLeft } from "./pace.js";
import { ResumableUpload } from "./resumable-upload.js";

const BROKEN = "The connection broke. What was sent is kept: it goes on when you press Resume.";

export class UploadLine {
  #item;
  #file;
  #upload;
  #queue;
  #added;
  #pace = new Pace();
  /** @type {((end: import("./upload-queue.js").End) => void) | null} set while it is its turn */
  #done = null;
  #cancelled = false;

  /**
   * @param {HTMLElement} item
   * @param {File} file
   * @param {string} address where uploads go
   * @param {(track: string) => void} added
   */
  constructor(item, file, address, added) {
    this.#item = item;
    this.#file = file;
    this.#added = added;
    const token = () => document.querySelector('[name="csrfmiddlewaretoken"]').value;
    this.#upload = new ResumableUpload(file, address, token, this);
    this.#label();
  }

  #label() {
    const { name } = this.#file;
    this.#part("name").textContent = name;
    this.#item.querySelector("progress").setAttribute("aria-label", `Upload of ${name}`);
    this.#button("pause", `Pause the upload of ${name}`, () => this.pause());
    this.#button("resume", `Resume the upload of ${name}`, () => this.#resume());
    this.#button("cancel", `Cancel the upload of ${name}`, () => this.#cancel());
    this.#show("waiting", "Waiting");
  }

  /** @param {string} name */
  #part(name) {
    return this.#item.querySelector(`[data-${name}]`);
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {() => void} act
   */
  #button(name, label, act) {
    this.#part(name).setAttribute("aria-label", label);
    this.#part(name).addEventListener("click", act);
  }

  /**
   * @param {"waiting" | "sending" | "paused" | "done" | "failed"} state
   * @param {string} words
   */
  #show(state, words = "") {
    const over = state === "done" || state === "failed";
    this.#item.dataset.state = state;
    this.#part("left").textContent = over ? "" : words;
    this.#part("pause").hidden = state !== "sending";
    this.#part("resume").hidden = state !== "paused";
    this.#part("cancel").hidden = over;
    this.#item.querySelector("progress").hidden = over;
  }

  /** @param {string} problem */
  #say(problem) {
    this.#part("problem").textContent = problem;
    this.#part("problem").hidden = !problem;
  }

  /** @param {import("./upload-queue.js").UploadQueue} queue */
  begin(queue) {
    this.#queue = queue;
    queue.add((done) => this.#send(done));
  }

  /** @param {(end: import("./upload-queue.js").End) => void} done */
  #send(done) {
    if (this.#cancelled) { done("cancelled"); return; }
    this.#done = done;
    this.#pace = new Pace();
    this.#show("sending");
    this.#say("");
    this.#upload.start();
  }

  /** @param {import("./upload-queue.js").End} end */
  #end(end) {
    removeEventListener("online", this.#online);
    const done = this.#done;
    this.#done = null;
    done?.(end);
  }

  // -- its buttons -------------------------------------------------------------------------------

  async pause() {
    if (!this.#done) return;
    this.#show("paused", "Paused");
    await this.#upload.pause();
    this.#end("paused");
  }

  #resume() {
    removeEventListener("online", this.#online);
    this.#show("waiting", "Waiting");
    this.#say("");
    this.#queue.resume((done) => this.#send(done));
  }

  #cancel() {
    const { state } = this.#item.dataset;
    this.#cancelled = true;
    this.#item.remove();
    this.#upload.cancel();
    if (state === "paused") { removeEventListener("online", this.#online); this.#queue.drop(); }
    if (state === "sending") this.#end("cancelled");
  }

  #online = () => this.#resume();

  // -- what the upload tells ---------------------------------------------------------------------

  /** @param {number} bytes */
  progress(bytes) {
    if (!this.#done) return;
    this.#pace.add(bytes, performance.now());
    this.#item.querySelector("progress").value = bytes / Math.max(this.#file.size, 1);
    const words = bytes === this.#file.size ? "Almost done" : timeLeft(this.#pace.secondsLeft(this.#file.size));
    this.#part("left").textContent = words;
  }

  /**
   * @param {string} track
   * @param {boolean} isNew
   */
  added(track, isNew) {
    this.#show("done");
    this.#say(isNew ? "" : "It is in your library already.");
    this.#added(track);
    this.#end("added");
  }

  broken() {
    this.#show("paused", "Paused");
    this.#say(BROKEN);
    this.#end("paused");
    addEventListener("online", this.#online, { once: true });
  }

  /** @param {string} problem */
  refused(problem) {
    this.#show("failed");
    this.#say(problem);
    this.#end("failed");
  }
}
