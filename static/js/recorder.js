/** Sound from the microphone, for a while. */

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"]; // what browsers write

export const canRecord = Boolean(globalThis.MediaRecorder && globalThis.navigator?.mediaDevices?.getUserMedia);

export class Recorder {
  /** @type {MediaRecorder | null} */
  #recorder = null;
  #timer = 0;

  get isRecording() {
    return this.#recorder?.state === "recording";
  }

  /**
   * Record until `stop`, or until the time is over.
   * @param {number} longest seconds
   * @returns {Promise<File>} rejected where there is no microphone, or none is allowed
   */
  async record(longest) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const type = TYPES.find((name) => MediaRecorder.isTypeSupported(name));
    const recorder = this.#recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    const pieces = [];
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    const over = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
    recorder.start();
    this.#timer = setTimeout(() => this.stop(), longest * 1000);
    await over;
    clearTimeout(this.#timer);
    for (const track of stream.getTracks()) track.stop();
    return new File(pieces, `recording.${ending(recorder.mimeType)}`, { type: recorder.mimeType });
  }

  stop() {
    if (this.#recorder?.state === "recording") this.#recorder.stop();
  }
}

/**
 * How a file of that type is called.
 * @param {string} type
 */
export function ending(type) {
  const name = type.split("/")[1]?.split(";")[0] ?? "";
  return { mp4: "m4a", webm: "webm", ogg: "ogg" }[name] ?? "audio";
}
