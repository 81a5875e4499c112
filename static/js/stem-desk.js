/** The wires of a mixer: a level and a place for each lane, the original beside them, one way out. */

const RAMP = 0.015; // s over which a level changes, so that it does not click
const SEAM = 0.003; // s over which sound begins and ends

export class StemDesk {
  #scratch = new Float32Array(1024);

  /**
   * @param {AudioContext} context
   * @param {number[]} levels linear, one a lane
   * @param {number[]} places -1 (left) to 1 (right)
   */
  constructor(context, levels, places) {
    this.context = context;
    this.gate = new GainNode(context);
    this.mix = new GainNode(context);
    this.original = new GainNode(context, { gain: 0 });
    this.gains = levels.map((gain) => new GainNode(context, { gain, channelCount: 2, channelCountMode: "explicit" }));
    this.pans = places.map((pan) => new StereoPannerNode(context, { pan }));
    this.meters = places.map(() => new AnalyserNode(context, { fftSize: this.#scratch.length }));
    this.gains.forEach((gain, lane) => gain.connect(this.pans[lane]).connect(this.mix));
    this.pans.forEach((pan, lane) => pan.connect(this.meters[lane]));
    for (const bus of [this.mix, this.original]) bus.connect(this.gate);
    this.gate.connect(context.destination);
  }

  /**
   * @param {number[]} levels
   * @param {number[]} places
   */
  set(levels, places) {
    const moment = this.context.currentTime;
    this.gains.forEach(({ gain }, lane) => gain.setTargetAtTime(levels[lane], moment, RAMP));
    this.pans.forEach(({ pan }, lane) => pan.setTargetAtTime(places[lane], moment, RAMP));
  }

  /** From the mix to the original, at this level, or back. @param {number} level 0 for the mix */
  compare(level) {
    const moment = this.context.currentTime;
    this.mix.gain.setTargetAtTime(level ? 0 : 1, moment, RAMP / 2);
    this.original.gain.setTargetAtTime(level, moment, RAMP / 2);
  }

  /** Let sound through from this second of the clock on, and nothing of what comes before. */
  begin(/** @type {number} */ moment) {
    this.end(moment);
    this.gate.gain.setValueAtTime(0, moment);
    this.gate.gain.linearRampToValueAtTime(1, moment + SEAM / 3);
  }

  /** Be silent from this second of the clock on. */
  end(/** @type {number} */ moment) {
    this.open();
    this.gate.gain.setValueAtTime(1, Math.max(this.context.currentTime, moment - SEAM));
    this.gate.gain.linearRampToValueAtTime(0, moment);
  }

  /** A seam between sounds that do not fit together. */
  seam(/** @type {number} */ moment) {
    this.gate.gain.setValueAtTime(1, moment - SEAM);
    this.gate.gain.linearRampToValueAtTime(0, moment);
    this.gate.gain.linearRampToValueAtTime(1, moment + SEAM / 3);
  }

  /** Forget all seams to come. */
  open() {
    this.gate.gain.cancelScheduledValues(0);
    this.gate.gain.setValueAtTime(1, this.context.currentTime);
  }

  /**
   * How loud a lane is just now.
   * @param {number} lane
   * @returns {number} linear; above 1 it clips
   */
  loudness(lane) {
    this.meters[lane].getFloatTimeDomainData(this.#scratch);
    return this.#scratch.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  }
}
