/** The outlines of stems, one under the other: where the playhead is, what is looped, a hand on them. */

import { anchor, drawnOut } from "./loop.js";
import { STEP as BAR, colourOf, draw, scheme } from "./peaks.js";
import { hear } from "./sound.js";
import { WaveWindow, cut, pointsAround, zoomFor } from "./wave-window.js";

const DRAG = 6; // pixels that make a press a drag
const PAUSE = 150; // ms without a move before closer points are asked for

/** @typedef {{points: import("./peaks.js").Points, first: number, rate: number}} Layer */

export class StemWaves {
  #window = new WaveWindow(0);
  /** @type {(Layer[] | undefined)[]} widest first, of each stem */
  #layers = [];
  /** @type {import("./wave-window.js").Zoom[]} */
  #zooms = [];
  #timer = 0;
  /** @type {{from: number, x: number, moved: boolean} | null} */
  #hand = null;

  /**
   * @param {HTMLElement[]} stems each with its `.stem-wave`
   * @param {object} mixer
   * @param {number} mixer.seconds
   * @param {string} mixer.song whose waveform says which part is looked at
   * @param {(time: number | null) => void} mixer.release a press ended, at a moment or after drawing
   * @param {(loop: import("./loop.js").Stretch | null) => void} mixer.draw what is drawn out by hand
   * @param {() => import("./loop.js").Stretch | null} mixer.loop
   * @param {() => number[]} mixer.beats
   * @param {AbortSignal} signal
   */
  constructor(stems, mixer, signal) {
    this.stems = stems;
    this.mixer = mixer;
    this.signal = signal;
    this.#window = new WaveWindow(mixer.seconds);
    const other = document.querySelector(`wave-form[key="${CSS.escape(mixer.song)}"]`);
    this.#look(other?.seen);
    hear("seen", (news) => { if (news.key === mixer.song) this.#look(news); }, signal);
    scheme?.addEventListener("change", () => this.redraw(), { signal });
    const sized = new ResizeObserver(() => this.redraw());
    for (const stem of stems) this.#listen(stem.querySelector(".stem-wave"), sized);
    signal.addEventListener("abort", () => { sized.disconnect(); clearTimeout(this.#timer); });
  }

  /**
   * @param {HTMLElement} wave
   * @param {ResizeObserver} sized
   */
  #listen(wave, sized) {
    const { signal } = this;
    sized.observe(wave);
    wave.addEventListener("pointerdown", (event) => this.#down(event, wave), { signal });
    wave.addEventListener("pointermove", (event) => this.#move(event, wave), { signal });
    wave.addEventListener("pointerup", (event) => this.#up(event, wave), { signal });
    wave.addEventListener("pointercancel", () => { this.#hand = null; }, { signal });
  }

  // -- what is seen ------------------------------------------------------------------------------

  /** @param {{start: number, stop: number} | undefined} seen */
  #look(seen) {
    if (!seen || !(seen.stop > seen.start)) return;
    const { start, stop } = this.#window;
    if (seen.start === start && seen.stop === stop) return;
    this.#window.start = seen.start;
    this.#window.stop = seen.stop;
    this.redraw();
    this.place();
  }

  /**
   * Fetch the outlines that are there; true when they are all.
   * @param {(string | null)[]} addresses
   */
  async load(addresses) {
    this.addresses = addresses;
    await Promise.all(addresses.map((address, stem) => this.#first(address, stem)));
    this.redraw();
    return addresses.every(Boolean);
  }

  /**
   * @param {string | null} address
   * @param {number} stem
   */
  async #first(address, stem) {
    if (!address || this.#layers[stem]) return;
    const { points, seconds, zooms } = await this.#fetch(address);
    this.#zooms = zooms;
    this.#layers[stem] = [{ points, first: 0, rate: points.length / Math.max(seconds, 1e-3) }];
  }

  /** @param {string} address */
  async #fetch(address) {
    const response = await fetch(address, { signal: this.signal });
    if (!response.ok) throw new Error(`${response.status} for ${address}`);
    return response.json();
  }

  redraw() {
    this.stems.forEach((stem, index) => this.#draw(stem, this.#layers[index]));
    clearTimeout(this.#timer);
    if (!this.#window.isWhole) this.#timer = setTimeout(() => this.#sharpen().catch(() => {}), PAUSE);
  }

  /**
   * @param {HTMLElement} stem
   * @param {Layer[] | undefined} layers
   */
  #draw(stem, layers) {
    const layer = layers?.findLast((one) => this.#shows(one));
    const points = layer ? cut(layer.points, layer.first, layer.rate, this.#window) : [];
    const colour = colourOf(stem, "--stem");
    draw(stem.querySelector("canvas"), points, { colour, heard: colour, progress: 0, gain: this.#gain });
  }

  /** All stems are drawn larger alike, so that the loudest fills its lane. */
  get #gain() {
    const all = this.#layers.flatMap((layers) => layers?.[0].points ?? []);
    const most = all.reduce((high, [low, top]) => Math.max(high, -low, top), 0);
    return most ? 0.96 / most : 1;
  }

  /** @param {Layer} layer */
  #shows({ points, first, rate }) {
    const end = Math.min(this.#window.stop, this.#window.seconds) - 2 / rate;
    return first / rate <= this.#window.start && (first + points.length) / rate >= end;
  }

  /** Ask for closer points of what is looked at. */
  async #sharpen() {
    const width = this.stems[0]?.querySelector("canvas").clientWidth ?? 0;
    const place = zoomFor(this.#zooms, this.#window.length, width / BAR);
    const zoom = this.#zooms[place];
    if (!zoom) return;
    const { start, stop } = pointsAround(zoom, this.#window);
    const query = new URLSearchParams(Object.entries({ zoom: place, start, stop }));
    const rate = zoom.points_per_second;
    const missing = this.#layers.map((layers) => layers && !layers.some((one) => one.rate >= rate * 0.99 && this.#shows(one)));
    if (!missing.some(Boolean)) return;
    await Promise.all(this.addresses.map(async (address, stem) => {
      if (!missing[stem]) return;
      const part = await this.#fetch(`${address}?${query}`);
      this.#layers[stem] = [this.#layers[stem][0], { points: part.points, first: part.start, rate }];
    }));
    this.stems.forEach((stem, index) => this.#draw(stem, this.#layers[index]));
  }

  /** Put the playhead and the loop where they belong. @param {number} [time] seconds */
  place(time = this.time ?? 0) {
    this.time = time;
    const loop = this.mixer.loop();
    const percent = (/** @type {number} */ moment) => Math.min(100, Math.max(0, this.#window.shareOf(moment) * 100));
    const within = time >= this.#window.start && time <= this.#window.stop;
    for (const stem of this.stems) {
      const [now, ahead, band] = ["now", "ahead", "band"].map((name) => stem.querySelector(`.stem-${name}`));
      now.hidden = !within;
      now.style.left = ahead.style.left = `${percent(time)}%`;
      band.hidden = !loop;
      if (!loop) continue;
      band.style.left = `${percent(loop.start)}%`;
      band.style.right = `${100 - percent(loop.stop)}%`;
    }
  }

  // -- a hand on them ----------------------------------------------------------------------------

  /**
   * @param {PointerEvent} event
   * @param {HTMLElement} wave
   */
  #timeAt(event, wave) {
    const { left, width } = wave.getBoundingClientRect();
    return this.#window.timeAt((event.clientX - left) / width);
  }

  /**
   * @param {PointerEvent} event
   * @param {HTMLElement} wave
   */
  #down(event, wave) {
    if (event.button) return;
    const time = this.#timeAt(event, wave);
    const from = anchor(this.mixer.loop(), time, this.#window.length / wave.clientWidth);
    this.#hand = { from, x: event.clientX, moved: false };
    wave.setPointerCapture(event.pointerId);
  }

  /**
   * @param {PointerEvent} event
   * @param {HTMLElement} wave
   */
  #move(event, wave) {
    if (!this.#hand) return;
    this.#hand.moved ||= Math.abs(event.clientX - this.#hand.x) > DRAG;
    if (!this.#hand.moved) return;
    const beats = event.altKey ? [] : this.mixer.beats();
    this.mixer.draw(drawnOut(this.#hand.from, this.#timeAt(event, wave), this.mixer.seconds, beats));
  }

  /**
   * @param {PointerEvent} event
   * @param {HTMLElement} wave
   */
  #up(event, wave) {
    const hand = this.#hand;
    this.#hand = null;
    if (hand) this.mixer.release(hand.moved ? null : this.#timeAt(event, wave));
  }
}
