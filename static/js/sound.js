/**
 * What sounds on this page, told to whoever listens. One thing sounds at a time.
 *
 * Events: `play` asks for a song; `seek` for a moment of the one playing; `state` and `time`
 * say what the player does; `started` is said by whatever begins to sound, so that others pause.
 * A waveform says with `seen` which part of its song is looked at; `look` asks it for a moment.
 */

/**
 * @typedef {object} Song
 * @property {string} key
 * @property {string} src
 * @property {string} title
 * @property {string} artist
 * @property {string} page
 * @property {string} peaks address of the waveform, or ""
 * @property {string} cover address of the picture, or ""
 * @property {number} seconds
 */

export const bus = new EventTarget();

/** What the player has, for elements that come later. */
export const now = { key: "", playing: false, time: 0 };

/**
 * @param {string} name
 * @param {object} detail
 */
export function say(name, detail = {}) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

/**
 * Listen until a signal aborts.
 * @param {string} name
 * @param {(detail: any) => void} act
 * @param {AbortSignal} signal
 */
export function hear(name, act, signal) {
  bus.addEventListener(name, (event) => act(event.detail), { signal });
}

/**
 * Play the song with this key from a moment on, by the play button that knows it.
 * @param {string} key
 * @param {number} time seconds
 */
export function playFrom(key, time) {
  if (now.key === key) say("seek", { time, play: true });
  else document.querySelector(`play-button[key="${CSS.escape(key)}"]`)?.play(time);
}
