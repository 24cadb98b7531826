import fc from 'fast-check';
import type { Batch } from '../../../src/domain/batch.ts';
import { RUN_STATUSES, type Run, UNPROVEN_KINDS } from '../../../src/domain/run.ts';
import { VERDICTS } from '../../../src/domain/verdict.ts';
import { buildReport } from '../../../src/report/build-report.ts';
import type { Findings, Report, ReportOptions } from '../../../src/report/report.ts';
import { run as build, placed, type Unplaced } from '../../run.ts';
import { reportOn } from '../reports.ts';

/** Reports for the tests of the report files: one for each state, and any at all. */

const CREATED = Date.UTC(2026, 8, 30, 14, 5, 0);

export function run(id: string, status: Run['status'], more: Partial<Run> = {}): Run {
  const testCase = { id: `tc_${id}`, name: `Test case ${id}` };
  return build(status, `run_${id}`, { testCase, ...more });
}

export function batch(runs: readonly Run[] | undefined, more: Partial<Batch> = {}): Batch {
  const known = runs === undefined ? {} : { runs };
  const announced = runs === undefined ? {} : { total: runs.length };
  return { id: 'batch_1', settled: true, announced, createdAt: CREATED, ...known, ...more };
}

/** A report on these batches with the verdict that they get, outside GitHub. */
export function report(
  given: readonly (Batch | Unplaced)[],
  more: Partial<Findings & ReportOptions> = {},
): Report {
  const hasSettled = given.every((one) =>
    'settled' in one ? one.settled : one.problem !== undefined || one.batch?.settled === true,
  );
  return reportOn(given, {
    ending: hasSettled ? 'settled' : 'deadline',
    origin: {},
    writtenAt: CREATED + 90_000,
    waitedMs: 65_000,
    ...more,
  });
}

/** Every status, every kind of turn, a repeated name, and two batches of which one could not be read. */
export const mixedReport = report(
  [
    batch(
      [
        run('1', 'failed', {
          testCase: { id: 'tc_price', name: 'Says the price' },
          explanation: 'The agent confirmed the order\nand never said what it costs.',
          assertions: [
            { label: 'greets the caller', result: 'passed' },
            {
              label: 'says the total',
              result: 'failed',
              expected: '12.50 < total',
              actual: '"nothing" & goodbye',
              explanation: 'No amount was said.',
            },
            { label: 'is polite', result: 'unknown' },
          ],
          criteria: ['The price is said before the order is confirmed.'],
          turns: [
            { kind: 'speech', speaker: 'caller', text: 'Two pizzas, please.' },
            { kind: 'tool-call', tool: 'place_order', input: '{"pizzas":2}' },
            { kind: 'tool-result', output: '{"ok":true}', succeeded: true },
            { kind: 'tool-result', output: 'timed out', succeeded: false },
            { kind: 'transition', from: 'order', to: 'goodbye' },
            { kind: 'transition', to: 'end' },
            { kind: 'speech', speaker: 'agent', text: 'Done. Goodbye!' },
          ],
          guardrails: ['no prices', 'no medical advice'],
          durationMs: 61_250,
          createdAt: CREATED + 1000,
          startedAt: CREATED + 2000,
          endedAt: CREATED + 63_250,
        }),
        run('2', 'passed', {
          testCase: { id: 'tc_hours', name: 'Opening hours', revision: CREATED - 86_400_000 },
          testFaults: ['no mock matched the call of opening_hours'],
          explanation: 'The agent gave the right hours.',
          turns: [{ kind: 'speech', speaker: 'agent', text: 'We open at nine.' }],
          durationMs: 30_000.4,
        }),
        run('3', 'errored', {
          testCase: { id: 'tc_hours_sunday', name: 'Opening hours' },
          explanation: 'The simulated caller never joined.',
          durationMs: 2000,
        }),
        run('4', 'cancelled'),
        run('5', 'pending', { unproven: { kind: 'not-evaluated', why: 'none of its evaluations ran' } }),
        run('6', 'pending', { unknownStatus: 'paused' }),
      ],
      {
        subject: 'conversation-flow conversation_flow_1 version 12',
        conclusion: 'failed',
        announced: { total: 6, passed: 1, failed: 1, errored: 1 },
        publishesOnPass: true,
      },
    ),
    { id: 'batch_2', problem: 'Retell does not know it (404 for GET api.example/get-batch-test).' },
  ],
  {
    origin: {
      commit: '5f0c1d2e3b4a59687766554433221100ffeeddcc',
      repositoryUrl: 'https://github.com/example/pizza',
      runId: 8123456789,
      runNumber: 42,
      runAttempt: 2,
    },
  },
);

/** One report for each way in which a gate can end. */
export const reportOfEachState: readonly (readonly [state: string, report: Report])[] = [
  ['passed', report([batch([run('1', 'passed'), run('2', 'passed')])])],
  [
    'several batches passed',
    report([batch([run('1', 'passed')]), batch([run('1', 'passed')], { id: 'b2' })]),
  ],
  ['failed', report([batch([run('1', 'passed'), run('2', 'failed')])])],
  [
    'failed, known from the counters alone',
    report([batch(undefined, { announced: { total: 3, failed: 1 } })]),
  ],
  ['errored', report([batch([run('1', 'passed'), run('2', 'errored')])])],
  ['errored as a batch', report([batch([run('1', 'passed')], { conclusion: 'errored' })])],
  ['cancelled', report([batch([run('1', 'passed'), run('2', 'cancelled')])])],
  ['cancelled as a batch', report([batch([run('1', 'passed')], { conclusion: 'cancelled' })])],
  ['timed out', report([batch([run('1', 'passed'), run('2', 'pending')], { settled: false })])],
  ['timed out, never seen', report([{ id: 'batch_1' }])],
  ['timed out, one of two batches', report([batch([run('1', 'passed')]), { id: 'b2' }])],
  ['without runs', report([batch([])])],
  ['with fewer runs than announced', report([batch([run('1', 'passed')], { announced: { total: 2 } })])],
  ['with an unknown word', report([batch([run('1', 'pending', { unknownStatus: 'paused' })])])],
  ['unreadable', report([{ id: 'batch_1', problem: 'The key was refused (401).' }])],
  [
    'unreadable at the end',
    report([{ ...report([batch([run('1', 'passed')])]).batches[0]!, problem: 'Gone.' }]),
  ],
  ['without batches', report([])],
  ['waiting', withoutJudgement(report([batch([run('1', 'passed')])]))],
  ['of every status', mixedReport],
  ['of every status, without conversations', { ...mixedReport, transcripts: 'none' }],
];

function withoutJudgement({ judgement: _, ...waiting }: Report): Report {
  return waiting;
}

/** Any text: harmless, hostile to XML, and any sequence of UTF-16 code units, lone surrogates among them. */
const anyText = fc.oneof(
  fc.string(),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(
        ...']]> <!-- --> <![CDATA[ & &#0; &lt; " \' true </error>'.split(' '),
        ...['\r', '\n', '\t', ' ', '\u0000', '\u202e', '\ud800'],
      ),
    )
    .map((parts) => parts.join('')),
);
const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constant(CREATED));

const anyTurn = fc.oneof(
  fc.record({
    kind: fc.constant('speech' as const),
    speaker: fc.constantFrom('agent' as const, 'caller' as const),
    text: anyText,
  }),
  fc.record({ kind: fc.constant('tool-call' as const), tool: anyText, input: anyText }),
  fc.record(
    { kind: fc.constant('tool-result' as const), output: anyText, succeeded: fc.boolean() },
    { requiredKeys: ['kind', 'output'] },
  ),
  fc.record(
    { kind: fc.constant('transition' as const), from: anyText, to: anyText },
    { requiredKeys: ['kind', 'to'] },
  ),
);

const anyAssertion = fc.record(
  {
    label: anyText,
    result: fc.constantFrom('passed' as const, 'failed' as const, 'unknown' as const),
    expected: anyText,
    actual: anyText,
    explanation: anyText,
  },
  { requiredKeys: ['label', 'result'] },
);

const anyRun = fc.record(
  {
    id: anyText,
    testCase: fc.record({ id: anyText, name: anyText }),
    status: fc.constantFrom(...RUN_STATUSES),
    unknownStatus: anyText,
    unproven: fc.record({ kind: fc.constantFrom(...UNPROVEN_KINDS), why: anyText }),
    testFaults: fc.array(anyText, { maxLength: 2 }),
    guardrails: fc.array(anyText, { maxLength: 2 }),
    explanation: anyText,
    assertions: fc.array(anyAssertion, { maxLength: 3 }),
    criteria: fc.array(anyText, { maxLength: 2 }),
    turns: fc.array(anyTurn, { maxLength: 4 }),
    durationMs: anyNumber,
    createdAt: anyNumber,
  },
  { requiredKeys: ['id', 'testCase', 'status', 'assertions', 'criteria', 'turns'] },
);

const anyBatch = fc.record(
  {
    id: anyText,
    settled: fc.boolean(),
    conclusion: fc.constantFrom(
      'passed' as const,
      'failed' as const,
      'errored' as const,
      'cancelled' as const,
    ),
    unknownStatus: anyText,
    announced: fc.record({ total: fc.nat(9), failed: fc.nat(9) }, { requiredKeys: [] }),
    runs: fc.array(anyRun, { maxLength: 4 }),
    createdAt: anyNumber,
    subject: anyText,
  },
  { requiredKeys: ['id', 'settled', 'announced'] },
);

/** Any report; its verdict is anything but a `passed` that the runs do not bear out. */
export const anyReport = fc
  .record(
    {
      name: anyText,
      providerTitle: anyText,
      judgement: fc.record({
        verdict: fc.constantFrom(...VERDICTS.filter((verdict) => verdict !== 'passed')),
        reason: anyText,
        notes: fc.array(anyText, { maxLength: 2 }),
      }),
      batches: fc.array(
        fc.record({ id: anyText, batch: anyBatch, problem: anyText }, { requiredKeys: ['id'] }),
        { maxLength: 3 },
      ),
      transcripts: fc.constantFrom('none' as const, 'excerpt' as const, 'full' as const),
      origin: fc.record({ commit: anyText, repositoryUrl: anyText, runId: fc.nat() }, { requiredKeys: [] }),
      writtenAt: anyNumber,
      waitedMs: anyNumber,
    },
    {
      requiredKeys: ['name', 'providerTitle', 'batches', 'transcripts', 'origin', 'writtenAt', 'waitedMs'],
    },
  )
  .map((parts) => buildReport({ ...parts, batches: placed(parts.batches) }));
