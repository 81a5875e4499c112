/**
 * Hears what a page sends to the loudspeakers. `heard.clicks`: [frame of the clock, left, right];
 * `heard.tape`: all samples, if `heard.keep` was set before; `heard.clicked` and `heard.first`:
 * when the page was first pressed and when sound came first, by performance.now().
 */
const heard = globalThis.heard = { clicks: [], tape: [], keep: false, first: null };
const code = `registerProcessor("ears", class extends AudioWorkletProcessor {
  constructor({ processorOptions }) { super(); this.keep = processorOptions.keep; }

  process([input]) {
    const [left, right = left] = input;
    if (!left) return true;
    const clicks = [];
    for (let i = 0; i < left.length; i += 1) {
      const loud = Math.max(Math.abs(left[i]), Math.abs(right[i]));
      if (loud > 0.2) clicks.push([currentFrame + i, left[i], right[i]]);
    }
    const sounds = left.some((value) => Math.abs(value) > 1e-3);
    const piece = this.keep ? [currentFrame, left.slice(), right.slice()] : null;
    if (clicks.length || (sounds && (this.keep || !this.begun))) this.port.postMessage({ clicks, piece });
    this.begun ||= sounds;
    return true;
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
  const ears = new AudioWorkletNode(node.context, "ears", { numberOfOutputs: 0, processorOptions: { keep: heard.keep } });
  ears.port.onmessage = ({ data }) => {
    heard.first ??= performance.now();
    heard.clicks.push(...data.clicks);
    if (data.piece) heard.tape.push([data.piece[0], [...data.piece[1]], [...data.piece[2]]]);
  };
  connect.call(node, ears);
}
document.addEventListener("click", () => { heard.clicked ??= performance.now(); }, true);
