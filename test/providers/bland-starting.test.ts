import { describe, expect, test } from 'vitest';
import type { Version } from '../../src/domain/target.ts';
import type { Subject } from '../../src/providers/starter.ts';
import { type BlandOptions, recordedScenarios, startBland } from '../emulators/bland.ts';
import { startingAt, type Wish } from './starting-at.ts';

const PATHWAY = 'e7575763-8f68-5232-8e7a-949df1cad4c9';

const bland = (options: BlandOptions = {}) => startingAt('bland', startBland, options);

describe('what Bland tests', () => {
  test.each<[string, Wish, Subject]>([
    [
      'the production version, which is left out',
      { target: `pathway/${PATHWAY}` },
      {
        title: `pathway ${PATHWAY}, production version`,
        key: undefined,
        isProvenByLists: true,
        claims: { pathway: `pathway ${PATHWAY}` },
        request: {},
      },
    ],
    [
      'a version of a pathway',
      { target: `pathway/${PATHWAY}`, version: '4' },
      {
        title: `pathway ${PATHWAY}, version 4`,
        key: undefined,
        isProvenByLists: false,
        claims: { pathway: `pathway ${PATHWAY}` },
        request: { version_number: 4 },
      },
    ],
    [
      'a version of a persona',
      { target: 'persona/p1', version: '40' },
      {
        title: 'persona p1, version 40',
        key: undefined,
        isProvenByLists: false,
        claims: { persona: 'persona p1' },
        request: { version_number: 40 },
      },
    ],
    [
      'a version, without a target',
      { version: '2' },
      {
        title: 'version 2',
        key: undefined,
        isProvenByLists: false,
        claims: {},
        request: { version_number: 2 },
      },
    ],
  ])('%s', async (_, wish, expected) => {
    const { resolve } = await bland();
    expect(await resolve(wish)).toEqual(expected);
  });

  test('a version that the pathway does not have is refused, and nothing is started', async () => {
    const { emulator, prepare } = await bland();
    expect(await prepare({ target: `pathway/${PATHWAY}`, version: '9' })).toEqual({
      kind: 'refused',
      problem: `version: pathway ${PATHWAY} has no version 9; its latest is 7. Check target and version.`,
    });
    expect(emulator.count(/^POST /)).toBe(0);
  });

  test('where the versions cannot be listed, Bland itself refuses a wrong one', async () => {
    const { resolve } = await bland({
      faults: ({ path }) => (path.includes('/versions') ? { kind: 'answer', status: 500 } : undefined),
    });
    expect(await resolve({ target: `pathway/${PATHWAY}`, version: '9' })).toMatchObject({
      request: { version_number: 9 },
    });
  });
});

describe("Bland's scenarios", () => {
  const [first, second, third, fourth] = recordedScenarios.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
  ];
  const changed = recordedScenarios.map((each, index) => ({
    ...each,
    category: index === 1 ? 'ADVERSARIAL' : 'CUSTOM',
    enabled: index !== 3,
  }));

  test.each<[string, string, readonly string[]]>([
    ['all that are enabled', '*', [first, second, third]],
    ['those of a category', 'category:ADVERSARIAL', [second]],
    ['those that are required for promotion', 'required:true', [first]],
    ['all but those', '*\n!required:true', [second, third]],
    ['one by its name', 'Cancellation - *', [third]],
  ])('%s', async (_, testCases, ids) => {
    for (const envelope of [false, true, 'array'] as const) {
      const { prepare } = await bland({ scenarios: changed, envelope });
      expect(await prepare({ target: `pathway/${PATHWAY}`, testCases })).toMatchObject({
        kind: 'prepared',
        testCases: ids,
        outOf: 3,
      });
    }
  });

  test('of another pathway are none of these, even if Bland lists them', async () => {
    const scenarios = changed.map((each, index) => (index === 0 ? { ...each, pathway_id: 'other' } : each));
    const { prepare } = await bland({
      scenarios,
      faults: ({ path }) =>
        path.endsWith('/scenarios') ? { kind: 'rewrite', change: () => ({ scenarios }) } : undefined,
    });
    expect(await prepare({ target: `pathway/${PATHWAY}` })).toMatchObject({ testCases: [second, third] });
  });

  test('are found by id without a target, in whatever letters the id is written', async () => {
    const { prepare } = await bland({ envelope: true });
    const upper = second.toUpperCase();
    expect(await prepare({ testCases: `${first}\n${second}` })).toMatchObject({
      kind: 'prepared',
      testCases: [first, second],
    });
    expect(await prepare({ target: `pathway/${PATHWAY}`, testCases: upper })).toMatchObject({
      kind: 'refused',
    });
  });

  test('that are only to be excluded may be missing or disabled', async () => {
    const { prepare } = await bland({ scenarios: changed });
    const gone = '00000000-0000-4000-8000-000000000000';
    expect(await prepare({ testCases: `${first}\n!${gone}\n!${fourth}` })).toMatchObject({
      testCases: [first],
      warnings: [expect.stringContaining(`"!${gone}"`)],
    });
  });

  test.each<[string, Wish, RegExp]>([
    [
      'a pathway without scenarios',
      { target: 'pathway/another' },
      /^test-cases: there is no test case to choose from\. Check the id in target, or create scenarios for this pathway at Bland\.$/,
    ],
    [
      'a name without a target',
      { testCases: `${first}\nCancellation*` },
      /^target is missing: Bland needs one unless every line of test-cases is an id\.$/,
    ],
    [
      'an id that is not there',
      { testCases: `${first}\n00000000-0000-0000-0000-000000000000` },
      /^test-cases: Bland has no scenario 00000000-0000-0000-0000-000000000000 in the organisation of this api-key\.$/,
    ],
    [
      'a scenario that is disabled',
      { testCases: fourth },
      new RegExp(`^test-cases: scenario ${fourth} is disabled at Bland. Enable it, or take it out\\.$`),
    ],
  ])('%s is refused, and nothing is started', async (_, wish, problem) => {
    const { prepare, emulator } = await bland({ scenarios: changed });
    expect(await prepare(wish)).toEqual({ kind: 'refused', problem: expect.stringMatching(problem) });
    expect(emulator.count(/^POST /)).toBe(0);
  });
});

describe('what a given batch tested, at Bland', () => {
  const testedWith = async (version: Version | undefined) => {
    const options: BlandOptions = { batches: [{ id: 'b1', runs: [{}] }] };
    return (await startingAt('bland', startBland, options, version)).tested();
  };

  test('is not known without the input version', async () => {
    const problem = 'Bland does not say which version a batch tested: set version to what it was started on.';
    expect(await testedWith(undefined)).toEqual({ kind: 'refused', problem });
  });

  test('is what the input version says', async () => {
    expect(await testedWith({ kind: 'number', number: 4 })).toEqual({
      ...{ title: 'version 4', key: undefined, isProvenByLists: false, claims: {} },
      request: { version_number: 4 },
    });
    expect(await testedWith({ kind: 'production' })).toEqual({
      ...{ title: 'production version', key: undefined, isProvenByLists: true, claims: {} },
      request: {},
    });
  });
});
