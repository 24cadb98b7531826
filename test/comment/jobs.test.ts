import { expect, test } from 'vitest';
import {
  jobFactsOf,
  renderJob,
  renderJobsFooter,
  renderJobsHeading,
  renderJobsNext,
  renderJobsTable,
  sortJobs,
} from '../../src/comment/jobs.ts';
import { renderBody } from '../../src/report/body.ts';
import type { Report } from '../../src/report/report.ts';
import { stateOf } from '../../src/report/sections/headline.ts';
import { EXAMPLES } from '../report/examples.ts';
import { ORIGIN } from '../report/reports.ts';

const PAGE = 'https://github.com/bluewater/voice-agent/actions/runs/17654321098';
const LIMIT = { max: 20_000, unit: 'characters' } as const;
const jobs = [
  { ...EXAMPLES['green-plain']!, label: 'booking' },
  { ...EXAMPLES['bland-waiting']!, label: 'front desk' },
  { ...EXAMPLES['retell-failed']!, label: 'reminder' },
].map((report, index) => jobOf({ ...report, origin: { ...ORIGIN, jobUrl: `${PAGE}/job/${index + 1}` } }));

function jobOf(report: Report) {
  const body = renderBody(report, LIMIT, { hasClosing: false });
  return { ...jobFactsOf(report), label: report.label ?? '', state: stateOf(report), body };
}

test('several jobs have one heading, one table, one line about what to do and one footer', async () => {
  const sorted = sortJobs(jobs);
  const comment = [
    renderJobsHeading('Agent tests', sorted),
    renderJobsTable(sorted),
    ...sorted.map((job) => renderJob(job, job.body)),
    renderJobsNext(sorted, ORIGIN),
    renderJobsFooter(sorted, ORIGIN),
  ].join('\n\n');
  expect(comment.match(/\*\*Next:\*\*/g)).toHaveLength(1);
  expect(comment.match(/what these words mean/g)).toHaveLength(1);
  expect(comment.match(/Details of each job/g)).toHaveLength(1);
  await expect(`${comment}\n`).toMatchFileSnapshot('../golden/jobs.md');
});

test.each([
  ['one failed, one runs', [0, 1, 2], '❌ Agent tests: reminder failed, 1 of 3 still running'],
  ['nothing has failed yet', [0, 1], '⏳ Agent tests: 1 of 2 still running'],
  ['all passed', [0, 0], '✅ Agent tests: all 2 jobs passed'],
])('where %s, the heading says so', (_what, places, expected) => {
  const some = places.flatMap((place) => jobs[place] ?? []);
  expect(renderJobsHeading('Agent tests', some)).toBe(`## ${expected}`);
});

test('many failed jobs are counted', () => {
  const [, , failed] = jobs;
  const some = ['a', 'b', 'c', 'd'].map((label) => ({ ...failed!, label }));
  expect(renderJobsHeading('Agent tests', some)).toBe('## ❌ Agent tests: 4 jobs did not pass');
});

test('jobs that only report say so in the heading, the table and what to do', () => {
  const failed = jobOf({ ...EXAMPLES['retell-failed']!, label: 'reminder', isReportOnly: true });
  const [passed] = jobs;
  expect(renderJobsHeading('Agent tests', [passed!, failed])).toBe(
    '## ❌ Agent tests: reminder failed (report only)',
  );
  expect(renderJobsHeading('Agent tests', [jobs[2]!, failed])).toBe(
    '## ❌ Agent tests: reminder, reminder failed',
  );
  expect(renderJobsTable([passed!, failed])).toContain('errored (report only)');
  expect(renderJobsNext([failed], ORIGIN)).toContain('[Re-run the job](');
});

test('the worst job comes first, and equal ones by their label', () => {
  expect(sortJobs([...jobs, { ...jobs[2]!, label: 'a' }]).map(({ label }) => label)).toEqual([
    'a',
    'reminder',
    'front desk',
    'booking',
  ]);
});

test.each([
  ['nobody where all passed or wait', [0, 1], ''],
  [
    'the one that failed, by its name',
    [0, 1, 2],
    `**Next:** **reminder**: fix the failure and the error. If a judgement is wrong, edit the test case's criteria at Retell. [Re-run the failed job](${PAGE}/job/3) to test again, if that job starts the batch.`,
  ],
])('what to do is said of %s', (_what, places, expected) => {
  const some = places.flatMap((place) => jobs[place] ?? []);
  expect(renderJobsNext(some, ORIGIN).replace(/^---\n\n/, '')).toBe(expected);
});

test('the same advice for several jobs stands once, each hint once, and the best of them last', () => {
  const job = (label: string, state: 'failed' | 'timed-out' | 'errored', next: string) => ({
    ...{ label, state, next, hint: next.startsWith('fix') ? 'Or the judge.' : '', startsBatch: true },
    ...{ result: '', took: '', providerTitle: 'Retell', footer: [] },
  });
  const many = [
    job('slow', 'timed-out', 'wait longer.'),
    job('a', 'failed', 'fix the failure.'),
    job('b', 'failed', 'fix the failure.'),
    job('c <b> @octocat', 'failed', 'fix the 2 failures.'),
    job('d', 'errored', 'run it again.'),
  ];
  expect(renderJobsNext(sortJobs(many), {})).toBe(
    '---\n\n**Next:** **a**, **b**: fix the failure. **c &lt;b> @\u200boctocat**: fix the 2 failures. **d**: run it again. Then look at 1 more, worst first. Or the judge.',
  );
});

test('several failed jobs are run again on the page of the workflow run', () => {
  const [, , failed] = jobs;
  const two = [failed!, { ...failed!, label: 'other', startsBatch: true }];
  expect(renderJobsNext(two, ORIGIN)).toContain(
    `[Re-run the failed jobs](${PAGE}) to test again, if these jobs start their batches.`,
  );
});

test('a job that an older version of this action wrote has its report named', () => {
  const old = { ...jobs[2]!, next: undefined, hint: undefined, origin: undefined };
  expect(renderJobsNext([old], {})).toBe('---\n\n**Next:** **reminder**: see above why it failed.');
});

test('a job of an earlier attempt says so in the table', () => {
  expect(renderJobsTable([{ ...jobs[0]!, attempt: 1 }])).toContain(
    `✅ **[booking](${PAGE}/job/1)** (attempt 1)`,
  );
});
