import { countFinishedRuns, type WatchedBatch } from '../domain/batch.ts';
import type { PassRule } from '../domain/pass-rule.ts';
import { progressOf } from '../domain/progress.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import type { Parallelism } from '../providers/starter.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeRest } from './estimate.ts';

const HEARTBEAT_MS = 60_000;

/** Keeps the latest state of all batches; logs a line whenever the counts change, and a heartbeat. */
export function createProgress(options: {
  clock: Clock;
  log: (line: string) => void;
  /** Takes the lines in place of `log`, without the time since the start. */
  showProgress?: ((state: string) => void) | undefined;
  /** The deadline: a moment of `clock.now()`. */
  until: number;
  /** By what the runs decide a test case. */
  rule: PassRule;
}) {
  const { clock, log, until, rule } = options;
  const latest = new Map<string, WatchedBatch>();
  const started = clock.now();
  const { showProgress = (state) => log(`${elapsed(clock.now() - started)} ${state}`) } = options;
  let lastLine = '';
  let lastLineAt = started;
  let parallelism: Parallelism | undefined;
  const batches = (): WatchedBatch[] => [...latest.values()];
  return {
    /** Every batch as last seen, in the order in which they were taken in. */
    batches,
    /** Takes a batch in, before the first look at it. */
    add(batch: WatchedBatch): void {
      latest.set(batch.id, batch);
    },
    /** Takes note of a look; logs a line if any count has changed. True if so. */
    update(batch: WatchedBatch): boolean {
      latest.set(batch.id, batch);
      const line = describeCounts(batches(), rule);
      if (line === lastLine) return false;
      lastLine = line;
      lastLineAt = clock.now();
      showProgress(line);
      return true;
    },
    /** Heartbeats say how much is left, now that it is known how many run at once. */
    estimateBy(known: Parallelism): void {
      parallelism = known;
    },
    /** Logs a line each minute in which nothing else was logged, until the signal aborts. */
    async logHeartbeats(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await clock.sleep(HEARTBEAT_MS - (clock.now() - lastLineAt), signal);
        if (signal.aborted || clock.now() - lastLineAt < HEARTBEAT_MS) continue;
        lastLineAt = clock.now();
        const leftMs = Math.max(0, until - clock.now());
        const left =
          leftMs < 120_000 ? `${Math.ceil(leftMs / 1_000)} s` : `${Math.round(leftMs / 60_000)} min`;
        const state = lastLine === '' ? 'nothing has been read yet' : lastLine;
        const rest = parallelism && describeRest(countRuns(batches()), clock.now() - started, parallelism);
        const estimate = rest === undefined ? '' : ` (${rest})`;
        showProgress(`still waiting, for at most ${left} more: ${state}${estimate}`);
      }
    },
  };
}

/** Finished runs and all runs of these batches; one that was not read yet has the runs that were asked for. */
function countRuns(batches: readonly WatchedBatch[]): { finished: number; total: number } {
  const counts = batches.map(({ batch, requestedTestCases = [] }) => {
    const { finished, total } = batch === undefined ? { finished: 0, total: 0 } : countFinishedRuns(batch);
    return { finished, total: Math.max(total, requestedTestCases.length) };
  });
  return {
    finished: counts.reduce((sum, { finished }) => sum + finished, 0),
    total: counts.reduce((sum, { total }) => sum + total, 0),
  };
}

/** The counts over all batches; those that were not read yet are named, since their test cases are in no count. */
function describeCounts(batches: readonly WatchedBatch[], rule: PassRule): string {
  const { tally, confirming } = progressOf(batches, rule);
  const { total, passed, failed, errored, cancelled, unfinished } = tally;
  const unread = batches.filter(({ batch }) => batch === undefined).length;
  const parts = [
    `${total - unfinished} of ${formatCaseCount(total)} ${rule.kind === 'every-run' ? 'finished' : 'decided'}`,
    ...(confirming > 0 ? [`${confirming} being confirmed`] : []),
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(errored > 0 ? [`${errored} errored`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(unread > 0 ? [`${unread} of ${batches.length} batches not read yet`] : []),
  ];
  return parts.join(', ');
}

function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `[${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}]`;
}
