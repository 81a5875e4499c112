/** What is played one after the other. */

/** @typedef {import("./sound.js").Song} Song */

export class Playlist {
  /** @type {Song[]} */
  #songs = [];
  #key = "";

  /**
   * @param {Song[]} songs
   * @param {string} key of the one that plays
   */
  set(songs, key) {
    this.#songs = songs;
    this.#key = key;
  }

  /** @param {Song[]} songs the same list, longer by now; another one is not taken */
  renew(songs) {
    if (songs.some(({ key }) => key === this.#key)) this.#songs = songs;
  }

  /** @param {string} key of the one that plays now */
  moveTo(key) {
    this.#key = key;
  }

  /** @returns {Song | undefined} */
  get next() {
    return this.#at(1);
  }

  /** @returns {Song | undefined} */
  get previous() {
    return this.#at(-1);
  }

  /** @param {number} step */
  #at(step) {
    const place = this.#songs.findIndex(({ key }) => key === this.#key);
    return place < 0 ? undefined : this.#songs[place + step];
  }
}
