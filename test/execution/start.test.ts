import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchContents } from '../../src/execution/find-lost-batch.ts';
import { type StartResult, startBatchOnce } from '../../src/execution/start.ts';
import type { Candidate, StartResponse, Subject } from '../../src/providers/starter.ts';
import { ProviderError, ProviderTimeout } from '../../src/runtime/errors.ts';
import { starterOf } from '../builders.ts';
import { virtualClock } from '../virtual-clock.ts';

const EPOCH = Date.UTC(2026, 8, 14, 8);
const CASES = ['a', 'b', 'c'];
const SUBJECT = 'conversation-flow flow_1 version 12';
const subject: Subject = { title: 'Flow', key: SUBJECT, claims: {}, request: undefined };
const LOST = 'POST api.example/create-batch-test failed: ECONNRESET.';

/** A batch at the provider; times in milliseconds after the POST was sent. */
interface Made {
  readonly id: string;
  readonly madeAt: number;
  /** How long after that the lists show it. */
  readonly lagMs?: number;
  readonly testCases?: readonly string[];
  /** How long after that its runs are listed. */
  readonly runsLagMs?: number;
  readonly subject?: string | undefined;
  readonly createdAt?: undefined;
  /** Number of runs that the list announces. */
  readonly runCount?: number;
}

interface World {
  /** What becomes of the POST. Default: its answer is lost. A stopped one was cancelled on its way. */
  readonly answer?: 'accepted' | 'refused' | 'lost' | 'stopped';
  /** When the provider makes our batch; not at all if absent. */
  readonly ours?: Omit<Made, 'id'> | undefined;
  /** How long the POST takes. */
  readonly postMs?: number;
  readonly others?: readonly Made[];
  /** How far the time of creation is ahead of the runner's clock. */
  readonly skewMs?: number;
  /** How far the `Date` header is ahead of it; there is none if absent. */
  readonly dateSkewMs?: number | undefined;
  /** Which listings fail, from 0. */
  readonly failing?: readonly number[];
  /** Which listings hang until their time is over, from 0. */
  readonly hanging?: readonly number[];
  readonly isComplete?: boolean;
  /** The provider has no list of batches. */
  readonly isListless?: boolean;
  readonly timeoutMs?: number;
  readonly startedBefore?: readonly string[];
  /** How long one request for a list takes. */
  readonly latencyMs?: number;
}

interface Story {
  readonly start: StartResult;
  readonly posts: number;
  readonly log: readonly string[];
  /** When the lists were looked through, in milliseconds after the POST failed. */
  readonly looks: readonly number[];
  /** How often the test cases of a batch were read. */
  readonly reads: number;
}

async function play(world: World): Promise<Story> {
  const { answer = 'lost', postMs = 100, others = [], skewMs = 0, dateSkewMs, latencyMs = 0 } = world;
  const clock = virtualClock(EPOCH);
  const batches: Made[] = [...others];
  const looks: number[] = [];
  const log: string[] = [];
  let posts = 0;
  let listings = 0;
  let sentAt = EPOCH + latencyMs;
  let reads = 0;
  let failedAt = 0;
  const cancellation = new AbortController();
  const now = () => clock.epoch() - sentAt;
  const shown = () => batches.filter(({ madeAt, lagMs = 0 }) => madeAt + lagMs <= now());

  const starter = starterOf(subject, {
    startBatch: async (): Promise<StartResponse> => {
      posts += 1;
      sentAt = clock.epoch();
      if (world.ours !== undefined) batches.push({ ...world.ours, id: 'ours' });
      await clock.sleep(postMs);
      failedAt = clock.epoch();
      if (answer === 'accepted') return { kind: 'accepted', value: { id: 'ours' } };
      if (answer === 'refused') return { kind: 'refused', problem: 'Retell says no.' };
      if (answer === 'stopped') {
        cancellation.abort();
        throw new ProviderError('The request was stopped.');
      }
      return { kind: 'unknown', problem: LOST, at: sentAt };
    },
    listBatches: async (_, { until }) => {
      await clock.sleep(latencyMs);
      listings += 1;
      if (world.hanging?.includes(listings - 1) === true) {
        await clock.sleep(until - clock.now());
        throw new ProviderTimeout('Retell did not answer in time.');
      }
      if (posts > 0) looks.push(clock.epoch() - failedAt);
      if (world.failing?.includes(listings - 1) === true) throw new ProviderError('Retell is in trouble.');
      const date = dateSkewMs === undefined ? undefined : toSeconds(clock.epoch() + dateSkewMs);
      const listed = shown().map(
        (made): Candidate => ({
          id: made.id,
          createdAt: 'createdAt' in made ? undefined : sentAt + made.madeAt + skewMs,
          subject: 'subject' in made ? made.subject : SUBJECT,
          runCount: made.runCount,
        }),
      );
      return { batches: listed, isComplete: world.isComplete ?? true, date };
    },
    readBatchContents: async (id) => {
      reads += 1;
      const made = shown().find((batch) => batch.id === id);
      if (made === undefined) throw new ProviderError('404');
      const { testCases = CASES, madeAt, lagMs = 0, runsLagMs = 0 } = made;
      return { testCases: now() >= madeAt + lagMs + runsLagMs ? testCases : [] };
    },
  });
  const { listBatches: _, ...listless } = starter;
  const start = await startBatchOnce({
    starter: world.isListless ? listless : starter,
    subject,
    testCases: CASES,
    clock,
    deadline: { until: world.timeoutMs ?? 1_800_000, signal: cancellation.signal },
    log: (line) => log.push(line),
    alreadyStarted: new Set(world.startedBefore),
  });
  return { start, posts, log, looks, reads };
}

const toSeconds = (ms: number) => Math.floor(ms / 1_000) * 1_000;

/** How the start ended; of a batch that was started only its id. */
const startOf = async (world: World): Promise<StartResult | { kind: 'started'; batchId: string }> => {
  const { start } = await play(world);
  return start.kind === 'started' ? { kind: 'started', batchId: start.batchId } : start;
};

const OURS = { kind: 'started', batchId: 'ours' };
const unknown = (why: string) => ({
  kind: 'unknown',
  problem: `${LOST} A batch may have been started at 2026-09-14 08:00:00 UTC, and ${why}. Look for it at Retell before you run this job again.`,
});

describe('one POST', () => {
  test('that is accepted or refused is the end of it', async () => {
    const accepted = await play({ answer: 'accepted', ours: { madeAt: 50 } });
    const refused = await play({ answer: 'refused' });

    expect([accepted, refused]).toEqual([
      {
        start: { ...OURS, answer: { id: 'ours' }, sentAt: undefined },
        posts: 1,
        log: [],
        looks: [],
        reads: 0,
      },
      { start: { kind: 'refused', problem: 'Retell says no.' }, posts: 1, log: [], looks: [], reads: 0 },
    ]);
  });

  test('whose answer is lost is looked for three times, and found', async () => {
    expect(await play({ ours: { madeAt: 50 } })).toEqual({
      start: {
        ...OURS,
        sentAt: undefined,
        adopted: { id: 'ours', createdAt: EPOCH + 50, subject: SUBJECT },
      },
      posts: 1,
      log: [
        `${LOST} A batch may have been started: looking through Retell's lists for 20 s.`,
        "Batch ours is in Retell's list, and is the one that this step started.",
      ],
      looks: [2_000, 8_000, 20_000],
      reads: 1,
    });
  });

  test('does not wait for ever for a list that hangs', async () => {
    const before = await play({ answer: 'accepted', hanging: [0] });
    const after = await play({ ours: { madeAt: 50 }, hanging: [1, 2] });
    const last = await play({ ours: { madeAt: 50 }, hanging: [3] });

    expect([before.start, after.start, after.looks]).toMatchObject([OURS, OURS, [20_000]]);
    expect(last.start.kind).toBe('unknown');
  });

  test('that was stopped on its way may have started a batch; nobody looks, and nothing says that somebody does', async () => {
    expect(await play({ answer: 'stopped', ours: { madeAt: 50 } })).toEqual({
      start: {
        kind: 'unknown',
        problem:
          'The request was stopped. A batch may have been started at 2026-09-14 08:00:00 UTC, and its list of batches was not read after the cancellation. Look for it at Retell before you run this job again.',
      },
      posts: 1,
      log: [],
      looks: [],
      reads: 0,
    });
  });

  test.each<[string, World]>([
    ['without the lists from before it', { failing: [0] }],
    ['after the deadline', { postMs: 10_000, timeoutMs: 10_000 }],
  ])('whose answer is lost is not looked for %s, and the log does not say so', async (_, world) => {
    expect(await play({ ours: { madeAt: 50 }, ...world })).toMatchObject({ log: [], looks: [] });
  });

  test.each<[string, World, string]>([
    ['and nothing else is wrong', { timeoutMs: 0 }, 'Raise timeout-minutes.'],
    [
      'before which the lists were not read: why they were not',
      { timeoutMs: 9_000, hanging: [0] },
      'Retell did not answer in time.',
    ],
  ])('is not sent after the deadline, %s', async (_, world, why) => {
    const problem = `The time was over before a batch was started. ${why}`;
    expect(await play(world)).toMatchObject({ start: { kind: 'refused', problem }, posts: 0 });
  });
});

describe('a batch that was there before', () => {
  test.each<[string, World]>([
    ['stands in the list from before the start', { others: [{ id: 'OURS', madeAt: -60_000 }] }],
    ['was started by this step', { startedBefore: ['ours'] }],
  ])('answers the POST: what was started is not known, and is not sent again (it %s)', async (_, world) => {
    const { start, posts } = await play({ ...world, answer: 'accepted' });
    expect([start, posts]).toEqual([
      {
        kind: 'unknown',
        problem:
          'Retell answered the start with batch ours, which was there before. A batch may have been started at 2026-09-14 08:00:00 UTC, and what it started is not known. Look for it at Retell before you run this job again.',
      },
      1,
    ]);
  });

  test("a started batch comes with the moment of its POST by the provider's own clock, where that is told", async () => {
    const ahead = { answer: 'accepted', skewMs: 240_000, dateSkewMs: 240_000 } as const;
    expect(await play(ahead)).toMatchObject({ start: { ...OURS, sentAt: EPOCH + 240_000 } });
  });
});

describe('ours', () => {
  test.each<[string, World]>([
    ['listed late', { ours: { madeAt: 50, lagMs: 15_000 } }],
    ['whose runs are listed late', { ours: { madeAt: 50, runsLagMs: 7_000 } }],
    ['made while its answer was waited for', { postMs: 60_000, ours: { madeAt: 59_000 } }],
    ['made a little after the connection broke', { ours: { madeAt: 3_000 } }],
    ['at a provider whose clock is ahead', { ours: { madeAt: 50 }, skewMs: 240_000 }],
    ['at a provider whose clock is a little behind', { ours: { madeAt: 50 }, skewMs: -119_000 }],
    [
      'at a provider whose clock is far behind and is told',
      { ours: { madeAt: 50 }, skewMs: -240_000, dateSkewMs: -240_000 },
    ],
    [
      'listed late by a provider whose clock is ahead and is told',
      { ours: { madeAt: 50, lagMs: 15_000 }, skewMs: 240_000, dateSkewMs: 240_000 },
    ],
    ['without a time of creation', { ours: { madeAt: 50, createdAt: undefined } }],
    ['without engine and version (Bland)', { ours: { madeAt: 50, subject: undefined } }],
    ['although one look fails', { ours: { madeAt: 50 }, failing: [1] }],
    ['among old ones', { ours: { madeAt: 50 }, others: [{ id: 'old', madeAt: -60_000 }] }],
    [
      "among other people's of other tests, engines and versions",
      {
        ours: { madeAt: 50 },
        others: [
          { id: 'fewer', madeAt: 60, testCases: ['a', 'b', 'x'] },
          { id: 'more', madeAt: 60, testCases: ['a', 'b', 'c', 'd'] },
          { id: 'twice', madeAt: 60, testCases: ['a', 'b', 'c', 'c'] },
          { id: 'version', madeAt: 60, subject: 'conversation-flow flow_1 version 11' },
          { id: 'size', madeAt: 60, runCount: 4 },
        ],
      },
    ],
    [
      'beside another of the same test cases that this step started before, and that is listed late',
      {
        ours: { madeAt: 50 },
        others: [{ id: 'first', madeAt: -1_000, lagMs: 2_000 }],
        startedBefore: ['first'],
      },
    ],
  ])('is found: %s', async (_, world) => {
    expect(await startOf(world)).toEqual(OURS);
  });
});

describe('nobody knows', () => {
  const NO_TIME = 'its list of batches could not be read to the end';
  const NOT_BEFORE =
    'its batches could not be listed before, so that nothing tells a new one from an old one';

  test.each<[string, World, string]>([
    ['where none is listed', {}, 'its list does not show one'],
    ['where only old ones are', { others: [{ id: 'old', madeAt: -500 }] }, 'its list does not show one'],
    [
      'where two are listed',
      { ours: { madeAt: 50 }, others: [{ id: 'theirs', madeAt: 5_000 }] },
      'more than one could be it: ours, theirs',
    ],
    [
      'where many are listed',
      { others: [1, 2, 3, 4, 5].map((nth) => ({ id: `b${nth}`, madeAt: nth })) },
      'more than one could be it: b1, b2, b3 and 2 more',
    ],
    [
      "where ours may be the one that is listed late, after somebody else's",
      { ours: { madeAt: 50, lagMs: 19_000 }, others: [{ id: 'theirs', madeAt: 60 }] },
      'more than one could be it: theirs, ours',
    ],
    [
      "where a stranger's old one is listed late",
      { others: [{ id: 'theirs', madeAt: -130_000, lagMs: 131_000 }] },
      'batch theirs has the same test cases, but was created before the request',
    ],
    [
      "where a stranger's old one is listed late by a provider whose clock is ahead and is told",
      { others: [{ id: 'theirs', madeAt: -130_000, lagMs: 131_000 }], skewMs: 240_000, dateSkewMs: 240_000 },
      'batch theirs has the same test cases, but was created before the request',
    ],
    [
      'where the clock of a provider is far behind and is not told',
      { ours: { madeAt: 50 }, skewMs: -240_000 },
      'batch ours has the same test cases, but was created before the request',
    ],
    [
      'where it does not say what it tests',
      { ours: { madeAt: 50, runsLagMs: 60_000 } },
      'batch ours could be it, but its test cases are not listed',
    ],
    ['where the list was not read before', { ours: { madeAt: 50 }, failing: [0] }, NOT_BEFORE],
    ['where not all of the list was read before', { ours: { madeAt: 50 }, isComplete: false }, NOT_BEFORE],
    ['where the last look fails', { ours: { madeAt: 50 }, failing: [3] }, NO_TIME],
    ['where the deadline comes before the last look', { ours: { madeAt: 50 }, timeoutMs: 10_000 }, NO_TIME],
  ])('%s', async (_, world, why) => {
    expect(await startOf(world)).toEqual(unknown(why));
  });

  test('where the provider lists no batches, and none is looked for', async () => {
    const { start, log } = await play({ ours: { madeAt: 50 }, isListless: true });
    expect([start, log]).toEqual([unknown(NOT_BEFORE), []]);
  });

  test.each([80, 9_000])(
    'of two in the same seconds: ours was lost, and a stranger started the same. It is taken for ours (%i ms)',
    async (madeAt) => {
      expect(await startOf({ others: [{ id: 'theirs', madeAt }] })).toEqual({
        kind: 'started',
        batchId: 'theirs',
      });
    },
  );
});

describe('whatever happens', () => {
  const lag = fc.integer({ min: 0, max: 25_000 });
  const postMs = fc.integer({ min: 0, max: 60_000 });
  const latencyMs = fc.integer({ min: 0, max: 400 });
  const answer = fc.constantFrom<NonNullable<World['answer']>>(
    'lost',
    'lost',
    'lost',
    'stopped',
    'accepted',
    'refused',
  );
  const minutes = fc.oneof(
    fc.integer({ min: 100_000, max: 600_000 }),
    fc.integer({ min: -600_000, max: -100_000 }),
  );
  /** Other people's batches, most of them of the same test cases: listed before the POST, or more than 2 minutes older. */
  const others = fc.array(
    fc.record({
      time: fc.oneof(
        fc.record({ madeAt: fc.integer({ min: -3_600_000, max: -1 }), lagMs: fc.constant(0) }),
        fc.record({ madeAt: fc.integer({ min: -3_600_000, max: -122_000 }), lagMs: lag }),
      ),
      testCases: fc.constantFrom(CASES, CASES, CASES.toReversed(), ['a', 'b'], ['a', 'b', 'c', 'd'], ['x']),
      subject: fc.constantFrom(SUBJECT, SUBJECT, undefined, 'another'),
    }),
    { maxLength: 4 },
  );

  const worldWith = (skews: fc.Arbitrary<Pick<World, 'skewMs' | 'dateSkewMs'>>): fc.Arbitrary<World> =>
    fc.tuple(postMs, skews).chain(([ms, skew]) =>
      fc.record({
        answer,
        postMs: fc.constant(ms),
        latencyMs,
        skewMs: fc.constant(skew.skewMs ?? 0),
        dateSkewMs: fc.constant(skew.dateSkewMs),
        ours: fc.option(fc.record({ madeAt: fc.integer({ min: 0, max: ms }), lagMs: lag }), {
          nil: undefined,
        }),
        others: others.map((all) =>
          all.map(({ time, ...made }, index) => ({ ...made, ...time, id: `t${index}` })),
        ),
        failing: fc.oneof(fc.constant([]), fc.array(fc.nat(3), { maxLength: 2 })),
        isComplete: fc.oneof(fc.constant(true), fc.boolean()),
      }),
    );

  /** Clocks agree, or the provider tells its own. */
  const told = worldWith(
    fc.oneof(
      fc.constant({ skewMs: 0, dateSkewMs: undefined }),
      fc
        .oneof(minutes, fc.integer({ min: -100_000, max: 100_000 }))
        .map((skewMs) => ({ skewMs, dateSkewMs: skewMs })),
    ),
  );
  /** The clock of creations is behind or ahead, and nothing tells by how much: by less than the slack. */
  const untold = worldWith(
    fc
      .tuple(fc.integer({ min: -119_000, max: 0 }), fc.constantFrom(undefined, 0))
      .map(([skewMs, dateSkewMs]) => ({ skewMs, dateSkewMs })),
  );

  test.each([
    ['clocks agree or are told', told],
    ['clocks differ by less than 2 minutes', untold],
  ])("at most one POST is sent, and a stranger's batch is never taken for ours: %s", async (_, worlds) => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const { start, posts } = await play(world);
        expect(posts).toBe(1);
        switch (start.kind) {
          case 'started':
            expect(start.batchId).toBe('ours');
            expect(world.answer === 'accepted' || world.ours !== undefined).toBe(true);
            break;
          case 'refused':
            expect(world.answer).toBe('refused');
            break;
          case 'unknown':
            expect(['lost', 'stopped']).toContain(world.answer);
            expect(start.problem).toContain('A batch may have been started at 2026-09-14 08:00:0');
        }
      }),
      { numRuns: 400 },
    );
  });

  test('what was started is found, if it is listed in time and nobody started the same', async () => {
    const alone = fc
      .oneof(told, untold)
      .filter(({ ours }) => ours !== undefined)
      .map((world) => ({
        ...world,
        answer: 'lost' as const,
        ours: { madeAt: 0, ...world.ours, lagMs: Math.min(world.ours?.lagMs ?? 0, 19_000) },
        others: (world.others ?? []).map((made) => ({ ...made, testCases: ['x'] })),
        failing: [],
        isComplete: true,
      }));
    await fc.assert(
      fc.asyncProperty(alone, async (world) => {
        expect(await startOf(world)).toEqual(OURS);
      }),
      { numRuns: 200 },
    );
  });
});

test.each<[string, Parameters<typeof matchContents>[0], string]>([
  ['the same in another order', { testCases: ['c', 'a', 'b'] }, 'same'],
  ['the same, as announced', { testCases: ['a', 'b', 'c'], total: 3 }, 'same'],
  ['the same in capitals, which mean nothing in a UUID', { testCases: ['A', 'b', 'C'] }, 'same'],
  ['not all yet', { testCases: ['a'], total: 3 }, 'unclear'],
  ['nothing yet', { testCases: [] }, 'unclear'],
  ['fewer', { testCases: ['a', 'b'], total: 2 }, 'other'],
  ['more to come', { testCases: ['a', 'b', 'c'], total: 4 }, 'other'],
  ['one twice', { testCases: ['a', 'a', 'b'] }, 'other'],
  ['another', { testCases: ['a', 'b', 'x'] }, 'other'],
])('a batch with %s', (_, contents, expected) => {
  expect(matchContents(contents, CASES)).toBe(expected);
});
