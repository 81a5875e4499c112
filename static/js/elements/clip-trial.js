/**
 * <clip-trial>: a clip dropped, chosen or recorded goes to the models through the form inside;
 * what comes back can be heard from here, since the server does not keep it.
 */

import { outline } from "../peaks.js";
import { Recorder, canRecord } from "../recorder.js";
import { hear, now, say } from "../sound.js";

const LONGEST = 30; // seconds from the microphone
const DRAWN = 60 * 2 ** 20; // bytes above which the clip is not decoded here to be drawn
const POINTS = 800;
const RATE = 8000; // Hz, enough to draw
const NO_MICROPHONE = "There is no microphone, or this page may not use it. Choose a file instead.";

class ClipTrial extends HTMLElement {
  #recorder = new Recorder();
  #sound = ""; // address of the clip, in this browser
  #key = ""; // by which the player knows it
  #peaks = Promise.resolve("");
  #invitation = "";
  #clock = 0;
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    this.#invitation = this.#part("word").textContent;
    this.#part("plain").hidden = true;
    this.#part("choose").hidden = this.#part("drop").hidden = false;
    this.#part("record").hidden = !canRecord;
    this.#part("chosen").addEventListener("change", (event) => this.#take(event.target.files[0]), { signal });
    this.#part("record").addEventListener("click", () => this.#record(), { signal });
    this.#listenToDrops(signal);
    this.addEventListener("htmx:xhr:progress", (event) => this.#sent(event.detail), { signal });
    this.addEventListener("htmx:afterRequest", () => this.#sending(false), { signal });
    this.addEventListener("htmx:afterSwap", () => this.#equip(), { signal });
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.#recorder.stop();
    clearInterval(this.#clock);
    this.#forget();
  }

  /** @param {string} name */
  #part(name) {
    return this.querySelector(`[data-${name}]`);
  }

  /** On this page a dropped file is a clip, wherever it falls. @param {AbortSignal} signal */
  #listenToDrops(signal) {
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      document.addEventListener(name, (event) => this.#drop(event), { signal, capture: true });
    }
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    const over = event.type === "dragenter" || event.type === "dragover";
    this.toggleAttribute("data-dragging", over || (event.type === "dragleave" && Boolean(event.relatedTarget)));
    if (event.type === "drop") this.#take(event.dataTransfer.files[0]);
  }

  // -- the clip ------------------------------------------------------------------------------

  /** @param {File | undefined} file */
  #take(file) {
    if (!file || this.#isTooLarge(file)) return;
    this.#forget();
    this.#sound = URL.createObjectURL(file);
    this.#peaks = peaksOf(file).catch(() => ""); // what the browser cannot decode is not drawn
    const carrier = new DataTransfer();
    carrier.items.add(file);
    this.querySelector("[name=file]").files = carrier.files;
    this.#part("word").textContent = this.#invitation;
    this.#sending(true);
    this.querySelector("form").requestSubmit();
  }

  /** The server would refuse it, once all of it was there. @param {File} file */
  #isTooLarge(file) {
    const most = Number(this.dataset.most) || Infinity;
    if (file.size <= most) return false;
    this.#part("word").textContent = `This clip is larger than the ${Math.floor(most / 2 ** 20)} MB this server takes.`;
    return true;
  }

  #forget() {
    release(this.#key, [this.#sound, this.#peaks]);
    this.#sound = this.#key = "";
    this.#peaks = Promise.resolve("");
  }

  async #record() {
    if (this.#recorder.state !== "idle") { this.#recorder.stop(); return; }
    if (now.playing) say("toggle");
    try {
      const recording = this.#recorder.record(LONGEST);
      this.#count();
      const file = await recording;
      if (file && this.isConnected) this.#take(file);
    } catch {
      this.#part("word").textContent = NO_MICROPHONE;
    } finally {
      this.#stopCounting();
    }
  }

  #count() {
    const began = performance.now();
    const tell = () => {
      const left = Math.max(0, Math.ceil(LONGEST - (performance.now() - began) / 1000));
      this.#part("record-word").textContent = this.#recorder.isRecording ? `Stop and hear it (${left} s left)` : "Allow the microphone…";
    };
    this.#part("record").setAttribute("aria-pressed", "true");
    this.#clock = setInterval(tell, 250);
    tell();
  }

  #stopCounting() {
    clearInterval(this.#clock);
    this.#part("record").setAttribute("aria-pressed", "false");
    this.#part("record-word").textContent = "Record";
    this.#part("chosen").value = "";
  }

  // -- on its way, and back ------------------------------------------------------------------

  /** @param {boolean} on */
  #sending(on) {
    this.#part("sending").hidden = !on;
    this.#part("sending").value = 0;
  }

  /** @param {{loaded: number, total: number}} progress */
  #sent({ loaded, total }) {
    if (total) this.#part("sending").value = loaded / total;
  }

  /** The answer comes without sound: the clip that was sent is given to it. */
  async #equip() {
    const parts = this.querySelector("#trial template")?.content.cloneNode(true);
    if (!parts || !this.#sound) return;
    const [button, wave] = [parts.querySelector("play-button"), parts.querySelector("wave-form")];
    const peaks = await this.#peaks;
    if (!this.isConnected || !this.#part("play")) return;
    this.#key = button.getAttribute("key");
    button.setAttribute("src", this.#sound);
    button.setAttribute("peaks", peaks);
    this.#part("play").replaceChildren(button);
    if (!peaks) return;
    wave.setAttribute("peaks", peaks);
    this.#part("wave").replaceChildren(wave);
  }
}

/**
 * Give addresses of a clip back; as long as the player has the clip, music plays on.
 * @param {string} key by which the player knows it
 * @param {(string | Promise<string>)[]} addresses
 */
function release(key, addresses) {
  const revoke = async () => {
    for (const address of addresses) URL.revokeObjectURL(await address);
  };
  if (!key || now.key !== key) { revoke(); return; }
  const heard = new AbortController();
  hear("state", () => {
    if (now.key === key) return;
    heard.abort();
    revoke();
  }, heard.signal);
}

/**
 * The address of a file's outline, in the form in which the server tells those of songs.
 * @param {File} file
 */
async function peaksOf(file) {
  if (file.size > DRAWN) return "";
  const decoder = new OfflineAudioContext(1, 1, RATE);
  const sound = await decoder.decodeAudioData(await file.arrayBuffer());
  const channels = Array.from({ length: sound.numberOfChannels }, (_, index) => sound.getChannelData(index));
  const told = JSON.stringify({ points: outline(channels, POINTS), seconds: sound.duration, zooms: [] });
  return URL.createObjectURL(new Blob([told], { type: "application/json" }));
}

customElements.define("clip-trial", ClipTrial);
