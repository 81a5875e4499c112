/**
 * Pages follow each other without a reload, so that the music plays on: of every page that a
 * boosted link or form brings, the shell alone is taken; player and uploads lie outside of it.
 */

import { toast } from "./elements/toast-list.js";

const UNREACHABLE = "The server does not answer. What you see may be old.";
const FAILED = "That did not work. Reload the page and try again.";

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  const signedOut = new URL(detail.xhr.responseURL).pathname.startsWith("/signin");
  if (signedOut) leave(detail);
  else if (detail.boosted) swapShell(detail);
  else if (detail.xhr.status === 404) removeGone(detail);
});

/** A page that has no shell is loaded as a whole. */
function swapShell(detail) {
  const hasShell = detail.serverResponse.includes('id="shell"');
  detail.shouldSwap = hasShell;
  detail.isError = false;
  detail.target = document.getElementById("shell");
  detail.selectOverride = "#shell";
  detail.swapOverride = "outerHTML show:window:top";
  if (hasShell) return;
  if (detail.requestConfig.verb === "get" || detail.xhr.status < 400) leave(detail);
  else toast(FAILED, "error");
}

function leave(detail) {
  detail.shouldSwap = false;
  location.assign(detail.boosted ? detail.xhr.responseURL : location.href);
}

/** What is polled and gone was deleted elsewhere. */
function removeGone(detail) {
  detail.shouldSwap = true;
  detail.isError = false;
  detail.swapOverride = "delete";
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.boosted) document.getElementById("page")?.focus({ preventScroll: true });
});
document.addEventListener("htmx:sendError", () => toast(UNREACHABLE, "error"));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.requestConfig?.verb !== "get") toast(FAILED, "error");
});
