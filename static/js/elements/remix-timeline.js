/** <remix-timeline key>: the segments of a remix; says why each comes, plays from it, follows. */

import { hear, now, playFrom } from "../sound.js";
import { clock } from "../times.js";

class RemixTimeline extends HTMLElement {
  #gone = new AbortController();
  #invitation = "";

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    this.#invitation = this.#word?.textContent ?? "";
    this.addEventListener("click", (event) => this.#press(event), { signal });
    for (const name of ["pointerover", "focusin"]) {
      this.addEventListener(name, (event) => this.#explain(event), { signal });
    }
    hear("time", (news) => this.#follow(news), signal);
    this.#follow(now);
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  get #word() {
    return this.querySelector("[data-word]");
  }

  /**
   * The button of the segment that an event is about; it carries the words and times.
   * @param {Event} event
   * @returns {HTMLElement | null}
   */
  #segmentOf(event) {
    const place = event.target.closest("[data-segment]")?.dataset.segment;
    return place === undefined ? null : this.querySelector(`button[data-segment="${place}"]`);
  }

  /** @param {Event} event */
  #press(event) {
    const segment = this.#segmentOf(event);
    if (segment) playFrom(this.getAttribute("key"), Number(segment.dataset.start));
  }

  /** @param {Event} event */
  #explain(event) {
    if (!this.#word) return;
    const segment = this.#segmentOf(event);
    this.#word.textContent = segment ? sentence(segment) : this.#invitation;
  }

  /** @param {{key: string, time: number}} news */
  #follow({ key, time }) {
    const mine = key === this.getAttribute("key");
    for (const segment of this.querySelectorAll("button[data-segment]")) {
      const { start, stop, segment: place } = segment.dataset;
      const sounds = mine && time >= Number(start) && time < Number(stop);
      segment.toggleAttribute("data-now", sounds);
      this.querySelector(`rect[data-segment="${place}"]`)?.toggleAttribute("data-now", sounds);
    }
  }
}

/** @param {HTMLElement} segment */
function sentence(segment) {
  const { start, stop } = segment.dataset;
  const song = segment.querySelector(".segment-song b").textContent;
  const why = segment.querySelector(".segment-why").textContent;
  return [`${clock(Number(start))}–${clock(Number(stop))}: ${song}.`, why].filter(Boolean).join(" ");
}

customElements.define("remix-timeline", RemixTimeline);
