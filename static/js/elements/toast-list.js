/** <toast-list>: short notes that go by themselves. Lies outside the shell, so that it is read out. */

const STAYS = 6000; // ms; errors stay until they are pressed

export class ToastList extends HTMLElement {
  /**
   * @param {string} text
   * @param {string} level
   */
  add(text, level) {
    if ([...this.children].some((note) => note.textContent === text)) return;
    const note = document.createElement("p");
    note.className = "toast";
    note.dataset.level = level;
    note.textContent = text;
    note.addEventListener("click", () => note.remove());
    this.append(note);
    if (level !== "error") setTimeout(() => note.remove(), STAYS);
  }
}

customElements.define("toast-list", ToastList);

/**
 * Say something in passing.
 * @param {string} text
 * @param {string} level of Django's messages
 */
export function toast(text, level = "info") {
  document.querySelector("toast-list")?.add(text, level);
}
