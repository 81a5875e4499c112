/** <page-messages>: what the server said with a page; moves on to the toasts. */

import { toastOf } from "./toast-list.js";

class PageMessages extends HTMLElement {
  connectedCallback() {
    for (const item of this.querySelectorAll("li")) {
      item.querySelector("form")?.append(hidden("next", location.pathname + location.search));
      toastOf([...item.children], item.dataset.level);
    }
    this.remove();
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function hidden(name, value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

customElements.define("page-messages", PageMessages);
