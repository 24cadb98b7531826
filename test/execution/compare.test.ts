import { describe, expect, test } from 'vitest';
import type { Batch, WatchedBatch } from '../../src/domain/batch.ts';
import { judge } from '../../src/domain/judge.ts';
import { EVERY_RUN, type PassRule } from '../../src/domain/pass-rule.ts';
import type { Run } from '../../src/domain/run.ts';
import { groupRunsByTestCase } from '../../src/domain/test-case.ts';
import { type CompareOptions, compare } from '../../src/execution/compare.ts';
import type { ComparedVersion } from '../../src/execution/prepare.ts';
import type { BatchStarter, StartedBatch, StartResponse, Subject } from '../../src/providers/starter.ts';
import { obstaclesOf, runOf, STATUS, starterOf, watched } from '../builders.ts';
import { virtualClock } from '../virtual-clock.ts';

const HERE: Subject = {
  title: 'flow version 12',
  key: 'flow 12',
  claims: { version: 'version 12' },
  request: { version: 12 },
};
const THERE: Subject = {
  title: 'flow version 11',
  key: 'flow 11',
  claims: { version: 'version 11' },
  request: { version: 11 },
};
const ELSEWHERE: ComparedVersion = { kind: 'resolved', subject: THERE, isDifferent: true };
const ON_BRANCH: ComparedVersion = { ...ELSEWHERE, subject: { ...THERE, claims: { branch: 'branch a' } } };

/** The test cases with the first letter as their run here, and the rest as those on the other version. */
async function comparing(
  scripts: Record<string, string>,
  more: Partial<Omit<CompareOptions, 'starter'>> & {
    post?: StartResponse;
    /** The answer to the start is lost, and the batch is found in lists that do not say its version. */
    isLost?: boolean;
    missing?: string;
    /** What a run on the other version says beside its status, by its test case. */
    run?: (caseId: string) => Partial<Run>;
    /** What a batch on the other version says beside its runs, and what the answer to its start says. */
    batch?: () => Partial<Batch>;
    /** What the batch under test says beside its runs. */
    here?: Partial<Batch>;
    answer?: Partial<StartedBatch>;
    starter?: Partial<BatchStarter>;
    /** The revision of each test case on the version under test. */
    revision?: number;
  } = {},
) {
  const {
    post,
    isLost = false,
    comparedVersion = ELSEWHERE,
    missing,
    run,
    batch,
    here: saidHere,
    answer = {},
    starter: own,
    revision,
    rule = EVERY_RUN,
    ...options
  } = more;
  const clock = virtualClock();
  const here = [
    watched(
      'here',
      Object.entries(scripts).map(([id, script]) => ({
        ...runOf(id, STATUS[script[0]!]!, `${id}-here`),
        testCase: { id, name: `Case ${id}`, revision },
      })),
      saidHere,
    ),
  ];
  const cases = groupRunsByTestCase(here, { rule });
  const posts: (readonly string[])[] = [];
  const used = new Map<string, number>();
  const made = new Map<string, WatchedBatch>();
  const starter = starterOf(HERE, {
    startBatch: async (_subject, testCases) => {
      posts.push(testCases);
      if (post !== undefined) return post;
      const id = `there-${posts.length}`;
      const runs = testCases.map((caseId) => {
        const nth = (used.get(caseId) ?? 0) + 1;
        used.set(caseId, nth);
        const status = STATUS[scripts[caseId]?.[nth] ?? 'P']!;
        return { ...runOf(caseId, status, `${caseId}-there-${nth}`), ...run?.(caseId) };
      });
      const listed = runs.filter(({ testCase }) => testCase.id !== missing);
      made.set(id, watched(id, listed, { announced: { total: runs.length }, ...batch?.() }));
      if (isLost) return { kind: 'unknown', problem: 'POST x was lost.', at: clock.epoch() };
      return { kind: 'accepted', value: { id, ...answer } };
    },
    listBatches: async () => ({ batches: [...made.keys()].map((id) => ({ id })), isComplete: true }),
    readBatchContents: async () => ({ testCases: posts.flat() }),
    ...own,
  });
  const comparison = await compare({
    cases,
    batches: here,
    comparedVersion,
    excusesKnownFailures: true,
    startedRuns: cases.length,
    starter,
    rule,
    maxRuns: undefined,
    waitFor: async (round) => ({
      ending: 'settled',
      batches: round.map((one) => ({ ...made.get(one.id), ...one })),
    }),
    obstacles: obstaclesOf,
    onStarted: () => undefined,
    clock,
    deadline: { until: clock.now() + 1_800_000, signal: new AbortController().signal },
    log: () => undefined,
    ...options,
  });
  const judgement = judge({
    batches: here,
    cases: comparison.cases,
    ending: 'settled',
    providerTitle: 'Retell',
    timeoutMinutes: 30,
    now: 0,
    otherBatches: comparison.batches,
  });
  return {
    posts,
    verdict: judgement.verdict,
    remarks: comparison.remarks,
    title: comparison.title,
    there: Object.fromEntries(
      comparison.cases.map(({ testCase, comparison: elsewhere, isExcusedByComparison }) => [
        testCase.id,
        [elsewhere?.outcome, isExcusedByComparison === true],
      ]),
    ),
  };
}

describe('what would make the verdict red is run on the other version', () => {
  test('a failure that is shown there too is excused; one that passes there is not', async () => {
    const { posts, there, verdict, title } = await comparing({ a: 'P', b: 'FF', c: 'FP' });
    expect(posts).toEqual([['b', 'c']]);
    expect(there).toEqual({ a: [undefined, false], b: ['failed', true], c: ['passed', false] });
    expect([verdict, title]).toEqual(['failed', 'flow version 11']);
  });

  test('with every failure excused the gate opens, since another test case passes', async () => {
    expect((await comparing({ a: 'P', b: 'FF' })).verdict).toBe('passed');
    expect((await comparing({ b: 'FF' })).verdict).toBe('inconclusive');
  });

  test('with fail-on: any nothing is excused', async () => {
    const { there, verdict } = await comparing({ a: 'P', b: 'FF' }, { excusesKnownFailures: false });
    expect([there['b'], verdict]).toEqual([['failed', false], 'failed']);
  });

  test('the same rule decides there: a failure that is not confirmed excuses nothing', async () => {
    const rule: PassRule = { kind: 'reruns', need: 2, of: 3 };
    const flaky = await comparing({ a: 'P', b: 'FFPP' }, { rule });
    expect([flaky.there['b'], flaky.verdict]).toEqual([['flaky', false], 'failed']);
    const broken = await comparing({ a: 'P', b: 'FFF' }, { rule });
    expect([broken.there['b'], broken.posts]).toEqual([
      ['failed', true],
      [['b'], ['b']],
    ]);
  });
});

test('many failures that are confirmed there are all excused: it is no broad failure of this version', async () => {
  const rule: PassRule = { kind: 'reruns', need: 2, of: 3 };
  const broken = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`f${index}`, 'FFF']));
  const { there, posts } = await comparing({ a: 'P', ...broken }, { rule });
  const excused = Object.values(there as Record<string, unknown[]>).filter(([, isExcused]) => isExcused);
  expect(excused.length).toBe(7);
  expect(posts.length).toBe(2);
});

describe('what could not be compared counts', () => {
  test.each<[string, Parameters<typeof comparing>[1]]>([
    [
      'the other version is not there',
      { comparedVersion: { kind: 'none', problem: 'Version 11 does not exist.' } },
    ],
    ['nobody knows whether it is another one', { comparedVersion: { ...ELSEWHERE, isDifferent: false } }],
    ['max-runs', { maxRuns: 2 }],
    ['the start is refused', { post: { kind: 'refused', problem: 'POST x answered 402.' } }],
    [
      'nobody knows whether it was started',
      { post: { kind: 'unknown', problem: 'POST x was lost.', at: 0 } },
    ],
    ['it has no run there', { missing: 'b' }],
    ['its batch is called an error there', { batch: () => ({ conclusion: 'errored' }) }],
    ['its batch was found in lists that do not say what it tests', { isLost: true }],
  ])('%s', async (_, options) => {
    const { there, verdict } = await comparing({ a: 'P', b: 'FF' }, options);
    expect([there['b']?.[1], verdict]).toEqual([false, 'failed']);
  });

  test('a first round that repeats, which went over max-runs', async () => {
    const rule: PassRule = { kind: 'repeat', need: 3, of: 5 };
    const { posts, remarks } = await comparing({ a: 'P', b: 'FF' }, { rule, maxRuns: 4 });
    expect([posts, remarks]).toEqual([
      [],
      ['Nothing was compared: that takes at least 3 more runs, and max-runs allows 4 in all.'],
    ]);
  });

  test('an error there, and one whose neighbour is missing', async () => {
    const errored = await comparing({ a: 'P', b: 'FE' });
    expect([errored.there['b'], errored.verdict]).toEqual([['errored', false], 'failed']);
    const beside = await comparing({ a: 'P', b: 'FF', c: 'FF' }, { missing: 'c' });
    expect([beside.there['b'], beside.verdict]).toEqual([['failed', false], 'failed']);
  });
});

describe('a failure is excused only by what was started there, on one revision', () => {
  test('a comparison that says it tested the version under test excuses nothing', async () => {
    for (const says of ['batch', 'run'] as const) {
      const { there, verdict, posts } = await comparing(
        { a: 'P', b: 'FF' },
        { [says]: () => ({ claims: HERE.claims }) },
      );
      expect([says, there['b']?.[1], verdict, posts.length]).toEqual([says, false, 'failed', 1]);
    }
  });

  test('nor does one whose start was answered so', async () => {
    const { there, verdict } = await comparing({ a: 'P', b: 'FF' }, { answer: { claims: HERE.claims } });
    expect([there['b']?.[1], verdict]).toEqual([false, 'failed']);
  });

  test('nor does one on another branch that says it tested the very version under test', async () => {
    const claims = { branch: 'branch b', version: 'version v1' };
    const there = { batch: () => ({ claims: { version: claims.version } }), comparedVersion: ON_BRANCH };
    for (const [here, isExcused] of [
      [claims, false],
      [{ ...claims, version: 'version v2' }, true],
      [{}, true],
    ] as const) {
      const comparison = await comparing({ a: 'P', b: 'FF' }, { ...there, here: { claims: here } });
      expect(comparison.there['b']?.[1]).toBe(isExcused);
    }
    // A configuration that is sent, and the live one, are tested on one version.
    const live = { ...there, comparedVersion: { ...ON_BRANCH, isLive: true } };
    const comparison = await comparing({ a: 'P', b: 'FF' }, { ...live, here: { claims } });
    expect(comparison.there['b']?.[1]).toBe(true);
  });

  test('a comparison that was answered with the batch under test is not known to have run', async () => {
    const { there, remarks } = await comparing(
      { a: 'P', b: 'FF' },
      { post: { kind: 'accepted', value: { id: 'here' } } },
    );
    expect(there['b']).toEqual([undefined, false]);
    expect(remarks).toEqual([
      expect.stringMatching(
        /^Not everything was compared: Retell answered the start with batch here, which was there before\./,
      ),
    ]);
  });

  test('a run of the version under test that comes back in the comparison counts in neither', async () => {
    const { there, verdict } = await comparing(
      { a: 'P', b: 'FF' },
      { run: (caseId) => ({ id: `${caseId}-here` }) },
    );
    expect([there['b']?.[1], verdict]).toEqual([false, 'inconclusive']);
  });

  test('a test case that was edited between the two versions counts', async () => {
    const edited = (revision: number) =>
      comparing(
        { a: 'P', b: 'FF' },
        { revision: 1, run: (id) => ({ testCase: { id, name: `Case ${id}`, revision } }) },
      );
    expect((await edited(1)).verdict).toBe('passed');
    expect((await edited(2)).verdict).toBe('failed');
  });

  test('an edit of the other version while it is compared excuses nothing', async () => {
    let reads = 0;
    const readRevision = async () => (reads += 1);
    const { verdict, remarks } = await comparing({ a: 'P', b: 'FF' }, { starter: { readRevision } });
    expect([verdict, remarks]).toEqual([
      'failed',
      ['On flow version 11: flow version 11 was edited while it was tested.'],
    ]);
  });

  test('nothing is compared once passed is out of reach for another reason', async () => {
    const { posts, remarks } = await comparing({ a: 'C', b: 'FF' });
    expect([posts, remarks]).toEqual([
      [],
      ['Nothing was compared with flow version 11: the verdict cannot become passed.'],
    ]);
  });
});
