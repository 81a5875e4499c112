/** Sound from the microphone, for a while. */

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"]; // what browsers write

export const canRecord = Boolean(globalThis.MediaRecorder && globalThis.navigator?.mediaDevices?.getUserMedia);

/** @typedef {"idle" | "starting" | "recording"} State starting: the person is being asked */

export class Recorder {
  /** @type {State} */
  #state = "idle";
  /** @type {MediaRecorder | null} */
  #recorder = null;
  #cancelled = false;

  get state() {
    return this.#state;
  }

  get isRecording() {
    return this.#state === "recording";
  }

  /**
   * Record until `stop`, or until the time is over.
   * @param {number} longest seconds
   * @returns {Promise<File | null>} null when it was stopped before it began;
   *   rejected where there is no microphone, or none is allowed
   */
  async record(longest) {
    if (this.#state !== "idle") return null;
    this.#state = "starting";
    this.#cancelled = false;
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      return this.#cancelled ? null : await this.#recorded(stream, longest);
    } finally {
      for (const track of stream?.getTracks() ?? []) track.stop();
      this.#recorder = null;
      this.#state = "idle";
    }
  }

  /** Stop; what was recorded so far is kept. */
  stop() {
    this.#cancelled = true;
    if (this.#recorder?.state === "recording") this.#recorder.stop();
  }

  /**
   * @param {MediaStream} stream
   * @param {number} longest seconds
   */
  async #recorded(stream, longest) {
    const type = TYPES.find((name) => MediaRecorder.isTypeSupported(name));
    const recorder = this.#recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    const pieces = [];
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    const over = new Promise((resolve, reject) => {
      recorder.addEventListener("stop", resolve, { once: true });
      recorder.addEventListener("error", (event) => reject(event.error ?? new Error("It broke off.")), { once: true });
    });
    recorder.start();
    this.#state = "recording";
    const timer = setTimeout(() => this.stop(), longest * 1000);
    try {
      await over;
    } finally {
      clearTimeout(timer);
    }
    return new File(pieces, `recording.${ending(recorder.mimeType)}`, { type: recorder.mimeType });
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
