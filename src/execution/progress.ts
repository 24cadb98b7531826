import type { Clock } from '../clock.ts';
import { type Batch, type BatchOutcome, countRuns, type Tally, tally } from '../domain/batch.ts';

const HEARTBEAT_MS = 60_000;

/** What is logged of the waiting. */
export interface WaitLog {
  /** Takes note of a look; logs a line if any count has changed. True if so. */
  saw(batch: Batch): boolean;
  /** Every batch as last seen, in the order of the input. */
  outcomes(): readonly BatchOutcome[];
  /** Logs a line each minute in which nothing else was logged, until the signal aborts. */
  beat(signal: AbortSignal): Promise<void>;
}

/** The log of the waiting: one line whenever the counts change, and a heartbeat so that silence is never a question. */
export function createWaitLog(options: {
  batchIds: readonly string[];
  clock: Clock;
  log: (line: string) => void;
  /** The deadline: a moment of `clock.now()`. */
  until: number;
}): WaitLog {
  const { batchIds, clock, log, until } = options;
  const latest = new Map<string, Batch>();
  const started = clock.now();
  let lastLine = '';
  let lastLineAt = started;

  const say = (line: string) => {
    lastLine = line;
    lastLineAt = clock.now();
    log(`${elapsed(clock.now() - started)} ${line}`);
  };

  return {
    saw(batch) {
      latest.set(batch.id, batch);
      const line = describe(tally([...latest.values()]));
      if (line === lastLine) return false;
      say(line);
      return true;
    },
    outcomes: () =>
      batchIds.map((id) => {
        const batch = latest.get(id);
        return batch === undefined ? { id } : { id, batch };
      }),
    async beat(signal) {
      while (!signal.aborted) {
        await clock.sleep(HEARTBEAT_MS - (clock.now() - lastLineAt), signal);
        if (signal.aborted || clock.now() - lastLineAt < HEARTBEAT_MS) continue;
        lastLineAt = clock.now();
        const leftMs = Math.max(0, until - clock.now());
        const left =
          leftMs < 120_000 ? `${Math.ceil(leftMs / 1_000)} s` : `${Math.round(leftMs / 60_000)} min`;
        const state = lastLine === '' ? 'nothing has been read yet' : lastLine;
        log(`${elapsed(clock.now() - started)} still waiting, for at most ${left} more: ${state}`);
      }
    },
  };
}

function describe({ total, passed, failed, errored, cancelled, unfinished }: Tally): string {
  const parts = [
    `${total - unfinished} of ${countRuns(total)} finished`,
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(errored > 0 ? [`${errored} errored`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
  ];
  return parts.join(', ');
}

function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `[${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}]`;
}
