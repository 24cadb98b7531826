import { describe, expect, test } from 'vitest';
import { EVERY_RUN, type PassRule } from '../../src/domain/pass-rule.ts';
import { parseSelectors } from '../../src/domain/selectors.ts';
import type { ComparedWith, Version } from '../../src/domain/target.ts';
import { prepare, tooManyRuns } from '../../src/execution/prepare.ts';
import type { BatchStarter, Subject } from '../../src/providers/starter.ts';
import { ProviderError } from '../../src/runtime/errors.ts';
import { starterOf } from '../builders.ts';

const selectors = parseSelectors('*', { title: 'Retell', labels: [] });
const version = (number: number): Version => ({ kind: 'number', number });
const subjectOf = (wanted: Version | undefined): Subject => {
  const name = wanted?.kind === 'number' ? `version ${wanted.number}` : 'production version';
  return { title: name, key: name, claims: {}, request: {} };
};

const config = { name: 'agent.json', json: {} };

/** What `prepare` makes of version 12 beside `compare-with: 11`, with a starter that starts nothing. */
async function preparing(
  starter: Partial<BatchStarter>,
  { failOn = 'new', compareWith = version(11) }: { failOn?: 'any' | 'new'; compareWith?: ComparedWith } = {},
) {
  if (selectors.kind === 'refused') throw new Error(selectors.problem);
  return prepare(
    {
      ...{ target: undefined, version: version(12), config, mode: 'voice' },
      selectors: selectors.value,
      compareWith,
    },
    {
      starter: starterOf(subjectOf(version(12)), {
        startBatch: () => Promise.reject(new Error('nothing is started here')),
        resolveTarget: async (wanted) => subjectOf(wanted.version),
        listTestCases: async () => ({ testCases: [{ id: 'a', name: 'Angry caller' }], warnings: [] }),
        ...starter,
      }),
      ...{ rule: EVERY_RUN, maxRuns: undefined, failOn },
      deadline: { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal },
    },
  );
}

describe('the version of compare-with is resolved before anything is started', () => {
  test('and is another one', async () => {
    expect(await preparing({})).toMatchObject({
      kind: 'prepared',
      names: new Map([['a', 'Angry caller']]),
      comparedVersion: { kind: 'resolved', subject: { title: 'version 11' }, isDifferent: true },
    });
  });

  test('and is what is live, without the configuration from the file that is under test', async () => {
    const asked: unknown[] = [];
    const resolveTarget: BatchStarter['resolveTarget'] = async (wanted) => {
      asked.push(wanted);
      return subjectOf(wanted.version);
    };
    expect(await preparing({ resolveTarget }, { compareWith: { kind: 'live' } })).toMatchObject({
      comparedVersion: { kind: 'resolved', subject: { title: 'the live agent' } },
    });
    expect(asked[1]).toEqual({ target: undefined, mode: 'voice', version: undefined });
  });

  test('the same version is no error, and nothing is compared', async () => {
    expect(await preparing({}, { compareWith: version(12) })).toMatchObject({
      kind: 'prepared',
      comparedVersion: { kind: 'none', problem: 'compare-with is the version under test (version 12).' },
    });
  });

  test.each<[string, Partial<BatchStarter>]>([
    ['a provider that cannot tell', { compareVersions: () => 'unknown' }],
  ])('fail-on: new is refused where nobody knows whether it is another one: %s', async (_, starter) => {
    expect(await preparing(starter, { compareWith: { kind: 'production' } })).toEqual({
      kind: 'refused',
      problem:
        'fail-on: new needs two versions that are known to differ, and Retell does not say whether version 12 and production version do: set version and compare-with to numbers or branches.',
    });
    expect(await preparing(starter, { failOn: 'any' })).toMatchObject({
      kind: 'prepared',
      comparedVersion: { kind: 'resolved', isDifferent: false },
    });
  });

  test('one that is not there is a reason not to compare', async () => {
    const resolveTarget: BatchStarter['resolveTarget'] = async ({ version: wanted }) => {
      if (wanted?.kind === 'number' && wanted.number === 11) throw new ProviderError('GET x answered 404.');
      return subjectOf(wanted);
    };
    expect(await preparing({ resolveTarget })).toMatchObject({
      kind: 'prepared',
      comparedVersion: { kind: 'none', problem: 'GET x answered 404.' },
    });
  });
});

test.each<[number, PassRule, number | undefined, string | undefined]>([
  [12, EVERY_RUN, undefined, undefined],
  [12, EVERY_RUN, 12, undefined],
  [13, EVERY_RUN, 12, 'test-cases selects 13 runs, and max-runs allows 12: select fewer, or raise max-runs.'],
  [
    5,
    { kind: 'repeat', need: 3, of: 5 },
    12,
    'test-cases selects 15 runs (3 of each of 5 test cases), and max-runs allows 12: select fewer, or raise max-runs.',
  ],
])('%i test cases by %j with max-runs %j', (testCases, rule, maxRuns, expected) => {
  expect(tooManyRuns(testCases, { rule, maxRuns })).toBe(expected);
});
