/**
 * <song-list rows-url>: renews the rows of songs that are being read or listened to, all in one
 * request, and keeps the chosen songs chosen meanwhile.
 */

const PAUSE = 1000; // ms between two looks

class SongList extends HTMLElement {
  /** @type {Set<string>} */
  #chosen = new Set();
  #rows = new MutationObserver((changes) => this.#renewed(changes));

  #clock = 0;

  connectedCallback() {
    this.#clock = setInterval(() => this.#renew(), PAUSE);
    this.addEventListener("change", this.#change);
    this.#rows.observe(this.querySelector("tbody"), { childList: true });
    this.#collect();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.removeEventListener("change", this.#change);
    this.#rows.disconnect();
  }

  /** @returns {HTMLInputElement[]} */
  get #boxes() {
    return [...this.querySelectorAll('input[name="ids"]')];
  }

  #change = (/** @type {Event} */ event) => {
    const all = event.target.closest("[data-all]");
    if (all) for (const box of this.#boxes) box.checked = all.checked;
    this.#collect();
  };

  #collect() {
    this.#chosen = new Set(this.#boxes.filter((box) => box.checked).map((box) => box.value));
    this.#count();
  }

  #renew() {
    const moving = [...this.querySelectorAll("tr[data-moving]")];
    if (!moving.length || document.hidden) return;
    const wish = new URLSearchParams(moving.map((row) => ["id", row.id.slice("song-".length)]));
    const address = `${this.getAttribute("rows-url")}?${wish}`;
    window.htmx.ajax("GET", address, { source: this, target: this, swap: "none" });
  }

  /** @param {MutationRecord[]} changes */
  #renewed(changes) {
    for (const box of this.#boxes) box.checked = this.#chosen.has(box.value);
    this.#collect();
    const total = document.querySelector("[data-total]");
    if (!total) return;
    total.dataset.total = String(Number(total.dataset.total) + growth(changes));
    total.textContent = songs(Number(total.dataset.total));
  }

  #count() {
    const { size } = this.#chosen;
    this.querySelector("[data-chosen]").textContent = songs(size);
    const all = this.querySelector("[data-all]");
    all.checked = size > 0 && size === this.#boxes.length;
    all.indeterminate = size > 0 && !all.checked;
  }
}

/** @param {number} count */
function songs(count) {
  return count === 1 ? "1 song" : `${count} songs`;
}

/**
 * How many more rows there are than before; a renewed row is one gone and one come.
 * @param {MutationRecord[]} changes
 */
function growth(changes) {
  const rows = (/** @type {NodeList} */ nodes) => [...nodes].filter((node) => node.nodeName === "TR").length;
  return changes.reduce((sum, { addedNodes, removedNodes }) => sum + rows(addedNodes) - rows(removedNodes), 0);
}

customElements.define("song-list", SongList);
