/** What a mixer is set to: how loud each stem is, where it stands, and how people say so. */

export const QUIETEST = -48; // dB; a fader at its lowest end is silent
export const LOUDEST = 6; // dB

/**
 * @typedef {object} Fader
 * @property {string} name of the stem
 * @property {boolean} muted
 * @property {boolean} solo
 * @property {number} db
 * @property {number} pan -1 (left) to 1 (right)
 */

/**
 * Which stems sound. Where any stem is solo, only those do: to ask for a stem by solo is stronger
 * than to have muted it earlier.
 * @param {Pick<Fader, "muted" | "solo">[]} faders
 * @returns {boolean[]}
 */
export function sounding(faders) {
  const anySolo = faders.some((fader) => fader.solo);
  return faders.map((fader) => (anySolo ? fader.solo : !fader.muted));
}

/**
 * The gain of each stem.
 * @param {Pick<Fader, "muted" | "solo" | "db">[]} faders
 * @returns {number[]} linear
 */
export function gains(faders) {
  const on = sounding(faders);
  return faders.map((fader, index) => (on[index] ? linear(fader.db) : 0));
}

/**
 * @param {number} db
 * @returns {number} linear gain; 0 at the lowest end of a fader
 */
export function linear(db) {
  return db <= QUIETEST ? 0 : 10 ** (Math.min(db, LOUDEST) / 20);
}

/**
 * @param {number} db
 * @returns {string} "−3.5 dB"
 */
export function levelText(db) {
  if (db <= QUIETEST) return "off";
  const sign = db > 0 ? "+" : db < 0 ? "−" : "";
  return `${sign}${Math.abs(db).toFixed(1).replace(/\.0$/, "")} dB`;
}

/**
 * @param {number} pan
 * @returns {string} "20 % left"
 */
export function panText(pan) {
  const percent = Math.round(Math.abs(pan) * 100);
  return percent ? `${percent} % ${pan < 0 ? "left" : "right"}` : "middle";
}

/**
 * The mix as the server is asked for it; null where nothing sounds.
 * @param {Fader[]} faders
 * @param {{region?: {start: number, stop: number} | null, speed?: number, format?: string}} more
 */
export function wish(faders, { region = null, speed = 1, format = "flac" } = {}) {
  const levels = gains(faders);
  const heard = faders.filter((_, index) => levels[index] > 0);
  if (!heard.length) return null;
  const stems = Object.fromEntries(heard.map(({ name, db, pan }) => [name, { gain_db: db, pan }]));
  return { stems, region, speed, format };
}

/**
 * What is remembered of a song's mixer, by which its controls are set again.
 * @typedef {object} Memory
 * @property {Record<string, Omit<Fader, "name">>} stems
 * @property {{start: number, stop: number} | null} loop
 * @property {boolean} looping
 * @property {number} speed
 */

const KEY = "mixers"; // in localStorage
const KEPT = 40; // songs

/**
 * @param {Pick<Storage, "getItem">} storage
 * @param {string} song
 * @returns {Partial<Memory>}
 */
export function remembered(storage, song) {
  return all(storage).find(([key]) => key === song)?.[1] ?? {};
}

/**
 * @param {Pick<Storage, "getItem" | "setItem">} storage
 * @param {string} song
 * @param {Memory} memory
 */
export function remember(storage, song, memory) {
  const others = all(storage).filter(([key]) => key !== song);
  storage.setItem(KEY, JSON.stringify([[song, memory], ...others].slice(0, KEPT)));
}

/**
 * @param {Pick<Storage, "getItem">} storage
 * @returns {[string, Partial<Memory>][]} the latest first
 */
function all(storage) {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((pair) => pair?.[1] instanceof Object) : [];
  } catch {
    return [];
  }
}

/**
 * Which stem a key is for: 1 to 9 mute, with shift they solo.
 * @param {{code: string, shiftKey: boolean}} event
 * @param {number} stems how many there are
 * @returns {{index: number, solo: boolean} | null}
 */
export function stemKey(event, stems) {
  const found = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  const index = found ? Number(found[1]) - 1 : stems;
  return index < stems ? { index, solo: event.shiftKey } : null;
}
