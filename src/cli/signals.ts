/** The first thing that the program does: what comes before these handlers ends with a signal as if nothing had begun. */

/** Exit codes after signals, as shells count: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const cancellation = new AbortController();

/** Aborts on the first signal, whose name is the reason; a second one ends the process at once. */
export const cancelled: AbortSignal = cancellation.signal;

/** The exit code that the signal makes; `undefined` while there was none. */
export const signalExitCode = (): number | undefined =>
  cancelled.aborted ? EXIT_CODES[cancelled.reason as keyof typeof EXIT_CODES] : undefined;

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (cancelled.aborted) process.exit(EXIT_CODES[name]);
    cancellation.abort(name);
  });
}
