/** The real rounds with a provider that follows scripts, and batches that settle at once; judged at the end. */
import type { Batch, WatchedBatch } from '../../src/domain/batch.ts';
import { judge } from '../../src/domain/judge.ts';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import type { Run } from '../../src/domain/run.ts';
import { groupRunsByTestCase } from '../../src/domain/test-case.ts';
import { executeRounds } from '../../src/execution/rounds.ts';
import type { Plan, RoundsOptions } from '../../src/execution/types.ts';
import type { BatchStarter, StartedBatch, StartResponse, Subject } from '../../src/providers/starter.ts';
import { batch, obstaclesOf, runOf, STATUS, starterOf } from '../builders.ts';
import { virtualClock } from '../virtual-clock.ts';

export const EPOCH = Date.UTC(2026, 8, 14, 8);
export const SUBJECT: Subject = {
  title: 'flow 1 version 12',
  key: 'flow 1 12',
  claims: { version: 'version 12' },
  request: {},
};

/** What differs from batches that are started together, settle at once and say nothing but their runs. Numbers are from 1. */
export interface Story
  extends Partial<Pick<RoundsOptions, 'rule' | 'maxRuns' | 'attachQuarantine' | 'obstacles'>> {
  /** One batch with all test cases was given; otherwise they are started. */
  readonly given?: boolean;
  readonly subject?: Subject;
  readonly starter?: Partial<BatchStarter>;
  /** Answers to the starts in place of an acceptance. */
  readonly posted?: (nth: number) => StartResponse | undefined;
  /** What accepting answers to the starts say beside an id. */
  readonly answers?: (nth: number) => Partial<StartedBatch>;
  /** What the batches say beside their runs. */
  readonly says?: (nth: number, runs: readonly Run[]) => Partial<Batch>;
  /** What the first look at a batch shows beside its runs, where it is not the last one. */
  readonly saysAtFirst?: (nth: number) => Partial<Batch>;
  readonly watched?: (nth: number) => Partial<WatchedBatch>;
  /** The time is over from the beginning. */
  readonly isOver?: boolean;
}

/** Plays scripts like `FPPP`: one letter for each run of a test case, in the order of its starts; after that it passes. */
export async function play(scripts: Readonly<Record<string, string>>, story: Story = {}) {
  const { rule = { kind: 'reruns', need: 2, of: 3 } satisfies PassRule, maxRuns, attachQuarantine } = story;
  const clock = virtualClock(EPOCH);
  const used = new Map<string, number>();
  const batches = new Map<string, Partial<WatchedBatch>>();
  const posts: (readonly string[])[] = [];
  const make = (id: string, testCases: readonly string[]) => {
    const runs = testCases.map((caseId) => {
      const nth = used.get(caseId) ?? 0;
      used.set(caseId, nth + 1);
      return runOf(caseId, STATUS[scripts[caseId]?.[nth] ?? 'P']!, `${caseId}-${nth + 1}`);
    });
    const nth = batches.size + 1;
    const said = story.says?.(nth, runs) ?? {};
    batches.set(id, { batch: batch(said.runs ?? runs, { id, ...said }), ...story.watched?.(nth) });
    return id;
  };
  const starter = starterOf(SUBJECT, {
    startBatch: async (_, testCases) => {
      posts.push(testCases);
      return (
        story.posted?.(posts.length) ?? {
          kind: 'accepted',
          value: { id: make(`started-${posts.length}`, testCases), ...story.answers?.(posts.length) },
        }
      );
    },
    ...story.starter,
  });
  const testCases = Object.keys(scripts);
  const plan: Plan = story.given
    ? { kind: 'given', batchIds: [make('given-1', testCases)] }
    : { kind: 'start', subject: story.subject ?? SUBJECT, testCases };
  const known: string[] = [];
  const log: string[] = [];
  const execution = await executeRounds({
    ...{ plan, rule, maxRuns, starter, attachQuarantine, clock },
    obstacles: story.obstacles ?? obstaclesOf,
    waitFor: async (round, onLook) => {
      const ended = round.map((started) => {
        // One that was found in the lists was made by nobody here.
        if (!batches.has(started.id)) make(started.id, started.requestedTestCases ?? []);
        return { ...started, ...batches.get(started.id) };
      });
      for (const seen of ended) {
        const first = story.saysAtFirst?.([...batches.keys()].indexOf(seen.id) + 1);
        if (first !== undefined && seen.batch !== undefined)
          onLook({ ...seen, batch: { ...seen.batch, settled: false, runs: undefined, ...first } });
      }
      return { ending: 'settled', batches: ended };
    },
    onStarted: ({ id }) => known.push(id),
    deadline: {
      until: clock.now() + (story.isOver ? 0 : 1_800_000),
      signal: new AbortController().signal,
    },
    log: (line) => log.push(line),
  });
  const { ending } = execution;
  const cases = groupRunsByTestCase(execution.batches, { rule, isCutShort: ending !== 'settled' });
  const { verdict, reason, notes } = judge({
    ...{ ...execution, cases, providerTitle: 'Retell', timeoutMinutes: 30, now: EPOCH },
  });
  const outcomes = Object.fromEntries(cases.map(({ testCase, outcome }) => [testCase.id, outcome]));
  return { ...execution, outcomes, verdict, reason, notes, posts, known, log };
}
