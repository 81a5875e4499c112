/** What to say of jobs that have ended. */

/**
 * @typedef {object} Job as the API tells it
 * @property {string} kind
 * @property {string} label
 * @property {string} page
 * @property {string} state
 * @property {{message: string} | null} error
 */

/** @typedef {{text: string, level: string, page: string}} News */

const QUIET = new Set(["probe", "predict"]); // many and short: their rows show it

/**
 * @param {Job[]} ended
 * @param {string} here the path of the page people look at; it shows its own results
 * @param {string} list the path of all jobs
 * @returns {News[]}
 */
export function news(ended, here, list) {
  const told = ended.filter(({ kind, state, page }) => !QUIET.has(kind) && state !== "cancelled" && page !== here);
  const failed = told.filter(({ state }) => state === "failed").map((job) => newsOf(job, list));
  const done = told.filter(({ state }) => state === "done");
  if (done.length > 2) return [{ text: `${done.length} jobs are done.`, level: "success", page: list }, ...failed];
  return [...done.map((job) => newsOf(job, list)), ...failed];
}

/**
 * @param {Job} job
 * @param {string} list
 * @returns {News}
 */
function newsOf({ label, page, state, error }, list) {
  const failed = state === "failed";
  const text = failed ? `Failed: ${label}. ${error?.message ?? ""}`.trim() : `Done: ${label}.`;
  return { text, level: failed ? "error" : "success", page: page || list };
}
