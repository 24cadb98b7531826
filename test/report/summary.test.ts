import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  jobFactsOf,
  renderJob,
  renderJobsFooter,
  renderJobsHeading,
  renderJobsNext,
  renderJobsTable,
} from '../../src/comment/jobs.ts';
import { renderBody } from '../../src/report/body.ts';
import type { Report } from '../../src/report/report.ts';
import { stateOf } from '../../src/report/sections/headline.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { cases } from '../fuzz/cases.ts';
import { EXAMPLES } from './examples.ts';
import { groupedReportWith, reportWith, roundsReportWith } from './hostile-reports.ts';
import { ALIVE, rendered, UNSEEN } from './rendered.ts';
import { batch, manyRuns, RETELL_RUNS, reportOn } from './reports.ts';

const KINDS = { one: reportWith, second: roundsReportWith, grouped: groupedReportWith };

/** Links to commits lead below our repository, whatever the commit is said to be. */
const withoutTargets = (structure: string): string =>
  structure.replace(/href=https:\/\/github\.com\/bluewater\/voice-agent\/commit\/[^/>?#]*/g, 'href=commit');

/** A comment of two jobs: one has the report below its name, and the other a line. */
function renderComment(report: Report): string {
  const job = { ...jobFactsOf(report), label: report.label ?? report.name, state: stateOf(report) };
  const limit = { max: 60_000, unit: 'characters' } as const;
  const jobs = [job, { ...job, state: 'passed' as const }] as const;
  return [
    renderJobsHeading(report.name, jobs),
    renderJobsTable(jobs),
    renderJob(jobs[0], renderBody(report, limit, { hasClosing: false })),
    renderJob(jobs[1], 'Nothing failed.'),
    renderJobsNext(jobs, report.origin),
    renderJobsFooter(jobs, report.origin),
  ].join('\n\n');
}

test.each(Object.entries(KINDS))(
  'whatever the providers say, a report of the kind "%s" has the same structure, and only our links',
  (_kind, reportOf) => {
    const ways = [renderSummary, renderComment].map((render) => ({
      render,
      harmless: rendered(render(reportOf(() => 'harmless'))).structure,
    }));
    const token = fc.constantFrom(
      ...'`|```|\n|\n\n|*|__|~~|[|](|)|![|# |- |1. |> |===|---'.split('|'),
      ...'<!-- --> <details> </details> </summary> </sub> <script> &lt; \\ $'.split(' '),
      ...'@octocat #1 https://a.example www.a.example a@b.example :tada: [^1]'.split(' '),
      ...['[ ] ', '[a]: x', '<a href=x>', '|'],
      ...['\u202e', '\u200b', '\ud800', '\u0000', '\t', '    ', 'word', ' ', 'é', '中', '😀', '::error::'],
    );
    const text = fc
      .oneof(
        fc.array(token, { minLength: 1, maxLength: 8 }).map((tokens) => tokens.join('')),
        fc.string({ unit: 'binary', minLength: 1 }),
      )
      // An explanation of nothing but white space is none.
      .filter((candidate) => candidate.trim() !== '');

    const texts = fc.array(text, { minLength: 19, maxLength: 19 });
    fc.assert(
      fc.property(fc.constantFrom(...ways), texts, ({ render, harmless }, some) => {
        let next = 0;
        const markdown = render(reportOf(() => some[next++ % some.length]!));
        const { structure, text } = rendered(markdown);
        expect(withoutTargets(structure)).toBe(withoutTargets(harmless));
        expect(ALIVE.filter((pattern) => pattern.test(text))).toEqual([]);
        expect(markdown).not.toMatch(UNSEEN);
        expect(markdown).not.toMatch(/<!--|-->/);
      }),
      { numRuns: cases(30) },
    );
  },
);

test.each([
  ['two thousand', 'Latin', 'The agent told the caller that a crown is usually around $1,200. ', undefined],
  ['two hundred', 'Thai', 'สวัสดีครับ ผมต้องการนัดหมาย ', 100_000],
  ['two hundred', 'emoji', '😀👩‍💻❤️ ', 100_000],
  ['two hundred', 'signs', '*_`[<', 100_000],
] as const)('%s failures with long explanations in %s fit', (_many, _script, text, maxBytes) => {
  const failed = { ...RETELL_RUNS.doubleBooked, explanation: text.repeat(100), criteria: [text.repeat(20)] };
  const limit = maxBytes ?? 1_000_000;
  const count = limit / 500;
  const summary = renderSummary(
    reportOn([
      batch(
        'b',
        manyRuns(count, () => failed),
      ),
    ]),
    maxBytes,
  );

  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(limit);
  expect(Buffer.byteLength(summary)).toBeGreaterThan(0.9 * limit);
  const said =
    /Shortened to fit GitHub's limit:\*\* the evidence of (\d+) test cases is left out; that of (\d+) /;
  const [, leftOut, cut] = said.exec(summary) ?? [];
  const folded = summary.match(/^<summary>❌ <b>/gm)?.length ?? 0;
  expect(folded + Number(leftOut)).toBe(count);
  expect(summary.match(/^- ❌/gm)).toHaveLength(Number(leftOut));
  expect(Number(cut)).toBeGreaterThan(count / 20);
  expect(summary).toContain('Retell has the rest, under the batch id below.');
});

test('every conversation of three hundred failures is in the summary, and none twice in the comment', () => {
  const report = EXAMPLES['three-hundred']!;
  const summary = renderSummary(report);
  for (const { testCase, runs } of report.cases.filter(({ outcome }) => outcome !== 'passed')) {
    expect(summary).toContain(runs[0].id);
    expect(summary).toContain(testCase.name.replace("'", "'"));
  }
  expect(summary).not.toContain('Shortened');
});

test('ten thousand runs that passed are all there', () => {
  const runs = manyRuns(10_000, () => RETELL_RUNS.booked);
  const summary = renderSummary(reportOn([batch('test_batch_1', runs)]));
  expect(summary.match(/^- Books a cleaning/gm)).toHaveLength(10_000);
  expect(summary).not.toContain('Shortened');
});
