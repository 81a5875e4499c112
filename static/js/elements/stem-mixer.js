/** <stem-mixer seconds sample-rate>: stems that play together, each with mute, solo and volume. */

import { gains, stemKey } from "../mix.js";
import { colourOf, draw, outline, scheme } from "../peaks.js";
import { isTaken } from "../shortcuts.js";
import { hear, say } from "../sound.js";
import { StemPlayer } from "../stem-player.js";
import { clock } from "../times.js";

const POINTS = 1200;
const CANNOT = "The stems could not be loaded. Reload the page, or download them.";

export class StemMixer extends HTMLElement {
  player = new StemPlayer();
  /** @type {Promise<void> | null} */
  #loading = null;
  /** @type {import("../peaks.js").Points[]} */
  #outlines = [];
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    this.player = new StemPlayer();
    const { signal } = this.#gone;
    hear("started", ({ who }) => who !== this && this.#pause(), signal);
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("resize", () => this.#draw(), { signal });
    scheme?.addEventListener("change", () => this.#draw(), { signal });
    this.#part("toggle").addEventListener("click", () => this.#toggle(), { signal });
    this.#part("seek").addEventListener("input", (event) => this.#seek(Number(event.target.value)), { signal });
    this.addEventListener("click", (event) => this.#press(event), { signal });
    this.addEventListener("input", () => this.#mix(), { signal });
    this.#loadWhenSeen(signal);
    this.#mix();
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.player.close();
    this.#loading = null;
  }

  /** @param {string} name */
  #part(name) {
    return this.querySelector(`[data-${name}]`);
  }

  /** @returns {HTMLElement[]} */
  get #stems() {
    return [...this.querySelectorAll(".stem")];
  }

  get #seconds() {
    return this.player.seconds || Number(this.getAttribute("seconds"));
  }

  /** @param {AbortSignal} signal */
  #loadWhenSeen(signal) {
    if (navigator.connection?.saveData) return;
    const seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.#load().catch(() => {});
    });
    seen.observe(this);
    signal.addEventListener("abort", () => seen.disconnect());
  }

  /** Once, whoever asks; after a failure, once more. */
  #load() {
    this.#loading ??= this.#fetch(this.#gone.signal).catch((error) => {
      this.#loading = null;
      this.#complain();
      throw error;
    });
    return this.#loading;
  }

  /** @param {AbortSignal} signal */
  async #fetch(signal) {
    const place = this.#part("loading");
    place.hidden = false;
    const report = (/** @type {number} */ fraction) => { place.querySelector("progress").value = fraction; };
    const addresses = this.#stems.map((stem) => stem.dataset.src);
    await this.player.load(addresses, Number(this.getAttribute("sample-rate")), report, signal);
    place.hidden = true;
    this.#part("problem").hidden = true;
    this.#outlines = this.player.buffers.map((buffer) => outline(channelsOf(buffer), POINTS));
    this.#draw();
  }

  #complain() {
    if (this.#gone.signal.aborted) return;
    this.#part("loading").hidden = true;
    this.#part("problem").textContent = CANNOT;
    this.#part("problem").hidden = false;
  }

  async #toggle() {
    if (this.player.playing) {
      this.#pause();
      return;
    }
    await this.#load();
    say("started", { who: this });
    await this.player.play();
    this.#showState();
    this.#tick();
  }

  #pause() {
    if (!this.player.playing) return;
    this.player.pause();
    this.#showState();
  }

  /** @param {number} time seconds */
  #seek(time) {
    this.player.seek(time);
    this.#showTime();
  }

  #tick() {
    if (!this.player.playing) return;
    if (this.player.position >= this.player.seconds) {
      this.#pause();
      this.player.seek(0);
    }
    this.#showTime();
    requestAnimationFrame(() => this.#tick());
  }

  #showState() {
    const { playing } = this.player;
    this.toggleAttribute("data-playing", playing);
    this.#part("toggle").setAttribute("aria-label", playing ? "Pause the stems" : "Play the stems");
  }

  #showTime() {
    const { position } = this.player;
    const seek = this.#part("seek");
    seek.value = String(position);
    seek.setAttribute("aria-valuetext", `${clock(position)} of ${clock(this.#seconds)}`);
    this.#part("now").textContent = clock(position);
    this.#draw();
  }

  #mix() {
    const faders = this.#stems.map(faderOf);
    const levels = gains(faders);
    this.player.setGains(levels);
    this.#stems.forEach((stem, index) => stem.toggleAttribute("data-silent", !levels[index]));
  }

  #draw() {
    this.#stems.forEach((stem, index) => {
      draw(stem.querySelector("canvas"), this.#outlines[index] ?? [], {
        colour: colourOf(this, "--wave"),
        heard: colourOf(stem, "--stem"),
        progress: this.#seconds ? this.player.position / this.#seconds : 0,
      });
    });
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const button = event.target.closest("[data-mute], [data-solo]");
    const wave = event.target.closest(".stem-wave");
    if (button) this.#flip(button);
    if (wave) this.#seek((event.offsetX / wave.clientWidth) * this.#seconds);
  }

  /** @param {Element} button */
  #flip(button) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    this.#mix();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (isTaken(event)) return;
    const wish = stemKey(event, this.#stems.length);
    if (event.code === "Space") this.#toggle().catch(() => {});
    else if (wish) this.#flip(this.#stems[wish.index].querySelector(wish.solo ? "[data-solo]" : "[data-mute]"));
    else return;
    event.preventDefault();
  }
}

/**
 * @param {HTMLElement} stem
 * @returns {import("../mix.js").Fader}
 */
function faderOf(stem) {
  const pressed = (/** @type {string} */ name) =>
    stem.querySelector(`[data-${name}]`).getAttribute("aria-pressed") === "true";
  const volume = Number(stem.querySelector("[data-volume]").value);
  return { muted: pressed("mute"), solo: pressed("solo"), volume };
}

/** @param {AudioBuffer} buffer */
function channelsOf(buffer) {
  return Array.from({ length: buffer.numberOfChannels }, (_, index) => buffer.getChannelData(index));
}

customElements.define("stem-mixer", StemMixer);
