/** <edit-text>: words with a pencil beside them that turns them into a field. */

class EditText extends HTMLElement {
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    const pencil = this.querySelector("[data-edit]");
    pencil.hidden = false;
    pencil.addEventListener("click", () => this.#edit(true), { signal });
    this.querySelector("[data-shown]").addEventListener("click", () => this.#edit(true), { signal });
    this.querySelector("[data-leave]").addEventListener("click", () => this.#leave(), { signal });
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.#isOpen && this.#leave(), { signal });
    document.addEventListener("htmx:beforeRequest", (event) => this.#hold(event), { signal });
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  get #isOpen() {
    return !this.querySelector("form").hidden;
  }

  /** @param {boolean} open */
  #edit(open) {
    this.querySelector("form").hidden = !open;
    this.querySelector("[data-shown]").classList.toggle("hidden", open); // still the page's heading
    this.querySelector("[data-edit]").hidden = open;
    if (open) this.querySelector("input:not([type=hidden])").select();
  }

  #leave() {
    this.querySelector("form").reset();
    this.#edit(false);
    this.querySelector("[data-edit]").focus();
  }

  /**
   * What is being typed is not swapped away by a poll.
   * @param {Event} event
   */
  #hold(event) {
    const polled = event.detail.requestConfig?.verb === "get" && event.detail.target?.contains(this);
    if (polled && this.#isOpen && !event.detail.boosted) event.preventDefault();
  }
}

customElements.define("edit-text", EditText);
