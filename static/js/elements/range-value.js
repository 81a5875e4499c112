/** <range-value for="id">: the number at which a slider stands. */

class RangeValue extends HTMLElement {
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    const show = (/** @type {Event} */ { target }) => {
      if (target.id === this.getAttribute("for")) this.textContent = target.value;
    };
    document.addEventListener("input", show, { signal: this.#gone.signal });
  }

  disconnectedCallback() {
    this.#gone.abort();
  }
}

customElements.define("range-value", RangeValue);
