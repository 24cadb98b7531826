import { describe, expect, test } from 'vitest';
import { annotationsFor } from '../../src/report/annotations.ts';
import { UNSEEN } from './rendered.ts';
import { BLAND_RUNS, batch, EXAMPLES, manyRuns, RETELL_RUNS, reportOn, reportWith, run } from './reports.ts';

describe('each run that did not pass', () => {
  test('is an error with the reason', () => {
    expect(annotationsFor(EXAMPLES['retell-failed']!)).toEqual([
      {
        title: 'Failed: Declines to quote a price that is not published',
        message:
          'The agent told the caller that a crown is "usually around $1,200", which states a price. Criterion 1 is not met. Criterion 2 is met: a consultation was offered. (run test_job_e7e84fb3168f)',
      },
      {
        title: 'Errored: Transfers an angry caller to the office manager',
        message: 'Agent did not respond to consecutive user utterances (run test_job_5fe30ddcf85e)',
      },
    ]);
  });

  test('is an error with the failed assertions', () => {
    const { cancelCall, stopped } = BLAND_RUNS;
    expect(annotationsFor(reportOn([batch('b', [stopped, cancelCall])]))).toEqual([
      {
        title: 'Failed: Cancellation - frustrated caller',
        message:
          'contains transcript: expected "cancellation confirmed"; variable_equals variables_extracted caller_intent: expected "cancel_appointment", got "cancel"; Confirms before hanging up: The agent ended the call after saying it would look into the request; it never told the caller that the cancellation was confirmed. (run 6a59f3d6-4ac6-5be8-ac90-7132440803df)',
      },
      {
        title: 'Cancelled: Reschedule twice in one call',
        message: 'The run was cancelled at the provider. (run 9a1be2f0-77aa-5c11-9d0f-3d2f6a7c8b90)',
      },
    ]);
  });
});

test('what is too much for GitHub is rolled into the last one', () => {
  const report = reportOn([
    batch(
      'b',
      manyRuns(12, () => RETELL_RUNS.silent),
    ),
  ]);

  expect(annotationsFor(report, 12)).toHaveLength(12);
  expect(annotationsFor(report)).toHaveLength(10);
  expect(annotationsFor(report, 3).map(({ title }) => title)).toEqual([
    'Errored: Transfers an angry caller to the office manager (variant 1)',
    'Errored: Transfers an angry caller to the office manager (variant 2)',
    '10 more test cases did not pass',
  ]);
  expect(annotationsFor(report, 11).at(-1)).toEqual({
    title: '2 more test cases did not pass',
    message:
      'The job summary has all of them: Transfers an angry caller to the office manager (variant 11); Transfers an angry caller to the office manager (variant 12)',
  });
  expect(annotationsFor(report, 0)).toEqual([]);
});

test.each([
  ['retell-timed-out', '⏰ Agent tests (Retell): timed out, 1 of 5 finished'],
  ['retell-inconclusive', '❓ Agent tests (Retell): inconclusive, 2 of 5 passed'],
  ['unreadable-batch', '❓ Agent tests (Retell): inconclusive, no test cases seen'],
])('without a run to name, %s is one error with the reason', (name, title) => {
  const report = EXAMPLES[name]!;
  expect(annotationsFor(report)).toEqual([{ title, message: report.judgement?.reason }]);
});

test.each(['retell-passed', 'bland-passed', 'retell-waiting'])('%s is no error', (name) => {
  expect(annotationsFor(EXAMPLES[name]!)).toEqual([]);
});

test('foreign text is one plain line of bounded length that the runner does not obey', () => {
  const text = `::error::x\n##[error]y \u202e${'x'.repeat(3_000)}`;
  for (const { title, message } of annotationsFor(reportWith(() => text))) {
    expect(title).not.toMatch(UNSEEN);
    expect(message).not.toMatch(UNSEEN);
    expect(`${title}${message}`).not.toMatch(/##\[|[\r\n]/);
    expect(message).not.toMatch(/^\s*::/);
    expect(title.length).toBeLessThanOrEqual(200);
    expect(message.length).toBeLessThanOrEqual(1_000);
  }
});

test('a run that says nothing is still named', () => {
  expect(annotationsFor(reportOn([batch('b', [run('failed', 'r1')])]))).toEqual([
    { title: 'Failed: Case r1', message: 'The run failed, and the provider does not say why. (run r1)' },
  ]);
});
