/** The controls of one stem in a mixer, as numbers and back. */

import { levelText, panText } from "./mix.js";

/**
 * @param {HTMLElement} stem
 * @returns {import("./mix.js").Fader}
 */
export function faderOf(stem) {
  return {
    name: stem.dataset.stem,
    muted: isPressed(stem.querySelector("[data-mute]")),
    solo: isPressed(stem.querySelector("[data-solo]")),
    db: Number(stem.querySelector("[data-volume]").value),
    pan: Number(stem.querySelector("[data-pan]").value),
  };
}

/**
 * @param {HTMLElement} stem
 * @param {Partial<import("./mix.js").Fader>} fader
 */
export function setFader(stem, { muted = false, solo = false, db = 0, pan = 0 }) {
  press(stem.querySelector("[data-mute]"), muted);
  press(stem.querySelector("[data-solo]"), solo);
  stem.querySelector("[data-volume]").value = String(db);
  stem.querySelector("[data-pan]").value = String(pan);
}

/**
 * Say where its sliders stand, and whether it sounds.
 * @param {HTMLElement} stem
 * @param {boolean} sounds
 */
export function showFader(stem, sounds) {
  const { db, pan } = faderOf(stem);
  tell(stem, "volume", levelText(db));
  tell(stem, "pan", panText(pan));
  stem.toggleAttribute("data-silent", !sounds);
}

/**
 * Say where a slider stands, to eyes and to ears.
 * @param {HTMLElement} place
 * @param {string} name
 * @param {string} text
 */
export function tell(place, name, text) {
  place.querySelector(`[data-${name}]`).setAttribute("aria-valuetext", text);
  place.querySelector(`[data-${name}-text]`).textContent = text;
}

/** @param {Element} button */
export function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

/**
 * @param {Element} button
 * @param {boolean} on
 */
export function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
}
