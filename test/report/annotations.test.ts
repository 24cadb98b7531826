import { describe, expect, test } from 'vitest';
import { annotationsFor, closingLines } from '../../src/report/annotations.ts';
import { EXAMPLES } from './examples.ts';
import { reportWith } from './hostile-reports.ts';
import { UNSEEN } from './rendered.ts';
import { BLAND_RUNS, batch, manyRuns, RETELL_RUNS, reportOn, run } from './reports.ts';

describe('each run that did not pass', () => {
  test('is an error with the reason', () => {
    expect(annotationsFor(EXAMPLES['retell-failed']!)).toEqual([
      {
        title: 'Failed',
        message:
          'Declines to quote a price that is not published: The agent told the caller that a crown is "usually around $1,200", which states a price. Criterion 1 is not met. Criterion 2 is met: a consultation was offered. (run test_job_e7e84fb3168f)',
      },
      {
        title: 'Errored',
        message:
          'Transfers an angry caller to the office manager: Agent did not respond to consecutive user utterances (run test_job_5fe30ddcf85e)',
      },
    ]);
  });

  test('is an error with the failed assertions', () => {
    const { cancelCall, stopped } = BLAND_RUNS;
    expect(annotationsFor(reportOn([batch('b', [stopped, cancelCall])]))).toEqual([
      {
        title: 'Failed',
        message:
          'Cancellation - frustrated caller: contains transcript: expected "cancellation confirmed"; variable_equals variables_extracted caller_intent: expected "cancel_appointment", got "cancel"; Confirms before hanging up: The agent ended the call after saying it would look into the request; it never told the caller that the cancellation was confirmed. (run 6a59f3d6-4ac6-5be8-ac90-7132440803df)',
      },
      {
        title: 'Cancelled',
        message:
          'Reschedule twice in one call: The run was cancelled at the provider. (run 9a1be2f0-77aa-5c11-9d0f-3d2f6a7c8b90)',
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
    'Errored',
    'Errored',
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
  ['retell-inconclusive', '❓ Agent tests (Retell): inconclusive, 3 of 5 runs missing'],
  ['unreadable-batch', '❓ Agent tests (Retell): inconclusive, the batch could not be read'],
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
    { title: 'Failed', message: 'Case r1: The run failed, and the provider does not say why. (run r1)' },
  ]);
});

describe('the end of the log', () => {
  test('has a line with the name of each test case that counts', () => {
    expect(closingLines(EXAMPLES['red-everything']!)).toEqual([
      'New failure: Declines to quote a price that is not published: The agent told the caller that a crown is "usually around $1,200", which states a price. Criterion…',
      'New failure: Offers another time when the slot is taken: The agent booked 10:30 although the calendar answered that only 9:00 is free. It never asked the ca…',
      'Still erroring: Transfers an angry caller to the office manager: Agent did not respond to consecutive user utterances',
    ]);
    expect(closingLines(EXAMPLES['retell-timed-out']!)).toEqual([
      'Unfinished: Moves an existing appointment',
    ]);
    expect(closingLines(EXAMPLES['three-hundred']!, 2)).toHaveLength(3);
  });

  test('is empty where nothing counts', () => {
    expect(closingLines(EXAMPLES['green-flaky']!)).toEqual([]);
    expect(closingLines(EXAMPLES['retell-waiting']!)).toEqual([]);
  });

  test('is never a command to the runner, and bounded', () => {
    for (const line of closingLines(reportWith(() => `::error::x\n##[error]y \u202e${'x'.repeat(3_000)}`))) {
      expect(line).not.toMatch(/##\[|[\r\n]|^\s*::/);
      expect(line).not.toMatch(UNSEEN);
      expect(line.length).toBeLessThanOrEqual(300);
    }
  });
});

test('quarantined and excused test cases are no errors', () => {
  expect(annotationsFor(EXAMPLES['red-everything']!).map(({ message }) => message.split(':')[0])).toEqual([
    'Declines to quote a price that is not published',
    'Offers another time when the slot is taken',
    'Transfers an angry caller to the office manager',
  ]);
});
