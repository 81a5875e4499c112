/** Which of a list are chosen. */

/**
 * Those from one to another, both included, whichever comes first.
 * @param {string[]} ids in the order of the list
 * @param {string} one
 * @param {string} other
 * @returns {string[]}
 */
export function between(ids, one, other) {
  const [from, to] = [ids.indexOf(one), ids.indexOf(other)].sort((a, b) => a - b);
  return from < 0 ? ids.filter((id) => id === other) : ids.slice(from, to + 1);
}

/**
 * The neighbour of an item, or the first or last one where there is none yet.
 * @template Item
 * @param {Item[]} items
 * @param {Item | undefined} item
 * @param {number} step 1 or -1
 * @returns {Item | undefined}
 */
export function neighbour(items, item, step) {
  const place = items.indexOf(item);
  if (place < 0) return step > 0 ? items[0] : items.at(-1);
  return items[Math.min(items.length - 1, Math.max(0, place + step))];
}

/** @param {number} count */
export function songs(count) {
  return count === 1 ? "1 song" : `${count.toLocaleString("en")} songs`;
}
