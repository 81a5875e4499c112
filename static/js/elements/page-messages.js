/** <page-messages>: what the server said with a page; moves on to the toasts. */

import { toast } from "./toast-list.js";

class PageMessages extends HTMLElement {
  connectedCallback() {
    for (const item of this.querySelectorAll("li")) {
      toast(item.textContent.trim(), item.dataset.level);
    }
    this.remove();
  }
}

customElements.define("page-messages", PageMessages);
