/**
 * <wave-form key peaks seconds>: a song's waveform. A click seeks; the wheel with Ctrl, two
 * fingers, + and − look closer, where the server has more points than the whole needs.
 */

import { STEP as BAR, colourOf, draw, scheme } from "../peaks.js";
import { hear, now, playFrom, say } from "../sound.js";
import { clock, fineClock } from "../times.js";
import { WaveWindow, cut, pointsAround, zoomFor } from "../wave-window.js";

const STEP = 5; // seconds that an arrow key goes
const FINE = 20; // seconds below which tenths are told
const PAUSE = 120; // ms without a move before more points are asked for
const DRAG = 6; // pixels that make a press a drag

class WaveForm extends HTMLElement {
  #window = new WaveWindow(0);
  /** @type {import("../wave-window.js").Zoom[]} */
  #zooms = [];
  /** @type {{points: import("../peaks.js").Points, first: number, rate: number}[]} widest first */
  #layers = [];
  /** @type {Map<number, {x: number, from: number}>} */
  #fingers = new Map();
  #moved = false;
  #timer = 0;
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    this.#window = new WaveWindow(Number(this.getAttribute("seconds")));
    this.#listen(signal);
    hear("time", (news) => this.#follow(news), signal);
    hear("look", ({ key, time }) => { if (key === this.#key && this.#window.follow(time)) this.#draw(); }, signal);
    scheme?.addEventListener("change", () => this.#draw(), { signal });
    this.#load(signal).catch((error) => { if (!signal.aborted) throw error; });
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#gone.abort();
  }

  get #key() {
    return this.getAttribute("key");
  }

  /** Which part of the song is looked at, for what lies under it. */
  get seen() {
    const { start, stop } = this.#window;
    return { start, stop };
  }

  /** @returns {HTMLElement} */
  get #space() {
    return this.querySelector(".wave-space");
  }

  get #canvas() {
    let canvas = this.querySelector("canvas");
    if (!canvas) this.#space.append(canvas = document.createElement("canvas"));
    return canvas;
  }

  get #time() {
    return now.key === this.#key ? now.time : 0;
  }

  // -- points --------------------------------------------------------------------------------

  /** @param {AbortSignal} signal */
  async #load(signal) {
    const response = await fetch(this.getAttribute("peaks"), { signal });
    if (!response.ok) return;
    const { points, seconds, zooms = [] } = await response.json();
    if (seconds) this.#window = new WaveWindow(seconds);
    this.#zooms = zooms;
    this.#layers = [{ points, first: 0, rate: points.length / this.#window.seconds }];
    this.#draw();
  }

  /** Ask for closer points, once the looking has come to rest. */
  #sharpen() {
    clearTimeout(this.#timer);
    const zoom = this.#zooms[this.#zoom];
    if (!zoom || this.#layerOf(zoom.points_per_second * 0.99)) return;
    this.#timer = setTimeout(() => this.#fetch(zoom).catch(() => {}), PAUSE); // offline: stay coarse
  }

  get #zoom() {
    return zoomFor(this.#zooms, this.#window.length, this.#canvas.clientWidth / BAR);
  }

  /** @param {import("../wave-window.js").Zoom} zoom */
  async #fetch(zoom) {
    const { start, stop } = pointsAround(zoom, this.#window);
    const wish = new URLSearchParams(Object.entries({ zoom: this.#zooms.indexOf(zoom), start, stop }));
    const response = await fetch(`${this.getAttribute("peaks")}?${wish}`, { signal: this.#gone.signal });
    if (!response.ok) return;
    const { points, start: first } = await response.json();
    this.#layers = [this.#layers[0], { points, first, rate: zoom.points_per_second }];
    this.#draw();
  }

  /**
   * Points that show all of the window at least this closely.
   * @param {number} rate
   */
  #layerOf(rate) {
    const { start, stop, seconds } = this.#window;
    return this.#layers.findLast((layer) => {
      const end = (layer.first + layer.points.length) / layer.rate;
      return layer.rate >= rate && layer.first / layer.rate <= start && end >= Math.min(stop, seconds) - 2 / layer.rate;
    });
  }

  #draw() {
    say("seen", { key: this.#key, ...this.seen });
    const layer = this.#layerOf(0);
    if (!layer) return;
    draw(this.#canvas, cut(layer.points, layer.first, layer.rate, this.#window), {
      colour: colourOf(this, "--wave"),
      heard: colourOf(this, "--wave-done"),
      progress: this.#window.shareOf(this.#time),
    });
    this.#tell();
    this.#sharpen();
  }

  /** What is seen, in words, and which buttons do something. */
  #tell() {
    const { start, stop, seconds, isWhole, isNarrowest } = this.#window;
    const set = (/** @type {string} */ name, /** @type {string} */ text) => { const part = this.querySelector(name); if (part) part.textContent = text; };
    const said = stop - start < FINE ? fineClock : clock;
    set("[data-from]", said(start));
    set("[data-to]", said(stop));
    for (const button of this.querySelectorAll("[data-zoom], [data-whole]")) {
      button.disabled = Number(button.dataset.zoom) > 1 ? isNarrowest || !this.#zooms.length : isWhole;
    }
    if (this.#space.getAttribute("role") !== "slider") return;
    this.#space.setAttribute("aria-valuenow", String(Math.floor(this.#time)));
    this.#space.setAttribute("aria-valuetext", `${clock(this.#time)} of ${clock(seconds)}`);
  }

  /** @param {{key: string, time: number}} news */
  #follow({ key, time }) {
    if (key !== this.#key) return;
    if (now.playing && !this.#fingers.size) this.#window.follow(time);
    this.#draw();
  }

  // -- looking closer, and seeking -----------------------------------------------------------

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const space = this.#space;
    const on = (/** @type {string} */ name, /** @type {(event: any) => void} */ act) => space.addEventListener(name, act, { signal, passive: false });
    on("wheel", (event) => this.#wheel(event));
    on("keydown", (event) => this.#press(event));
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#drag(event));
    for (const name of ["pointerup", "pointercancel"]) on(name, (event) => this.#up(event));
    this.addEventListener("click", (event) => this.#button(event.target.closest("[data-zoom], [data-whole]")), { signal });
    const sized = new ResizeObserver(() => this.#draw());
    sized.observe(space);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  /** @param {HTMLElement | null} button */
  #button(button) {
    if (!button) return;
    const { start, stop } = this.#window;
    const seen = this.#time >= start && this.#time <= stop;
    if ("whole" in button.dataset) this.#window.reset();
    else this.#zoomBy(Number(button.dataset.zoom), seen ? this.#time : (start + stop) / 2);
    this.#draw();
  }

  /**
   * @param {number} factor
   * @param {number} around
   */
  #zoomBy(factor, around) {
    if (this.#zooms.length) this.#window.zoom(factor, around);
    this.#draw();
  }

  /** @param {number} x on the screen */
  #at(x) {
    const { left, width } = this.#space.getBoundingClientRect();
    return this.#window.timeAt((x - left) / width);
  }

  /** Without Ctrl the wheel scrolls the page, unless the waveform was pressed before. @param {WheelEvent} event */
  #wheel(event) {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (sideways && !this.#window.isWhole) this.#window.move(((event.deltaX || event.deltaY) / 600) * this.#window.length);
    else if (!sideways && (event.ctrlKey || event.metaKey || document.activeElement === this.#space)) {
      this.#zoomBy(Math.exp(-event.deltaY / 300), this.#at(event.clientX));
    } else return;
    event.preventDefault();
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ArrowLeft: () => this.#seek(this.#time - STEP), ArrowDown: () => this.#seek(this.#time - STEP),
      ArrowRight: () => this.#seek(this.#time + STEP), ArrowUp: () => this.#seek(this.#time + STEP),
      Home: () => this.#seek(0), End: () => this.#seek(this.#window.seconds - STEP),
      "+": () => this.#zoomBy(2, this.#time), "=": () => this.#zoomBy(2, this.#time),
      "-": () => this.#zoomBy(0.5, this.#time), 0: () => { this.#window.reset(); this.#draw(); },
      Enter: () => this.#seek(this.#time),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** @param {number} time */
  #seek(time) {
    const within = Math.min(Math.max(0, time), this.#window.seconds);
    this.#window.follow(within);
    playFrom(this.#key, within);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button) return;
    this.#moved = this.#fingers.size > 0;
    this.#fingers.set(event.pointerId, { x: event.clientX, from: event.clientX });
    this.#space.setPointerCapture(event.pointerId);
  }

  /** One finger moves what is seen, two look closer. @param {PointerEvent} event */
  #drag(event) {
    const finger = this.#fingers.get(event.pointerId);
    if (!finger) return;
    if (Math.abs(event.clientX - finger.from) > DRAG) this.#moved = true;
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    const { width } = this.#space.getBoundingClientRect();
    if (other) {
      const [before, after] = [Math.abs(finger.x - other.x), Math.abs(event.clientX - other.x)];
      if (before && after) this.#zoomBy(after / before, this.#at(other.x));
    } else if (this.#moved && !this.#window.isWhole) {
      this.#window.move(((finger.x - event.clientX) / width) * this.#window.length);
    }
    finger.x = event.clientX;
    this.#draw();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#fingers.delete(event.pointerId) || this.#moved || event.type === "pointercancel") return;
    this.#seek(this.#at(event.clientX));
  }
}

customElements.define("wave-form", WaveForm);
