/**
 * Answers about one batch that disagree with each other, fields that are unknown before the end, and lists that fail
 * apart from the batch: the real adapters, the waiting and the judge, on a virtual clock. What must not be green is
 * decided here from the answers themselves, without the adapters' code.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../src/domain/verdict.ts';
import { OutOfTime, ProviderError } from '../../src/errors.ts';
import { waitForBatches } from '../../src/execution/wait.ts';
import { connect } from '../../src/providers/registry.ts';
import { reading } from '../providers/reading.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';

const SEED = 20261121;
const CASES = 3_000;
const BATCH_ID = 'batch-a';
const TIMEOUT_MS = 600_000;
/** When the provider calls the batch ended. */
const ENDS_AT = 60_000;
/** Well within the two minutes for which answers that disagree are read again. */
const LATEST_LAG = 90_000;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
type Body = Readonly<Record<string, Json | undefined>>;

interface RunPlan {
  readonly outcome: 'passed' | 'failed' | 'errored';
  /** How long after the batch's end this run's status comes, in the batch's own runs and in the list. */
  readonly lagMs: { readonly embedded: number; readonly listed: number };
  /** How long after the batch's end the run is shown at all. */
  readonly hiddenMs: { readonly embedded: number; readonly listed: number };
  /** What stands in its status before. */
  readonly before: 'word' | 'null' | 'absent';
}

/** What is wrong in the answers, for good or until some time after the end. */
type Lie = { readonly untilMs: number } & (
  | { readonly kind: 'counter'; readonly counter: number; readonly value: Json | undefined }
  | { readonly kind: 'list total'; readonly value: Json | undefined }
  | { readonly kind: 'batch status'; readonly word: Json }
  | {
      readonly kind: 'status' | 'repeated';
      readonly run: number;
      readonly where: Place;
      readonly word: Json | undefined;
    }
  | { readonly kind: 'capitals'; readonly run: number; readonly where: Place }
  /** Neither the batch nor the list shows the run. */
  | { readonly kind: 'missing'; readonly run: number }
  | {
      readonly kind: 'batch of run';
      readonly run: number;
      readonly where: Place;
      readonly value: Json | undefined;
    }
  | { readonly kind: 'beside'; readonly field: string; readonly value: Json }
);
type Place = 'embedded' | 'listed';

interface World {
  readonly provider: 'retell' | 'bland';
  readonly runs: readonly RunPlan[];
  /** Bland: how many runs the batch embeds. */
  readonly embeds: number;
  readonly counters: { readonly lagMs: number; readonly before: 'number' | 'null' | 'absent' };
  /** When lists of runs fail, and whether that is worth a retry. */
  readonly listFails:
    | { readonly fromMs: number; readonly forMs: number; readonly isRefusal: boolean }
    | undefined;
  readonly latencyMs: number;
  readonly pollIntervalMs: number;
  readonly lies: readonly Lie[];
}

const WORDS = {
  retell: {
    passed: 'pass',
    failed: 'fail',
    errored: 'error',
    pending: 'in_progress',
    ended: 'complete',
    running: 'in_progress',
  },
  bland: {
    passed: 'PASSED',
    failed: 'FAILED',
    errored: 'ERROR',
    pending: 'RUNNING',
    ended: 'PASSED',
    running: 'RUNNING',
  },
} as const;
const COUNTERS = {
  retell: ['total_count', 'pass_count', 'fail_count', 'error_count'],
  bland: ['total_scenarios', 'passed_scenarios', 'failed_scenarios'],
} as const;

// ---- what is generated -----------------------------------------------------------------------------------------

const lag = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -50_000, max: LATEST_LAG }) },
);
const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const runPlan: fc.Arbitrary<RunPlan> = fc.record({
  outcome: fc.oneof(
    { weight: 12, arbitrary: fc.constant('passed' as const) },
    { weight: 1, arbitrary: fc.constantFrom('failed' as const, 'errored' as const) },
  ),
  lagMs: fc.record({ embedded: lag, listed: lag }),
  hiddenMs: fc.record({
    embedded: fc.oneof({ weight: 5, arbitrary: fc.constant(-ENDS_AT) }, { weight: 1, arbitrary: lag }),
    listed: fc.oneof({ weight: 5, arbitrary: fc.constant(-ENDS_AT) }, { weight: 1, arbitrary: lag }),
  }),
  before: fc.constantFrom('word', 'null', 'absent'),
});

const place = fc.constantFrom<Place>('embedded', 'listed');
const untilMs = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 200_000 }));
const odd = fc.constantFrom<Json | undefined>(
  ...[undefined, null, '1', '', 'x', 1.5, -1, 0, 1, 2, 3, 7, true, [], {}],
);
const word = fc.constantFrom<Json | undefined>(
  ...[
    'PASSED',
    'FAILED',
    'ERROR',
    'RUNNING',
    'CANCELLED',
    'pass',
    'fail',
    'passed',
    'skipped',
    null,
    undefined,
  ],
);
const run = fc.nat({ max: 3 });
const lie: fc.Arbitrary<Lie> = fc.oneof(
  fc.record({ kind: fc.constant('counter' as const), counter: fc.nat({ max: 3 }), value: odd, untilMs }),
  fc.record({ kind: fc.constant('list total' as const), value: odd, untilMs }),
  fc.record({
    kind: fc.constant('batch status' as const),
    word: fc.constantFrom<Json>('PASSED', 'FAILED', 'ERROR', 'complete', 'archived'),
    untilMs,
  }),
  fc.record({
    kind: fc.constantFrom('status' as const, 'repeated' as const),
    run,
    where: place,
    word,
    untilMs,
  }),
  fc.record({ kind: fc.constant('capitals' as const), run, where: place, untilMs }),
  fc.record({ kind: fc.constant('missing' as const), run, untilMs }),
  fc.record({
    kind: fc.constant('batch of run' as const),
    run,
    where: place,
    value: fc.constantFrom<Json | undefined>(undefined, null, 1, 'batch-b', 'BATCH-A', ''),
    untilMs,
  }),
  fc.record({
    kind: fc.constant('beside' as const),
    field: fc.constantFrom('errors', 'status', 'error'),
    value: fc.constantFrom<Json>('error', 'no', { message: 'no' }, ['no'], [], {}, '', null, 500, 'success'),
    untilMs,
  }),
);

const worldWith = (lies: fc.Arbitrary<readonly Lie[]>, isRefusal: fc.Arbitrary<boolean>) =>
  fc.record<World>({
    provider: fc.constantFrom('retell', 'bland'),
    runs: fc.array(runPlan, { minLength: 1, maxLength: 4 }),
    embeds: fc.nat({ max: 4 }),
    counters: fc.record({
      lagMs: lag,
      before: mostly<'number' | 'null' | 'absent'>('number', 'null', 'absent'),
    }),
    listFails: fc.option(
      fc.record({
        fromMs: fc.integer({ min: 0, max: 150_000 }),
        forMs: fc.integer({ min: 1_000, max: 300_000 }),
        isRefusal,
      }),
      { nil: undefined, freq: 2 },
    ),
    latencyMs: fc.integer({ min: 0, max: 2_000 }),
    pollIntervalMs: fc.integer({ min: 1_000, max: 10_000 }),
    lies,
  });

// ---- what a provider of such a world answers -------------------------------------------------------------------

/** The batch as the provider shows it at a moment. */
function batchBody(world: World, nowMs: number): Body {
  const words = WORDS[world.provider];
  const count = (outcome: RunPlan['outcome']) => world.runs.filter((each) => each.outcome === outcome).length;
  const hasEnded = nowMs >= ENDS_AT;
  const isCounted = nowMs >= ENDS_AT + world.counters.lagMs;
  const before = { number: 0, null: null, absent: undefined }[world.counters.before];
  const counts = [world.runs.length, count('passed'), count('failed'), count('errored')];
  const counters: Record<string, Json | undefined> = {};
  for (const [index, name] of COUNTERS[world.provider].entries()) {
    // The total is known or not, and never another number: a batch may rightly be believed by it.
    const unknown = index === 0 && before === 0 ? counts[0] : before;
    counters[name] = isCounted ? counts[index] : unknown;
  }
  for (const each of world.lies) {
    const name = each.kind === 'counter' ? COUNTERS[world.provider][each.counter] : undefined;
    if (each.kind === 'counter' && name !== undefined && isToldAt(each, nowMs)) counters[name] = each.value;
  }
  const outcome = count('failed') > 0 ? 'failed' : count('errored') > 0 ? 'errored' : 'passed';
  const ended = world.provider === 'bland' ? words[outcome] : words.ended;
  const told = world.lies.find((each) => each.kind === 'batch status' && isToldAt(each, nowMs));
  const status = !hasEnded ? words.running : told?.kind === 'batch status' ? told.word : ended;
  return world.provider === 'retell'
    ? { test_case_batch_job_id: BATCH_ID, status, ...counters }
    : { id: BATCH_ID, status, ...counters, runs: rows(world, 'embedded', nowMs).slice(0, world.embeds) };
}

const isToldAt = (each: Lie, nowMs: number): boolean => nowMs < ENDS_AT + each.untilMs;

/** The runs as the provider shows them in one place at a moment. */
function rows(world: World, where: Place, nowMs: number): Body[] {
  const words = WORDS[world.provider];
  const idField = world.provider === 'retell' ? 'test_case_job_id' : 'id';
  return world.runs.flatMap((plan, index) => {
    const isMissing = world.lies.some(
      (each) => each.kind === 'missing' && each.run === index && isToldAt(each, nowMs),
    );
    if (isMissing || nowMs < ENDS_AT + plan.hiddenMs[where]) return [];
    const hasEnded = nowMs >= ENDS_AT + plan.lagMs[where];
    const unfinished = { word: words.pending, null: null, absent: undefined }[plan.before];
    let row: Body = {
      [idField]: `run-${index}`,
      status: hasEnded ? words[plan.outcome] : unfinished,
      ...(world.provider === 'bland' && where === 'listed' ? { batch_id: BATCH_ID } : {}),
    };
    const repeated: Body[] = [];
    for (const each of world.lies) {
      if (!('where' in each) || each.run !== index || each.where !== where || !isToldAt(each, nowMs))
        continue;
      if (each.kind === 'status') row = { ...row, status: each.word };
      if (each.kind === 'repeated') repeated.push({ ...row, status: each.word });
      if (each.kind === 'capitals') row = { ...row, [idField]: `RUN-${index}` };
      if (each.kind === 'batch of run') row = { ...row, batch_id: each.value };
    }
    return [row, ...repeated];
  });
}

function listBody(world: World, nowMs: number): Body {
  const items = rows(world, 'listed', nowMs);
  if (world.provider === 'retell') return { items, has_more: false };
  const told = world.lies.find((each) => each.kind === 'list total' && isToldAt(each, nowMs));
  return { runs: items, total_count: told?.kind === 'list total' ? told.value : items.length };
}

/** Bland's envelope, where something is told beside the answer. */
function wrapped(world: World, body: Body, nowMs: number): Body {
  const beside = world.lies.filter((each) => each.kind === 'beside' && isToldAt(each, nowMs));
  if (world.provider === 'retell' || beside.length === 0) return body;
  return {
    data: body,
    ...Object.fromEntries(beside.map((each) => (each.kind === 'beside' ? [each.field, each.value] : []))),
  };
}

/** All answers since the batch was last looked at. */
interface Answers {
  batch: Body;
  pages: Body[];
}

/** Keeps the promise of `Http`: what may pass is retried until the deadline, and a signal ends everything. */
function httpOf(world: World, clock: VirtualClock) {
  const last: Answers = { batch: {}, pages: [] };
  const http = reading(async ({ path, query, read }, deadline) => {
    const isList = path.includes('list-test-runs') || path.at(-1) === 'runs';
    for (let tries = 1; ; tries += 1) {
      await clock.sleep(Math.min(world.latencyMs, deadline.until - clock.now()), deadline.signal);
      if (deadline.signal.aborted) throw new ProviderError('The reading was stopped.');
      if (clock.now() >= deadline.until) throw new OutOfTime('GET x did not answer in time.');
      const fails = isList ? world.listFails : undefined;
      if (fails !== undefined && clock.now() >= fails.fromMs && clock.now() < fails.fromMs + fails.forMs) {
        if (fails.isRefusal || deadline.noRetries === true) throw new ProviderError('GET x answered 403.');
        await clock.sleep(Math.min(20_000, deadline.until - clock.now()), deadline.signal);
        continue;
      }
      const body = wrapped(
        world,
        isList ? listBody(world, clock.now()) : batchBody(world, clock.now()),
        clock.now(),
      );
      // As it arrives: without what JSON cannot say.
      const page = JSON.parse(JSON.stringify(body)) as Body;
      if (isList) last.pages.push(Number(query?.['offset'] ?? 0) > 0 ? withoutRuns(page) : page);
      else {
        last.batch = page;
        last.pages = [];
      }
      try {
        return read(isList ? last.pages.at(-1) : page, { date: undefined });
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ErrorInAnswer') throw error;
        if (tries >= 4) throw new ProviderError(`GET x ${error.message}`, { cause: error });
        await clock.sleep(1_000, deadline.signal);
      }
    }
  });
  return { http, last };
}

/** A page after the last. */
function withoutRuns(page: Body): Body {
  const data = page['data'];
  return data === undefined ? { ...page, runs: [] } : { ...page, data: { ...(data as Body), runs: [] } };
}

async function live(world: World) {
  const clock = virtualClock();
  const { http, last } = httpOf(world, clock);
  const provider = connect(world.provider, http);
  const { ending, outcomes } = await waitForBatches({
    provider,
    batchIds: [BATCH_ID],
    clock,
    until: TIMEOUT_MS,
    pollIntervalMs: world.pollIntervalMs,
    signal: new AbortController().signal,
    onLook: () => undefined,
    log: () => undefined,
  });
  const evidence = {
    batches: outcomes,
    ending,
    providerTitle: provider.title,
    timeoutMinutes: 10,
    now: clock.epoch(),
  };
  return { ...judge(evidence), last, endedAt: clock.now() };
}

// ---- what proof is, from the answers alone ---------------------------------------------------------------------

const isCount = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;

function isProof(world: World, { batch, pages }: Answers): boolean {
  return world.provider === 'retell' ? isProofOfRetell(batch, pages) : isProofOfBland(batch, pages);
}

function isProofOfRetell(batch: Body, pages: readonly Body[]): boolean {
  const items = pages.flatMap((page) => page['items'] as readonly Body[]);
  const ids = new Set(items.map((item) => item['test_case_job_id']));
  return (
    batch['status'] === 'complete' &&
    items.length > 0 &&
    batch['total_count'] === ids.size &&
    batch['pass_count'] === ids.size &&
    batch['fail_count'] === 0 &&
    batch['error_count'] === 0 &&
    items.every((item) => item['status'] === 'pass')
  );
}

function isProofOfBland(answer: Body, answers: readonly Body[]): boolean {
  const [batch, ...pages] = [answer, ...answers].map(opened);
  if (batch === undefined || pages.includes(undefined)) return false;
  const lower = (value: Json | undefined) => (typeof value === 'string' ? value.toLowerCase() : undefined);
  const isStrange = (row: Body) =>
    ![undefined, null, '', BATCH_ID].includes(
      lower(row['batch_id']) ?? (row['batch_id'] as null | undefined),
    );
  const embedded = (batch['runs'] as readonly Body[]).filter((row) => !isStrange(row));
  const known = new Set(embedded.map((row) => lower(row['id'])));
  const listed = pages.flatMap((page) => page?.['runs'] as readonly Body[]);
  const ours = listed.filter((row) => lower(row['batch_id']) === BATCH_ID || known.has(lower(row['id'])));
  const ids = new Set([...embedded, ...ours].map((row) => lower(row['id'])));
  const saysOther = (field: string, expected: number) => (batch[field] ?? expected) !== expected;
  const totals = pages.map((page) => page?.['total_count'] ?? 0);
  return (
    batch['status'] === 'PASSED' &&
    ids.size > 0 &&
    batch['total_scenarios'] === ids.size &&
    !saysOther('passed_scenarios', ids.size) &&
    !saysOther('failed_scenarios', 0) &&
    [...embedded, ...ours].every((row) => row['status'] === 'PASSED') &&
    totals.every((total) => isCount(total) && total <= listed.length)
  );
}

/** An answer of Bland without its envelope; `undefined` for an error. */
function opened(answer: Body): Body | undefined {
  if (!('data' in answer)) return answer;
  const isSome = (value: Json | undefined) =>
    typeof value === 'object' && value !== null
      ? Object.keys(value).length > 0
      : value !== undefined && value !== null && value !== '';
  const isError =
    isSome(answer['errors']) ||
    isSome(answer['error']) ||
    ['error', 500].includes(answer['status'] as string);
  return isError ? undefined : (answer['data'] as Body);
}

// ---- what must hold ---------------------------------------------------------------------------------------------

describe(`answers about one batch that disagree (${CASES} cases each)`, () => {
  test('are green only if the last of them prove it', async () => {
    const seen = new Map<string, number>();
    let unproven = 0;
    await fc.assert(
      fc.asyncProperty(
        worldWith(fc.array(lie, { minLength: 1, maxLength: 3 }), fc.boolean()),
        async (world) => {
          const { verdict, reason, last, endedAt } = await live(world);
          seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
          const proof = isProof(world, last);
          if (!proof) unproven += 1;
          if (verdict === 'passed') expect(proof).toBe(true);
          expect(reason).toMatch(/^\S.*[.:]/s);
          expect(endedAt).toBeLessThanOrEqual(TIMEOUT_MS + 10_001);
        },
      ),
      { numRuns: CASES, seed: SEED },
    );
    // The worlds are worth something only if many of them end in each way.
    for (const verdict of ['passed', 'failed', 'errored', 'inconclusive']) {
      expect([verdict, (seen.get(verdict) ?? 0) > CASES / 100]).toEqual([verdict, true]);
    }
    expect(unproven).toBeGreaterThan(CASES / 10);
  });

  test('for less than two minutes, with fields that are unknown before and lists that fail meanwhile, cost no verdict', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(worldWith(fc.constant([]), fc.constant(false)), async (world) => {
        const outcomes = world.runs.map(({ outcome }) => outcome);
        const expected = outcomes.includes('failed')
          ? 'failed'
          : outcomes.includes('errored')
            ? 'errored'
            : 'passed';
        const { verdict, reason, last } = await live(world);
        expect([verdict, reason]).toEqual([expected, reason]);
        expect(isProof(world, last)).toBe(expected === 'passed');
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      }),
      { numRuns: CASES, seed: SEED },
    );
    expect([...seen.keys()].toSorted()).toEqual(['errored', 'failed', 'passed']);
  });
});
