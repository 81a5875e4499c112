/** Keys and clicks that belong to no single element. */

const TYPING = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";

/**
 * Is this key meant for what has the focus rather than for the page?
 * @param {KeyboardEvent} event
 */
export function isTaken(event) {
  const busy = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (busy?.closest(TYPING)) return true;
  return event.code === "Space" && Boolean(busy?.closest("button, a, summary, input, [role=button]"));
}

/** Open menus, from the inside out. */
function menus() {
  return [...document.querySelectorAll("details.menu[open], details.confirm[open]")].reverse();
}

document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" ? menus()[0] : undefined;
  if (open) {
    open.removeAttribute("open");
    open.querySelector("summary")?.focus();
  } else if (event.key === "/" && !isTaken(event)) {
    event.preventDefault();
    document.querySelector('[data-shortcut="/"]')?.focus();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.removeAttribute("open");
});
