/** <stem-mixer facts mixes song seconds beats>: stems that play together, each at its own level. */

import { faderOf, isPressed, press, setFader, showFader, tell } from "../faders.js";
import { snapped } from "../loop.js";
import { MixExport } from "../mix-export.js";
import { gains, remember, remembered, sounding, stemKey, wish } from "../mix.js";
import { isTaken } from "../shortcuts.js";
import { hear, say } from "../sound.js";
import { StemPlayer } from "../stem-player.js";
import { StemWaves } from "../stem-waves.js";
import { clock, fineClock } from "../times.js";

const CANNOT = "The stems could not be loaded. Play again to try once more, or download them.";
const DRAWING = 1500; // ms between two looks whether the outlines are drawn
const PERCEPTIBLE = 0.003; // linear; a meter shows nothing below
const SHORT = 0.1; // seconds: less is no loop
const SPEED_KEY = 0.05;

/** @typedef {import("../loop.js").Stretch} Stretch */

export class StemMixer extends HTMLElement {
  /** @type {StemPlayer | null} */
  player = null;
  /** @type {Promise<StemPlayer> | null} */
  #loading = null;
  /** @type {StemWaves | null} */
  #waves = null;
  /** @type {number[]} */
  #beats = [];
  /** @type {Stretch | null} */
  #loop = null;
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    this.#recall();
    this.#waves = new StemWaves(this.#stems, {
      seconds: this.#seconds,
      song: this.getAttribute("song"),
      release: (time) => (time === null ? this.#enterLoop() : this.#seek(time)),
      draw: (loop) => this.#setLoop(loop, true),
      loop: () => this.#loop,
      beats: () => this.#beats,
    }, signal);
    new MixExport(this.querySelector("form"), {
      address: this.getAttribute("mixes"), wish: (part) => this.#wish(part),
    }, signal);
    this.#listen(signal);
    this.#loadWhenSeen(signal);
    this.#showMix();
    this.#showLoop();
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.player?.close();
    this.player = this.#loading = null;
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    hear("started", ({ who }) => who !== this && this.player?.pause(), signal);
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("click", (event) => this.#press(event.target.closest("button")), { signal });
    this.addEventListener("dblclick", (event) => this.#reset(event.target), { signal });
    this.addEventListener("input", (event) => this.#turn(event.target), { signal });
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return this.querySelector(`[data-${name}]`);
  }

  /** @returns {HTMLElement[]} */
  get #stems() {
    return [...this.querySelectorAll(".stem")];
  }

  get #seconds() {
    return this.player?.seconds ?? Number(this.getAttribute("seconds"));
  }

  get #speed() {
    return Number(this.#part("speed").value);
  }

  // -- fetching ----------------------------------------------------------------------------------

  /** @param {AbortSignal} signal */
  #loadWhenSeen(signal) {
    const seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.#ready().then((player) => navigator.connection?.saveData || player.prepare(), () => {});
    });
    seen.observe(this);
    signal.addEventListener("abort", () => seen.disconnect());
  }

  /** Once, whoever asks; after a failure, once more. @returns {Promise<StemPlayer>} */
  #ready() {
    this.#loading ??= this.#load(this.#gone.signal).catch((error) => {
      this.#loading = null;
      if (!this.#gone.signal.aborted) this.#complain();
      throw error;
    });
    return this.#loading;
  }

  /** @param {AbortSignal} signal */
  async #load(signal) {
    const [facts, beats] = await Promise.all([this.#facts(signal), this.#fetchBeats(signal)]);
    signal.throwIfAborted();
    this.#beats = beats;
    const of = (/** @type {string} */ name) => facts.stems.find((stem) => stem.name === name);
    this.player = new StemPlayer({
      rate: facts.sample_rate,
      frames: facts.frames,
      lanes: this.#stems.map((stem) => here(of(stem.dataset.stem).stretch)),
      original: here(facts.original.stretch),
      gainDb: facts.gain_db,
    });
    this.player.addEventListener("state", () => this.#showState(), { signal });
    this.player.addEventListener("problem", () => this.#complain(), { signal });
    this.#setLevels();
    this.player.setLoop(this.#looping);
    this.player.setSpeed(this.#speed);
    this.player.compare(this.#isOn("compare"));
    this.#drawWaves(facts, signal).catch(() => {}); // they sound without being seen
    return this.player;
  }

  /** @param {AbortSignal} signal */
  async #facts(signal) {
    const response = await fetch(this.getAttribute("facts"), { signal });
    if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
    return response.json();
  }

  /** Times of the song's beats in seconds; none where they are not known. @param {AbortSignal} signal */
  async #fetchBeats(signal) {
    const address = this.dataset.beats;
    const response = address ? await fetch(address, { signal }).catch(() => null) : null;
    return response?.ok ? (await response.json()).beats : [];
  }

  /**
   * Draw the outlines, some of which may have to be drawn on the server first.
   * @param {any} facts
   * @param {AbortSignal} signal
   */
  async #drawWaves(facts, signal) {
    const addresses = this.#stems.map((stem) => facts.stems.find(({ name }) => name === stem.dataset.stem).waveform).map((address) => address && here(address));
    if (await this.#waves.load(addresses) || signal.aborted) return;
    await new Promise((resolve) => { setTimeout(resolve, DRAWING); });
    if (!signal.aborted) await this.#drawWaves(await this.#facts(signal), signal);
  }

  #complain() {
    this.#part("problem").textContent = CANNOT;
    this.#part("problem").hidden = false;
    this.#showState();
  }

  // -- playing -----------------------------------------------------------------------------------

  async #toggle() {
    if (this.player?.playing) {
      this.player.pause();
      return;
    }
    this.#part("problem").hidden = true;
    this.setAttribute("aria-busy", "true");
    const player = await this.#ready();
    say("started", { who: this });
    await player.play();
    this.#tick();
  }

  /** @param {number} time seconds */
  #seek(time) {
    this.#ready().then((player) => { player.seek(time); this.#showTime(); }, () => {});
  }

  #tick() {
    this.#showTime();
    this.#showMeters();
    if (this.player?.playing) requestAnimationFrame(() => this.#tick());
  }

  #showState() {
    const { playing = false, waiting = false } = this.player ?? {};
    this.toggleAttribute("data-playing", playing);
    this.setAttribute("aria-busy", String(waiting));
    this.#part("waiting").hidden = !waiting;
    this.#part("toggle").setAttribute("aria-label", playing ? "Pause the stems" : "Play the stems");
    this.#showTime();
  }

  #showTime() {
    const position = this.player?.position ?? 0;
    const seek = this.#part("seek");
    seek.value = String(position);
    seek.setAttribute("aria-valuetext", `${clock(position)} of ${clock(this.#seconds)}`);
    const text = clock(position);
    if (this.#part("now").textContent !== text) this.#part("now").textContent = text;
    this.#waves.place(position);
  }

  #showMeters() {
    this.#stems.forEach((stem, lane) => {
      const loud = this.player?.loudness(lane) ?? 0;
      const share = loud > PERCEPTIBLE ? 1 + Math.log10(loud) / 2.5 : 0;
      const meter = stem.querySelector(".stem-meter");
      meter.style.setProperty("--level", String(Math.min(1, Math.max(0, share))));
      meter.toggleAttribute("data-clips", loud > 1);
    });
  }

  // -- the mix -----------------------------------------------------------------------------------

  /** @returns {import("../mix.js").Fader[]} */
  get #faders() {
    return this.#stems.map(faderOf);
  }

  #setLevels() {
    const faders = this.#faders;
    this.player?.set(gains(faders), faders.map(({ pan }) => pan));
  }

  #showMix() {
    const on = sounding(this.#faders);
    this.#stems.forEach((stem, index) => showFader(stem, on[index]));
    tell(this, "speed", `×${this.#speed.toFixed(2)}`);
  }

  /** @param {string} part */
  #wish(part) {
    const region = part === "region" ? this.#loop : null;
    return wish(this.#faders, { region, speed: this.#speed });
  }

  // -- the loop ----------------------------------------------------------------------------------

  /** The stretch that is played again and again just now. */
  get #looping() {
    return this.#isOn("loop") ? this.#loop : null;
  }

  /**
   * @param {Stretch | null} loop
   * @param {boolean} on
   */
  #setLoop(loop, on) {
    this.#loop = loop;
    press(this.#part("loop"), on && loop !== null);
    this.player?.setLoop(this.#looping);
    this.#showLoop();
    this.#keep();
  }

  /** What is looped should be heard: go there from outside. */
  #enterLoop() {
    const { position = 0 } = this.player ?? {};
    const loop = this.#looping;
    if (loop && (position < loop.start || position >= loop.stop)) this.#seek(loop.start);
  }

  /** @param {"start" | "stop"} edge where the playhead is */
  #setEdge(edge) {
    const time = snapped(this.player?.position ?? 0, this.#beats);
    const loop = { start: 0, stop: this.#seconds, ...this.#loop, [edge]: time };
    if (loop.stop - loop.start < SHORT) Object.assign(loop, edge === "start" ? { stop: this.#seconds } : { start: 0 });
    if (loop.stop - loop.start >= SHORT) this.#setLoop(loop, true);
  }

  #showLoop() {
    const loop = this.#loop;
    const text = loop ? `${fineClock(loop.start)}–${fineClock(loop.stop)}` : "";
    this.#part("loop").disabled = this.#part("unloop").disabled = !loop;
    this.#part("stretch").textContent = text;
    this.#part("region").textContent = text || "draw one first";
    const [whole, part] = this.querySelectorAll("[name=part]");
    part.disabled = !loop;
    if (!loop) whole.checked = true;
    this.toggleAttribute("data-looping", this.#looping !== null);
    this.#waves?.place();
  }

  // -- hands -------------------------------------------------------------------------------------

  /** @param {HTMLElement | null} button */
  #press(button) {
    const acts = {
      toggle: () => this.#toggle().catch(() => {}),
      mute: () => this.#flip(button), solo: () => this.#flip(button),
      compare: () => { this.#flip(button); this.player?.compare(isPressed(button)); },
      loop: () => { this.#setLoop(this.#loop, !isPressed(button)); this.#enterLoop(); },
      unloop: () => this.#setLoop(null, false),
      from: () => this.#setEdge("start"), to: () => this.#setEdge("stop"),
      plain: () => this.#resetAll(),
    };
    const name = Object.keys(acts).find((one) => button && one in button.dataset);
    if (name && !button.disabled) acts[name]();
  }

  /** @param {HTMLElement} button */
  #flip(button) {
    press(button, !isPressed(button));
    this.#changed();
  }

  /** @param {HTMLInputElement} control */
  #turn(control) {
    if ("seek" in control.dataset) this.#seek(Number(control.value));
    else if (control.matches("[data-volume], [data-pan], [data-speed]")) this.#changed();
  }

  /** A double press puts a slider back. @param {HTMLInputElement} control */
  #reset(control) {
    if (!control.matches("[data-volume], [data-pan], [data-speed]")) return;
    control.value = control.defaultValue;
    this.#changed();
  }

  #resetAll() {
    for (const stem of this.#stems) setFader(stem, {});
    this.#part("speed").value = "1";
    this.#changed();
  }

  #changed() {
    this.#setLevels();
    this.player?.setSpeed(this.#speed);
    this.#showMix();
    this.#keep();
  }

  /** @param {string} name */
  #isOn(name) {
    return isPressed(this.#part(name));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (isTaken(event)) return;
    const wished = stemKey(event, this.#stems.length);
    const button = wished
      ? this.#stems[wished.index].querySelector(wished.solo ? "[data-solo]" : "[data-mute]")
      : this.#part({ Space: "toggle", KeyL: "loop", KeyB: "compare", BracketLeft: "from", BracketRight: "to" }[event.code]);
    const faster = { Comma: -SPEED_KEY, Period: SPEED_KEY }[event.code];
    if (button) this.#press(button);
    else if (faster) this.#hurry(faster);
    else return;
    event.preventDefault();
  }

  /** @param {number} by */
  #hurry(by) {
    this.#part("speed").value = String(this.#speed + by);
    this.#changed();
  }

  // -- from one visit to the next ----------------------------------------------------------------

  #keep() {
    const stems = Object.fromEntries(this.#faders.map(({ name, ...fader }) => [name, fader]));
    const looping = this.#isOn("loop");
    remember(localStorage, this.getAttribute("song"), { stems, loop: this.#loop, looping, speed: this.#speed });
  }

  #recall() {
    const { stems = {}, loop = null, looping = false, speed = 1 } = remembered(localStorage, this.getAttribute("song"));
    for (const stem of this.#stems) setFader(stem, stems[stem.dataset.stem] ?? {});
    this.#part("speed").value = String(speed);
    this.#loop = loop;
    press(this.#part("loop"), looping && loop !== null);
  }
}

/** Whatever the server thinks it is called, it is the one this page came from. @param {string} address */
function here(address) {
  return new URL(address).pathname;
}

customElements.define("stem-mixer", StemMixer);
