import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderSummary } from '../../src/report/summary.ts';
import { ALIVE, rendered, UNSEEN } from './rendered.ts';
import { batch, EXAMPLES, manyRuns, RETELL_RUNS, reportOn, reportWith } from './reports.ts';

const HARMLESS = rendered(renderSummary(reportWith(() => 'harmless'))).structure;

test('whatever the providers say, the report has the same structure, and only our links', () => {
  const token = fc.constantFrom(
    ...[
      '`',
      '```',
      '\n',
      '\n\n',
      '|',
      '*',
      '__',
      '~~',
      '[',
      '](',
      ')',
      '![',
      '# ',
      '- ',
      '1. ',
      '> ',
      '===',
      '---',
    ],
    ...[
      '<!--',
      '-->',
      '<details>',
      '</details>',
      '</summary>',
      '</sub>',
      '<script>',
      '<a href=x>',
      '&lt;',
      '\\',
      '$',
    ],
    ...[
      '@octocat',
      '#1',
      'https://a.example',
      'www.a.example',
      'a@b.example',
      ':tada:',
      '[ ] ',
      '[^1]',
      '[a]: x',
    ],
    ...['\u202e', '\u200b', '\ud800', '\u0000', '\t', '    ', 'word', ' ', 'é', '中', '😀', '::error::'],
  );
  const text = fc
    .oneof(
      fc.array(token, { minLength: 1, maxLength: 8 }).map((tokens) => tokens.join('')),
      fc.string({ unit: 'binary', minLength: 1 }),
    )
    // An explanation of nothing but white space is none.
    .filter((candidate) => candidate.trim() !== '');

  fc.assert(
    fc.property(fc.array(text, { minLength: 19, maxLength: 19 }), (texts) => {
      let next = 0;
      const markdown = renderSummary(reportWith(() => texts[next++ % texts.length]!));
      const { structure, text } = rendered(markdown);
      expect(structure).toBe(HARMLESS);
      expect(ALIVE.filter((pattern) => pattern.test(text))).toEqual([]);
      expect(markdown).not.toMatch(UNSEEN);
      expect(markdown).not.toMatch(/<!--|-->/);
    }),
    { numRuns: 100 },
  );
});

test('the summary begins with the heading and ends with a line break', () => {
  const summary = renderSummary(EXAMPLES['retell-failed']!);
  expect(summary).toMatch(
    /^## ❌ Agent tests \(Retell\): 1 of 5 failed, 1 errored\n\n1 of 5 test cases failed, and 1 errored\./,
  );
  expect(summary).toMatch(/<\/sub>\n$/);
});

test.each([
  ['Latin', 'The agent told the caller that a crown is usually around $1,200. '],
  ['Thai', 'สวัสดีครับ ผมต้องการนัดหมาย '],
  ['emoji', '😀👩‍💻❤️ '],
  ['signs', '*_`[<'],
])('two thousand failures with long explanations in %s fit', (_script, text) => {
  const failed = { ...RETELL_RUNS.doubleBooked, explanation: text.repeat(100), criteria: [text.repeat(20)] };
  const summary = renderSummary(
    reportOn([
      batch(
        'test_batch_1',
        manyRuns(2_000, () => failed),
      ),
    ]),
  );

  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1_000_000);
  expect(Buffer.byteLength(summary)).toBeGreaterThan(900_000);
  const [, inFull, byName] =
    /\*\*Shortened to fit GitHub's limit:\*\* .* (\d+) of the 2000 test cases that did not pass are shown with their evidence, (\d+) by name\. Retell has the rest, under the batch id below\./.exec(
      summary,
    ) ?? [];
  expect(summary.match(/^#### ❌/gm)).toHaveLength(Number(inFull));
  expect(summary.match(/^- ❌/gm)).toHaveLength(Number(byName));
  expect(Number(inFull) + Number(byName)).toBe(2_000);
});

test('ten thousand runs that passed are all there', () => {
  const runs = manyRuns(10_000, () => RETELL_RUNS.booked);
  const summary = renderSummary(reportOn([batch('test_batch_1', runs)]));
  expect(summary.match(/^- Books a cleaning/gm)).toHaveLength(10_000);
  expect(summary).not.toContain('Shortened');
});
