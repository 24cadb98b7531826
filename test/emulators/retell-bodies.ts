import type { BatchTestResponse, TestCaseJobResponse } from 'retell-sdk/resources/tests';
import { type CastRun, castRuns, makePrefixed, type Recordings } from './casting.ts';
import { readSample } from './samples.ts';
import { type BatchScript, endOf, type Fields, type Moment, type Outcome, type Phase } from './timeline.ts';

interface RetellCase {
  readonly testCaseId: string;
  readonly name: string;
  readonly definition: Definition;
  readonly explanation: string | null;
  readonly snapshot: Record<string, unknown> | null;
}

type Definition = TestCaseJobResponse['test_case_definition_snapshot'];
export type RetellRun = CastRun<RetellCase>;

/** Retell has no cancelled runs, so that word is one that no client can know. */
const RUN_WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'pass',
  failed: 'fail',
  errored: 'error',
  cancelled: 'cancelled',
};

const recordedRuns = (sample: string): TestCaseJobResponse[] =>
  readSample<{ items: TestCaseJobResponse[] }>(`retell__list-test-runs-v2__${sample}`).items;

const caseOf = (run: TestCaseJobResponse): RetellCase => ({
  testCaseId: run.test_case_definition_id,
  name: run.test_case_definition_snapshot.name,
  definition: run.test_case_definition_snapshot,
  explanation: run.result_explanation ?? null,
  snapshot: (run.transcript_snapshot as Record<string, unknown> | undefined) ?? null,
});

const passing = recordedRuns('all-pass').map(caseOf);
const recordings: Recordings<RetellCase> = {
  passed: passing,
  failed: recordedRuns('some-fail').map((run) => (run.status === 'fail' ? caseOf(run) : undefined)),
  errored: recordedRuns('with-errors').map((run) => (run.status === 'error' ? caseOf(run) : undefined)),
  cancelled: passing.map((each) => ({ ...each, explanation: null, snapshot: null })),
};
const recordedBatch = readSample<BatchTestResponse>('retell__get-batch-test__complete-all-pass');

/** The definitions of the recorded test cases. */
export const recordedDefinitions: readonly Definition[] = passing.map((each) => each.definition);

export const makeRetellId = makePrefixed(
  { run: 'test_job', 'test case': 'test_case', batch: 'test_batch' },
  12,
);

export const castRetellRuns = (script: BatchScript): RetellRun[] =>
  castRuns(script, recordings, makeRetellId);

/** A `TestCaseBatchJob`. */
export function retellBatchBody(script: BatchScript, moment: Moment, createdAt: number): Fields {
  const { total, passed, failed, errored } = moment.counts;
  const status = script.words?.[moment.phase] ?? (moment.phase === 'ended' ? 'complete' : 'in_progress');
  return {
    test_case_batch_job_id: script.id,
    status,
    response_engine: recordedBatch.response_engine,
    pass_count: passed,
    fail_count: failed,
    error_count: errored,
    total_count: total,
    creation_timestamp: createdAt,
    user_modified_timestamp: createdAt + moment.changedAt,
    ...script.fields,
  } satisfies Record<keyof BatchTestResponse, unknown>;
}

/** A `TestCaseJob`, the same in the list and alone. Before a run has ended, what it will say is not there yet. */
export function retellRunBody(
  run: RetellRun,
  { index, phase, createdAt }: { index: number; phase: Phase; createdAt: number },
): Fields {
  const { script, recorded, testCaseId, name } = run;
  const ended = phase === 'ended';
  const createdThen = createdAt + 150 + index;
  const usual = { pending: 'pending', running: 'in_progress', ended: RUN_WORDS[run.outcome] }[phase];
  const explanation = script.explanation === undefined ? recorded.explanation : script.explanation;
  const result = {
    transcript_snapshot: ended ? snapshotOf(run, createdAt) : null,
    result_explanation: ended ? explanation : null,
  };
  return {
    test_case_job_id: run.id,
    status: script.words?.[phase] ?? usual,
    test_case_definition_id: testCaseId,
    test_case_definition_snapshot: { ...recorded.definition, test_case_definition_id: testCaseId, name },
    creation_timestamp: createdThen,
    user_modified_timestamp: ended ? createdAt + endOf(script) : createdThen,
    ...(phase === 'pending' ? {} : result),
    ...script.fields,
  } satisfies Partial<Record<keyof TestCaseJobResponse, unknown>>;
}

function snapshotOf({ script, recorded }: RetellRun, createdAt: number): unknown {
  if (script.transcript === null || (script.transcript === undefined && recorded.snapshot === null))
    return null;
  const shift = createdAt - recordedBatch.creation_timestamp;
  const entries = (recorded.snapshot?.['transcript'] ?? []) as { created_timestamp: number }[];
  const transcript =
    script.transcript ??
    entries.map((entry) => ({ ...entry, created_timestamp: entry.created_timestamp + shift }));
  return { ...recorded.snapshot, transcript };
}
