/** <player-bar>: the one player of the page; it lies outside the shell and outlives every page. */

import { remember, remembered } from "../loudness.js";
import { colourOf, draw, scheme } from "../peaks.js";
import { Playlist } from "../playlist.js";
import { isTaken } from "../shortcuts.js";
import { hear, now, say } from "../sound.js";
import { clock } from "../times.js";

const STEP = 10; // seconds that the keys of a keyboard or headset jump
const CANNOT = "This cannot be played here. Try another browser, or download it.";

class PlayerBar extends HTMLElement {
  /** @type {import("../sound.js").Song | null} */
  #song = null;
  /** @type {import("../peaks.js").Points} */
  #points = [];
  #list = new Playlist();
  #loudness = remembered(localStorage);
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    hear("play", ({ song, time, list = [song] }) => { this.#list.set(list, song.key); this.#begin(song, time); }, signal);
    hear("toggle", () => this.#toggle(), signal);
    hear("seek", ({ time, play }) => this.#seek(time, play), signal);
    hear("started", ({ who }) => who !== this && this.#audio.pause(), signal);
    this.#listenToControls(signal);
    this.#listenToAudio(signal);
    addEventListener("resize", () => this.#draw(), { signal });
    scheme?.addEventListener("change", () => this.#draw(), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#listenToMediaKeys(signal);
    this.#setLoudness(this.#loudness);
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
    this.#part("volume").addEventListener("input", (event) => this.#setLoudness({ volume: Number(event.target.value), muted: false }), { signal });
    this.#part("mute").addEventListener("click", () => this.#mute(), { signal });
    this.#part("previous").addEventListener("click", () => this.#goBack(), { signal });
    this.#part("next").addEventListener("click", () => this.#go(this.#next), { signal });
  }

  /** @param {AbortSignal} signal */
  #listenToMediaKeys(signal) {
    const session = navigator.mediaSession;
    if (!session) return;
    const acts = {
      play: () => this.#play(),
      pause: () => this.#audio.pause(),
      previoustrack: () => this.#goBack(),
      nexttrack: () => this.#go(this.#next),
      seekto: ({ seekTime }) => this.#seek(seekTime, false),
      seekbackward: ({ seekOffset }) => this.#seek(now.time - (seekOffset ?? STEP), false),
      seekforward: ({ seekOffset }) => this.#seek(now.time + (seekOffset ?? STEP), false),
    };
    for (const [name, act] of Object.entries(acts)) session.setActionHandler(name, act);
    signal.addEventListener("abort", () => Object.keys(acts).forEach((name) => session.setActionHandler(name, null)));
  }

  // -- how loud ------------------------------------------------------------------------------

  /** @param {import("../loudness.js").Loudness} loudness */
  #setLoudness(loudness) {
    this.#loudness = loudness;
    remember(localStorage, loudness);
    this.#audio.volume = loudness.volume ** 2;
    this.#audio.muted = loudness.muted;
    this.#part("volume").value = String(loudness.volume);
    this.#part("mute").setAttribute("aria-pressed", String(loudness.muted));
  }

  #mute() {
    this.#setLoudness({ ...this.#loudness, muted: !this.#loudness.muted });
  }

  // -- what comes next -----------------------------------------------------------------------

  /** The next one; the list may have grown on the page since it was started from there. */
  get #next() {
    const button = document.querySelector(`[data-playlist] play-button[key="${CSS.escape(now.key)}"]`);
    if (button) this.#list.renew(button.list);
    return this.#list.next;
  }

  /** @param {import("../sound.js").Song | undefined} song */
  #go(song) {
    if (!song) return;
    this.#list.moveTo(song.key);
    this.#begin(song, 0);
  }

  /** To the start of this song, or, near the start, to the one before. */
  #goBack() {
    if (now.time > 3 || !this.#list.previous) this.#seek(0, false);
    else this.#go(this.#list.previous);
  }

  /** @param {AbortSignal} signal */
  #listenToAudio(signal) {
    const on = (/** @type {string} */ names, /** @type {() => void} */ act) =>
      names.split(" ").forEach((name) => this.#audio.addEventListener(name, act, { signal }));
    on("play", () => say("started", { who: this }));
    on("play pause ended emptied", () => this.#tellState());
    on("timeupdate seeked loadedmetadata durationchange", () => this.#tellTime());
    on("error", () => this.#complain());
    on("ended", () => this.#go(this.#next));
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
    const points = await pointsOf(song.peaks);
    if (song !== this.#song) return; // the next one has begun
    this.#points = points;
    this.#draw();
  }

  /** @param {import("../sound.js").Song} song */
  #show(song) {
    this.querySelector("section").hidden = false;
    this.#part("problem").hidden = true;
    this.#part("title").textContent = song.title;
    this.#part("artist").textContent = song.artist;
    this.#part("link").href = song.page;
    this.#part("previous").disabled = false;
    this.#part("next").disabled = !this.#next;
    if ("mediaSession" in navigator) {
      const artwork = song.cover ? [{ src: song.cover }] : [];
      navigator.mediaSession.metadata = new MediaMetadata({ title: song.title, artist: song.artist, artwork });
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
    this.#audio.currentTime = Math.max(0, Math.min(time, this.#seconds));
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
    if (!this.#song || isTaken(event)) return;
    const act = { Space: () => this.#space(), KeyM: () => this.#mute(), KeyN: () => this.#go(this.#next), KeyP: () => this.#goBack() }[event.code];
    if (!act || event.shiftKey || act() === false) return;
    event.preventDefault();
  }

  /** Where there is a mixer, space plays the stems. */
  #space() {
    return document.querySelector("stem-mixer") ? false : this.#toggle();
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
