import * as z from 'zod';
import { RUN_STATUSES } from '../../domain/run.ts';
import { CASE_OUTCOMES } from '../../domain/test-case.ts';
import { VERDICTS } from '../../domain/verdict.ts';

/**
 * The JSON report, for programs. Within a version, fields may be added, and none goes or changes its meaning.
 * `docs/report.schema.json` is made from this by `scripts/schema.ts`. Only types are imported from here at run
 * time, so that the action never loads the schema.
 */

const moment = z.iso.datetime();
const count = z.int().nonnegative();
const milliseconds = z.int().nonnegative();

const tally = z
  .object({
    total: count,
    passed: count,
    flaky: count.meta({ description: 'Those of `passed` that had a run that did not pass.' }),
    failed: count,
    errored: count,
    cancelled: count,
    unfinished: count.meta({
      description: 'Test cases that had not ended, or whose runs were announced and never seen.',
    }),
    tolerated: count.meta({ description: 'Those that did not pass and do not count against the verdict.' }),
  })
  .meta({
    description: 'Numbers of test cases over all batches; `total` is the sum of the others but `flaky`.',
  });

const testCase = z
  .object({
    id: z
      .string()
      .optional()
      .meta({ description: "The provider's id; absent where it gives none. Names repeat and change." }),
    name: z.string(),
    batch: z.string().meta({ description: 'The id of the batch that it belongs to.' }),
    outcome: z.enum(CASE_OUTCOMES),
    runs: z.array(z.string()).min(1).meta({ description: 'The ids of its runs, in the order of the list.' }),
  })
  .meta({ description: 'A test case with all its runs: what the gate judges and counts.' });

const assertion = z
  .object({
    label: z.string(),
    outcome: z.enum(['passed', 'failed', 'skipped', 'unknown']),
    required: z.boolean().optional().meta({ description: 'Whether the run cannot pass without it.' }),
    expected: z.string().optional(),
    actual: z.string().optional(),
    explanation: z.string().optional(),
  })
  .meta({ description: 'A check inside a run. It explains the run and never decides it.' });

const turn = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('speech'), speaker: z.enum(['agent', 'caller']), text: z.string() }),
  z.object({ kind: z.literal('tool-call'), tool: z.string(), input: z.string() }),
  z.object({ kind: z.literal('tool-result'), output: z.string(), succeeded: z.boolean().optional() }),
  z.object({ kind: z.literal('transition'), from: z.string().optional(), to: z.string() }),
]);

const run = z
  .object({
    id: z.string(),
    testCase: z
      .object({ id: z.string().optional(), name: z.string() })
      .meta({ description: 'Its identity is its id: names repeat and change.' }),
    status: z.enum(RUN_STATUSES),
    unknownStatus: z
      .string()
      .optional()
      .meta({ description: "The provider's status word, where this action does not know it." }),
    conflict: z
      .string()
      .optional()
      .meta({ description: 'The contradicting statuses of this run, in the words of the provider.' }),
    explanation: z
      .string()
      .optional()
      .meta({ description: 'Why the provider judged as it did, or what went wrong.' }),
    assertions: z.array(assertion),
    criteria: z.array(z.string()).meta({ description: 'What the run as a whole was judged by.' }),
    turns: z.array(turn).optional().meta({
      description: 'The conversation of a run that did not pass; absent unless `transcripts` allows it.',
    }),
    durationMs: milliseconds.optional(),
    createdAt: moment.optional(),
  })
  .meta({ description: 'One execution of one test case.' });

const batch = z
  .object({
    id: z.string(),
    problem: z.string().optional().meta({ description: 'Why the batch could not be read to its end.' }),
    settled: z.boolean().meta({ description: 'The provider says that the batch will not change any more.' }),
    outcome: z
      .enum(['passed', 'failed', 'errored', 'cancelled'])
      .optional()
      .meta({ description: "The provider's own judgement, where it has one." }),
    unknownStatus: z
      .string()
      .optional()
      .meta({ description: "The provider's status word, where this action does not know it." }),
    subject: z.string().optional().meta({ description: 'What was tested, for a person.' }),
    createdAt: moment.optional(),
    endedAt: moment.optional(),
    url: z.string().optional().meta({ description: 'The page of the batch at the provider.' }),
    publishesOnPass: z
      .boolean()
      .optional()
      .meta({ description: 'The provider publishes the tested version by itself when the batch passes.' }),
    announced: z
      .object({
        total: count.optional(),
        passed: count.optional(),
        failed: count.optional(),
        errored: count.optional(),
        cancelled: count.optional(),
      })
      .optional()
      .meta({ description: 'How many runs the provider says there are, where it does.' }),
    runs: z
      .array(run)
      .optional()
      .meta({ description: 'Every run of the batch; absent if they were not read.' }),
  })
  .meta({ description: 'One execution of a set of test cases, as it was last seen.' });

export const reportSchema = z
  .object({
    formatVersion: z.literal(2),
    name: z.string(),
    provider: z.string().meta({ description: 'For a person: "Retell".' }),
    verdict: z
      .enum(VERDICTS)
      .optional()
      .meta({ description: 'Absent while the gate is waiting. Only `passed` is good.' }),
    reason: z.string().optional().meta({ description: 'Why, in one sentence.' }),
    notes: z.array(z.string()).meta({ description: 'What else a reader should know.' }),
    tally,
    testCases: z.array(testCase),
    passRate: z.number().min(0).max(1).optional().meta({
      description: 'Passed test cases over all; 1 only if every one passed; absent if there are none.',
    }),
    batches: z.array(batch),
    transcripts: z.enum(['none', 'excerpt']).meta({ description: 'Whether conversations may be shown.' }),
    origin: z
      .object({
        commit: z.string().optional(),
        repositoryUrl: z.string().optional(),
        runId: count.optional(),
        runNumber: count.optional(),
        runAttempt: count.optional(),
      })
      .meta({ description: 'The workflow run that wrote this; empty outside GitHub.' }),
    waitedMs: milliseconds.optional(),
    writtenAt: moment.optional(),
  })
  .meta({ title: 'Agent Test Gate report' });

export type ReportFile = z.infer<typeof reportSchema>;
