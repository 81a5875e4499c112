/** Keys and clicks that belong to no single element. */

const TYPING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const OFF = "keys-off"; // in localStorage, for who speaks to the computer or types with a stick

/**
 * Is this key meant for what has the focus rather than for the page?
 * @param {KeyboardEvent} event
 */
export function isTaken(event) {
  const busy = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (busy?.closest(TYPING) || document.querySelector("dialog[open]")) return true;
  if (event.code === "Space") return Boolean(busy?.closest("button, a, summary, input, [role=button]"));
  return event.key.length === 1 && areOff();
}

function areOff() {
  return localStorage.getItem(OFF) === "yes";
}

/** Open menus, from the inside out. */
function menus() {
  return [...document.querySelectorAll("details.menu[open], details.confirm[open]")].reverse();
}

/** @param {string} id of a dialog */
function show(id) {
  const dialog = document.getElementById(id);
  const box = dialog?.querySelector("[data-keys-on]");
  if (box) box.checked = !areOff();
  dialog?.showModal();
}

document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" ? menus()[0] : undefined;
  if (open) {
    event.preventDefault();
    open.removeAttribute("open");
    open.querySelector("summary")?.focus();
  } else if (event.key === "/" && !isTaken(event)) {
    event.preventDefault();
    document.querySelector('[data-shortcut="/"]')?.focus();
  } else if (event.key === "?" && !isTaken(event)) {
    event.preventDefault();
    show("keys");
  }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  for (const menu of menus()) if (opener || !menu.contains(event.target)) menu.removeAttribute("open");
  if (opener) show(opener.dataset.opens);
  else if (event.target.matches("dialog")) event.target.close(); // the ground around it
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-keys-on]")) localStorage.setItem(OFF, event.target.checked ? "no" : "yes");
});
