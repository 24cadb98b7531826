/**
 * Answers about one batch that disagree with each other, fields that are unknown before the end, and lists that fail
 * apart from the batch: the real adapters, the waiting and the judge, on a virtual clock. What must not be green is
 * decided from the answers themselves, without the adapters' code, by each provider's kit.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResponseInfo } from '../../src/http/json-client.ts';
import { connect, PROVIDER_NAMES, type ProviderName } from '../../src/providers/registry.ts';
import { ProviderError, ProviderTimeout } from '../../src/runtime/errors.ts';
import { KITS } from '../kits/kits.ts';
import { gate, readOnly } from '../providers/asking.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';
import { cases } from './cases.ts';
import type { Body, Json } from './mutations.ts';
import { BATCH_ID, ENDS_AT, type Lie, type Place, type RunPlan, type World } from './worlds.ts';

const SEED = 20261121;
/** For each provider. */
const CASES = cases(300);
const TIMEOUT_MS = 600_000;
/** Well within the two minutes for which answers that disagree are read again. */
const LATEST_LAG = 90_000;

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
  resultsLagMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: LATEST_LAG / 3 }) },
  ),
  hiddenMs: fc.record({
    embedded: fc.oneof({ weight: 5, arbitrary: fc.constant(-ENDS_AT) }, { weight: 1, arbitrary: lag }),
    listed: fc.oneof({ weight: 5, arbitrary: fc.constant(-ENDS_AT) }, { weight: 1, arbitrary: lag }),
  }),
  before: fc.constantFrom('word', 'null', 'absent'),
});

const place = fc.constantFrom<Place>('embedded', 'listed');
const untilMs = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 200_000 }));
const odd = fc.constantFrom<Json>(...[undefined, null, '1', '', 'x', 1.5, -1, 0, 1, 2, 3, 7, true, [], {}]);
const word = fc.constantFrom<Json>(
  ...['PASSED', 'FAILED', 'ERROR', 'RUNNING', 'CANCELLED', 'pass', 'fail', 'passed', 'failed', 'pending'],
  ...['evaluating', 'canceled', 'cancelled', 'skipped', null, undefined],
);
const run = fc.nat({ max: 3 });
const kindOf = <Kind extends Lie['kind']>(kind: Kind) => fc.constant(kind);
/** Every class of disagreement; a provider has those that its kit names. */
const LIES: { readonly [Kind in Lie['kind']]: fc.Arbitrary<Extract<Lie, { kind: Kind }>> } = {
  counter: fc.record({ kind: kindOf('counter'), counter: fc.nat({ max: 3 }), value: odd, untilMs }),
  'list total': fc.record({ kind: kindOf('list total'), value: odd, untilMs }),
  'batch status': fc.record({
    kind: kindOf('batch status'),
    word: fc.constantFrom<Json>('PASSED', 'FAILED', 'ERROR', 'complete', 'ended', 'running', 'archived'),
    untilMs,
  }),
  status: fc.record({ kind: kindOf('status'), run, where: place, word, untilMs }),
  repeated: fc.record({ kind: kindOf('repeated'), run, where: place, word, untilMs }),
  capitals: fc.record({ kind: kindOf('capitals'), run, where: place, untilMs }),
  missing: fc.record({ kind: kindOf('missing'), run, untilMs }),
  'batch of run': fc.record({
    kind: kindOf('batch of run'),
    run,
    where: place,
    value: fc.constantFrom<Json>(undefined, null, 1, 'batch-b', 'BATCH-A', ''),
    untilMs,
  }),
  result: fc.record({
    kind: kindOf('result'),
    run,
    value: fc.constantFrom<Json>(true, false, 'success', 'failure', 'unknown', '', null, undefined, 1, {}),
    untilMs,
  }),
  evaluations: fc.record({
    kind: kindOf('evaluations'),
    run,
    skipped: fc.nat({ max: 2 }),
    ran: fc.nat({ max: 1 }),
    untilMs,
  }),
  plan: fc.record({ kind: kindOf('plan'), more: fc.integer({ min: 1, max: 3 }), untilMs }),
  tested: fc.record({
    kind: kindOf('tested'),
    run: fc.option(run, { nil: undefined }),
    untilMs: fc.oneof(untilMs, fc.integer({ min: -50_000, max: 0 })),
  }),
  repeats: fc.record({ kind: kindOf('repeats'), value: odd, untilMs }),
  cancelled: fc.record({
    kind: kindOf('cancelled'),
    value: fc.constantFrom<Json>(true, false, null, undefined, 'false', 'yes', 0, 1, []),
    untilMs,
  }),
  beside: fc.record({
    kind: kindOf('beside'),
    field: fc.constantFrom('errors', 'status', 'error'),
    value: fc.constantFrom<Json>('error', 'no', { message: 'no' }, ['no'], [], {}, '', null, 500, 'success'),
    untilMs,
  }),
};

function liesOf(provider: ProviderName): fc.Arbitrary<readonly Lie[]> {
  const { lies, showsTwice = false } = KITS[provider].disagreeing;
  const kinds = lies.map((kind): fc.Arbitrary<Lie> => LIES[kind]);
  const inPlace = (each: Lie): Lie => ('where' in each && !showsTwice ? { ...each, where: 'listed' } : each);
  return fc.array(fc.oneof(...kinds).map(inPlace), { minLength: 1, maxLength: 3 });
}

const worldWith = (
  provider: ProviderName,
  lies: fc.Arbitrary<readonly Lie[]>,
  isRefusal: fc.Arbitrary<boolean>,
) =>
  fc.record<World>({
    provider: fc.constant(provider),
    runs: fc.array(runPlan, { minLength: 1, maxLength: 4 }),
    embeds: fc.nat({ max: 4 }),
    counters: fc.record({
      lagMs: lag,
      before: mostly<'number' | 'null' | 'absent'>('number', 'null', 'absent'),
    }),
    listsCount: fc.boolean(),
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

// ---- the answers ------------------------------------------------------------------------------------------------

/** One look with what was read after it. */
interface Look {
  readonly atMs: number;
  readonly batch: Body;
  readonly pages: Json[];
  readonly singles: Body[];
  /** Those that could be read. */
  readonly heard: Json[];
}

/** Keeps the promise of `Http`: what may pass is retried until the deadline, and a signal ends everything. */
function httpOf(world: World, clock: VirtualClock) {
  const { partOf, afterLast, disagreeing } = KITS[world.provider];
  const looks: Look[] = [];
  const http = readOnly(async ({ path, query, read }, deadline) => {
    const part = partOf(path);
    const isList = part === 'page';
    for (let tries = 1; ; tries += 1) {
      await clock.sleep(Math.min(world.latencyMs, deadline.until - clock.now()), deadline.signal);
      if (deadline.signal.aborted) throw new ProviderError('The reading was stopped.');
      if (clock.now() >= deadline.until) throw new ProviderTimeout('GET x did not answer in time.');
      const fails = isList ? world.listFails : undefined;
      if (fails !== undefined && clock.now() >= fails.fromMs && clock.now() < fails.fromMs + fails.forMs) {
        if (fails.isRefusal || deadline.noRetries === true) throw new ProviderError('GET x answered 403.');
        await clock.sleep(Math.min(20_000, deadline.until - clock.now()), deadline.signal);
        continue;
      }
      const nowMs = clock.now();
      if (part === 'beside') throw new ProviderError('GET x answered 403.');
      if (part === 'detail') return readSingle(disagreeing.single?.(world, nowMs, path.at(-1) ?? ''), read);
      const body = isList ? disagreeing.page?.(world, nowMs) : disagreeing.batch(world, nowMs);
      // As it arrives: without what JSON cannot say.
      const arrived = JSON.parse(JSON.stringify(body)) as Body;
      const isLater = Number(query?.['offset'] ?? 0) > 0 || Number(query?.['page'] ?? 1) > 1;
      const answer = isList && isLater ? afterLast(arrived as never) : arrived;
      if (isList) looks.at(-1)?.pages.push(answer);
      else
        looks.push({
          ...{ atMs: nowMs, batch: arrived, pages: [], heard: [] },
          singles: [...(looks.at(-1)?.singles ?? [])],
        });
      try {
        const value = read(answer, { date: undefined });
        looks.at(-1)?.heard.push(answer);
        return value;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ErrorResponse') throw error;
        if (tries >= 4) throw new ProviderError(`GET x ${error.message}`, { cause: error });
        await clock.sleep(1_000, deadline.signal);
      }
    }
  });
  return { http, looks };

  function readSingle<T>(body: unknown, read: (json: unknown, about: ResponseInfo) => T): T {
    if (body === undefined) throw new ProviderError('GET x answered 404.');
    const arrived = JSON.parse(JSON.stringify(body)) as Body;
    looks.at(-1)?.singles.push(arrived);
    return read(arrived, { date: undefined });
  }
}

async function live(world: World) {
  const clock = virtualClock();
  const { http, looks } = httpOf(world, clock);
  const provider = connect(world.provider, http);
  const { pollIntervalMs } = world;
  const judgement = await gate(
    { provider, clock },
    { batchId: BATCH_ID, timeoutMinutes: 10, pollIntervalMs },
  );
  return { ...judgement, isProven: isProof(world, looks), endedAt: clock.now() };
}

/** Whether the last answers prove a pass; where nothing says how many runs there must be, in two looks an interval apart. */
function isProof({ provider, pollIntervalMs }: World, looks: readonly Look[]): boolean {
  const { isProof: proves, saysHowMany, said, list } = KITS[provider].disagreeing;
  const last = looks.at(-1);
  if (last === undefined || !proves(last)) return false;
  const statements = looks.flatMap(({ heard }) => heard.flatMap(said));
  const speakers = new Set(statements.map(([speaker]) => speaker));
  const different = new Set(statements.map((statement) => JSON.stringify(statement)));
  if (different.size > speakers.size) return false;
  if (saysHowMany(last)) return true;
  const same = looks.slice(looks.findLastIndex((look) => list(look) !== list(last)) + 1);
  return same.some(({ atMs }) => last.atMs - atMs >= Math.max(pollIntervalMs, 5_000));
}

// ---- what must hold ---------------------------------------------------------------------------------------------

describe.each(PROVIDER_NAMES)(`answers of %s about one batch that disagree (${CASES} cases each)`, (name) => {
  test('are green only if the last of them prove it', async () => {
    const seen = new Map<string, number>();
    const told = new Set<string>();
    let unproven = 0;
    await fc.assert(
      fc.asyncProperty(worldWith(name, liesOf(name), fc.boolean()), async (world) => {
        const { verdict, reason, isProven, endedAt } = await live(world);
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        for (const { kind } of world.lies) told.add(kind);
        if (!isProven) unproven += 1;
        if (verdict === 'passed') expect(isProven).toBe(true);
        expect(reason).toMatch(/^\S.*[.:]/s);
        expect(endedAt).toBeLessThanOrEqual(TIMEOUT_MS + 10_001);
      }),
      { numRuns: CASES, seed: SEED },
    );
    // The worlds are worth something only if many of them end in each way, and every class of disagreement is there.
    for (const verdict of ['passed', 'failed', 'errored', 'inconclusive']) {
      expect([verdict, (seen.get(verdict) ?? 0) > CASES / 100]).toEqual([verdict, true]);
    }
    expect(unproven).toBeGreaterThan(CASES / 10);
    expect(told).toEqual(new Set(KITS[name].disagreeing.lies));
  });

  test('for less than two minutes, with fields that are unknown before and lists that fail meanwhile, cost no verdict', async () => {
    const { honest = (world: World) => world } = KITS[name].disagreeing;
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(worldWith(name, fc.constant([]), fc.constant(false)), async (made) => {
        const world = honest(made);
        const outcomes = world.runs.map(({ outcome }) => outcome);
        const expected = outcomes.includes('failed')
          ? 'failed'
          : outcomes.includes('errored')
            ? 'errored'
            : 'passed';
        const { verdict, reason, isProven } = await live(world);
        expect([verdict, reason]).toEqual([expected, reason]);
        expect(isProven).toBe(expected === 'passed');
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      }),
      { numRuns: CASES, seed: SEED },
    );
    expect([...seen.keys()].toSorted()).toEqual(['errored', 'failed', 'passed']);
  });
});
