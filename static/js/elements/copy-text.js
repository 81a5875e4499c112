/** <copy-text>: a text with a button that copies it. */

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    const field = this.querySelector("input");
    button.hidden = !navigator.clipboard;
    field.addEventListener("focus", () => field.select());
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    });
  }
}

customElements.define("copy-text", CopyText);
