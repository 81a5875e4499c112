/**
 * Plays several recordings as one. Everything is scheduled in whole samples of one clock: block by
 * block, all lanes at the same sample, so that they cannot drift and no seam is heard. Only what
 * is around the playhead is in memory.
 */

import { Blocks, SECONDS, wanted } from "./blocks.js";
import { StemDesk } from "./stem-desk.js";
import { StemFeed } from "./stem-feed.js";

const LEAD = 0.06; // s between the order to play and the first sample, so that none comes late …
const MOST_LEAD = 0.5; // … and on a busy machine
const QUANTUM = 128; // frames that are made at once
const HORIZON = 2.5; // s that are scheduled ahead; hidden pages are woken once a second
const TICK = 80; // ms between two looks
const AT_ONCE = 5; // pieces at another speed in one look, so that the page stays quick
const WAITING = 3; // blocks that a paused player keeps ready
const GOODBYE = 0.02; // s in which it falls silent

/**
 * @typedef {object} Facts
 * @property {number} rate Hz, of all recordings
 * @property {number} frames of each
 * @property {string[]} lanes addresses of their stretches
 * @property {string} original the same of the recording they are compared with
 * @property {number} gainDb that this one gets, to be as loud as the lanes together
 */

/** Says `state` when it begins, ends or waits for sound, and `problem` when it cannot go on. */
export class StemPlayer extends EventTarget {
  playing = false;
  waiting = false;
  /** @type {AudioContext | null} */
  context = null;
  /** @type {StemDesk | null} */
  #desk = null;
  /** @type {Set<AudioBufferSourceNode>} */
  #sources = new Set();
  /** @type {{due: number, frames: number, at: number, advance: number}[]} what sounds when */
  #spans = [];
  /** @type {StemFeed | null} */
  #feed = null;
  /** @type {{start: number, stop: number} | null} in frames */
  #loop = null;
  #speed = 1;
  #at = 0; // frame of the song that is scheduled next
  #due = 0; // frame of the clock at which
  #levels = [];
  #places = [];
  #armed = false; // the original is fetched too
  #joined = false; // … and scheduled with the others
  #comparing = false;
  #lead = LEAD;
  #timer = 0;
  #gone = false;
  #starting = false; // asked to play, and the clock does not run yet

  /** @param {Facts} facts */
  constructor({ rate, frames, lanes, original, gainDb }) {
    super();
    Object.assign(this, { rate, frames, gain: 10 ** (gainDb / 20), size: SECONDS * rate });
    const decoder = new OfflineAudioContext(2, 1, rate);
    const recording = (/** @type {string} */ address) => new Blocks({
      address, frames, size: this.size,
      decode: (bytes) => decoder.decodeAudioData(bytes),
      came: () => (this.playing ? this.#tick() : this.#gone || this.prepare()),
    });
    this.lanes = lanes.map(recording);
    this.original = recording(original);
    this.#levels = lanes.map(() => 1);
    this.#places = lanes.map(() => 0);
  }

  get seconds() {
    return this.frames / this.rate;
  }

  /** Where the playhead is, in seconds. */
  get position() {
    return this.#frameAt(this.#now) / this.rate;
  }

  /** The frame of the clock. */
  get #now() {
    return this.context ? Math.round(this.context.currentTime * this.rate) : 0;
  }

  /** The frame of the clock at which what is scheduled now can begin. */
  get #soon() {
    return this.#now + Math.round(this.#lead * this.rate);
  }

  /** The frame of the song that sounds at a frame of the clock. @param {number} moment */
  #frameAt(moment) {
    if (!this.playing) return this.#at;
    const span = this.#spans.findLast(({ due }) => due <= moment);
    if (!span) return this.#spans[0]?.at ?? this.#at;
    const share = Math.min(1, (moment - span.due) / span.frames);
    return Math.round(span.at + share * span.advance);
  }

  // -- what people ask for -----------------------------------------------------------------------

  /**
   * @param {number[]} levels linear, one a lane
   * @param {number[]} places -1 (left) to 1 (right)
   */
  set(levels, places) {
    this.#levels = levels;
    this.#places = places;
    this.#desk?.set(levels, places);
  }

  /** Fetch what would sound first, without sounding. */
  prepare() {
    if (!this.playing) this.#want(WAITING);
  }

  /** Must be called from a person's gesture the first time: browsers ask for that. */
  async play() {
    if (this.playing || this.#starting) return;
    this.#starting = true;
    this.context ??= new AudioContext({ sampleRate: this.rate, latencyHint: "interactive" });
    this.#desk ??= new StemDesk(this.context, this.#levels, this.#places);
    for (const lane of [...this.lanes, this.original]) lane.retry();
    if (this.#at >= this.frames - LEAD * this.rate) this.#at = 0;
    await this.context.resume();
    if (!this.#starting) return; // somebody paused it in the meantime
    this.#starting = false;
    this.playing = true;
    this.#begin();
  }

  pause() {
    this.#starting = false;
    if (!this.playing) return;
    this.#at = this.#frameAt(this.#now);
    this.playing = this.waiting = false;
    clearTimeout(this.#timer);
    const over = this.context.currentTime + GOODBYE;
    this.#desk.end(over);
    this.#stopSources(over);
    setTimeout(() => { if (!this.playing) this.context?.suspend(); }, 3000 * GOODBYE);
    this.#say("state");
  }

  /** @param {number} time seconds */
  seek(time) {
    this.#at = Math.round(Math.min(this.seconds, Math.max(0, time)) * this.rate);
    if (this.playing) this.#begin();
    else this.prepare();
  }

  /** @param {{start: number, stop: number} | null} loop seconds */
  setLoop(loop) {
    const frame = (/** @type {number} */ time) => Math.min(this.frames, Math.round(time * this.rate));
    this.#reseat(() => { this.#loop = loop && { start: frame(loop.start), stop: frame(loop.stop) }; });
  }

  /** @param {number} speed 2 would be twice as fast */
  setSpeed(speed) {
    if (speed !== this.#speed) this.#reseat(() => { this.#speed = speed; });
  }

  /** Hear the original instead, as soon as it is there. @param {boolean} on */
  compare(on) {
    this.#comparing = on;
    this.#armed ||= on;
    this.#cross();
    this.prepare();
    this.#tick();
  }

  /** How loud a lane is just now, linear. @param {number} lane */
  loudness(lane) {
    return this.playing && this.#desk ? this.#desk.loudness(lane) : 0;
  }

  close() {
    clearTimeout(this.#timer);
    this.#gone = true;
    this.playing = this.#starting = false;
    for (const lane of [...this.lanes, this.original]) lane.close();
    this.context?.close();
    this.context = this.#desk = null;
  }

  // -- the clock ---------------------------------------------------------------------------------

  #cross() {
    this.#desk?.compare(this.#comparing && this.#joined ? this.gain : 0);
  }

  /** @param {number} moment in seconds of the clock */
  #stopSources(moment) {
    for (const source of this.#sources) source.stop(moment);
    this.#sources.clear();
  }

  /** Play from `at` on, whatever sounded before. */
  #begin() {
    const from = this.#soon;
    this.#desk.begin(from / this.rate);
    this.#stopSources(from / this.rate);
    this.#spans = [];
    this.#due = from;
    this.#feed = null;
    this.#tick();
    this.#say("state");
  }

  /**
   * Change something, and schedule anew from a moment that is close: at the song's own speed
   * without a break.
   * @param {() => void} change
   */
  #reseat(change) {
    if (!this.playing || !this.#desk) {
      change();
      return;
    }
    const from = this.#soon;
    const before = this.#speed;
    this.#at = this.#frameAt(from);
    this.#stopSources(from / this.rate);
    this.#spans = this.#spans.filter(({ due }) => due < from);
    this.#due = from;
    this.#feed = null;
    change();
    this.#desk.open();
    if (before !== 1 || this.#speed !== 1) this.#desk.seam(from / this.rate);
    this.#tick();
  }

  /** Fetch what is wanted, schedule what is there, and look again in a moment. */
  #tick() {
    clearTimeout(this.#timer);
    const problem = [...this.lanes, this.original].find((lane) => lane.problem)?.problem;
    if (problem) this.#giveUp(problem);
    if (!this.playing || !this.context) return;
    this.#want();
    this.#join();
    this.#fill();
    if (this.playing) this.#timer = setTimeout(() => this.#tick(), TICK);
  }

  /** @param {Error} problem */
  #giveUp(problem) {
    this.pause();
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  /** @param {number} [most] blocks ahead */
  #want(most) {
    const indices = this.#wanted(most);
    for (const lane of this.#armed ? [...this.lanes, this.original] : this.lanes) lane.want(indices);
  }

  /** @param {number} [most] */
  #wanted(most) {
    return wanted(this.#frameAt(this.#now), { size: this.size, frames: this.frames, loop: this.#loop, most });
  }

  /** Take the original in as soon as it is there for a while. */
  #join() {
    if (!this.#armed || this.#joined || !this.#wanted(WAITING).slice(0, WAITING).every((index) => this.original.get(index))) return;
    this.#joined = true;
    this.#reseat(() => this.#cross());
  }

  #fill() {
    for (let count = 0; this.#due < this.#now + HORIZON * this.rate; count += 1) {
      const at = this.#at;
      const piece = this.#speed === 1 || count < AT_ONCE ? this.#piece() : null;
      if (!piece) break;
      if (this.#due < this.#now + QUANTUM) this.#due = this.#soon; // it came too late to go on
      this.#schedule(piece);
      if (this.#spans.at(-1).due < this.#now + QUANTUM && this.#again(at)) return;
    }
    const now = this.#now;
    this.#spans = this.#spans.filter(({ due, frames }) => due + frames > now - this.rate);
    if (this.#at >= this.frames && now >= this.#due) this.#end();
    else this.#wait(this.#at < this.frames && this.#due <= now);
  }

  /**
   * A piece was handed over too late, so that lanes may not have begun together: once more, with
   * more time. False if there was enough of it already.
   * @param {number} at
   */
  #again(at) {
    if (this.#lead >= MOST_LEAD) return false;
    this.#lead = Math.min(2 * this.#lead, MOST_LEAD);
    this.#at = at;
    this.#begin();
    return true;
  }

  #end() {
    this.pause();
    this.#at = 0;
    this.prepare();
    this.#say("state");
  }

  /** @param {boolean} waiting */
  #wait(waiting) {
    if (waiting === this.waiting) return;
    this.waiting = waiting;
    this.#say("state");
  }

  /** What sounds next, up to the end of the loop (if the playhead is before it) or of the song. */
  #piece() {
    if (this.#at >= this.frames) return null;
    const stop = this.#loop && this.#at < this.#loop.stop ? this.#loop.stop : this.frames;
    const all = this.#joined ? [...this.lanes, this.original] : this.lanes;
    this.#feed ??= new StemFeed(all, this.rate, this.#speed);
    return this.#feed.piece(this.#at, stop, this.lanes.length);
  }

  /** @param {import("./stem-feed.js").Piece} piece */
  #schedule({ buffers, offset, frames, advance }) {
    buffers.forEach((buffer, lane) => {
      const source = new AudioBufferSourceNode(this.context, { buffer });
      source.connect(this.#desk.gains[lane] ?? this.#desk.original);
      source.start(this.#due / this.rate, offset / this.rate, frames / this.rate);
      source.addEventListener("ended", () => { source.disconnect(); this.#sources.delete(source); });
      this.#sources.add(source);
    });
    this.#spans.push({ due: this.#due, frames, at: this.#at, advance });
    this.#due += frames;
    this.#at += advance;
    if (this.#at === this.#loop?.stop) this.#turn();
  }

  /** Back to the beginning of the loop. */
  #turn() {
    this.#desk.seam(this.#due / this.rate);
    this.#at = this.#loop.start;
    this.#feed = null;
  }

  /** @param {string} name */
  #say(name) {
    this.dispatchEvent(new Event(name));
  }
}
