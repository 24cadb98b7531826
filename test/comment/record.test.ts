import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord, fitRecord, MAX_RECORD } from '../../src/comment/record.ts';
import type { BaseCase } from '../../src/domain/comparison.ts';
import type { GateRecord } from '../../src/domain/record.ts';

const RECORD: GateRecord = {
  target: 'agent/agent_1',
  branch: 'main',
  cases: new Map<string, BaseCase>([
    ['test_case_a', { name: 'Quotes a price', outcome: 'failed', passes: 1, runs: 4 }],
    ['test_case_b', { name: 'Says hello --> <!-- @somebody', outcome: 'passed', passes: 3, runs: 3 }],
  ]),
  passedHashes: undefined,
  isPartial: undefined,
  firstRuns: { passes: 3, total: 7 },
  pushes: [
    {
      commit: 'c1',
      attempt: 1,
      verdict: 'failed',
      failureCount: 1,
      total: 2,
      failedCaseIds: ['test_case_a', 'gone'],
    },
    { commit: 'c2', attempt: 2, verdict: 'passed', failureCount: 0, total: 2, failedCaseIds: [] },
  ],
};

/** Ids with as little in common as a provider's. */
const idOf = (index: number): string =>
  `test_case_${((index * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}${(index * 7919) % 9973}`;

const large = (count: number, failed: number): GateRecord => ({
  ...RECORD,
  cases: new Map(
    Array.from({ length: count }, (_, index): [string, BaseCase] => [
      idOf(index),
      {
        name: `Caller ${index} asks about ${(index * 31) % 97} things, number ${idOf(index * 3)}`,
        ...(index < failed ? { outcome: 'failed', passes: 0 } : { outcome: 'passed', passes: 5 }),
        runs: 5,
      },
    ]),
  ),
  pushes: Array.from({ length: 20 }, (_, index) => ({
    commit: idOf(index).padEnd(40, '0'),
    ...{ attempt: 1, verdict: 'failed', failureCount: failed, total: count },
    failedCaseIds: Array.from({ length: failed }, (_, one) => idOf((one * (index + 1)) % count)),
  })),
});

const pack = (json: unknown): string => deflateRawSync(JSON.stringify(json)).toString('base64');
const PLAIN = { v: 1, first: [1, 1], cases: [['a', 0, 1, 1, 'A']], pushes: [['c1', 1, 0, 0, 1, [0]]] };

describe('one hidden line', () => {
  test('holds the record and nothing that could end an HTML comment', () => {
    const encoded = encodeRecord(RECORD) ?? '';
    expect(encoded).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    expect(decodeRecord(encoded)).toEqual(RECORD);
  });

  test('holds revisions to the second, where there are some', () => {
    const [a, b] = [...RECORD.cases.keys()] as [string, string];
    const withRevision = (revision: number): GateRecord => ({
      ...RECORD,
      cases: new Map([...RECORD.cases].map(([id, one]) => [id, id === a ? { ...one, revision } : one])),
    });
    const read = decodeRecord(encodeRecord(withRevision(1_789_200_000_999)) ?? '');
    expect([read?.cases.get(a)?.revision, read?.cases.get(b)?.revision]).toEqual([
      1_789_200_000_000,
      undefined,
    ]);
    for (const wrong of [Number.NaN, -1, 1e300]) {
      expect(decodeRecord(encodeRecord(withRevision(wrong)) ?? '')).toEqual(RECORD);
    }
  });

  test('revisions of many test cases leave room for the rest', () => {
    const record = large(100, 10);
    const cases = new Map(
      [...record.cases].map(([id, one], index) => [
        id,
        { ...one, revision: 1_789_200_000_000 + index * 7_919_000 },
      ]),
    );
    const encoded = encodeRecord({ ...record, cases }) ?? '';
    expect(encoded.length).toBeLessThanOrEqual(MAX_RECORD);
    expect(decodeRecord(encoded)?.cases.size).toBe(100);
  });

  test('40 test cases and 20 pushes fit as they are', () => {
    const record = large(40, 3);
    expect(decodeRecord(encodeRecord(record) ?? '')).toEqual(record);
  });

  test.each([
    [100, 10],
    [300, 40],
    [1_237, 300],
    [10_000, 9_000],
  ])(
    '%i test cases, %i failed: never more than 8,000 characters, and says what is missing',
    (count, failed) => {
      const record = large(count, failed);
      const encoded = encodeRecord(record) ?? '';
      expect(encoded.length).toBeLessThanOrEqual(MAX_RECORD);
      const read = decodeRecord(encoded);
      const lost = [...record.cases.keys()].filter(
        (id) => !read?.cases.has(id) && !read?.passedHashes?.has(id),
      );
      expect(lost.length > 0).toBe(read?.isPartial === true);
      for (const [id, one] of read?.cases ?? []) {
        expect({ ...one, name: '' }).toEqual({ ...record.cases.get(id), name: '' });
      }
    },
  );

  test('of 1,237 test cases with 100 failures each is known to have passed or not', () => {
    const record = large(1_237, 100);
    const read = decodeRecord(encodeRecord(record) ?? '');
    const passed = [...record.cases].filter(([, { outcome }]) => outcome === 'passed').map(([id]) => id);
    expect(read?.isPartial).toBeUndefined();
    expect(read?.cases.size).toBe(100);
    expect(passed.every((id) => read?.passedHashes?.has(id))).toBe(true);
    const strangers = Array.from({ length: 1_000 }, (_, index) => `stranger_${index}`);
    expect(strangers.filter((id) => read?.passedHashes?.has(id))).toEqual([]);
  });

  test('can be made smaller again and again, down to nothing', () => {
    let encoded = encodeRecord(large(300, 40));
    for (const max of [4_000, 2_000, 1_000, 400]) {
      encoded = encoded && fitRecord(encoded, max);
      expect(encoded?.length).toBeLessThanOrEqual(max);
      expect(decodeRecord(encoded ?? '')?.target).toBe('agent/agent_1');
    }
    expect(encoded && fitRecord(encoded, 10)).toBeUndefined();
  });
});

describe('no record', () => {
  const good = encodeRecord(RECORD) ?? '';
  const [firstCase] = PLAIN.cases;
  test.each<[string, string]>([
    ['nothing', ''],
    ['words', 'anything at all'],
    ['base64 of something else', Buffer.from('{"v":1}').toString('base64')],
    ['a bomb', deflateRawSync(Buffer.alloc(5_000_000, 32), { level: 9 }).toString('base64')],
    ['JSON of somebody else', pack({ name: 'package', version: '1.0.0' })],
    ['a list', pack([])],
    ['another version', pack({ ...PLAIN, v: 2 })],
    ['a field of somebody else', pack({ ...PLAIN, verdict: 'passed' })],
    ['more passes than runs', pack({ ...PLAIN, cases: [['a', 0, 5, 1, 'A']] })],
    ['an outcome that does not exist', pack({ ...PLAIN, cases: [['a', 4, 1, 1, 'A']] })],
    ['a test case twice', pack({ ...PLAIN, cases: [firstCase, firstCase] })],
    ['a test case without an id', pack({ ...PLAIN, cases: [['', 0, 1, 1, 'A']] })],
    ['a count below zero', pack({ ...PLAIN, first: [-1, 1] })],
    ['a fraction', pack({ ...PLAIN, first: [0.5, 1] })],
    ['a very long name', pack({ ...PLAIN, cases: [['a', 0, 1, 1, 'A'.repeat(500)]] })],
    ['a very long commit', pack({ ...PLAIN, pushes: [['c'.repeat(100), 1, 0, 0, 1, []]] })],
    ['more pushes than are kept', pack({ ...PLAIN, pushes: Array(21).fill(PLAIN.pushes[0]) })],
    ['a prototype', pack({ ...PLAIN, cases: { __proto__: [] } })],
  ])('%s', (_, encoded) => {
    expect(decodeRecord(encoded)).toBeUndefined();
  });

  test.each([
    ['the same form with nothing wrong in it', PLAIN],
    ['one with the version that earlier versions of this action wrote', { ...PLAIN, version: 'latest' }],
  ])('%s is one', (_, json) => {
    expect(decodeRecord(pack(json))?.cases.get('a')).toEqual({
      name: 'A',
      outcome: 'passed',
      passes: 1,
      runs: 1,
    });
  });

  test('a push may name a test case that is not there', () => {
    const read = decodeRecord(pack({ ...PLAIN, pushes: [['c1', 1, 0, 0, 1, [7, 'x']]] }));
    expect(read?.pushes[0]?.failedCaseIds).toEqual(['x']);
  });

  test('cut anywhere, it is none', () => {
    // The padding holds nothing.
    const { length } = good.replace(/=*$/, '');
    const cuts = Array.from({ length }, (_, end) => decodeRecord(good.slice(0, end)));
    expect(cuts.every((read) => read === undefined)).toBe(true);
  });

  test('whatever is written there, nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((json) => pack(JSON.parse(json))),
        ),
        (text) => {
          const read = decodeRecord(text);
          expect(read === undefined || read.cases instanceof Map).toBe(true);
        },
      ),
    );
  });
});
