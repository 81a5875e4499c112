/** A mix on its way: asked for, made on the server, taken home. */

const LOOK = 700; // ms between two looks at how far it is
const SORRY = "The mix could not be made. Try again in a moment.";
const SILENT = "Nothing sounds: every stem is muted or turned down. Turn one up, then export.";

export class MixExport {
  /** @type {string} address of the mix in the making */
  #mix = "";
  #timer = 0;

  /**
   * @param {HTMLFormElement} form with what it says in `data-` parts
   * @param {object} mixer
   * @param {string} mixer.address where mixes are asked for
   * @param {(part: string) => object | null} mixer.wish the mix as it is set; null if it is silent
   * @param {AbortSignal} signal
   */
  constructor(form, { address, wish }, signal) {
    Object.assign(this, { form, address, wish, signal });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#ask(); }, { signal });
    this.#part("cancel").addEventListener("click", () => this.#cancel(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return this.form.querySelector(`[data-${name}]`);
  }

  async #ask() {
    const chosen = new FormData(this.form);
    const wish = this.wish(String(chosen.get("part")));
    this.#show({ link: null, busy: Boolean(wish), said: wish ? "Asking for the mix" : "", problem: wish ? "" : SILENT });
    if (!wish) return;
    const body = JSON.stringify({ ...wish, format: chosen.get("format") });
    await this.#follow(() => this.#send(this.address, { method: "POST", body }));
  }

  /** @param {() => Promise<any>} look */
  async #follow(look) {
    clearTimeout(this.#timer);
    try {
      const mix = await look();
      if (this.signal.aborted) return;
      this.#mix = `${this.address.replace(/\/?$/, "/")}${mix.id}`;
      this.#tell(mix);
    } catch (error) {
      if (!this.signal.aborted) this.#show({ busy: false, said: "", problem: error.sentence ?? SORRY });
    }
  }

  /** @param {any} mix as the API tells it */
  #tell(mix) {
    if (mix.state === "done") {
      this.#show({ busy: false, link: mix.url, said: ready(mix) });
    } else if (mix.state === "queued" || mix.state === "running") {
      const progress = mix.job?.progress ?? 0;
      this.#show({ busy: true, progress, said: progress ? `Mixing: ${Math.round(progress * 100)} %` : "Waiting for its turn" });
      this.#timer = setTimeout(() => this.#follow(() => this.#send(this.#mix)), LOOK);
    } else {
      const cancelled = mix.state === "cancelled";
      this.#show({ busy: false, said: cancelled ? "Cancelled." : "", problem: cancelled ? "" : mix.job?.error?.message || SORRY });
    }
  }

  async #cancel() {
    clearTimeout(this.#timer);
    await this.#send(this.#mix, { method: "DELETE" }).catch(() => {}); // over already
    this.#show({ busy: false, said: "Cancelled." });
  }

  /**
   * @param {string} address
   * @param {RequestInit} [more]
   */
  async #send(address, more = {}) {
    const token = document.querySelector('[name="csrfmiddlewaretoken"]')?.value ?? "";
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    const response = await fetch(address, { headers, signal: this.signal, ...more });
    const said = response.status === 204 ? {} : await response.json();
    if (!response.ok) throw Object.assign(new Error(String(response.status)), { sentence: said.error?.message });
    return said;
  }

  /** @param {{busy: boolean, said: string, progress?: number, link?: string | null, problem?: string}} what */
  #show({ busy, said, progress = 0, link = null, problem = "" }) {
    this.form.toggleAttribute("data-busy", busy);
    const text = this.#part("said");
    if (text.textContent !== said) text.textContent = said;
    this.#part("bar").hidden = this.#part("cancel").hidden = !busy;
    this.#part("bar").value = progress;
    this.#part("link").hidden = !link;
    if (link) this.#part("link").href = `${link}?download=1`;
    this.#part("problem").textContent = problem;
    this.#part("problem").hidden = !problem;
    this.#part("ask").disabled = busy;
  }
}

/** @param {{gain_db: number}} mix */
function ready({ gain_db: gain }) {
  if (gain > -0.05) return "Your mix is ready.";
  return `Your mix is ready. It was louder than a file can hold, so all of it is ${Math.abs(gain).toFixed(1)} dB softer.`;
}
