/** One file on its way to the server by the tus protocol, which goes on where it broke off. */

const PIECE = 32 * 2 ** 20; // bytes in one request; proxies refuse much larger ones
const SMALL = 2 * 2 ** 20; // bytes that come along with the first request
const RETRIES = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000]; // ms
const SORRY = "The server could not take this file. Try again.";

/**
 * @typedef {object} Listener
 * @property {(bytes: number) => void} progress
 * @property {(track: string, isNew: boolean) => void} added
 * @property {() => void} broken the connection is gone; `start` goes on where it broke off
 * @property {(problem: string) => void} refused the server wants none of this file
 */

export class ResumableUpload {
  #upload;
  #endpoint;
  #found = false;

  /**
   * @param {File} file
   * @param {string} endpoint
   * @param {() => string} token the CSRF token of the page
   * @param {Listener} listener
   */
  constructor(file, endpoint, token, listener) {
    this.#endpoint = endpoint;
    this.#upload = new window.tus.Upload(file, {
      endpoint,
      metadata: { filename: file.name },
      chunkSize: PIECE,
      uploadDataDuringCreation: file.size <= SMALL,
      retryDelays: RETRIES,
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => navigator.onLine && isPassing(error),
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", token()),
      onProgress: (sent) => listener.progress(sent),
      onSuccess: ({ lastResponse }) => listener.added(
        lastResponse.getHeader("Upload-Track"), lastResponse.getHeader("Upload-Duplicate") !== "true",
      ),
      onError: (error) => (isPassing(error) ? listener.broken() : listener.refused(problemOf(error))),
      // From here on an answer that makes no sense is tried again, and not taken for a new start.
      onUploadUrlAvailable: () => { this.#upload.options.endpoint = null; },
    });
  }

  /** Begin, or go on: after a pause, or after the page was left in the midst of it. */
  async start() {
    if (!this.#found) {
      const [before] = await this.#upload.findPreviousUploads().catch(() => []);
      if (before) this.#upload.resumeFromPreviousUpload(before);
      this.#found = true;
    }
    this.#upload.options.endpoint = this.#endpoint; // what is gone there begins anew
    this.#upload.start();
  }

  pause() {
    return this.#upload.abort();
  }

  /** Give it up, and have the server forget what it got. */
  cancel() {
    return this.#upload.abort(true).catch(() => {}); // it expires there by itself
  }
}

/**
 * Is this trouble that passes: the network's, the server's, or two requests at once?
 * @param {Error} error
 * @returns {boolean}
 */
export function isPassing(error) {
  const response = error.originalResponse;
  if (!error.originalRequest) return false;
  const status = response ? response.getStatus() : 0;
  return status === 0 || status >= 500 ? status !== 507 : status === 423 || codeOf(response) === "offset";
}

/** @param {{getBody: () => string}} response */
function codeOf(response) {
  return said(response)?.code;
}

/**
 * @param {Error} error
 * @returns {string}
 */
export function problemOf(error) {
  return (error.originalResponse && said(error.originalResponse)?.message) || SORRY;
}

/** @param {{getBody: () => string}} response */
function said(response) {
  try {
    return JSON.parse(response.getBody()).error;
  } catch {
    return null;
  }
}
