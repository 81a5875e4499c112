/**
 * <prediction-lanes key seconds>: what models hear along a song, in step with the <wave-form> of
 * the same key. A press plays from there; arrow keys go through a lane.
 */

import { placed, startOf, stepped } from "../lanes.js";
import { hear, now, playFrom, say } from "../sound.js";
import { clock } from "../times.js";

class PredictionLanes extends HTMLElement {
  #seen = { start: 0, stop: 0 };
  #gone = new AbortController();
  #invitation = "";

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    const wave = document.querySelector(`wave-form[key="${CSS.escape(this.#key)}"]`);
    this.#seen = wave?.seen ?? { start: 0, stop: Number(this.getAttribute("seconds")) };
    this.#invitation = this.#word.textContent;
    this.#listen(signal);
    this.#place();
    this.#follow(now);
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  get #key() {
    return this.getAttribute("key") ?? "";
  }

  get #word() {
    return this.querySelector("[data-word]");
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    this.addEventListener("click", (event) => this.#press(event), { signal });
    this.addEventListener("keydown", (event) => this.#step(event), { signal });
    for (const name of ["pointerover", "focusin"]) this.addEventListener(name, (event) => this.#explain(event), { signal });
    hear("seen", ({ key, start, stop }) => { if (key === this.#key) this.#look({ start, stop }); }, signal);
    hear("time", (news) => this.#follow(news), signal);
  }

  // -- where things are ----------------------------------------------------------------------

  /** @param {import("../lanes.js").Stretch} seen */
  #look(seen) {
    if (seen.start === this.#seen.start && seen.stop === this.#seen.stop) return;
    this.#seen = seen;
    this.#place();
    this.#follow(now);
  }

  #place() {
    const { start, stop } = this.#seen;
    for (const lane of this.querySelectorAll(".lane")) {
      lane.querySelector("svg").setAttribute("viewBox", `${start} 0 ${stop - start || 1} 1`);
      const segments = [...lane.querySelectorAll(".lane-segment")];
      for (const segment of segments) this.#put(segment);
      if (!segments.some((segment) => segment.tabIndex === 0)) this.#enter(segments, 0);
    }
  }

  /** @param {HTMLElement} segment */
  #put(segment) {
    const place = placed(stretch(segment), this.#seen);
    segment.toggleAttribute("data-away", !place);
    segment.style.left = `${place?.left ?? 0}%`;
    segment.style.width = `${place?.width ?? 0}%`;
  }

  /** @param {{key: string, time: number}} news */
  #follow({ key, time }) {
    const place = key === this.#key && key ? placed({ start: time, stop: time + 1e-3 }, this.#seen) : null;
    for (const line of this.querySelectorAll("[data-now]")) {
      line.hidden = !place;
      line.style.left = `${place?.left ?? 0}%`;
    }
  }

  // -- hands ---------------------------------------------------------------------------------

  /**
   * One stop of the Tab key a lane.
   * @param {HTMLElement[]} segments
   * @param {number} place
   */
  #enter(segments, place) {
    segments.forEach((segment, index) => { segment.tabIndex = index === place ? 0 : -1; });
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const segment = event.target.closest(".lane-segment");
    if (!segment || event.ctrlKey || event.metaKey || event.altKey) return;
    const segments = [...segment.parentElement.children];
    const place = stepped(event.key, segments.indexOf(segment), segments.length);
    if (place === null) return;
    event.preventDefault();
    say("look", { key: this.#key, time: stretch(segments[place]).start });
    this.#enter(segments, place);
    segments[place].focus({ preventScroll: true });
  }

  /**
   * A click plays the window under the pointer; a key or a link plays from the start.
   * @param {MouseEvent} event
   */
  #press(event) {
    const segment = event.target.closest(".lane-segment, a[data-start]");
    if (!segment || !this.#key || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const pointed = event.detail > 0 && segment.matches(".lane-segment");
    playFrom(this.#key, pointed ? this.#pointed(segment, event.clientX) : Number(segment.dataset.start));
  }

  /**
   * @param {HTMLElement} segment
   * @param {number} x on the screen
   */
  #pointed(segment, x) {
    const { start, stop } = stretch(segment);
    const { left, width } = segment.parentElement.getBoundingClientRect();
    const time = this.#seen.start + ((x - left) / width) * (this.#seen.stop - this.#seen.start);
    const windows = [...segment.closest(".lane").querySelectorAll("rect")].map((bar) => Number(bar.getAttribute("x")));
    return startOf(windows.filter((at) => at >= start - 1e-3 && at < stop), time);
  }

  /** @param {Event} event */
  #explain(event) {
    const segment = event.target.closest(".lane-segment");
    this.#word.textContent = segment ? sentence(segment) : this.#invitation;
  }
}

/** @param {HTMLElement} segment */
function stretch(segment) {
  return { start: Number(segment.dataset.start), stop: Number(segment.dataset.stop) };
}

/** @param {HTMLElement} segment */
function sentence(segment) {
  const { start, stop } = stretch(segment);
  return `${clock(start)}–${clock(stop)}: ${segment.textContent}, ${segment.dataset.share}`;
}

customElements.define("prediction-lanes", PredictionLanes);
