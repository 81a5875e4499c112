/**
 * <job-notes job-url jobs-url>: says so when a job of mine ends while I look at something else.
 * It watches the drawer of active jobs: what leaves it has ended.
 */

import { news } from "../job-news.js";
import { toast } from "./toast-list.js";

const NOBODY = "00000000-0000-0000-0000-000000000000"; // in job-url, where the id goes
const BRINGS = new Set(["import", "collect"]); // kinds of jobs that bring songs into the library
const MOST = 20; // jobs asked about at once

class JobNotes extends HTMLElement {
  /** @type {Set<string>} */
  #active = new Set();
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    this.#active = activeNow() ?? new Set();
    document.addEventListener("htmx:afterSettle", () => this.#look(), { signal: this.#gone.signal });
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  async #look() {
    const active = activeNow();
    if (!active) return;
    const over = [...this.#active].filter((id) => !active.has(id)).slice(0, MOST);
    this.#active = active;
    const ended = (await Promise.all(over.map((id) => this.#job(id)))).filter(Boolean);
    if (ended.some(({ kind, state }) => BRINGS.has(kind) && state === "done")) window.htmx.trigger(document.body, "songs");
    const list = this.getAttribute("jobs-url");
    for (const { text, level, page } of news(ended, location.pathname, list)) {
      toast(text, level, { text: "Show", page });
    }
  }

  /** @param {string} id */
  async #job(id) {
    const address = this.getAttribute("job-url").replace(NOBODY, id);
    const response = await fetch(address).catch(() => null); // offline: nothing to say
    return response?.ok ? response.json() : null;
  }
}

/** The ids in the drawer; null where there is no drawer. */
function activeNow() {
  const drawer = document.getElementById("jobs-drawer");
  return drawer && new Set([...drawer.querySelectorAll("[data-job]")].map((job) => job.dataset.job));
}

customElements.define("job-notes", JobNotes);
