/** Plays several recordings as one: all on one clock, started in the same instant. */

const AHEAD = 0.06; // s between the order to start and the start, so that none comes late
const RAMP = 0.015; // s over which a gain changes, so that it does not click
const HIGHEST_RATE = 48_000; // Hz; more costs memory and is not heard here

export class StemPlayer {
  /** @type {AudioBuffer[]} */
  buffers = [];
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {GainNode[]} */
  #gains = [];
  /** @type {AudioBufferSourceNode[]} */
  #sources = [];
  /** @type {number[]} */
  #levels = [];
  #startedAt = 0;
  #offset = 0;
  playing = false;

  /**
   * Fetch and decode all; afterwards it can play.
   * @param {string[]} addresses
   * @param {number} sampleRate of the recordings, Hz
   * @param {(fraction: number) => void} report
   * @param {AbortSignal} signal
   */
  async load(addresses, sampleRate, report, signal) {
    const rate = Math.min(HIGHEST_RATE, Math.max(8000, sampleRate || 44_100));
    const decoder = new OfflineAudioContext(1, 1, rate);
    const buffers = [];
    for (const [index, address] of addresses.entries()) {
      const part = (/** @type {number} */ fraction) => report((index + fraction) / addresses.length);
      buffers.push(await decoder.decodeAudioData(await bytes(address, part, signal)));
    }
    this.buffers = buffers;
  }

  get seconds() {
    return Math.max(0, ...this.buffers.map((buffer) => buffer.duration));
  }

  get position() {
    if (!this.playing || !this.#context) return this.#offset;
    const elapsed = this.#context.currentTime - this.#startedAt;
    return Math.min(this.seconds, this.#offset + Math.max(0, elapsed));
  }

  /** @param {number[]} levels linear, one a stem */
  setGains(levels) {
    this.#levels = levels;
    const moment = this.#context?.currentTime ?? 0;
    this.#gains.forEach((node, index) => node.gain.setTargetAtTime(levels[index], moment, RAMP));
  }

  /** Must be called from a person's gesture the first time: browsers ask for that. */
  async play() {
    this.#context ??= this.#wire(new AudioContext());
    await this.#context.resume();
    if (this.#offset >= this.seconds - AHEAD) this.#offset = 0;
    this.#start();
  }

  pause() {
    this.#offset = this.position;
    this.#stop();
  }

  /** @param {number} time seconds */
  seek(time) {
    const wasPlaying = this.playing;
    this.#stop();
    this.#offset = Math.min(this.seconds, Math.max(0, time));
    if (wasPlaying) this.#start();
  }

  close() {
    this.#stop();
    this.#context?.close();
    this.buffers = [];
  }

  /** @param {AudioContext} context */
  #wire(context) {
    this.#gains = this.buffers.map((_, index) => {
      const node = new GainNode(context, { gain: this.#levels[index] ?? 1 });
      node.connect(context.destination);
      return node;
    });
    return context;
  }

  #start() {
    const moment = this.#context.currentTime + AHEAD;
    this.#sources = this.buffers.map((buffer, index) => {
      const source = new AudioBufferSourceNode(this.#context, { buffer });
      source.connect(this.#gains[index]);
      source.start(moment, this.#offset);
      return source;
    });
    this.#startedAt = moment;
    this.playing = true;
  }

  #stop() {
    for (const source of this.#sources) source.stop();
    this.#sources = [];
    this.playing = false;
  }
}

/**
 * The body of an answer, with word of how much has come.
 * @param {string} address
 * @param {(fraction: number) => void} report
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer>}
 */
async function bytes(address, report, signal) {
  const response = await fetch(address, { signal });
  if (!response.ok || !response.body) throw new Error(`${response.status} for ${address}`);
  const length = Number(response.headers.get("Content-Length")) || Infinity;
  const chunks = [];
  let received = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks).arrayBuffer();
    chunks.push(value);
    received += value.length;
    report(received / length);
  }
}
