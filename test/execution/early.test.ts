/** Re-runs that start as soon as they are needed, beside rounds that wait: the real waiting, on a virtual clock. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PassRule } from '../../src/domain/pass-rule.ts';
import { playTimed as play, type Script, type World } from './timed-runs.ts';

const passing: Script = [['P', 100]];

describe('a first run that did not pass', () => {
  const flaky: Script = [
    ['F', 10],
    ['P', 20],
  ];

  test('is confirmed while slower ones still run', async () => {
    const { posts, verdict, outcomes } = await play({ cases: { a: flaky, b: passing } });
    expect(posts.map(({ testCases }) => testCases)).toEqual([['a', 'b'], ['a'], ['a'], ['a']]);
    expect(posts[1]?.atSeconds).toBeLessThan(13);
    expect(posts[3]?.atSeconds).toBeLessThan(40);
    expect([verdict, outcomes]).toEqual(['passed', { a: 'flaky', b: 'passed' }]);
  });

  test.each([
    ['moving', 13],
    // A run that failed moves no counter of those that passed.
    ['still', 45],
  ] as const)('is seen where looks have only counters, which are %s', async (counters, latest) => {
    const failing: Script = [['F', 10]];
    const moves: Script = [
      ['P', 10],
      ['P', 1],
    ];
    const { posts } = await play({ cases: { a: failing, b: moves, c: passing }, counters });
    expect(posts[1]?.testCases).toEqual(['a']);
    expect(posts[1]?.atSeconds).toBeLessThan(latest);
  });

  test('starts nothing once a sixth has failed, until the first round ends', async () => {
    const names = [...'abcdef'];
    const six = Object.fromEntries(names.map((id): [string, Script] => [id, flaky]));
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, nth) => [`p${nth}`, passing] as const));
    const { posts, verdict } = await play({ cases: { ...six, ...many } });
    expect(posts[1]?.atSeconds).toBeGreaterThanOrEqual(100);
    expect(verdict).toBe('passed');
    const broad = await play({ cases: { ...six, b1: passing } });
    expect([broad.posts.length, broad.verdict]).toEqual([1, 'failed']);
  });

  test('of five is confirmed, and the sixth stops the next runs of all until the end', async () => {
    const five = Object.fromEntries([...'abcde'].map((id): [string, Script] => [id, flaky]));
    const sixth: Script = [['F', 25]];
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, nth) => [`p${nth}`, passing] as const));
    const { posts } = await play({ cases: { ...five, f: sixth, ...many } });
    const early = posts.slice(1).filter(({ atSeconds }) => atSeconds < 100);
    expect(early.map(({ testCases }) => testCases.length)).toEqual([5, 5]);
  });

  test('that is quarantined is not run again', async () => {
    const { posts } = await play({ cases: { a: flaky, b: passing }, quarantined: ['a'] });
    expect(posts.length).toBe(1);
  });

  test('is not run again once another test case was cancelled', async () => {
    const { posts, verdict } = await play({ cases: { a: [['F', 20]], b: passing, c: [['C', 5]] } });
    expect([posts.length, verdict]).toEqual([1, 'failed']);
  });
});

test('with repeat a run that must happen anyway does not wait for the open ones', async () => {
  const cases: Record<string, Script> = {
    a: [
      ['P', 10],
      ['F', 10],
      ['P', 200],
      ['P', 10],
    ],
  };
  const { posts, outcomes } = await play({ rule: { kind: 'repeat', need: 3, of: 5 }, cases });
  expect(posts.length).toBe(4);
  expect(posts[3]?.atSeconds).toBeLessThan(13);
  expect(outcomes).toEqual({ a: 'flaky' });
});

test('after a start that was refused nothing more is started, and what runs is waited for', async () => {
  const flaky: Script = [
    ['F', 10],
    ['P', 20],
  ];
  const { posts, outcomes, ending } = await play({ cases: { a: flaky, b: passing }, refusedPost: 3 });
  expect([posts.length, ending, outcomes]).toEqual([3, 'settled', { a: 'failed', b: 'passed' }]);
});

test.each([
  ['sooner', undefined, 13],
  ['after its end where a quarantine file needs to know how many there are, but', [], 110],
])('a given batch that does not say how many runs it has is confirmed %s', async (_, quarantined, latest) => {
  const flaky: Script = [
    ['F', 10],
    ['P', 5],
  ];
  const { posts, verdict } = await play({ cases: { a: flaky, b: passing }, isGiven: true, quarantined });
  expect(posts.map(({ testCases }) => testCases)).toEqual([['a'], ['a'], ['a']]);
  expect(posts[0]?.atSeconds).toBeLessThan(latest);
  if (quarantined !== undefined) expect(posts[0]?.atSeconds).toBeGreaterThan(100);
  expect(verdict).toBe('passed');
});

test('a run that ends while another is being started is confirmed right after that', async () => {
  const cases: Record<string, Script> = {
    a: [
      ['F', 10],
      ['P', 5],
    ],
    b: [
      ['F', 20],
      ['P', 5],
    ],
    c: passing,
  };
  const { posts } = await play({ rule: { kind: 'reruns', need: 1, of: 2 }, cases, postSeconds: [0, 15] });
  expect(posts.slice(1, 3)).toMatchObject([{ testCases: ['a'] }, { testCases: ['b'] }]);
  const [first, second] = [posts[1]?.atSeconds ?? 0, posts[2]?.atSeconds ?? 0];
  expect(second - first).toBeCloseTo(15);
});

describe.each([undefined, 'both'] as const)('where looks have %s counters alone', (counters) => {
  test.each([
    ['cancelled', { cancelledAtMs: 60_000 }],
    ['timed-out', { timeoutMs: 60_000 }],
  ])('a failure that is still being confirmed is unfinished: %s', async (verdict, end) => {
    const confirming: Script = [
      ['F', 10],
      ['P', 100],
    ];
    const played = await play({ cases: { a: confirming, b: [['P', 200]] }, counters, ...end });
    expect(played).toMatchObject({ verdict, outcomes: { a: 'unfinished', b: 'unfinished' } });
  });

  test('the next run starts although the first round has shown no runs since', async () => {
    const flaky: Script = [
      ['F', 10],
      ['P', 15],
      ['P', 15],
    ];
    const rule = { kind: 'reruns', need: 2, of: 3 } as const;
    const { posts } = await play({ rule, cases: { a: flaky, b: [['P', 500]] }, counters });
    expect(posts.length).toBe(3);
    expect(posts[2]?.atSeconds).toBeLessThan(35);
  });
});

test('a cancelled step stops starting at once', async () => {
  const { posts, verdict } = await play({ cases: { a: [['F', 10]], b: passing }, cancelledAtMs: 5_000 });
  expect([posts.length, verdict]).toEqual([1, 'cancelled']);
});

describe('whatever the runs are, sooner changes nothing but the time', () => {
  const rules = fc.constantFrom<PassRule>(
    ...[2, 3, 5].flatMap((of) =>
      [1, 2, 3]
        .filter((need) => need <= of)
        .flatMap((need): PassRule[] => [
          { kind: 'reruns', need, of },
          { kind: 'repeat', need, of },
        ]),
    ),
  );
  const letters = (failing: number) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('P') },
      { weight: failing, arbitrary: fc.constantFrom('F', 'E') },
    );
  const script = (failing: number) =>
    fc.array(fc.tuple(letters(failing), fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 6 });
  const counters = fc.constantFrom<World['counters']>(undefined, 'moving', 'still');
  const worlds = (most: number, failing: number) =>
    fc.record({
      rule: rules,
      counters,
      cases: fc
        .array(script(failing), { minLength: 1, maxLength: most })
        .map((scripts) => Object.fromEntries(scripts.map((each, nth) => [`c${nth}`, each]))),
      quarantined: fc.subarray(['c0', 'c1']),
    });

  test('the same runs, outcomes and verdict, and never later', async () => {
    let early = 0;
    await fc.assert(
      fc.asyncProperty(worlds(5, 4), async (world) => {
        const sooner = await play(world);
        const later = await play({ ...world, isRoundByRound: true });
        expect([sooner.verdict, sooner.outcomes, sooner.started]).toEqual([
          later.verdict,
          later.outcomes,
          later.started,
        ]);
        // A look later at most, where the counters stand still.
        expect(sooner.tookMs).toBeLessThanOrEqual(later.tookMs + 60_000);
        early += sooner.tookMs < later.tookMs ? 1 : 0;
        for (const { testCases } of sooner.posts) expect(new Set(testCases).size).toBe(testCases.length);
      }),
      { numRuns: 150, seed: 20_261_130 },
    );
    expect(early).toBeGreaterThan(20);
  });

  const slowPosts = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 4 });

  test('the same runs, outcomes and verdict where starts take long (429) and runs end meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(worlds(5, 4), slowPosts, async (world, postSeconds) => {
        const sooner = await play({ ...world, postSeconds });
        const later = await play({ ...world, postSeconds, isRoundByRound: true });
        expect([sooner.verdict, sooner.outcomes, sooner.started]).toEqual([
          later.verdict,
          later.outcomes,
          later.started,
        ]);
      }),
      { numRuns: 100, seed: 20_261_130 },
    );
  });

  test('a deadline or a cancellation in the middle starts nothing more, and makes nothing green', async () => {
    const cut = fc.record({
      at: fc.integer({ min: 1_000, max: 400_000 }),
      isCancelled: fc.boolean(),
      postSeconds: slowPosts,
    });
    const settled = { both: 0, cut: 0 };
    await fc.assert(
      fc.asyncProperty(worlds(10, 4), cut, async (world, { at, isCancelled, postSeconds }) => {
        const limited = {
          ...world,
          postSeconds,
          ...(isCancelled ? { cancelledAtMs: at } : { timeoutMs: at }),
        };
        const games = [await play(limited), await play({ ...limited, isRoundByRound: true })];
        for (const { verdict, outcomes, ending, posts, started } of games) {
          expect(posts.filter(({ atSeconds }) => atSeconds * 1_000 > at)).toEqual([]);
          expect(started.runs).toBe(posts.reduce((sum, { testCases }) => sum + testCases.length, 0));
          if (ending !== 'settled') settled.cut += 1;
          const counting = Object.entries(outcomes).filter(([id]) => !world.quarantined.includes(id));
          const isGreen = counting.every(([, outcome]) => outcome === 'passed' || outcome === 'flaky');
          if (verdict === 'passed') expect([isGreen, ending]).toEqual([true, 'settled']);
        }
        if (games.every(({ ending }) => ending === 'settled')) {
          settled.both += 1;
          expect(games[0]?.verdict === 'passed').toBe(games[1]?.verdict === 'passed');
        }
      }),
      { numRuns: 150, seed: 20_261_130 },
    );
    expect([settled.both > 20, settled.cut > 50]).toEqual([true, true]);
  });

  test('the same exit code where many failures, max-runs or a cancelled test case stop the re-runs', async () => {
    const stopped = fc.tuple(
      worlds(10, 8),
      fc.option(fc.integer({ min: 10, max: 40 }), { nil: undefined }),
      fc.option(fc.constant<Script>([['C', 30]]), { nil: undefined, freq: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(stopped, async ([world, maxRuns, cancelledCase]) => {
        const cases = { ...world.cases, ...(cancelledCase && { cancelled: cancelledCase }) };
        const limited = { ...world, cases, ...(maxRuns !== undefined && { maxRuns }) };
        const sooner = await play(limited);
        const later = await play({ ...limited, isRoundByRound: true });
        expect(sooner.verdict === 'passed').toBe(later.verdict === 'passed');
        expect(sooner.started.runs).toBeLessThanOrEqual(maxRuns ?? Number.POSITIVE_INFINITY);
      }),
      { numRuns: 150, seed: 20_261_130 },
    );
  });
});
