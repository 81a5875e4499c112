/**
 * Hears what a page sends to the loudspeakers. `heard.clicks`: [frame, left, right];
 * `heard.tape`: all samples, if `heard.keep` was set before; `heard.clicked` and `heard.first`:
 * when the page was first pressed and when sound came first, by performance.now().
 */
const heard = globalThis.heard = { clicks: [], tape: [], keep: false, first: null };
const code = `registerProcessor("ears", class extends AudioWorkletProcessor {
  constructor({ processorOptions }) { super(); this.keep = processorOptions.keep; this.frame = 0; }

  // Counted here: the browser tells a call of the one before now and then.
  process([[left, right = left]]) {
    if (left) this.tell([left, right], this.frame);
    this.frame += 128;
    return true;
  }

  tell([left, right], frame) {
    const loud = (i) => Math.max(Math.abs(left[i]), Math.abs(right[i]));
    const clicks = [];
    let sounds = false;
    for (let i = 0; i < left.length; i += 1) {
      if (loud(i) > 0.2) clicks.push([frame + i, left[i], right[i]]);
      sounds ||= loud(i) > 1e-3;
    }
    const piece = this.keep ? [frame, left.slice(), right.slice()] : null;
    if (clicks.length || (sounds && (this.keep || !this.begun))) this.port.postMessage({ clicks, piece });
    this.begun ||= sounds;
  }
});`;
const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target instanceof AudioDestinationNode) listen(this);
  return connect.call(this, target, ...rest);
};
async function listen(node) {
  await node.context.audioWorklet.addModule(address);
  const processorOptions = { keep: heard.keep };
  const ears = new AudioWorkletNode(node.context, "ears", { numberOfOutputs: 0, processorOptions });
  ears.port.onmessage = ({ data }) => {
    heard.first ??= performance.now();
    heard.clicks.push(...data.clicks);
    if (data.piece) heard.tape.push([data.piece[0], [...data.piece[1]], [...data.piece[2]]]);
  };
  connect.call(node, ears);
}
document.addEventListener("click", () => { heard.clicked ??= performance.now(); }, true);
