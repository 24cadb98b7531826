import fc from 'fast-check';
import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/domain/verdict.ts';
import type { ProviderName } from '../../src/providers/registry.ts';
import { badGatewayPage, type Fault, pageInsteadOfJson, rateLimited } from '../emulators/faults.ts';
import type { EmulatorOptions } from '../emulators/server.ts';
import { many, type Outcome } from '../emulators/timeline.ts';
import { EACH_KIT, KITS } from '../kits/kits.ts';
import { asking, gate } from '../providers/asking.ts';
import { cases } from './cases.ts';

const SEED = 20260914;
const SEQUENCES = cases(50);

const answer = (status: number, body?: unknown): Fault => ({
  kind: 'answer',
  status,
  ...(body === undefined ? {} : { body }),
});

/** Answers that a provider on a bad day gives and that say nothing against a later right one. */
const PASSING: Readonly<Record<string, Fault>> = {
  'a 408': answer(408),
  'a 429': rateLimited(),
  'a 429 with a date of the past': rateLimited('Mon, 14 Sep 2026 08:00:00 GMT'),
  'a 429 with nonsense': rateLimited('soon'),
  'a 429 for a century': rateLimited('3155760000'),
  'a 500': answer(500),
  'a 502 as HTML': badGatewayPage(),
  'a 503': answer(503),
  'a 504': answer(504),
  'a reset': { kind: 'reset', when: 'before' },
  'a reset in the middle': { kind: 'reset', when: 'middle' },
  'a body cut short': { kind: 'cut' },
  'an answer that never begins': { kind: 'hang', when: 'before' },
  'a body that never ends': { kind: 'hang', when: 'middle' },
};

/** Answers that may mean a wrong address: the action tries three times more and then gives up. */
const DOUBTFUL: Readonly<Record<string, Fault>> = {
  'a page instead of JSON': pageInsteadOfJson(),
  'broken JSON': { kind: 'broken-json' },
  'an empty object': { kind: 'rewrite', change: () => ({}) },
  'a list': { kind: 'rewrite', change: () => [] },
  'an error for another API': answer(200, { error: 'unavailable' }),
};

const FAULTS: Readonly<Record<string, Fault>> = { ...PASSING, ...DOUBTFUL };
const NO_FAULT = 'a right answer';

/** The verdict on a batch of two runs, on a virtual clock. */
async function verdictWith(
  name: ProviderName,
  faults: NonNullable<EmulatorOptions['faults']>,
  { outcome = 'passed', timeoutMinutes = 1 }: { outcome?: Outcome; timeoutMinutes?: number } = {},
): Promise<Verdict> {
  await using emulator = await KITS[name].start({
    batches: [{ id: 'b1', runs: [...many(2), { outcome }] }],
    faults,
  });
  return (await gate(asking(name, emulator.url), { timeoutMinutes })).verdict;
}

const words = fc.array(fc.constantFrom(...Object.keys(FAULTS), NO_FAULT, NO_FAULT), {
  minLength: 1,
  maxLength: 10,
});

/** Never more doubtful answers in a row than the action forgives. */
const isForgiven = (sequence: readonly string[]): boolean =>
  !/D{4}/.test(sequence.map((word) => (word in DOUBTFUL ? 'D' : '-')).join(''));

const sequences = fc.sample(words.filter(isForgiven), { seed: SEED, numRuns: SEQUENCES });

const OUTCOMES = ['passed', 'failed', 'errored'] as const;
/** More at once would make right answers late. */
const fewAtOnce = pLimit(10);

describe.each(EACH_KIT)('%s', (name, kit) => {
  test(`${SEQUENCES} sequences of faults: each time the verdict of the batch`, async () => {
    const ends = await Promise.all(
      sequences.map((sequence, index) =>
        fewAtOnce(async () => {
          const outcome = OUTCOMES[index % OUTCOMES.length] ?? 'passed';
          const faults = sequence.map((word) => FAULTS[word]);
          const verdict = await verdictWith(name, faults, { outcome, timeoutMinutes: 30 });
          return { sequence, outcome, verdict };
        }),
      ),
    );
    expect(ends.filter(({ outcome, verdict }) => verdict !== outcome)).toEqual([]);
  });

  const from = Array.from({ length: kit.requests }, (_, index) => index + 1);
  const kinds = Object.entries(FAULTS).flatMap(([word, fault]) =>
    from.map((first) => ({ word, fault, first })),
  );

  test(`${kinds.length} faults that never end: never green`, async () => {
    const ends = await Promise.all(
      kinds.map(({ word, fault, first }) =>
        fewAtOnce(async () => {
          const faults = (_: unknown, n: number) => (n >= first ? fault : undefined);
          return { word, first, verdict: await verdictWith(name, faults) };
        }),
      ),
    );
    expect(ends.filter(({ verdict }) => !['timed-out', 'inconclusive'].includes(verdict))).toEqual([]);
  });
});
