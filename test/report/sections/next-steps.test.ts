import { expect, test } from 'vitest';
import { renderNextSteps } from '../../../src/report/sections/next-steps.ts';
import { RETELL_RUNS, reportOnRounds } from '../reports.ts';

const { booked, moved, priced } = RETELL_RUNS;
const again = { ...priced, id: 'test_job_0a9a', status: 'passed' } as const;
const cancelled = { ...moved, status: 'cancelled' } as const;

test('of too many flaky test cases beside one that was cancelled it speaks of the flaky ones', () => {
  const report = reportOnRounds([[booked, priced, cancelled], [again], [{ ...again, id: 'test_job_0a9b' }]], {
    maxFlaky: 0,
  });
  expect(report.judgement?.verdict).toBe('failed');
  expect(report.cases.map(({ outcome }) => outcome)).toEqual(['passed', 'flaky', 'cancelled']);
  expect(renderNextSteps(report)).toContain(
    '**Next:** look at the flaky test cases: make them reliable, or allow more with `max-flaky`. ',
  );
});
