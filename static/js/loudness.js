/** How loud the player is, remembered from one visit to the next. */

const KEY = "player-volume";

/** @typedef {{volume: number, muted: boolean}} Loudness volume: where the slider stands, 0..1 */

/**
 * @param {Pick<Storage, "getItem">} storage
 * @returns {Loudness}
 */
export function remembered(storage) {
  try {
    const { volume, muted } = JSON.parse(storage.getItem(KEY) ?? "{}");
    const sane = typeof volume === "number" && volume >= 0 && volume <= 1;
    return { volume: sane ? volume : 1, muted: muted === true };
  } catch {
    return { volume: 1, muted: false };
  }
}

/**
 * @param {Pick<Storage, "setItem">} storage
 * @param {Loudness} loudness
 */
export function remember(storage, { volume, muted }) {
  storage.setItem(KEY, JSON.stringify({ volume, muted }));
}
