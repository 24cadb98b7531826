import * as z from 'zod';
import { CHANGES } from '../../domain/comparison.ts';
import { RUN_STATUSES } from '../../domain/run.ts';
import { CASE_OUTCOMES } from '../../domain/test-case.ts';
import { VERDICTS } from '../../domain/verdict.ts';

/**
 * The JSON report, for programs. Within a version, fields may be added, and none goes or changes its meaning.
 * `docs/report.schema.json` is made from this by `npm run generate`. Only types are imported from here at run
 * time, so that the action never loads the schema.
 */

const moment = z.iso.datetime();
const price = z.number().nonnegative();
const optionalText = z.string().optional();
const count = z.int().nonnegative();
const milliseconds = z.int().nonnegative();

const tally = z
  .object({
    total: count,
    passed: count,
    flaky: count.describe('Those of `passed` that had a run that did not pass.'),
    failed: count,
    errored: count,
    cancelled: count,
    unfinished: count.describe('Test cases that had not ended, or whose runs were announced and never seen.'),
    tolerated: count.describe('Those that did not pass and do not count against the verdict.'),
  })
  .describe('Numbers of test cases over all batches; `total` is the sum of the others but `flaky`.');

const caseRun = z
  .object({
    id: z.string(),
    batch: optionalText.describe('The id of the batch in which it ran.'),
    round: z.int().positive(),
    status: z.enum(RUN_STATUSES),
  })
  .describe('One run of a test case; the batches have everything of it.');

const baseCase = z
  .object({
    name: z.string(),
    outcome: z.enum(CASE_OUTCOMES),
    passes: count,
    runs: count,
    revision: moment.optional(),
  })
  .describe('A test case on the base: its last outcome, and how many of its runs passed.');

const testCase = z
  .object({
    id: optionalText.describe("The provider's id; absent where it gives none. Names repeat and change."),
    name: z.string(),
    revision: moment.optional().describe('When it was last edited, where the provider says it.'),
    batch: z.string().describe('The id of the batch of the first round that it belongs to.'),
    outcome: z.enum(CASE_OUTCOMES),
    counts: z.boolean().describe('Whether it counts for the verdict.'),
    passes: count.describe('How many of its runs passed.'),
    runs: z.array(caseRun).min(1).describe('Its runs, in the order of the rounds.'),
    change: z
      .enum(CHANGES)
      .optional()
      .describe('How it compares with the base; absent where nothing can be known of it.'),
    editedSince: z
      .enum(['last-push', 'base'])
      .optional()
      .describe('It did not pass, and it was itself edited since the last push, or else since the base.'),
    base: baseCase.optional().describe('What is known of it on the base.'),
    quarantine: z
      .object({
        state: z.enum(['in-force', 'expired', 'after-merge']),
        reason: z.string(),
        owner: z.string(),
        until: z.string(),
      })
      .optional()
      .describe('Its entry in the quarantine file.'),
    elsewhere: z
      .object({ outcome: z.enum(CASE_OUTCOMES), runs: z.array(caseRun).min(1) })
      .optional()
      .describe('What it was on the version of `compare-with`.'),
  })
  .describe('A test case with all its runs: what the gate judges and counts.');

const assertion = z
  .object({
    label: z.string(),
    outcome: z.enum(['passed', 'failed', 'skipped', 'unknown']),
    required: z.boolean().optional().describe('Whether the run cannot pass without it.'),
    expected: optionalText,
    actual: optionalText,
    explanation: optionalText,
  })
  .describe('A check inside a run. It explains the run and never decides it.');

const turn = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('speech'), speaker: z.enum(['agent', 'caller']), text: z.string() }),
  z.object({ kind: z.literal('tool-call'), tool: z.string(), input: z.string() }),
  z.object({ kind: z.literal('tool-result'), output: z.string(), succeeded: z.boolean().optional() }),
  z.object({ kind: z.literal('transition'), from: optionalText, to: z.string() }),
]);

const run = z
  .object({
    id: z.string(),
    testCase: z
      .object({ id: optionalText, name: z.string(), revision: moment.optional() })
      .describe('Its identity is its id: names repeat and change.'),
    status: z.enum(RUN_STATUSES),
    unknownStatus: optionalText.describe("The provider's status word, where this action does not know it."),
    conflict: optionalText.describe('The contradicting statuses of this run, in the words of the provider.'),
    unproven: optionalText.describe('Why a run that the provider calls passed proves nothing: a clause.'),
    testFaults: z
      .array(z.string())
      .optional()
      .describe('What the provider sees wrong with the test, and not with the agent: clauses.'),
    guardrails: z
      .array(z.string())
      .optional()
      .describe('Names of the guardrails that the conversation triggered.'),
    explanation: optionalText.describe('Why the provider judged as it did, or what went wrong.'),
    assertions: z.array(assertion),
    criteria: z.array(z.string()).describe('What the run as a whole was judged by.'),
    turns: z
      .array(turn)
      .optional()
      .describe(
        'What `transcripts` allows of the conversation: the turns that prove a failure, or all; absent where it is nothing.',
      ),
    isConversationLeftOut: z
      .literal(true)
      .optional()
      .describe('The conversation is left out so that the file stays under 60 MiB.'),
    credits: price
      .optional()
      .describe("What the run cost in the provider's credits; absent is unknown, not zero."),
    llmUsd: price
      .optional()
      .describe('The price of the language model in US dollars; absent is unknown, not zero.'),
    durationMs: milliseconds.optional(),
    createdAt: moment.optional(),
    startedAt: moment.optional(),
    endedAt: moment.optional(),
  })
  .describe('One execution of one test case.');

const batch = z
  .object({
    id: z.string(),
    round: z.int().positive().describe('1 is what was given or started first; later ones repeat test cases.'),
    problem: optionalText.describe('Why the batch could not be read to its end.'),
    isAdopted: z
      .boolean()
      .optional()
      .describe("Its start got no answer, and it was found in the provider's lists."),
    settled: z.boolean().describe('The provider says that the batch will not change any more.'),
    outcome: z
      .enum(['passed', 'failed', 'errored', 'cancelled'])
      .optional()
      .describe("The provider's own judgement, where it has one."),
    unknownStatus: optionalText.describe("The provider's status word, where this action does not know it."),
    subject: optionalText.describe('What was tested, for a person.'),
    createdAt: moment.optional(),
    endedAt: moment.optional(),
    url: optionalText.describe('The page of the batch at the provider.'),
    publishesOnPass: z
      .boolean()
      .optional()
      .describe('The provider publishes the tested version by itself when the batch passes.'),
    announced: z
      .object({
        total: count.optional(),
        passed: count.optional(),
        failed: count.optional(),
        errored: count.optional(),
        cancelled: count.optional(),
      })
      .optional()
      .describe('How many runs the provider says there are, where it does.'),
    runs: z.array(run).optional().describe('Every run of the batch; absent if they were not read.'),
  })
  .describe('One execution of a set of test cases, as it was last seen.');

const amount = z
  .object({ sum: price, runs: count })
  .describe('A sum over runs, of which so many say all that they cost: with fewer than all, they cost more.');

export const reportSchema = z
  .object({
    formatVersion: z.literal(2),
    name: z.string(),
    provider: z.string().describe('For a person: "Retell".'),
    verdict: z.enum(VERDICTS).optional().describe('Absent while the gate is waiting. Only `passed` is good.'),
    reason: optionalText.describe('Why, in one sentence.'),
    notes: z.array(z.string()).describe('What else a reader should know.'),
    tally,
    testCases: z.array(testCase),
    passRate: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Test cases whose first run passed over all; 1 only if all did; absent if there are none.'),
    label: optionalText.describe('What the job is called where several share a comment.'),
    subject: optionalText.describe('What was tested, for a person, if this step started it.'),
    rule: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('every-run') }),
        z.object({ kind: z.enum(['reruns', 'repeat']), need: z.int().positive(), of: z.int().positive() }),
      ])
      .optional()
      .describe('By what the runs of a test case decide it; by every run, if absent.'),
    reused: z
      .object({ batchId: z.string(), startedAt: moment.optional() })
      .optional()
      .describe('The earlier batch that was judged in place of a new one (`reuse-hours`).'),
    started: z
      .object({ runs: count, reruns: count })
      .optional()
      .describe('How many runs this step started, and how many of them repeat a test case.'),
    cost: z
      .object({ runs: count, credits: amount.optional(), llmUsd: amount.optional() })
      .optional()
      .describe(
        'What all runs of the step cost, those on the version of `compare-with` included, as far as the provider says it: in its credits, and in US dollars for the language model. Absent is unknown, not zero.',
      ),
    comparedWith: optionalText.describe('The version of `compare-with`.'),
    base: z
      .object({
        branch: z.string(),
        commit: optionalText,
        firstRuns: z.object({ passes: count, total: count }).optional(),
        noLongerRun: z.array(baseCase).describe('Test cases of the base of which no run was seen.'),
      })
      .optional()
      .describe('The branch that was compared with; absent where nothing is known of one.'),
    batches: z.array(batch),
    comparisonBatches: z
      .array(batch.omit({ runs: true }))
      .optional()
      .describe(
        'The batches on the version of `compare-with`; the runs stand in `testCases`, under `elsewhere`. Absent if there are none.',
      ),
    transcripts: z
      .enum(['none', 'excerpt', 'full'])
      .describe('What of conversations is shown: nothing, the turns that prove a failure, or all.'),
    leftOut: z
      .object({ conversations: count, texts: z.boolean() })
      .optional()
      .describe(
        'What is not here so that the file stays under 60 MiB: so many conversations, and the ends of long texts.',
      ),
    origin: z
      .object({
        commit: optionalText,
        repositoryUrl: optionalText,
        runId: count.optional(),
        runNumber: count.optional(),
        runAttempt: count.optional(),
        jobUrl: optionalText.describe('The page of the job.'),
        wordsUrl: optionalText.describe('The page that says what the words of a report mean.'),
      })
      .describe('The workflow run that wrote this; empty outside GitHub.'),
    waitedMs: milliseconds.optional(),
    writtenAt: moment.optional(),
  })
  .meta({ title: 'Agent Test Gate report' });

export type ReportFile = z.infer<typeof reportSchema>;
