import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Turn } from '../../../src/domain/run.ts';
import { buildReport } from '../../../src/report/build-report.ts';
import { partingOf, stretchesOf } from '../../../src/report/files/html/conversation.ts';
import { layOutJson } from '../../../src/report/files/html/json-layout.ts';
import { anchorsOf, linkUrl, shownText } from '../../../src/report/files/html/text.ts';
import { rowsOf, timelineOf } from '../../../src/report/files/html/timeline.ts';
import { markQuotations } from '../../../src/report/quotations.ts';
import { resultOf, run, runOf } from '../../builders.ts';

const agent = (text: string): Turn => ({ kind: 'speech', speaker: 'agent', text });
const caller = (text: string): Turn => ({ kind: 'speech', speaker: 'caller', text });

describe('two conversations part', () => {
  const call: Turn = { kind: 'tool-call', tool: 'book', input: '{"at":9}' };

  test.each<[string, readonly Turn[], readonly Turn[], number | undefined]>([
    ['nowhere if every turn is the same', [agent('Hi'), call], [agent('Hi'), call], undefined],
    ['at the first turn that says something else', [agent('Hi'), caller('A')], [agent('Hi'), caller('B')], 1],
    ['where the same words come from somebody else', [agent('Hi')], [caller('Hi')], 0],
    ['where the same tool gets another input', [call], [{ ...call, input: '{"at": 9}' }], 0],
    [
      'where an answer failed',
      [{ kind: 'tool-result', output: '{}' }],
      [{ kind: 'tool-result', output: '{}', succeeded: false }],
      0,
    ],
    ['where one of them ends', [agent('Hi')], [agent('Hi'), caller('A')], 1],
    ['at once if one is empty', [], [agent('Hi')], 0],
  ])('%s', (_, one, other, place) => {
    const parting = place === undefined ? { kind: 'nowhere' } : { kind: 'at', place };
    expect(partingOf(one, other)).toEqual(parting);
    expect(partingOf(other, one)).toEqual(parting);
  });
});

describe('a conversation is folded', () => {
  test('nowhere up to 24 turns', () => {
    expect(stretchesOf(24, [])).toEqual([{ isFolded: false, from: 0, to: 24 }]);
    expect(stretchesOf(0, [])).toEqual([]);
  });

  test('between its ends and the turns that matter, with three turns around each', () => {
    expect(stretchesOf(200, [120])).toEqual([
      { isFolded: false, from: 0, to: 4 },
      { isFolded: true, from: 4, to: 117 },
      { isFolded: false, from: 117, to: 124 },
      { isFolded: true, from: 124, to: 196 },
      { isFolded: false, from: 196, to: 200 },
    ]);
  });

  test('so that each turn is in exactly one stretch, whatever matters', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.array(fc.nat(320)), (length, places) => {
        const all = stretchesOf(length, places).flatMap(({ from, to }) =>
          Array.from({ length: to - from }, (_, at) => from + at),
        );
        expect(all).toEqual(Array.from({ length }, (_, at) => at));
      }),
    );
  });
});

describe('what a reason quotes is marked', () => {
  test('in any letter case and with any white space', () => {
    expect(markQuotations('It is USUALLY\naround $1,200.', ['usually around'])).toEqual([
      { text: 'It is ', isQuoted: false },
      { text: 'USUALLY\naround', isQuoted: true },
      { text: ' $1,200.', isQuoted: false },
    ]);
  });

  test('and no character of the text is lost', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.string({ unit: 'binary' })),
        (text, quotations) => {
          expect(
            markQuotations(text, quotations)
              .map((piece) => piece.text)
              .join(''),
          ).toBe(text);
        },
      ),
    );
  });
});

describe('JSON is laid out', () => {
  test('with a line for each value', () => {
    expect(layOutJson('{"a":[1,{}],"b" : "x:{,}"}')).toBe(
      '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": "x:{,}"\n}',
    );
  });

  test('without changing a number that JavaScript cannot hold or losing a key that is there twice', () => {
    expect(layOutJson('{"id":12345678901234567890,"id":1.0}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "id": 1.0\n}',
    );
  });

  test.each(['', 'plain', '"text"', '12', '{"a":', '{a:1}', '[1,]'])(
    'not where it is none or a single value: %s',
    (text) => {
      expect(layOutJson(text)).toBeUndefined();
    },
  );

  test('so that it is the same document, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        const json = JSON.stringify(value);
        expect(JSON.parse(layOutJson(json) ?? '')).toEqual(JSON.parse(json));
      }),
    );
  });
});

describe('a deep link', () => {
  const anchors = (...ids: (string | undefined)[]) => {
    const cases = ids.map((id, index) => ({
      ...resultOf(id, 'passed'),
      runs: [{ ...runOf(id, 'passed', `run${index}`), round: 1, batchId: 'b1' }] as const,
    }));
    return [...anchorsOf(cases).values()];
  };

  test('has the id of the test case as a URL writes it', () => {
    expect(anchors('test_case_1', 'a b', '日', '"<>', '100%')).toEqual([
      'test-case-test_case_1',
      'test-case-a%20b',
      'test-case-%E6%97%A5',
      'test-case-%22%3C%3E',
      'test-case-100%25',
    ]);
  });

  test('has the id of the run where the provider gives none', () => {
    expect(anchors(undefined)).toEqual(['test-case-run0']);
  });

  test('is another one for each test case, also where two have the same id', () => {
    expect(anchors('a', 'a', 'a~2', 'a')).toEqual([
      'test-case-a',
      'test-case-a~2',
      'test-case-a~2~2',
      'test-case-a~3',
    ]);
  });
});

test.each([
  ['https://github.com/a/b', 'https://github.com/a/b'],
  ['http://provider.example/x y', undefined],
  ['javascript:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['//evil.example', undefined],
  ['https://user:password@evil.example/', undefined],
  ['https://', undefined],
  [undefined, undefined],
])('the address %s is linked as %s', (url, linked) => {
  expect(linkUrl(url)).toBe(linked);
});

test('a text keeps its lines and indentation and loses what nobody sees', () => {
  expect(shownText('\n{\r\n\t"a": "x\u202e\u200b"\u2028}\n', 100)).toEqual({
    text: '{\n  "a": "x"\n}',
    cut: 0,
  });
  expect(shownText('abcdef', 4)).toEqual({ text: 'abcd', cut: 2 });
});

describe('the timeline', () => {
  const timed = (
    id: string,
    from: number | undefined,
    to: number | undefined,
    status: 'passed' | 'failed' = 'passed',
  ) => ({
    ...resultOf(id, status === 'passed' ? 'passed' : 'failed'),
    runs: [{ ...run(status, id, { startedAt: from, endedAt: to }), round: 1, batchId: 'b1' }] as const,
  });
  const timeline = (...cases: ReturnType<typeof timed>[]) =>
    timelineOf(
      buildReport({
        name: 'Agent tests',
        providerTitle: 'Retell',
        batches: [],
        writtenAt: 0,
        waitedMs: 0,
        cases,
        transcripts: 'full',
        origin: {},
      }),
    );
  const T = Date.UTC(2026, 8, 14, 8);

  test('has what did not pass first, then what took longest, and counts what has no room', () => {
    const many = Array.from({ length: 45 }, (_, index) => timed(`p${index}`, T, T + 1_000 * (index + 1)));
    const found = timeline(...many, timed('bad', T + 5, T + 10, 'failed'));
    expect(found?.lanes.slice(0, 3).map(({ result }) => result.testCase.id)).toEqual(['bad', 'p44', 'p43']);
    expect(found).toMatchObject({ start: T, end: T + 45_000, left: 6 });
  });

  test('does not guess an end that the provider does not give', () => {
    expect(
      timeline(timed('a', T, undefined), timed('b', T + 1_000, T - 5))?.lanes.map(({ bars }) => bars[0]?.to),
    ).toEqual([undefined, undefined]);
  });

  test('is none where no time or only one moment is known', () => {
    expect(timeline(timed('a', undefined, undefined))).toBeUndefined();
    expect(timeline(timed('a', T, undefined), timed('b', T, undefined))).toBeUndefined();
    expect(timeline(timed('a', Number.NaN, T), timed('b', -5, T))).toBeUndefined();
  });

  test('puts runs that overlap into rows of their own', () => {
    const bar = (from: number, to: number) => ({
      run: { ...run('passed'), round: 1, batchId: 'b1' },
      number: 1,
      from,
      to,
    });
    expect(rowsOf([bar(0, 10), bar(5, 15), bar(10, 20)], 1).map((row) => row.length)).toEqual([2, 1]);
  });
});
