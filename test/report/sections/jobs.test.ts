import { expect, test } from 'vitest';
import { renderBody } from '../../../src/report/body.ts';
import { renderOrigin } from '../../../src/report/sections/footer.ts';
import {
  demoted,
  inOrder,
  jobPartOf,
  promoted,
  renderJob,
  renderJobsFooter,
  renderJobsHeading,
  renderJobsNext,
  renderJobsTable,
} from '../../../src/report/sections/jobs.ts';
import { EXAMPLES, ORIGIN } from '../reports.ts';
import { SECOND_EXAMPLES } from '../second-reports.ts';

const LIMIT = { max: 20_000, unit: 'characters' } as const;
const jobs = [
  { ...SECOND_EXAMPLES['green-plain']!, label: 'booking' },
  { ...EXAMPLES['bland-waiting']!, label: 'front desk' },
  { ...EXAMPLES['retell-failed']!, label: 'reminder' },
].map((report) => ({ ...jobPartOf(report), body: renderBody(report, LIMIT, { isShared: true }) }));

test('several jobs have one heading, one table, one line about what to do and one footer', async () => {
  const comment = [
    renderJobsHeading('Agent tests', jobs),
    renderJobsTable(jobs),
    ...inOrder(jobs).map((job) => renderJob(job, job.body)),
    renderJobsNext(jobs, ORIGIN),
    renderJobsFooter(jobs, renderOrigin(ORIGIN)),
  ].join('\n\n');
  expect(comment.match(/<sub>/g)).toHaveLength(1);
  expect(comment.match(/\*\*Next:\*\*/g)).toHaveLength(1);
  await expect(`${comment}\n`).toMatchFileSnapshot('../../golden/jobs.md');
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

test('the worst job comes first, and equal ones by their label', () => {
  expect(inOrder([...jobs, { ...jobs[2]!, label: 'a' }]).map(({ label }) => label)).toEqual([
    'a',
    'reminder',
    'front desk',
    'booking',
  ]);
});

test('a job of an earlier attempt says so in the table', () => {
  expect(renderJobsTable([{ ...jobs[0]!, attempt: 1 }])).toContain('✅ **booking** (attempt 1)');
});

test('the body of a job is read back as it was', () => {
  const body = jobs[2]!.body;
  expect(demoted(body)).toContain('#### ❌ Declines');
  expect(promoted(demoted(body))).toBe(body);
});
