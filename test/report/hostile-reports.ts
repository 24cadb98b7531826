import type { BaseCase } from '../../src/domain/comparison.ts';
import type { Assertion, Run, RunStatus, Turn } from '../../src/domain/run.ts';
import { buildReport } from '../../src/report/build-report.ts';
import type { Report } from '../../src/report/report.ts';
import {
  agent,
  batch,
  CREATED_AT,
  caller,
  elsewhere,
  ORIGIN,
  placed,
  reportOn,
  reportOnRounds,
  run,
} from './reports.ts';

/** Reports with a text of the caller's in the place of every foreign string. */

/** A report of every shape there is, with `text()` in the place of every foreign string. */
export function reportWith(text: () => string): Report {
  let cases = 0;
  // Ids of test cases differ whatever the text is: runs of one test case would be one entry.
  const runWith = (status: RunStatus, more: Partial<Run> = {}): Run => {
    cases += 1;
    return run(status, `${cases} ${text()}`, {
      testCase: { id: `${cases} ${text()}`, name: text() },
      ...more,
    });
  };
  const turns: Turn[] = [
    agent(text()),
    caller(text()),
    { kind: 'tool-call', tool: text(), input: text() },
    { kind: 'tool-result', output: text(), succeeded: false },
    { kind: 'transition', from: text(), to: text() },
  ];
  const assertions: Assertion[] = [
    { label: text(), result: 'failed', expected: text(), actual: text(), explanation: text() },
    { label: text(), result: 'failed', explanation: text() },
    { label: text(), result: 'passed' },
  ];
  const runs = [
    runWith('failed', { assertions, turns, testFaults: [text()], guardrails: [text(), text()] }),
    runWith('failed', { explanation: text(), criteria: [text(), text()], turns: turns.slice(1) }),
    runWith('errored', { explanation: text(), durationMs: 640 }),
    runWith('cancelled'),
    runWith('pending', { unknownStatus: text() }),
    runWith('pending', { unproven: { kind: 'not-evaluated', why: text() } }),
    runWith('passed', { durationMs: 14_320, guardrails: [text()] }),
    runWith('passed', { testFaults: [text(), text()] }),
    runWith('passed'),
  ];
  return buildReport({
    name: text(),
    providerTitle: text(),
    judgement: { verdict: 'failed', reason: text(), notes: [text(), text()] },
    batches: placed([
      { id: text(), batch: batch(text(), runs, { subject: text(), publishesOnPass: true }) },
      { id: text(), problem: text(), batch: batch(text(), [runWith('passed')], { subject: text() }) },
      { id: text(), problem: text() },
    ]),
    transcripts: 'full',
    origin: ORIGIN,
    writtenAt: CREATED_AT,
    waitedMs: 87_000,
    targetName: text(),
    targetVersion: text(),
    subjectNote: text(),
    reportFile: text(),
  });
}

/** A report with everything that only some gates know, with `text()` in the place of every foreign string. */
export function roundsReportWith(text: () => string): Report {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;
  const [newlyFailed, preexisting, flaky, tolerated, expired, repaired, gone] = ids;
  let runs = 0;
  const one = (id: string, status: Run['status'], more: Partial<Run> = {}): Run =>
    run(status, `${text()} ${++runs}`, { testCase: { id, name: text() }, explanation: text(), ...more });
  const turns: Turn[] = [
    caller(text()),
    { kind: 'tool-call', tool: text(), input: text() },
    { kind: 'tool-result', output: text(), succeeded: false },
    agent(text()),
  ];
  const before = (outcome: BaseCase['outcome']): BaseCase => ({ name: text(), outcome, passes: 1, runs: 2 });
  const entry = () => ({ testCase: text(), name: text(), reason: text(), owner: text(), until: text() });
  const first = [
    one(newlyFailed, 'failed', { turns }),
    one(preexisting, 'errored', { turns }),
    one(flaky, 'failed'),
    one(tolerated, 'failed'),
    one(expired, 'failed'),
    one(repaired, 'passed'),
  ];
  return reportOnRounds([first, [one(flaky, 'passed')], [one(flaky, 'passed')]], {
    name: text(),
    label: text(),
    providerTitle: text(),
    subject: text(),
    selected: { count: 6, outOf: 9 },
    baseUnavailableReason: text(),
    comparedWith: text(),
    quarantineNotes: [text(), text()],
    judgement: { verdict: 'failed', reason: text(), notes: [text(), text()] },
    base: {
      branch: text(),
      commit: text(),
      firstRuns: { passes: 10, total: 12 },
      cases: new Map([
        [newlyFailed, before('passed')],
        [preexisting, before('failed')],
        [repaired, before('failed')],
        [gone, before('passed')],
      ]),
    },
    history: {
      pushes: [0, 1, 2].map((failureCount) => ({
        commit: text(),
        attempt: 2,
        verdict: failureCount === 1 ? text() : 'failed',
        failureCount,
        total: 9,
      })),
      failedPushIndices: new Map([[preexisting, [2]]]),
    },
    change: (result) =>
      result.testCase.id === tolerated
        ? { ...result, quarantine: { state: 'in-force', entry: entry() } }
        : result.testCase.id === expired
          ? {
              ...result,
              quarantine: { state: 'expired', entry: entry() },
              comparison: elsewhere('errored', result),
            }
          : result,
  });
}

/** Many failures that share an error, a tool's answer and an assertion, each of which is `text()`. */
export function groupedReportWith(text: () => string): Report {
  const [error, tool, answer, label, expected] = [text(), text(), text(), text(), text()];
  const eightRuns = (kind: string, make: (index: number) => Partial<Run>, status: Run['status'] = 'failed') =>
    Array.from({ length: 8 }, (_, index) =>
      run(status, `${kind}${index}`, { testCase: { id: `${kind}${index}`, name: text() }, ...make(index) }),
    );
  return reportOn([
    batch('b', [
      ...eightRuns('e', () => ({ explanation: `error ${error}` }), 'errored'),
      ...eightRuns('t', (index) => ({
        explanation: `own ${index} ${text()}`,
        turns: [
          { kind: 'tool-call', tool, input: text() },
          { kind: 'tool-result', output: answer, succeeded: false },
        ],
      })),
      ...eightRuns('a', () => ({ assertions: [{ label: `label ${label}`, result: 'failed', expected }] })),
    ]),
  ]);
}
