/**
 * Whatever test cases, provider and time do: never green without the runs that the rule asks for, and never more runs
 * than said. The proof is looked for in the runs themselves, without the code that decides.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WatchedBatch } from '../../src/domain/batch.ts';
import { judge } from '../../src/domain/judge.ts';
import { maxRunsPerCase, type PassRule } from '../../src/domain/pass-rule.ts';
import { attachQuarantine } from '../../src/domain/quarantine.ts';
import type { Run } from '../../src/domain/run.ts';
import { groupRunsByTestCase } from '../../src/domain/test-case.ts';
import type { Ending } from '../../src/domain/verdict.ts';
import { executeRounds } from '../../src/execution/rounds.ts';
import type { Plan, WaitFor } from '../../src/execution/types.ts';
import type { StartResponse, Subject } from '../../src/providers/starter.ts';
import { obstaclesOf, quarantining, runOf, STATUS, starterOf } from '../builders.ts';
import { virtualClock } from '../virtual-clock.ts';

const TIMEOUT_MS = 1_800_000;

/** What a provider does to one batch that can never be green. */
const RED_BATCH_FAULTS = [
  'unreadable',
  'a-run-is-missing',
  'no-runs',
  'unsettled',
  'never-read',
  // A batch that this step started says that it tested something else; or its first look alone, or one of its runs.
  'another-version',
  'another-version-at-first',
  'a-run-of-another-version',
  // It lists a run of the first batch once more, as passed.
  'an-old-run',
] as const;
const BATCH_FAULTS = [
  ...RED_BATCH_FAULTS,
  'twice',
  // It lists passes of test cases that nobody asked for.
  'strays',
  // From this batch on every test case is of another revision.
  'edited',
] as const;
type BatchFault = (typeof BATCH_FAULTS)[number];
/** What a provider does to one start. */
const START_FAULTS = ['refused', 'unknown', 'an-old-id', 'another-version'] as const;
type StartFault = (typeof START_FAULTS)[number];

interface Story {
  readonly rule: PassRule;
  /** By test case, for each place: one letter for each run, in the order of the starts; then `rest` for ever. */
  readonly scripts: readonly Readonly<Record<string, string>>[];
  readonly rest?: string;
  /** Given batches, one for each place; otherwise all is started, in batches of `batchSize`. */
  readonly given?: boolean;
  readonly batchSize?: number;
  /** By the number of the batch, from 1, in the order in which they are waited for. */
  readonly batchFaults?: Readonly<Record<number, BatchFault>>;
  /** By the number of the POST, from 1. */
  readonly startFaults?: Readonly<Record<number, StartFault>>;
  /** The deadline comes while this round is waited for. */
  readonly lastRound?: number;
  readonly isCancelled?: boolean;
  readonly maxRuns?: number | undefined;
  readonly maxFlaky?: number | undefined;
  readonly quarantined?: readonly string[];
}

const subjectAt = (place: number): Subject => ({
  title: `flow ${place}`,
  key: `flow ${place}`,
  claims: { version: 'version 12' },
  request: {},
});

/** What a batch says of itself, or is said of it, that tests something else. */
const ANOTHER = { version: 'version 11' };

async function play(story: Story) {
  const { rule, scripts, rest = 'F', given = false, batchFaults = {}, startFaults = {} } = story;
  const clock = virtualClock();
  const cancelled = new AbortController();
  const used = new Map<string, number>();
  const posts: (readonly string[])[] = [];
  const made = new Map<string, Run[]>();
  /** The batches that were said to test another version, by whatever answer. */
  const toldOtherwise = new Set<string>();

  const make = (id: string, place: number, testCases: readonly string[]) => {
    const runs = testCases.map((caseId): Run => {
      const key = `${place} ${caseId}`;
      const nth = used.get(key) ?? 0;
      used.set(key, nth + 1);
      const script = scripts[place]?.[caseId] ?? '';
      return runOf(caseId, STATUS[script[nth] ?? rest]!, `${key} ${nth}`);
    });
    made.set(id, runs);
    return id;
  };

  const starter = starterOf(subjectAt(0), {
    batchSize: story.batchSize ?? 1_000,
    startBatch: async (subject, testCases): Promise<StartResponse> => {
      posts.push(testCases);
      const nth = posts.length;
      switch (startFaults[nth]) {
        case 'refused':
          return { kind: 'refused', problem: 'POST x answered 402.' };
        case 'unknown':
          return { kind: 'unknown', problem: 'POST x failed: ECONNRESET.', at: 0 };
        case 'an-old-id':
          return {
            kind: 'accepted',
            value: { id: [...made.keys()].at(-1) ?? make('started-1', 0, testCases) },
          };
        default: {
          const id = make(`started-${nth}`, Number(subject.title.slice(5)), testCases);
          const isOther = startFaults[nth] === 'another-version';
          if (isOther) toldOtherwise.add(id);
          return { kind: 'accepted', value: { id, claims: isOther ? ANOTHER : {} } };
        }
      }
    },
    resolveTested: ({ id }) => subjectAt(Number(id.slice('given-'.length))),
  });

  let batchNumber = 0;
  let round = 0;
  let isFaulty = false;
  let revision = 1;
  const seeBatch = (one: WatchedBatch, onLook: (watched: WatchedBatch) => void): WatchedBatch => {
    batchNumber += 1;
    const runs = made.get(one.id) ?? [];
    const [first] = runs;
    const see = (seen: readonly Run[], settled = true): WatchedBatch => {
      // Of a given batch only the provider says how many runs it has; of a started one we know it.
      const total = one.requestedTestCases === undefined ? Math.max(seen.length, runs.length) : seen.length;
      const revised = seen.map((run) => ({ ...run, testCase: { ...run.testCase, revision } }));
      return { ...one, batch: { id: one.id, settled, announced: { total }, runs: revised } };
    };
    const fault = batchFaults[batchNumber];
    if (fault !== undefined) isFaulty = true;
    if (fault === 'edited') revision += 1;
    switch (fault) {
      case 'unreadable':
        return { ...see(runs), problem: 'GET x answered 500.' };
      case 'a-run-is-missing':
        return see(runs.slice(1));
      case 'no-runs':
        return see([]);
      case 'unsettled':
        return see(
          runs.map((run) => ({ ...run, status: 'pending' as const })),
          false,
        );
      case 'never-read':
        return one;
      case 'twice':
        // A list with more than was asked for, which no rule may take for a proof of its own.
        return see(
          first === undefined ? runs : [...runs, { ...first, id: `${first.id} again`, status: 'failed' }],
        );
      case 'another-version':
      case 'another-version-at-first': {
        toldOtherwise.add(one.id);
        const { batch, ...seen } = see(runs);
        const said = { ...seen, batch: batch && { ...batch, claims: ANOTHER } };
        if (fault === 'another-version') return said;
        onLook(said);
        return see(runs);
      }
      case 'a-run-of-another-version': {
        if (first === undefined) return see(runs);
        toldOtherwise.add(one.id);
        return see([{ ...first, claims: ANOTHER }, ...runs.slice(1)]);
      }
      case 'strays': {
        if (one.requestedTestCases === undefined) return see(runs);
        const others = Object.keys(scripts[0] ?? {}).filter((id) => !one.requestedTestCases?.includes(id));
        return see([...runs, ...others.map((id) => runOf(id, 'passed', `stray ${batchNumber} ${id}`))]);
      }
      case 'an-old-run': {
        const [old] = [...made.values()][0] ?? [];
        return see(old === undefined ? runs : [...runs.slice(1), { ...old, status: 'passed' }]);
      }
      default:
        return see(runs);
    }
  };
  const waitFor: WaitFor = async (started, onLook) => {
    round += 1;
    const batches = started.map((one) => seeBatch(one, onLook));
    if (round === story.lastRound) {
      await clock.sleep(TIMEOUT_MS);
      if (story.isCancelled === true) cancelled.abort();
    }
    const isSettled = batches.every(({ batch, problem }) => batch?.settled === true || problem !== undefined);
    const ending: Ending = cancelled.signal.aborted ? 'cancelled' : isSettled ? 'settled' : 'deadline';
    return { ending, batches };
  };

  const plan: Plan = given
    ? {
        kind: 'given',
        batchIds: scripts.map((cases, place) => make(`given-${place}`, place, Object.keys(cases))),
      }
    : { kind: 'start', subject: subjectAt(0), testCases: Object.keys(scripts[0] ?? {}) };
  const quarantined = new Set(story.quarantined);
  const execution = await executeRounds({
    plan,
    rule,
    maxRuns: story.maxRuns,
    starter,
    attachQuarantine: async (results) => attachQuarantine(results, quarantining(...quarantined)),
    obstacles: obstaclesOf,
    waitFor,
    onStarted: () => undefined,
    clock,
    deadline: { until: clock.now() + TIMEOUT_MS, signal: cancelled.signal },
    log: () => undefined,
  });
  const { batches, ending, startProblem, remarks, started } = execution;
  const results = groupRunsByTestCase(batches, { rule, isCutShort: ending !== 'settled' });
  const cases = attachQuarantine(results, quarantining(...quarantined));
  const judgement = judge({
    batches,
    cases,
    ending,
    providerTitle: 'Retell',
    timeoutMinutes: 30,
    now: clock.epoch(),
    maxFlaky: story.maxFlaky,
    startProblem,
    remarks,
  });
  return {
    verdict: judgement.verdict,
    posts,
    batches,
    started,
    ending,
    startProblem,
    isFaulty,
    used,
    toldOtherwise,
  };
}

/** All runs of a test case that were seen, as letters; those of the first round before the `|`. */
function runsSeen(batches: readonly WatchedBatch[]): Map<string, string> {
  const seen = new Map<string, [string, string]>();
  batches.forEach(({ batch, round, batchIndex }) => {
    for (const { testCase, status } of batch?.runs ?? []) {
      const key = `${batchIndex} ${testCase.id}`;
      const letters = seen.get(key) ?? ['', ''];
      letters[round === 1 ? 0 : 1] += status === 'pending' ? '.' : status[0]!.toUpperCase();
      seen.set(key, letters);
    }
  });
  return new Map([...seen].map(([key, letters]) => [key, letters.join('|')]));
}

/** What no rule may take for a proof, looked for in the batches themselves. */
function contradictionsIn(
  batches: readonly WatchedBatch[],
  quarantined: readonly string[],
  toldOtherwise: ReadonlySet<string>,
): string[] {
  const found: string[] = [];
  const runs = batches.flatMap(({ batch, batchIndex }) =>
    (batch?.runs ?? []).map(({ id, testCase }) => ({ id, testCase, key: `${batchIndex} ${testCase.id}` })),
  );
  if (new Set(runs.map(({ id }) => id)).size < runs.length) found.push('a run stands twice');
  for (const [key, own] of Map.groupBy(runs, (run) => run.key)) {
    const isQuarantined = quarantined.includes(own[0]?.testCase.id ?? '');
    const revisions = new Set(own.map(({ testCase }) => testCase.revision));
    if (revisions.size > 1 && !isQuarantined) found.push(`${key} has ${revisions.size} revisions`);
  }
  for (const { id, batch, requestedTestCases } of batches) {
    if (requestedTestCases === undefined) continue;
    if (toldOtherwise.has(id)) found.push(`${id} tested another version`);
    const ran = (batch?.runs ?? []).map(({ testCase }) => testCase.id ?? '');
    if (ran.toSorted().join() !== requestedTestCases.toSorted().join()) found.push(`${id} ran ${ran.join()}`);
  }
  return found;
}

/** The proof of a pass that the rule asks for, by its own words. */
function isPass(letters: string, rule: PassRule): boolean {
  const [first = ''] = letters.split('|');
  const runs = letters.replace('|', '');
  const passes = [...runs].filter((letter) => letter === 'P').length;
  if (runs.length === 0 || runs.includes('.')) return false;
  if (rule.kind === 'every-run') return passes === runs.length;
  if (rule.kind === 'reruns' && first !== '' && /^P+$/.test(first)) return true;
  return passes >= rule.need && runs.length - passes <= rule.of - rule.need;
}

const rulesUpTo = (most: number): PassRule[] =>
  Array.from({ length: most }, (_, of) =>
    Array.from({ length: of + 1 }, (_, need): PassRule[] => [
      { kind: 'reruns', need: need + 1, of: of + 1 },
      { kind: 'repeat', need: need + 1, of: of + 1 },
    ]),
  ).flat(2);

/** Every script of passes and failures of five runs. */
const SCRIPTS = Array.from({ length: 32 }, (_, bits) =>
  Array.from({ length: 5 }, (_, place) => ((bits >> place) & 1 ? 'P' : 'F')).join(''),
);

describe('every script of passes and failures up to five runs, every K/N up to 7', () => {
  test.each(rulesUpTo(7))('$kind: $need/$of', async (rule) => {
    if (rule.kind === 'every-run') throw new Error('not among them');
    for (const rest of ['F', 'P']) {
      // A test case that passes beside it: nothing of it may help the other.
      const games = SCRIPTS.map(async (script) => {
        const { verdict, posts, batches, started, used } = await play({
          rule,
          scripts: [{ a: script, b: 'PPPPPPP' }],
          rest,
        });
        const letters = runsSeen(batches).get('0 a') ?? '';
        const runs = letters.replace('|', '');
        const whole = script + rest.repeat(7);
        // The runs come in the order of the script, so what the rule makes of all N is known.
        const isFinal = rule.kind === 'reruns' && whole[0] === 'P';
        const passesOfAll = [...whole.slice(0, rule.of)].filter((letter) => letter === 'P').length;
        const isGreen = isFinal || passesOfAll >= rule.need;
        expect([script, letters, verdict]).toEqual([script, letters, isGreen ? 'passed' : 'failed']);
        expect(isPass(letters, rule)).toBe(isGreen);
        expect([whole.startsWith(runs), runs.length <= maxRunsPerCase(rule)]).toEqual([true, true]);
        expect(posts.every((ids) => new Set(ids).size === ids.length)).toBe(true);
        expect(started.runs).toBe([...used.values()].reduce((sum, count) => sum + count, 0));
      });
      await Promise.all(games);
    }
  });
});

describe('one fault at each batch and at each start', () => {
  const rules: readonly PassRule[] = [
    { kind: 'reruns', need: 3, of: 5 },
    { kind: 'reruns', need: 1, of: 2 },
    { kind: 'repeat', need: 2, of: 3 },
  ];
  const scripts = [{ a: 'FPPPP', b: 'PPPPP', c: 'FPFPP' }];

  test.each(RED_BATCH_FAULTS)('a batch that is %s ends the rounds and is never green', async (fault) => {
    for (const rule of rules) {
      const { batches } = await play({ rule, scripts });
      // The first batch has no run of an earlier one.
      for (let nth = fault === 'an-old-run' ? 2 : 1; nth <= batches.length; nth += 1) {
        const broken = await play({ rule, scripts, batchFaults: { [nth]: fault } });
        expect([nth, broken.verdict === 'passed']).toEqual([nth, false]);
        expect(broken.batches.length).toBeLessThanOrEqual(batches.length);
      }
    }
  });

  test.each(START_FAULTS)('a start that is %s', async (fault) => {
    for (const rule of rules) {
      const { posts } = await play({ rule, scripts });
      for (let nth = 1; nth <= posts.length; nth += 1) {
        const broken = await play({ rule, scripts, startFaults: { [nth]: fault } });
        const isFirst = fault === 'an-old-id' && nth === 1;
        // With no batch before it there is no old id, and all goes well.
        if (!isFirst)
          expect([nth, broken.posts.length, broken.verdict === 'passed']).toEqual([nth, nth, false]);
      }
    }
  });

  test.each([false, true])('the deadline, or the cancellation (%s), in each round', async (isCancelled) => {
    const rule: PassRule = { kind: 'reruns', need: 3, of: 5 };
    const ends = [1, 2, 3].map((lastRound) => play({ rule, scripts, lastRound, isCancelled }));
    const games = await Promise.all(ends);
    const expected = isCancelled ? ['cancelled', 'cancelled'] : ['deadline', 'timed-out'];
    expect(games.map(({ ending, verdict }) => [ending, verdict])).toEqual([expected, expected, expected]);
    // What was decided before the deadline is not unfinished after it.
    const decided = await play({ rule, scripts: [{ a: 'FPPPP', b: 'PPPPP' }], lastRound: 3 });
    expect([decided.ending, decided.verdict]).toEqual(['settled', 'passed']);
  });
});

const letters = fc.string({
  unit: fc.constantFrom('P', 'P', 'P', 'F', 'F', 'E', 'C'),
  minLength: 1,
  maxLength: 7,
});
const cases = fc.dictionary(fc.constantFrom(...'abcdefgh'), letters, { minKeys: 1, maxKeys: 8 });
const faultsAt = <T>(fault: fc.Arbitrary<T>) =>
  fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), fault, { maxKeys: 2 });

const stories: fc.Arbitrary<Story> = fc
  .record({
    rule: fc.constantFrom<PassRule>({ kind: 'every-run' }, ...rulesUpTo(7)),
    given: fc.boolean(),
    scripts: fc.array(cases, { minLength: 1, maxLength: 3 }),
    rest: fc.constantFrom('P', 'F'),
    batchSize: fc.integer({ min: 1, max: 5 }),
    batchFaults: fc.oneof(fc.constant({}), faultsAt(fc.constantFrom(...BATCH_FAULTS))),
    startFaults: fc.oneof(fc.constant({}), faultsAt(fc.constantFrom(...START_FAULTS))),
    lastRound: fc.integer({ min: 1, max: 20 }),
    isCancelled: fc.boolean(),
    maxRuns: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
    maxFlaky: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    quarantined: fc.subarray([...'abc']),
  })
  .map((story) => {
    const scripts = story.given ? story.scripts : story.scripts.slice(0, 1);
    return { ...story, scripts };
  });

test('any mixture of batches, places, faults, deadlines and limits is green only with the proof', async () => {
  let green = 0;
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { verdict, posts, batches, started, startProblem, used, ending, toldOtherwise } =
        await play(story);
      const { rule, maxRuns, quarantined = [], maxFlaky = Number.POSITIVE_INFINITY } = story;
      expect(posts.every((ids) => new Set(ids).size === ids.length)).toBe(true);
      expect(started.runs).toBeLessThanOrEqual(maxRuns ?? Number.POSITIVE_INFINITY);
      expect(Math.max(0, ...used.values())).toBeLessThanOrEqual(maxRunsPerCase(rule));
      for (const { round, requestedTestCases = [] } of batches) {
        if (round > 1) expect(requestedTestCases.filter((id) => quarantined.includes(id))).toEqual([]);
      }
      if (verdict !== 'passed') return;

      green += 1;
      const seen = runsSeen(batches);
      const wanted = story.scripts.flatMap((cases, place) =>
        Object.keys(cases).map((id) => ({ id, key: `${place} ${id}` })),
      );
      // Started test cases of one selection are spread over the places of their batches.
      const lettersOf = ({ id, key }: { id: string; key: string }) =>
        story.given === true
          ? (seen.get(key) ?? '')
          : ([...seen].find(([at]) => at.endsWith(` ${id}`))?.[1] ?? '');
      const counting = wanted.filter(({ id }) => !quarantined.includes(id));
      expect(counting.length).toBeGreaterThan(0);
      expect(counting.filter((one) => !isPass(lettersOf(one), rule))).toEqual([]);
      expect(wanted.filter((one) => lettersOf(one).length <= 1)).toEqual([]);
      const flaky = counting.filter((one) => /[FEC]/.test(lettersOf(one)));
      expect(flaky.length).toBeLessThanOrEqual(maxFlaky);
      expect([startProblem, ending]).toEqual([undefined, 'settled']);
      expect(contradictionsIn(batches, quarantined, toldOtherwise)).toEqual([]);
    }),
    { numRuns: 3_000, seed: 20_261_121 },
  );
  // Most stories end badly; the property would say little without green ones.
  expect(green).toBeGreaterThan(100);
});
