/**
 * The first thing that the step does: what comes before these handlers ends with a signal as if nothing had begun.
 * Imported before all other modules, since loading those takes longer than starting.
 */
import { basename } from 'node:path';
import { endProcess } from '../runtime/end-process.ts';

/** `dist/post.js` loads the same file as the step; the name of the started file tells the two (docs/adr/0006). */
export const isPost = basename(process.argv[1] ?? '') === 'post.js';

const cancellation = new AbortController();

/** Aborts on the runner's first signal, whose name is the reason; a second one ends the process at once. */
export const cancelled: AbortSignal = cancellation.signal;

if (!isPost) {
  // Exit 1 unless the verdict, or `fail-on`, lets the step succeed.
  process.exitCode = 1;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (cancelled.aborted) endProcess(1);
      cancellation.abort(name);
    });
  }
}
