/**
 * <upload-tray upload-url row-url library-url>: takes files dropped anywhere or chosen with
 * <add-songs>, sends two at a time, and shows how far each is. Lies outside the shell.
 */

import { UploadQueue } from "../upload-queue.js";

const NOBODY = "00000000-0000-0000-0000-000000000000"; // in row-url, where the id goes
const BROKEN = "The connection broke. Nothing of this file was kept; add it again.";

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
    for (const file of files) {
      const cancel = new AbortController();
      const line = this.#line(file, cancel);
      this.#queue.add((done) => this.#send(file, line, cancel.signal, done));
    }
  }

  /**
   * The line of a file that waits; its Cancel button takes it off the list.
   * @param {File} file
   * @param {AbortController} cancel
   * @returns {HTMLElement}
   */
  #line(file, cancel) {
    const line = this.querySelector("template").content.cloneNode(true).firstElementChild;
    line.querySelector("[data-name]").textContent = file.name;
    line.querySelector("progress").setAttribute("aria-label", `Upload of ${file.name}`);
    const button = line.querySelector("[data-cancel]");
    button.setAttribute("aria-label", `Cancel the upload of ${file.name}`);
    button.addEventListener("click", () => { cancel.abort(); line.remove(); });
    this.querySelector("[data-list]").append(line);
    return line;
  }

  /**
   * @param {File} file
   * @param {HTMLElement} line
   * @param {AbortSignal} cancelled
   * @param {(end: import("../upload-queue.js").End) => void} done
   */
  #send(file, line, cancelled, done) {
    if (cancelled.aborted) { done("cancelled"); return; }
    const request = new XMLHttpRequest();
    const progress = line.querySelector("progress");
    request.upload.onprogress = ({ loaded, total }) => { progress.value = loaded / total; };
    request.onload = () => this.#answered(request, line, done);
    request.onerror = () => { fail(line, BROKEN); done("failed"); };
    request.onabort = () => done("cancelled");
    cancelled.addEventListener("abort", () => request.abort());
    request.open("POST", this.getAttribute("upload-url"));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", document.querySelector('[name="csrfmiddlewaretoken"]').value);
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  }

  /**
   * @param {XMLHttpRequest} request
   * @param {HTMLElement} line
   * @param {(end: import("../upload-queue.js").End) => void} done
   */
  #answered(request, line, done) {
    const worked = request.status === 200 || request.status === 201;
    if (worked) {
      line.dataset.state = "done";
      finish(line, request.status === 200 ? "It is in your library already." : "");
      const { id } = JSON.parse(request.responseText);
      this.#shown = this.#shown.then(() => this.#show(id)); // htmx drops requests that overlap
      window.htmx.trigger(document.body, "jobs");
    } else {
      fail(line, problemOf(request));
    }
    done(worked ? "added" : "failed");
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
    return window.htmx.ajax("GET", library, { target: "#page", select: "#page", swap: "outerHTML" });
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

/**
 * @param {HTMLElement} line
 * @param {string} remark
 */
function finish(line, remark) {
  line.querySelector("progress").hidden = true;
  line.querySelector("[data-cancel]").hidden = true;
  const place = line.querySelector("[data-problem]");
  place.textContent = remark;
  place.hidden = !remark;
}

/**
 * @param {HTMLElement} line
 * @param {string} problem
 */
function fail(line, problem) {
  line.dataset.state = "failed";
  finish(line, problem);
}

/** @param {XMLHttpRequest} request */
function problemOf(request) {
  try {
    return JSON.parse(request.responseText).error.message;
  } catch {
    return "The server could not take this file. Try again.";
  }
}

customElements.define("upload-tray", UploadTray);
