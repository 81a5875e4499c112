/** Waveforms: lowest and highest sample per stretch of time, and how they are drawn. */

/** @typedef {[number, number][]} Points lowest and highest sample, -1..1, of equal stretches */

/**
 * The outline of decoded sound.
 * @param {Float32Array[]} channels of equal length
 * @param {number} count how many points
 * @returns {Points}
 */
export function outline(channels, count) {
  const frames = channels[0]?.length ?? 0;
  const wanted = Math.min(count, frames);
  return Array.from({ length: wanted }, (_, point) => {
    const from = Math.floor((point * frames) / wanted);
    const to = Math.floor(((point + 1) * frames) / wanted);
    return extremes(channels, from, to);
  });
}

/**
 * @param {Float32Array[]} channels
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]}
 */
function extremes(channels, from, to) {
  let low = Infinity;
  let high = -Infinity;
  for (const samples of channels) {
    for (let i = from; i < to; i += 1) {
      if (samples[i] < low) low = samples[i];
      if (samples[i] > high) high = samples[i];
    }
  }
  return [low, high];
}

/**
 * As many points as there are columns; what falls into one column is joined.
 * @param {Points} points
 * @param {number} columns
 * @returns {Points}
 */
export function fit(points, columns) {
  if (!points.length) return [];
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * points.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * points.length) / columns));
    const part = points.slice(from, to);
    return [Math.min(...part.map((p) => p[0])), Math.max(...part.map((p) => p[1]))];
  });
}

export const STEP = 3; // CSS pixels from one bar to the next

/**
 * Draw bars, those before `progress` in the colour of what has been heard.
 * @param {HTMLCanvasElement} canvas
 * @param {Points} points
 * @param {{colour: string, heard: string, progress: number, gain?: number}} look
 */
export function draw(canvas, points, { colour, heard, progress, gain = 1 }) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = prepared(canvas, width, height);
  if (!context || !points.length) return;
  const columns = Math.max(1, Math.floor(width / STEP));
  fit(points, columns).forEach(([low, high], column) => {
    context.fillStyle = column / columns < progress ? heard : colour;
    const top = (height / 2) * (1 - Math.min(1, high * gain));
    const bottom = (height / 2) * (1 - Math.max(-1, low * gain));
    context.fillRect(column * STEP, top, STEP - 1, Math.max(1, bottom - top));
  });
}

/**
 * The context of an empty canvas that is as sharp as the screen; null where there is no room.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
function prepared(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.width && canvas.height ? canvas.getContext("2d") : null;
  context?.scale(scale, scale);
  return context;
}

/**
 * A colour of the page, as canvases want it.
 * @param {Element} element
 * @param {string} name of a CSS variable
 */
export function colourOf(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/** What tells drawings that the page went from light to dark or back. */
export const scheme = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
