/** <wave-form key peaks seconds>: a song's waveform; follows the player, and a click seeks. */

import WaveSurfer from "../../vendor/wavesurfer/wavesurfer.esm.js";
import { colourOf, scheme } from "../peaks.js";
import { hear, now, playFrom } from "../sound.js";

const HEIGHT = 128;

class WaveForm extends HTMLElement {
  /** @type {WaveSurfer | null} */
  #wave = null;
  #gone = new AbortController();

  async connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    try {
      const response = await fetch(this.getAttribute("peaks"), { signal });
      if (response.ok) this.#show((await response.json()).points, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.#wave?.destroy();
    this.#wave = null;
  }

  get #key() {
    return this.getAttribute("key");
  }

  #colours() {
    return {
      waveColor: colourOf(this, "--wave"),
      progressColor: colourOf(this, "--wave-done"),
      cursorColor: colourOf(this, "--text"),
    };
  }

  /**
   * @param {import("../peaks.js").Points} points
   * @param {AbortSignal} signal
   */
  #show(points, signal) {
    if (signal.aborted) return;
    this.#wave = WaveSurfer.create({
      container: this.querySelector("div"),
      height: HEIGHT,
      peaks: [points.map((point) => point[1]), points.map((point) => point[0])],
      duration: Number(this.getAttribute("seconds")),
      hideScrollbar: true,
      cursorWidth: 2,
      ...this.#colours(),
    });
    this.#wave.on("interaction", (time) => playFrom(this.#key, time));
    this.#wave.on("ready", () => this.#follow(now));
    hear("time", (news) => this.#follow(news), signal);
    scheme?.addEventListener("change", () => this.#wave?.setOptions(this.#colours()), { signal });
  }

  /** @param {{key: string, time: number}} news */
  #follow({ key, time }) {
    if (key === this.#key) this.#wave?.setTime(time);
  }
}

customElements.define("wave-form", WaveForm);
