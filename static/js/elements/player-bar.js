/** <player-bar>: the one player of the page; it lies outside the shell and outlives every page. */

import { colourOf, draw, scheme } from "../peaks.js";
import { isTaken } from "../shortcuts.js";
import { hear, now, say } from "../sound.js";
import { clock } from "../times.js";

const CANNOT = "This cannot be played here. Try another browser, or download it.";

class PlayerBar extends HTMLElement {
  /** @type {import("../sound.js").Song | null} */
  #song = null;
  /** @type {import("../peaks.js").Points} */
  #points = [];
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    hear("play", ({ song, time }) => this.#begin(song, time), signal);
    hear("toggle", () => this.#toggle(), signal);
    hear("seek", ({ time, play }) => this.#seek(time, play), signal);
    hear("started", ({ who }) => who !== this && this.#audio.pause(), signal);
    this.#listenToControls(signal);
    this.#listenToAudio(signal);
    addEventListener("resize", () => this.#draw(), { signal });
    scheme?.addEventListener("change", () => this.#draw(), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  /** @param {string} name */
  #part(name) {
    return this.querySelector(`[data-${name}]`);
  }

  get #audio() {
    return this.querySelector("audio");
  }

  /** Known from the server before the browser has read the file's head. */
  get #seconds() {
    return Number.isFinite(this.#audio.duration) ? this.#audio.duration : this.#song?.seconds ?? 0;
  }

  /** @param {AbortSignal} signal */
  #listenToControls(signal) {
    this.#part("toggle").addEventListener("click", () => this.#toggle(), { signal });
    this.#part("seek").addEventListener("input", (event) => this.#seek(Number(event.target.value), false), { signal });
    this.#part("volume").addEventListener("input", (event) => { this.#audio.volume = Number(event.target.value) ** 2; }, { signal });
  }

  /** @param {AbortSignal} signal */
  #listenToAudio(signal) {
    const on = (/** @type {string} */ names, /** @type {() => void} */ act) =>
      names.split(" ").forEach((name) => this.#audio.addEventListener(name, act, { signal }));
    on("play", () => say("started", { who: this }));
    on("play pause ended emptied", () => this.#tellState());
    on("timeupdate seeked loadedmetadata durationchange", () => this.#tellTime());
    on("error", () => this.#complain());
  }

  /**
   * @param {import("../sound.js").Song} song
   * @param {number} time
   */
  async #begin(song, time) {
    this.#song = song;
    now.key = song.key;
    this.#show(song);
    this.#audio.src = song.src;
    this.#audio.currentTime = time;
    this.#play();
    this.#points = [];
    this.#points = await pointsOf(song.peaks);
    this.#draw();
  }

  /** @param {import("../sound.js").Song} song */
  #show(song) {
    this.querySelector("section").hidden = false;
    this.#part("problem").hidden = true;
    this.#part("title").textContent = song.title;
    this.#part("artist").textContent = song.artist;
    this.#part("link").href = song.page;
    if ("mediaSession" in navigator) {
      navigator.mediaSession.metadata = new MediaMetadata({ title: song.title, artist: song.artist });
    }
  }

  #play() {
    this.#audio.play().catch((error) => error.name === "NotSupportedError" && this.#complain());
  }

  #toggle() {
    if (this.#audio.paused) this.#play();
    else this.#audio.pause();
  }

  /**
   * @param {number} time
   * @param {boolean} play
   */
  #seek(time, play) {
    this.#audio.currentTime = time;
    if (play) this.#play();
  }

  #tellState() {
    now.playing = !this.#audio.paused && !this.#audio.ended;
    this.toggleAttribute("data-playing", now.playing);
    this.#part("toggle").setAttribute("aria-label", now.playing ? "Pause" : "Play");
    say("state");
  }

  #tellTime() {
    now.time = this.#audio.currentTime;
    const seek = this.#part("seek");
    seek.max = String(this.#seconds);
    seek.value = String(now.time);
    seek.setAttribute("aria-valuetext", `${clock(now.time)} of ${clock(this.#seconds)}`);
    this.#part("now").textContent = clock(now.time);
    this.#part("length").textContent = clock(this.#seconds);
    this.#draw();
    say("time", { key: now.key, time: now.time });
  }

  #complain() {
    if (!this.#song) return;
    this.#part("problem").textContent = CANNOT;
    this.#part("problem").hidden = false;
  }

  #draw() {
    const progress = this.#seconds ? now.time / this.#seconds : 0;
    draw(this.#part("wave"), this.#points, {
      colour: colourOf(this, "--wave"),
      heard: colourOf(this, "--wave-done"),
      progress,
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.code !== "Space" || !this.#song || isTaken(event)) return;
    if (document.querySelector("stem-mixer")) return; // there, space plays the stems
    event.preventDefault();
    this.#toggle();
  }
}

/**
 * @param {string} address
 * @returns {Promise<import("../peaks.js").Points>}
 */
async function pointsOf(address) {
  const response = address ? await fetch(address) : null;
  return response?.ok ? (await response.json()).points : [];
}

customElements.define("player-bar", PlayerBar);
