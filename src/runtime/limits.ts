/** Time limits of the parts of a step, in milliseconds. */

/** After the verdict: outputs, summary and comment. They are to cost a minute at most. */
export const PUBLISH_MS = 55_000;
/** The post step. */
export const POST_MS = 30_000;
/** One write of the comment that says that the gate waits. */
export const SHOW_WAITING_MS = 30_000;
/** Reading what earlier pushes and the base brought, beside the waiting. */
export const READ_HISTORY_MS = 5_000;
/** Reading what the provider keeps elsewhere about runs that did not pass. */
export const FAILURE_DETAILS_MS = 15_000;
/** Reading the quarantine file from GitHub, before anything is run again. */
export const READ_QUARANTINE_MS = 15_000;
/**
 * Longest time after its creation that a comment may be missing from GitHub's list: it was made some seconds after it was
 * asked for, and the list was some seconds old.
 */
export const COMMENT_APPEARS_MS = 8_000;
/** The comment of a step that failed before there was a gate; the post step tries again. */
export const PUBLISH_FAILURE_MS = 5_000;
/** Finding out which commit a pull request is about, before the summary is written. */
export const FIND_COMMIT_MS = 5_000;
/** After a cancellation: asking the provider to end what this step started, before anything is published. */
export const CANCEL_MS = 1_500;
/** After a cancellation: the runner ends the step 10 s after its first signal. */
export const PUBLISH_CANCELLED_MS = 3_000;
/** The summary, and each report file. After a cancellation the files share what is left, at least the second. */
export const WRITE_FILE_MS = 10_000;
export const MIN_WRITE_FILE_MS = 300;
/** From the end of all work to the end of the process. */
export const EXIT_MS = 500;
/** From the first signal to the end of the command line, whatever hangs: the reader of its output, for example. */
export const COMMAND_CANCELLED_MS = CANCEL_MS + PUBLISH_CANCELLED_MS + EXIT_MS / 2;
