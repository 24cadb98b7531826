import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnnouncedCounts, Batch } from '../../src/domain/batch.ts';
import { EVERY_RUN } from '../../src/domain/pass-rule.ts';
import { RUN_STATUSES, type Run } from '../../src/domain/run.ts';
import { groupRunsByTestCase, tally } from '../../src/domain/test-case.ts';
import { VERDICTS } from '../../src/domain/verdict.ts';
import { type BatchFacts, judgeByEveryRun } from '../judge-by-every-run.ts';
import { placed, type Unplaced } from '../run.ts';
import { cases } from './cases.ts';

const SEED = 20260914;
const CASES = cases(8_000);
const NEAR_PASSES = cases(8_000);
const NOW = Date.UTC(2026, 8, 14, 8);

/** Properties that may be absent. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 3 });

function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

const status = fc.constantFrom(...RUN_STATUSES);
const run: fc.Arbitrary<Run> = fc
  .record({
    id: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
    testCase: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom({ id: 'c', name: 'Case' }, { id: 'd', name: 'Case' }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          { id: undefined, name: 'Case' },
          { id: 'c', name: 'Case', revision: 1 },
          { id: 'c', name: 'Case', revision: 2 },
        ),
      },
    ),
    status: fc.oneof(
      { weight: 5, arbitrary: fc.constant('passed' as const) },
      { weight: 2, arbitrary: status },
    ),
    unknownStatus: fc.option(fc.constantFrom('skipped', ''), { nil: undefined, freq: 8 }),
    conflict: fc.option(fc.constant(['pass', 'fail']), { nil: undefined, freq: 8 }),
    unproven: fc.option(fc.constant({ kind: 'not-evaluated' as const, why: 'none of its evaluations ran' }), {
      nil: undefined,
      freq: 8,
    }),
    assertions: fc.constant([]),
    criteria: fc.constant([]),
    turns: fc.constant([]),
  })
  .map((each) => defined(each) as Run);

const count = fc.integer({ min: 0, max: 4 });
const announced: fc.Arbitrary<AnnouncedCounts> = fc
  .record({
    total: maybe(count),
    passed: maybe(count),
    failed: maybe(count),
    errored: maybe(count),
    cancelled: maybe(count),
  })
  .map((each) => defined(each) as AnnouncedCounts);

const batch: fc.Arbitrary<Batch> = fc
  .record({
    id: fc.constantFrom('b1', 'b2'),
    settled: fc.boolean(),
    conclusion: maybe(fc.constantFrom('passed', 'failed', 'errored', 'cancelled')),
    unknownStatus: fc.option(fc.constant('archived'), { nil: undefined, freq: 8 }),
    announced,
    runs: maybe(fc.array(run, { maxLength: 4 })),
    createdAt: maybe(fc.integer({ min: NOW - 3_600_000, max: NOW + 600_000 })),
  })
  .map((each) => defined(each) as Batch);

const watched: fc.Arbitrary<Unplaced> = fc
  .record({
    id: fc.constantFrom('b1', 'b2'),
    batch: maybe(batch),
    problem: fc.option(fc.constantFrom('It could not be read.', ''), { nil: undefined, freq: 5 }),
    isListConfirmed: maybe(fc.boolean()),
    requestedTestCases: maybe(fc.subarray(['c', 'd', 'e'], { minLength: 1 })),
    mismatch: fc.option(fc.constant('it tested version 11'), { nil: undefined, freq: 8 }),
    doubt: fc.option(fc.constant('nothing says what it tests'), { nil: undefined, freq: 8 }),
  })
  .map((each) => defined(each) as Unplaced);

const facts: fc.Arbitrary<BatchFacts> = fc.record({
  batches: fc.array(watched, { maxLength: 3 }),
  ending: fc.constantFrom('settled', 'deadline', 'cancelled'),
  providerTitle: fc.constant('Retell'),
  timeoutMinutes: fc.constant(30),
  now: fc.constant(NOW),
  maxBatchAgeMinutes: maybe(fc.integer({ min: 1, max: 60 })),
  edits: edits(),
  otherBatches: fc.array(watched, { maxLength: 1 }),
});

function edits(): fc.Arbitrary<readonly string[]> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant(['It was edited.']) },
  );
}

/** Batches of which every run passed, but for what is then changed. */
const passedBatch = (id: string, runs: number): Unplaced => ({
  id,
  batch: {
    id,
    settled: true,
    announced: { total: runs, passed: runs, failed: 0, errored: 0 },
    runs: Array.from({ length: runs }, (_, index): Run => ({ ...plain, id: `${id} r${index}` })),
    createdAt: NOW - 60_000,
  },
});
const plain: Run = {
  id: '',
  testCase: { id: 'c', name: 'Case' },
  status: 'passed',
  assertions: [],
  criteria: [],
  turns: [],
};

const nearPass: fc.Arbitrary<BatchFacts> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    change: fc.oneof(
      fc.record({
        what: fc.constant('batch' as const),
        patch: batch,
        keys: keysOf('settled', 'conclusion', 'unknownStatus', 'announced', 'runs', 'createdAt'),
      }),
      fc.record({
        what: fc.constant('run' as const),
        patch: run,
        keys: keysOf('id', 'testCase', 'status', 'unknownStatus', 'conflict', 'unproven'),
      }),
      fc.record({
        what: fc.constant('conclusion' as const),
        patch: watched,
        keys: keysOf('batch', 'problem', 'isListConfirmed', 'requestedTestCases', 'mismatch', 'doubt'),
      }),
    ),
    ending: fc.constantFrom('settled', 'settled', 'settled', 'deadline', 'cancelled'),
    maxBatchAgeMinutes: maybe(fc.integer({ min: 1, max: 60 })),
    edits: edits(),
    otherBatches: fc.array(fc.oneof(watched, fc.constant(passedBatch('b1', 1))), { maxLength: 1 }),
  })
  .map(({ sizes, change, ...rest }): BatchFacts => {
    const [first, ...others] = sizes.map((size, index) => passedBatch(`b${index}`, size));
    const patch = defined(Object.fromEntries(change.keys.map((key) => [key, (change.patch as never)[key]])));
    const original = first as Unplaced & { batch: Batch };
    const changed = (): Unplaced => {
      switch (change.what) {
        case 'batch':
          return { ...original, batch: { ...original.batch, ...patch } };
        case 'run':
          return {
            ...original,
            batch: {
              ...original.batch,
              runs: (original.batch.runs ?? []).map((each, index) =>
                index === 0 ? { ...each, ...patch } : each,
              ),
            },
          };
        case 'conclusion':
          return { ...original, ...patch };
      }
    };
    return {
      ...rest,
      batches: [...others, changed()],
      providerTitle: 'Retell',
      timeoutMinutes: 30,
      now: NOW,
    };
  });

function keysOf(...keys: string[]): fc.Arbitrary<string[]> {
  return fc.subarray(keys, { minLength: 1 });
}

/** What the contract asks for a green gate, said once more and in other words. */
function mayBeGreen({
  batches,
  ending,
  now,
  maxBatchAgeMinutes,
  edits: edited,
  otherBatches = [],
}: BatchFacts): boolean {
  if (batches.length === 0 || ending === 'cancelled' || (edited ?? []).length > 0) return false;
  const runIds = [...batches, ...otherBatches].flatMap(
    ({ batch: seen }) => seen?.runs?.map(({ id }) => id) ?? [],
  );
  return batches.every(({ batch: seen, problem, isListConfirmed, requestedTestCases, mismatch, doubt }) => {
    if (problem !== undefined || seen === undefined || !seen.settled || seen.unknownStatus !== undefined)
      return false;
    if (mismatch !== undefined || doubt !== undefined) return false;
    const caseIds = (seen.runs ?? []).map(({ testCase }) => testCase.id);
    if (
      requestedTestCases !== undefined &&
      requestedTestCases.toSorted().join() !== caseIds.toSorted().join()
    )
      return false;
    // Whoever ran a test case in one batch, each of its runs is of the same revision.
    for (const caseRuns of Map.groupBy(seen.runs ?? [], ({ testCase }) => testCase.id).values()) {
      const [first] = caseRuns;
      const revisions = caseRuns.flatMap(
        ({ testCase }) => (testCase as { revision?: number }).revision ?? [],
      );
      if (first?.testCase.id !== undefined && new Set(revisions).size > 1) return false;
    }
    const { runs = [], announced: said } = seen;
    const isYoung =
      maxBatchAgeMinutes === undefined ||
      (seen.createdAt !== undefined &&
        now - seen.createdAt <= maxBatchAgeMinutes * 60_000 &&
        seen.createdAt - now <= 120_000);
    return (
      isYoung &&
      runs.length > 0 &&
      runs.every(
        (each) =>
          each.status === 'passed' &&
          each.unknownStatus === undefined &&
          each.conflict === undefined &&
          each.unproven === undefined &&
          runIds.filter((id) => id === each.id).length === 1,
      ) &&
      (said.total ??
        (isListConfirmed === true || requestedTestCases !== undefined ? runs.length : 'not known')) ===
        runs.length &&
      (said.passed ?? runs.length) === runs.length &&
      (said.failed ?? 0) === 0 &&
      (said.errored ?? 0) === 0 &&
      (said.cancelled ?? 0) === 0 &&
      (seen.conclusion ?? 'passed') === 'passed'
    );
  });
}

/** Which verdict comes first in the contract's order, as far as the counts tell. */
function precedence({ ending, ...given }: BatchFacts): string | undefined {
  const [batches, otherBatches] = [placed(given.batches), placed(given.otherBatches ?? [])];
  const seen = batches.flatMap(({ batch: each }) => each ?? []);
  const counts = tally(batches, groupRunsByTestCase(batches, { rule: EVERY_RUN, otherBatches }));
  const isCalled = (word: string) => seen.some((each) => each.conclusion === word);
  if (counts.failed > 0) return 'failed';
  if (counts.errored > 0 || isCalled('errored')) return 'errored';
  if (counts.cancelled > 0 || isCalled('cancelled') || ending === 'cancelled') return 'cancelled';
  if (ending === 'deadline' && batches.some(({ batch: each }) => each?.settled !== true)) return 'timed-out';
  return undefined;
}

describe('the judge', () => {
  const check = (given: BatchFacts): void => {
    const { verdict, reason, notes } = judgeByEveryRun(given);
    expect(VERDICTS).toContain(verdict);
    expect(verdict === 'passed').toBe(mayBeGreen(given));
    const first = precedence(given);
    if (first !== undefined) expect(verdict).toBe(first);
    else expect(['passed', 'inconclusive']).toContain(verdict);
    for (const sentence of [reason, ...notes]) expect(sentence).toMatch(/^\S.*[.:]/s);
    expect(notes.length === 0 || verdict !== 'passed').toBe(true);
  };

  test(`says "passed" exactly when all was shown, and the contract's first word otherwise (${CASES} cases)`, () => {
    fc.assert(fc.property(facts, check), { numRuns: CASES, seed: SEED });
  });

  test(`and so where one thing is wrong with batches that passed (${NEAR_PASSES} cases)`, () => {
    let greens = 0;
    fc.assert(
      fc.property(nearPass, (given) => {
        check(given);
        greens += mayBeGreen(given) ? 1 : 0;
      }),
      { numRuns: NEAR_PASSES, seed: SEED },
    );
    expect(greens).toBeGreaterThan(NEAR_PASSES / 20);
  });
});
