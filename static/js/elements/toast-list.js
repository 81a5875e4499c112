/** <toast-list>: short notes that go by themselves. Lies outside the shell, so that it is read out. */

const STAYS = 6000; // ms; errors stay until they are pressed
const STAYS_WITH_ACTION = 55_000; // what can be undone for a minute
const MOST = 4;

export class ToastList extends HTMLElement {
  /**
   * @param {Node[]} parts words, links, forms
   * @param {string} level
   */
  add(parts, level) {
    const note = document.createElement("div");
    note.className = "toast";
    note.dataset.level = level;
    note.append(...parts);
    if ([...this.children].some((other) => other.textContent === note.textContent)) return;
    note.addEventListener("click", (event) => event.target.closest("form, a") ?? note.remove());
    note.addEventListener("submit", () => setTimeout(() => note.remove()));
    note.querySelector("a")?.addEventListener("click", () => setTimeout(() => note.remove()));
    this.append(note);
    while (this.children.length > MOST) this.firstElementChild?.remove();
    window.htmx?.process(note);
    const stays = note.querySelector("form, a") ? STAYS_WITH_ACTION : STAYS;
    if (level !== "error") setTimeout(() => note.remove(), stays);
  }
}

customElements.define("toast-list", ToastList);

/**
 * Say something in passing.
 * @param {string} text
 * @param {string} level of Django's messages
 * @param {{text: string, page: string} | null} link where to go on
 */
export function toast(text, level = "info", link = null) {
  const parts = [document.createTextNode(link ? `${text} ` : text)];
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.page;
    anchor.textContent = link.text;
    parts.push(anchor);
  }
  toastOf(parts, level);
}

/**
 * The same of parts of a page.
 * @param {Node[]} parts
 * @param {string} level
 */
export function toastOf(parts, level) {
  document.querySelector("toast-list")?.add(parts, level);
}
