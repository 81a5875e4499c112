/**
 * <upload-tray upload-url row-url library-url>: takes files dropped anywhere or chosen with
 * <add-songs>, sends two at a time, and shows how far each is. Lies outside the shell.
 * What breaks off goes on where it did, also after a reload when the same file is added again.
 */

import { UploadLine } from "../upload-line.js";
import { UploadQueue } from "../upload-queue.js";

const NOBODY = "00000000-0000-0000-0000-000000000000"; // in row-url, where the id goes

class UploadTray extends HTMLElement {
  #gone = new AbortController();
  #shown = Promise.resolve();
  #queue = new UploadQueue(2, () => this.#summarise());

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    for (const name of ["dragenter", "dragover"]) {
      addEventListener(name, (event) => this.#over(event), { signal });
    }
    addEventListener("dragleave", (event) => event.relatedTarget ?? this.#veil(false), { signal });
    addEventListener("drop", (event) => this.#drop(event), { signal });
    addEventListener("beforeunload", (event) => this.#queue.busy && event.preventDefault(), { signal });
    this.querySelector("[data-close]").addEventListener("click", () => this.#close(), { signal });
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  /** @param {boolean} shown */
  #veil(shown) {
    this.toggleAttribute("data-dragging", shown);
  }

  /** @param {DragEvent} event */
  #over(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#veil(true);
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#veil(false);
    this.add([...event.dataTransfer.files]);
  }

  /** @param {File[]} files */
  add(files) {
    this.querySelector(".tray").hidden = files.length === 0 && !this.#queue.busy;
    for (const file of files) this.#line(file).begin(this.#queue);
  }

  /**
   * @param {File} file
   * @returns {UploadLine}
   */
  #line(file) {
    const item = this.querySelector("template").content.cloneNode(true).firstElementChild;
    this.querySelector("[data-list]").append(item);
    return new UploadLine(item, file, this.getAttribute("upload-url"), (id) => this.#added(id));
  }

  /** @param {string} id */
  #added(id) {
    this.#shown = this.#shown.then(() => this.#show(id)); // htmx drops requests that overlap
    window.htmx.trigger(document.body, "jobs");
  }

  /**
   * Put a new song on the page, if that is the library.
   * @param {string} id
   */
  async #show(id) {
    const library = this.getAttribute("library-url");
    if (document.getElementById(`song-${id}`) || location.pathname !== library) return undefined;
    if (document.querySelector("song-list[takes-new]")) {
      const address = this.getAttribute("row-url").replace(NOBODY, id);
      return window.htmx.ajax("GET", address, { target: "#songs", swap: "afterbegin" });
    }
    const shown = library + location.search; // narrowed: it appears where it fits
    return window.htmx.ajax("GET", shown, { target: "#page", select: "#page", swap: "outerHTML" });
  }

  #summarise() {
    const { total, over, failed } = this.#queue;
    const words = this.#queue.busy
      ? `Adding song ${Math.min(over + 1, total)} of ${total}`
      : `${total - failed} of ${total} added`;
    this.querySelector("[data-summary]").textContent = words;
    if (!this.#queue.busy && !failed) setTimeout(() => this.#queue.busy || this.#close(), 4000);
  }

  #close() {
    this.querySelector(".tray").hidden = true;
    if (this.#queue.busy) return;
    this.querySelector("[data-list]").replaceChildren();
    this.#queue.forget();
  }
}

customElements.define("upload-tray", UploadTray);
