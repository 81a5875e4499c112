/** How loud each stem of a mix is. */

/**
 * @typedef {object} Fader
 * @property {boolean} muted
 * @property {boolean} solo
 * @property {number} volume 0..1, as the slider stands
 */

/**
 * The gain of each stem. Where any stem is solo, only those sound: to ask for a stem
 * by solo is stronger than to have muted it earlier.
 * @param {Fader[]} faders
 * @returns {number[]} linear gains, 0..1
 */
export function gains(faders) {
  const anySolo = faders.some((fader) => fader.solo);
  return faders.map((fader) => {
    const sounds = anySolo ? fader.solo : !fader.muted;
    return sounds ? loudness(fader.volume) : 0;
  });
}

/**
 * Half the way down a slider should sound about half as loud, which a square does.
 * @param {number} volume 0..1
 * @returns {number} linear gain, 0..1
 */
export function loudness(volume) {
  return Math.min(1, Math.max(0, volume)) ** 2;
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
