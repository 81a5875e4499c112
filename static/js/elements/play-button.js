/** <play-button key src song-title artist page peaks seconds cover>: plays a song in the player bar. */

import { hear, now, say } from "../sound.js";

class PlayButton extends HTMLElement {
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    this.querySelector("button").addEventListener("click", () => this.#toggle(), {
      signal: this.#gone.signal,
    });
    hear("state", () => this.#show(), this.#gone.signal);
    this.#show();
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  /** @param {number} time where to begin, in seconds */
  play(time = 0) {
    say("play", { song: this.song, time, list: this.list });
  }

  /** @returns {import("../sound.js").Song} */
  get song() {
    const read = (/** @type {string} */ name) => this.getAttribute(name) ?? "";
    return {
      key: read("key"),
      src: read("src"),
      title: read("song-title"),
      artist: read("artist"),
      page: read("page"),
      peaks: read("peaks"),
      cover: read("cover"),
      seconds: Number(read("seconds")),
    };
  }

  /** The songs of the list it is in, itself among them. */
  get list() {
    const list = this.closest("[data-playlist]");
    return list ? [...list.querySelectorAll("play-button")].map((button) => button.song) : [this.song];
  }

  #toggle() {
    if (now.key === this.getAttribute("key")) say("toggle");
    else this.play();
  }

  #show() {
    const playing = now.playing && now.key === this.getAttribute("key");
    this.toggleAttribute("data-playing", playing);
    const verb = playing ? "Pause" : "Play";
    this.querySelector("button").setAttribute("aria-label", `${verb} ${this.getAttribute("song-title")}`);
  }
}

customElements.define("play-button", PlayButton);
