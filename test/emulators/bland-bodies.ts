import { type CastRun, castRuns, makeUuid, type Recordings } from './casting.ts';
import { readSample } from './samples.ts';
import {
  type AssertionScript,
  type BatchScript,
  endOf,
  type Fields,
  type Moment,
  type Outcome,
  type Phase,
  type RunScript,
} from './timeline.ts';

/** The shape of assertion results: as Bland documents it, or as it was observed on the live service. */
export type AssertionShape = 'documented' | 'live';

interface BlandCase {
  readonly testCaseId: string;
  readonly name: string;
  /** What the run says in a batch once it has ended. */
  readonly ended: Pick<RecordedRun, 'overall_score' | 'turn_count' | 'duration_ms'>;
  readonly assertions: readonly AssertionScript[];
  /** What only the run's own endpoint says once it has ended. */
  readonly detail: Detail;
}

export type BlandRun = CastRun<BlandCase>;

interface RecordedRun {
  readonly scenario_id: string;
  readonly status: string;
  readonly overall_score: number | null;
  readonly turn_count: number;
  readonly duration_ms: number | null;
  readonly scenario: { readonly name: string };
  readonly assertion_results: readonly (AssertionScript & { readonly assertion_id: string })[];
}

type RecordedDetail = Detail & Readonly<Record<'scenario_id' | 'pathway_id' | 'persona_id', string>>;

type Detail = Readonly<Record<keyof typeof NO_DETAIL, unknown>> & {
  readonly chat_history: readonly unknown[];
};

interface LiveDetail {
  readonly assertion_results: readonly { assertion_id: string; status: string; reasoning: string }[];
  readonly metadata: unknown;
}

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'PASSED',
  failed: 'FAILED',
  errored: 'ERROR',
  cancelled: 'CANCELLED',
};

const NOT_ENDED = { overall_score: null, turn_count: 0, duration_ms: null };

/** What a run's own endpoint says before it has ended, or when there was no conversation. */
const NO_DETAIL = {
  chat_history: [],
  variables_extracted: {},
  nodes_visited: [],
  current_node_id: null,
  bland_tone_score: null,
  error_message: null,
};

const recordings: Recordings<BlandCase> = {
  passed: casesIn('passed', 'passed'),
  failed: casesIn('failed', 'failed'),
  errored: casesIn('error', 'errored'),
  cancelled: casesIn('cancelled', 'cancelled'),
};
const { pathway_id, persona_id } = readSample<RecordedDetail>('bland__get-run__passed');
const live = readSample<{ data: LiveDetail }>('bland__get-run__failed-enveloped-live').data;

function casesIn(sample: string, outcome: Outcome): (BlandCase | undefined)[] {
  const detail = readSample<RecordedDetail>(`bland__get-run__${sample}`);
  const { runs } = readSample<{ runs: RecordedRun[] }>(`bland__get-batch__${sample}`);
  return runs.map((run) => {
    if (run.status !== WORDS[outcome]) return undefined;
    const { scenario_id, scenario, overall_score, turn_count, duration_ms } = run;
    return {
      testCaseId: scenario_id,
      name: scenario.name,
      ended: { overall_score, turn_count, duration_ms },
      assertions: run.assertion_results.map(({ assertion_id: id, ...rest }) => ({ id, ...rest })),
      detail: detail.scenario_id === scenario_id ? detailOf(detail) : NO_DETAIL,
    };
  });
}

/** What only a run's own endpoint says. */
function detailOf(recorded: RecordedDetail): Detail {
  return {
    ...NO_DETAIL,
    ...Object.fromEntries(Object.entries(recorded).filter(([name]) => name in NO_DETAIL)),
  };
}

export const castBlandRuns = (script: BatchScript): BlandRun[] => castRuns(script, recordings, makeUuid);

/** A batch with the runs that are given, as `blandRunBody` makes them. */
export function blandBatchBody(
  script: BatchScript,
  { moment, createdAt, runs }: { moment: Moment; createdAt: number; runs: readonly Fields[] },
): Fields {
  const { total, passed, failed } = moment.counts;
  const usual = { pending: 'PENDING', running: 'RUNNING', ended: WORDS[script.outcome ?? outcomeOf(script)] };
  return {
    id: script.id,
    status: script.words?.[moment.phase] ?? usual[moment.phase],
    total_scenarios: total,
    passed_scenarios: passed,
    failed_scenarios: failed,
    trigger_source: 'api',
    publish_on_pass: false,
    created_at: iso(createdAt),
    runs,
    ...script.fields,
  };
}

/** Which of several outcomes a batch takes is not documented; the worst that is about the agent comes first. */
function outcomeOf({ runs }: BatchScript): Outcome {
  const has = (outcome: Outcome): boolean => runs.some((run) => run.outcome === outcome);
  return (['failed', 'errored', 'cancelled'] as const).find(has) ?? 'passed';
}

/** Where and when a run's body is made. */
export interface RunContext {
  readonly phase: Phase;
  /** When the batch was created. */
  readonly createdAt: number;
  readonly batchId: string;
  readonly assertions: AssertionShape;
}

/** A run inside a batch. */
export function blandRunBody(run: BlandRun, context: RunContext): Fields {
  return {
    ...commonFields(run, context),
    scenario: { id: run.testCaseId, name: run.name },
    ...run.script.fields,
  };
}

/** A run in the list of runs, which also says where it belongs. */
export function blandListedRunBody(run: BlandRun, context: RunContext): Fields {
  return { pathway_id, persona_id, batch_id: context.batchId, ...blandRunBody(run, context) };
}

/** A run at its own endpoint: with the conversation and the error message, without its scenario's name. */
export function blandRunDetailBody(run: BlandRun, context: RunContext): Fields {
  const { script, recorded } = run;
  const detail = context.phase === 'ended' ? recorded.detail : NO_DETAIL;
  const spoken =
    script.transcript === undefined || context.phase !== 'ended'
      ? detail.chat_history
      : (script.transcript ?? []);
  return {
    pathway_id,
    persona_id,
    batch_id: context.batchId,
    ...commonFields(run, context),
    ...detail,
    chat_history: spoken,
    ...(context.phase === 'ended' && script.explanation !== undefined
      ? { error_message: script.explanation }
      : {}),
    ...(context.assertions === 'live' && spoken.length > 0 ? { metadata: live.metadata } : {}),
    ...script.fields,
  };
}

function commonFields(run: BlandRun, { phase, createdAt, assertions }: RunContext): Fields {
  const { script, recorded } = run;
  const ended = phase === 'ended';
  const results = ended ? (script.assertions ?? recorded.assertions) : [];
  const usual = { pending: 'PENDING', running: 'RUNNING', ended: WORDS[run.outcome] }[phase];
  return {
    id: run.id,
    scenario_id: run.testCaseId,
    status: script.words?.[phase] ?? usual,
    ...(ended ? { ...recorded.ended, ...scriptedFigures(script) } : NOT_ENDED),
    created_at: iso(createdAt + 1000),
    assertion_results: results.map((each, index) => assertionResult(each, `${run.id} ${index}`, assertions)),
  };
}

function scriptedFigures(script: RunScript): Fields {
  const { transcript, startsAt = 0, endsAt } = script;
  return {
    ...(transcript === undefined ? {} : { turn_count: transcript?.length ?? 0 }),
    ...(endsAt === undefined ? {} : { duration_ms: endOf(script) - startsAt }),
  };
}

function assertionResult(assertion: AssertionScript, seed: string, shape: AssertionShape): Fields {
  const { id = makeUuid('test case', seed), reasoning, ...rest } = assertion;
  if (shape === 'documented') {
    return { assertion_id: id, type: 'contains', target: 'transcript', expected: '', ...rest };
  }
  const status = assertion.passed ? 'PASSED' : 'FAILED';
  const recorded = live.assertion_results.find((each) => each.assertion_id === id && each.status === status);
  const usual = assertion.passed ? 'Met.' : 'Not met.';
  return { assertion_id: id, status, reasoning: reasoning ?? recorded?.reasoning ?? usual };
}

const iso = (epochMs: number): string => new Date(epochMs).toISOString();
