import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import type { Run } from '../../src/domain/run.ts';
import { type WaitOptions, waitForBatches } from '../../src/execution/wait.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { ProviderError, ProviderTimeout } from '../../src/runtime/errors.ts';
import { placed, runOf } from '../builders.ts';
import { judgeByEveryRun } from '../judge-by-every-run.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';
import { cases } from './cases.ts';

const SEED = 20260914;
const CASES = cases(1_500);
/** The last look after the deadline: a look and a list of runs, together. */
const LAST_LOOK_MS = 10_000;
/** How far apart two looks are at least that prove a list. */
const SAME_LIST_MS = 5_000;

/** What a provider does when it is asked for the nth time; the last one again and again. */
interface Answer {
  /** How long it takes, pauses between attempts included. */
  readonly takesMs: number;
  readonly shows: 'running' | 'passed' | 'failed' | 'lagging' | 'missing' | 'unknown' | 'error';
}

interface Story {
  /** One list of answers for each batch. */
  readonly batches: readonly (readonly Answer[])[];
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  /** When the workflow is cancelled, if it is. */
  readonly cancelledAtMs: number | undefined;
}

const answer: fc.Arbitrary<Answer> = fc.record({
  takesMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 200_000 })),
  shows: fc.constantFrom(
    ...([
      'running',
      'running',
      'running',
      'passed',
      'failed',
      'lagging',
      'missing',
      'unknown',
      'error',
    ] as const),
  ),
});

const story: fc.Arbitrary<Story> = fc.record({
  batches: fc.array(fc.array(answer, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
  timeoutMs: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 10_000, max: 600_000 })),
  pollIntervalMs: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 5_000, max: 120_000 })),
  cancelledAtMs: fc.option(fc.integer({ min: 0, max: 300_000 }), { nil: undefined, freq: 3 }),
});

function batchOf(id: string, shows: Exclude<Answer['shows'], 'error'>): Batch {
  const announced = { total: 2, passed: 2, failed: 0, errored: 0 };
  switch (shows) {
    case 'running':
      return { id, settled: false, announced: { ...announced, passed: 1 } };
    case 'failed':
      return { id, settled: true, announced: { ...announced, passed: 1, failed: 1 } };
    case 'unknown':
      return { id, settled: false, unknownStatus: 'archived', announced };
    case 'passed':
    case 'lagging':
    case 'missing':
      return { id, settled: true, announced };
  }
}

function runsOf(shows: Answer['shows']): Run[] {
  const second = { failed: 'failed', lagging: 'pending' } as const;
  if (shows === 'missing') return [runOf('c', 'passed', 'r1')];
  return [
    runOf('c', 'passed', 'r1'),
    runOf('c', shows === 'failed' || shows === 'lagging' ? second[shows] : 'passed', 'r2'),
  ];
}

/** Keeps the promise of `Provider`: nothing takes longer than the deadline, and a signal ends it at once. */
function tellStory({ batches }: Story, clock: VirtualClock) {
  const asked = new Map<string, number>();
  const shown = new Map<string, Answer['shows']>();
  const looks: { id: string; at: number; once: boolean }[] = [];

  async function spend(ms: number, { until, signal }: Deadline): Promise<void> {
    const left = until - clock.now();
    await clock.sleep(Math.min(ms, left), signal);
    if (signal.aborted) throw new ProviderError('The reading was stopped.');
    if (ms > left) throw new ProviderTimeout('It did not answer in time.');
  }

  const provider: WaitOptions['provider'] = {
    async fetchBatch(id, deadline) {
      looks.push({ id, at: clock.now(), once: deadline.noRetries === true });
      const nth = asked.get(id) ?? 0;
      asked.set(id, nth + 1);
      const answers = batches[Number(id.slice(1))] ?? [];
      const { takesMs, shows } = answers[Math.min(nth, answers.length - 1)] as Answer;
      await spend(takesMs, deadline);
      if (shows === 'error') throw new ProviderError('It said no.');
      shown.set(id, shows);
      return batchOf(id, shows);
    },
    async fetchRuns(batch, deadline) {
      await spend(50, deadline);
      return { ...batch, runs: runsOf(shown.get(batch.id) ?? 'running') };
    },
  };
  return { provider, looks, shown };
}

async function live(given: Story) {
  const clock = virtualClock();
  const { provider, looks, shown } = tellStory(given, clock);
  const batchIds = given.batches.map((_, index) => `b${index}`);
  const cancelled = new AbortController();
  if (given.cancelledAtMs !== undefined) {
    void clock.sleep(given.cancelledAtMs).then(() => cancelled.abort());
  }
  const seen: string[] = [];
  const { ending, batches } = await waitForBatches({
    provider,
    batches: placed(batchIds.map((id) => ({ id }))),
    clock,
    deadline: { until: given.timeoutMs, signal: cancelled.signal },
    pollIntervalMs: given.pollIntervalMs,
    onPoll: ({ id }) => seen.push(id),
    log: () => undefined,
  });
  const endedAt = clock.now();
  const judgement = judgeByEveryRun({
    batches,
    ending,
    providerTitle: 'Retell',
    timeoutMinutes: 1,
    now: clock.epoch(),
  });
  return {
    batchIds,
    ending,
    batches,
    endedAt,
    judgement,
    looks,
    shown,
    wasCancelled: cancelled.signal.aborted,
  };
}

describe(`waiting for providers that do anything at any time (${CASES} cases)`, () => {
  test('ends in time, with an outcome for each batch, and green only when the last that was seen of each is a pass', async () => {
    const verdicts = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(story, async (given) => {
        const { batchIds, ending, batches, endedAt, judgement, looks, shown, wasCancelled } =
          await live(given);
        verdicts.set(judgement.verdict, (verdicts.get(judgement.verdict) ?? 0) + 1);

        expect(batches.map(({ id }) => id)).toEqual(batchIds);
        const deadline = given.timeoutMs + LAST_LOOK_MS + 1;
        expect(endedAt).toBeLessThanOrEqual(Math.min(deadline, given.cancelledAtMs ?? deadline));

        const allPassed = batchIds.every((id) => shown.get(id) === 'passed');
        if (judgement.verdict === 'passed') expect(allPassed && !wasCancelled).toBe(true);
        if (ending === 'cancelled') expect(wasCancelled).toBe(true);
        if (ending === 'deadline') expect(endedAt).toBeGreaterThanOrEqual(given.timeoutMs);
        if (judgement.verdict === 'timed-out') expect(ending).toBe('deadline');

        // Between two looks at a batch there is at least the user's gap; only those at the deadline may come sooner.
        for (const id of batchIds) {
          const times = looks
            .filter((look) => look.id === id && !look.once && look.at < given.timeoutMs)
            .map(({ at }) => at);
          for (const [index, at] of times.slice(1).entries()) {
            expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(given.pollIntervalMs - 1);
          }
          expect(looks.filter((look) => look.id === id && look.once).length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: CASES, seed: SEED },
    );
    // The stories are worth something only if they end in every way.
    expect([...verdicts.keys()].toSorted()).toEqual([
      'cancelled',
      'failed',
      'inconclusive',
      'passed',
      'timed-out',
    ]);
  });
});

/** What a look at a batch shows whose provider announces no total. */
interface Listing {
  readonly takesMs: number;
  readonly settled: boolean;
  /** How many runs are listed, and the status of the last. */
  readonly runs: number;
  readonly last: Run['status'];
}

const listing: fc.Arbitrary<Listing> = fc.record({
  takesMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
  settled: fc.oneof(
    { weight: 4, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  runs: fc.integer({ min: 1, max: 3 }),
  last: fc.oneof(
    { weight: 3, arbitrary: fc.constant('passed' as const) },
    { weight: 1, arbitrary: fc.constantFrom('failed' as const, 'pending' as const) },
  ),
});

describe(`batches without a total, whose lists change (${CASES} cases)`, () => {
  test('are confirmed exactly when the last list was seen at least 5 s and an interval before, and unchanged since', async () => {
    const confirmed = new Map<boolean | undefined, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(listing, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        async (listings, pollIntervalMs, timeoutMs) => {
          const clock = virtualClock();
          const seen: { atMs: number; list: string; settled: boolean }[] = [];
          let asked = 0;
          const provider: WaitOptions['provider'] = {
            async fetchBatch(id, deadline) {
              const { takesMs, settled } = listings[Math.min(asked, listings.length - 1)] as Listing;
              asked += 1;
              await clock.sleep(Math.min(takesMs, deadline.until - clock.now()));
              return { id, settled, announced: {} };
            },
            async fetchRuns(batch) {
              const { runs, last, settled } = listings[Math.min(asked, listings.length) - 1] as Listing;
              seen.push({ atMs: clock.now(), list: `${runs} ${last}`, settled });
              return {
                ...batch,
                runs: Array.from({ length: runs }, (_, index) =>
                  runOf('c', index === runs - 1 ? last : 'passed', `r${index}`),
                ),
              };
            },
          };
          const { batches } = await waitForBatches({
            provider,
            batches: placed([{ id: 'b1' }]),
            clock,
            deadline: { until: timeoutMs, signal: new AbortController().signal },
            pollIntervalMs,
            onPoll: ({ batch }) => {
              // Lists of a batch that has not settled are not read, except in the last look: what came before is void.
              if (batch?.settled !== true) seen.length = 0;
            },
            log: () => undefined,
          });
          const [watched] = batches;
          const last = seen.at(-1);
          const since = seen.findLastIndex(({ list, settled }) => list !== last?.list || !settled) + 1;
          const first = seen[since];
          const isConfirmed =
            last?.settled === true &&
            first !== undefined &&
            last.atMs - first.atMs >= Math.max(pollIntervalMs, SAME_LIST_MS);
          expect(watched?.isListConfirmed ?? false).toBe(isConfirmed);
          confirmed.set(isConfirmed, (confirmed.get(isConfirmed) ?? 0) + 1);
        },
      ),
      { numRuns: CASES, seed: SEED },
    );
    expect(Math.min(confirmed.get(true) ?? 0, confirmed.get(false) ?? 0)).toBeGreaterThan(CASES / 10);
  });
});
