/**
 * <song-list rows-url>: choosing songs by mouse and keyboard. Renews the rows of songs that are
 * being read or listened to, all in one request, and keeps the chosen ones chosen meanwhile.
 */

import { isTaken } from "../shortcuts.js";
import { between, neighbour, songs } from "../selection.js";

const PAUSE = 1000; // ms between two looks
const MOST = 200; // rows renewed in one request

class SongList extends HTMLElement {
  /** @type {Set<string>} */
  #chosen = new Set();
  /** @type {Set<string>} rows there are, so that a renewed one is not taken for a new one */
  #known = new Set();
  #last = ""; // the one chosen last: a range begins there
  #shift = false;
  #place = 0; // of the row the keys are at
  #rows = new MutationObserver((changes) => this.#renewed(changes));
  #gone = new AbortController();
  #clock = 0;

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    this.#clock = setInterval(() => this.#renew(), PAUSE);
    this.addEventListener("click", (event) => this.#click(event), { signal, capture: true });
    this.addEventListener("change", (event) => this.#change(event.target), { signal });
    this.addEventListener("focusin", () => this.#remember(), { signal });
    this.addEventListener("htmx:afterRequest", (event) => this.#done(event), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#rows.observe(this.querySelector("tbody"), { childList: true });
    this.#known = new Set(this.#boxes.map((box) => box.value));
    this.#collect();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.#gone.abort();
    this.#rows.disconnect();
  }

  /** @returns {HTMLInputElement[]} */
  get #boxes() {
    return [...this.querySelectorAll('input[name="ids"]')];
  }

  /** @returns {HTMLElement[]} */
  get #links() {
    return [...this.querySelectorAll("tr.song .cell-title a")];
  }

  /** @returns {HTMLInputElement | null} "all that match", loaded or not */
  get #everything() {
    return this.querySelector("[data-everything]");
  }

  // -- choosing ------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  #click(event) {
    this.#shift = event.shiftKey;
    if (event.target.closest("[data-none]")) this.#choose(this.#boxes, false);
  }

  /** @param {HTMLInputElement} input */
  #change(input) {
    if (input.matches("[data-all], [data-everything]")) this.#choose(this.#boxes, input.checked, input);
    else if (input.name === "ids") this.#pick(input);
  }

  /**
   * One box, or with shift all from the one before.
   * @param {HTMLInputElement} box
   */
  #pick(box) {
    const ids = this.#boxes.map((each) => each.value);
    const range = this.#shift && this.#last ? between(ids, this.#last, box.value) : [box.value];
    this.#last = box.value;
    this.#choose(this.#boxes.filter((each) => range.includes(each.value)), box.checked);
  }

  /**
   * @param {HTMLInputElement[]} boxes
   * @param {boolean} chosen
   * @param {HTMLInputElement | null} cause
   */
  #choose(boxes, chosen, cause = null) {
    for (const box of boxes) box.checked = chosen;
    if (this.#everything && (!chosen || cause === this.#everything)) this.#everything.checked = chosen;
    this.#collect();
  }

  #collect() {
    this.#chosen = new Set(this.#boxes.filter((box) => box.checked).map((box) => box.value));
    const { size } = this.#chosen;
    const everything = this.#everything?.checked;
    this.querySelector("[data-chosen]").textContent = songs(everything ? Number(this.#everything.dataset.everything) : size);
    const all = this.querySelector("[data-all]");
    all.checked = size > 0 && size === this.#boxes.length;
    all.indeterminate = size > 0 && !all.checked;
  }

  /**
   * Nothing is chosen any more once it is done, and the keys go on where they were.
   * @param {CustomEvent} event
   */
  #done({ detail }) {
    if (!detail.successful || !detail.elt.closest(".bulk")) return;
    const lost = detail.elt === document.activeElement || document.activeElement === document.body;
    this.querySelector(".confirm").open = false;
    this.#choose(this.#boxes, false);
    if (lost) this.#links[Math.min(this.#place, this.#links.length - 1)]?.focus({ preventScroll: true });
  }

  // -- keys ----------------------------------------------------------------------------------

  #remember() {
    const row = document.activeElement?.closest("tr.song");
    if (row) this.#place = [...this.querySelectorAll("tr.song")].indexOf(row);
  }

  /** The row that has the focus. */
  get #row() {
    return document.activeElement?.closest("tr.song") ?? null;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const onLink = event.code === "Space" && this.#row && document.activeElement.matches("a");
    if (isTaken(event) && !onLink) return;
    if (document.activeElement?.closest("[role=slider], [type=radio], [type=range]")) return;
    const act = onLink ? () => this.#play() : this.#acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || act(event) === false) return;
    event.preventDefault();
  }

  /** @type {Record<string, (event: KeyboardEvent) => boolean | void>} false: not for us */
  #acts = {
    j: () => this.#move(1),
    ArrowDown: () => this.#move(1),
    k: () => this.#move(-1),
    ArrowUp: () => this.#move(-1),
    x: (event) => this.#toggle(event.shiftKey),
    u: () => this.#press("#bulk-unmix"),
    Delete: () => this.#ask(),
    Escape: () => (this.#chosen.size ? this.#choose(this.#boxes, false) : false),
  };

  /** @param {number} step */
  #move(step) {
    const links = this.#links;
    const here = links[Math.min(this.#place, links.length - 1)];
    const link = this.#row ? neighbour(links, here, step) : here;
    link?.focus({ preventScroll: true });
    link?.closest("tr").scrollIntoView({ block: "nearest" });
  }

  #play() {
    this.#row?.querySelector("play-button button")?.click();
  }

  /** @param {boolean} range */
  #toggle(range) {
    const box = this.#row?.querySelector('input[name="ids"]');
    if (!box) return;
    this.#shift = range;
    box.checked = !box.checked;
    this.#pick(box);
  }

  /** Is something chosen? If not, the row that has the focus is. */
  #chooseSomething() {
    if (!this.#chosen.size) this.#toggle(false);
    return this.#chosen.size > 0;
  }

  /** @param {string} button */
  #press(button) {
    if (this.#chooseSomething()) this.querySelector(button).click();
  }

  #ask() {
    if (!this.#chooseSomething()) return;
    this.querySelector(".confirm").open = true;
    this.querySelector("#bulk-delete").focus();
  }

  // -- rows that change ----------------------------------------------------------------------

  #renew() {
    const moving = [...this.querySelectorAll("tr[data-moving]")].slice(0, MOST);
    if (!moving.length || document.hidden) return;
    const wish = new URLSearchParams(moving.map((row) => ["id", row.id.slice("song-".length)]));
    this.#fetch(`${this.getAttribute("rows-url")}?${wish}`).catch(() => {}); // offline: later
  }

  /**
   * Rows that have left the list in the meantime are let go.
   * @param {string} address
   */
  async #fetch(address) {
    const response = await fetch(address, { signal: this.#gone.signal });
    if (!response.ok || response.redirected) return;
    const fragment = document.createElement("template");
    fragment.innerHTML = await response.text();
    for (const row of fragment.content.querySelectorAll("tr")) this.#replace(row);
  }

  /** @param {HTMLTableRowElement} row a fresh one, or one that says that it is gone */
  #replace(row) {
    const old = this.querySelector(`#${row.id}`);
    if (!old) return;
    const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
    if ("gone" in row.dataset) old.remove();
    else old.replaceWith(row);
    window.htmx.process(row);
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }

  /** @param {MutationRecord[]} changes */
  #renewed(changes) {
    const loaded = changes.some(({ removedNodes }) => [...removedNodes].some((node) => node.classList?.contains("more")));
    for (const box of this.#boxes) box.checked = this.#everything?.checked || this.#chosen.has(box.value);
    const known = new Set(this.#boxes.map((box) => box.value));
    if (!loaded) this.#grow(known.size - this.#known.size);
    this.#known = known;
    this.#collect();
  }

  /** @param {number} more than before */
  #grow(more) {
    const total = document.querySelector("[data-total]");
    if (!total || !more) return;
    total.dataset.total = String(Number(total.dataset.total) + more);
    total.textContent = songs(Number(total.dataset.total));
  }
}

customElements.define("song-list", SongList);
