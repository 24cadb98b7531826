/** Test cases whose runs end at known times, run by the real rounds and the real waiting on a virtual clock. */
import { countByStatus } from '../../src/domain/batch.ts';
import { judge } from '../../src/domain/judge.ts';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import { attachQuarantine } from '../../src/domain/quarantine.ts';
import type { Run } from '../../src/domain/run.ts';
import { groupRunsByTestCase } from '../../src/domain/test-case.ts';
import { executeRounds } from '../../src/execution/rounds.ts';
import { type WaitOptions, waitForBatches } from '../../src/execution/wait.ts';
import type { StartResponse, Subject } from '../../src/providers/starter.ts';
import { obstaclesOf, quarantining, runOf, STATUS, starterOf } from '../builders.ts';
import { virtualClock } from '../virtual-clock.ts';

const SUBJECT: Subject = { title: 'flow 1 version 12', key: 'flow 1 12', claims: {}, request: {} };
const THREE_OF_FIVE: PassRule = { kind: 'reruns', need: 3, of: 5 };

/** The runs of a test case, one after the other: a letter and a length in seconds for each; the last for ever. */
export type Script = readonly (readonly [letter: string, seconds: number])[];

export interface World {
  readonly rule?: PassRule;
  readonly cases: Readonly<Record<string, Script>>;
  /** Re-runs wait for the end of the round. */
  readonly isRoundByRound?: boolean;
  /** Looks have counters alone, as at Retell and Vapi: of what passed, of what failed too, or standing still until the end. */
  readonly counters?: 'moving' | 'both' | 'still' | undefined;
  /** Of the first round; a batch that was given does not say how many runs it has. */
  readonly isGiven?: boolean;
  /** Absent: no quarantine file was named. */
  readonly quarantined?: readonly string[] | undefined;
  readonly maxRuns?: number;
  readonly refusedPost?: number;
  readonly timeoutMs?: number;
  readonly cancelledAtMs?: number;
  /** How long each POST takes, in seconds, pauses after a 429 included; the last for ever. Default: no time. */
  readonly postSeconds?: readonly number[];
  /** Default: 1 s. */
  readonly pollIntervalMs?: number;
}

interface Ending {
  readonly at: number;
  readonly run: Run;
}

/** Runs a world to its end, and judges it. */
export async function playTimed(world: World) {
  const { rule = THREE_OF_FIVE, cases, counters, quarantined, postSeconds = [] } = world;
  const { isGiven = false, isRoundByRound = false } = world;
  const clock = virtualClock();
  const cancelled = new AbortController();
  if (world.cancelledAtMs !== undefined) {
    void clock.sleep(world.cancelledAtMs).then(() => cancelled.abort());
  }
  const used = new Map<string, number>();
  const made = new Map<string, Ending[]>();
  const posts: { readonly atSeconds: number; readonly testCases: readonly string[] }[] = [];
  const deadline = { until: clock.now() + (world.timeoutMs ?? 7_200_000), signal: cancelled.signal };

  const make = (id: string, testCases: readonly string[]): void => {
    const endings = testCases.map((caseId): Ending => {
      const nth = used.get(caseId) ?? 0;
      used.set(caseId, nth + 1);
      const script = cases[caseId] ?? [];
      const [letter = 'P', seconds = 1] = script[nth] ?? script.at(-1) ?? [];
      const status = STATUS[letter] ?? 'passed';
      return { at: clock.now() + seconds * 1_000, run: runOf(caseId, status, `${caseId} ${nth}`) };
    });
    made.set(id, endings);
  };
  const starter = starterOf(SUBJECT, {
    startBatch: async (_, testCases, { until, signal }): Promise<StartResponse> => {
      posts.push({ atSeconds: clock.now() / 1_000, testCases });
      if (posts.length === world.refusedPost) return { kind: 'refused', problem: 'POST x answered 402.' };
      const at = clock.epoch();
      const takesMs = 1_000 * (postSeconds[posts.length - 1] ?? postSeconds.at(-1) ?? 0);
      await clock.sleep(Math.min(takesMs, until - clock.now()), signal);
      if (signal.aborted || clock.now() >= until) return { kind: 'unknown', problem: 'It was stopped.', at };
      const id = `b${posts.length}`;
      make(id, testCases);
      return { kind: 'accepted', value: { id } };
    },
  });
  if (isGiven) make('given', Object.keys(cases));
  const runsOf = (id: string): Run[] =>
    (made.get(id) ?? []).map(({ at, run }) => (at <= clock.now() ? run : { ...run, status: 'pending' }));
  const provider: WaitOptions['provider'] = {
    async fetchBatch(id) {
      const runs = runsOf(id);
      const settled = runs.every(({ status }) => status !== 'pending');
      const { passed, failed } = countByStatus(runs);
      const isTold = settled || counters === 'moving' || counters === 'both';
      const announced = {
        total: id === 'given' ? undefined : runs.length,
        ...(isTold && { passed }),
        ...(counters === 'both' && { failed }),
      };
      return { id, settled, announced, ...(counters === undefined && { runs }) };
    },
    fetchRuns: async (batch) => ({ ...batch, runs: runsOf(batch.id) }),
  };
  const execution = await executeRounds({
    plan: isGiven
      ? { kind: 'given', batchIds: ['given'] }
      : { kind: 'start', subject: SUBJECT, testCases: Object.keys(cases) },
    ...{ rule, starter, clock, deadline, maxRuns: world.maxRuns, obstacles: obstaclesOf },
    attachQuarantine:
      quarantined && (async (results) => attachQuarantine(results, quarantining(...quarantined))),
    waitFor: (round, onLook) =>
      waitForBatches({
        ...{ provider, clock, deadline, batches: round, readsEarly: !isRoundByRound },
        pollIntervalMs: world.pollIntervalMs ?? 1_000,
        // Who sees nothing before all have ended starts nothing before.
        onPoll: isRoundByRound ? () => undefined : onLook,
        log: () => undefined,
      }),
    onStarted: () => undefined,
    log: () => undefined,
  });
  const { batches, ending, startProblem, remarks, started } = execution;
  const results = groupRunsByTestCase(batches, { rule, isCutShort: ending !== 'settled' });
  const judged = attachQuarantine(results, quarantining(...(quarantined ?? [])));
  const { verdict, reason } = judge({
    ...{ batches, cases: judged, ending, startProblem, remarks, maxFlaky: 100 },
    ...{ providerTitle: 'Retell', timeoutMinutes: 120, now: clock.epoch() },
  });
  const outcomes = Object.fromEntries(judged.map(({ testCase, outcome }) => [testCase.id, outcome]));
  return { verdict, reason, outcomes, started, remarks, posts, ending, tookMs: clock.now() };
}
