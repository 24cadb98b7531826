import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import { countsAsNotPassed, type Run, type RunStatus, type Turn } from '../../domain/run.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { onProviderError } from '../../runtime/errors.ts';
import { type Api, createApi } from '../api.ts';
import {
  bearerHeaders,
  claimsOf,
  createAdvice,
  formatClaim,
  id,
  MAX_DETAILS,
  readEntries,
  requireSame,
  statusWord,
} from '../fields.ts';
import type { AdapterOptions, BatchStatus, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import {
  mergeRun,
  mergeRuns,
  missingStatus,
  readBatchStatus,
  readCounters,
  readStatus,
  withRuns,
} from '../runs.ts';
import { createTextBudget, type KeepRun } from '../text-budget.ts';
import { describeEngine, engineClaims, engineSchema, ownerClaims } from './engine.ts';
import { readList } from './lists.ts';
import { ACCESS_ADVICE, createRetellStarter } from './start.ts';
import { listRetellTargets } from './targets.ts';

/** A batch's only documented words; `complete` is an end and not a verdict. */
const BATCH_STATUS: ReadonlyMap<string, BatchStatus> = new Map([
  ['in_progress', 'pending'],
  ['complete', 'ended'],
]);

const RUN_STATUS: ReadonlyMap<string, RunStatus> = new Map([
  ['pending', 'pending'],
  ['in_progress', 'pending'],
  ['pass', 'passed'],
  ['fail', 'failed'],
  ['error', 'errored'],
]);

const batchSchema = z.object({
  test_case_batch_job_id: z.string(),
  status: z.string(),
  pass_count: z.optional(z.unknown()),
  fail_count: z.optional(z.unknown()),
  error_count: z.optional(z.unknown()),
  total_count: z.optional(z.unknown()),
  creation_timestamp: lenient(z.number()),
  response_engine: z.optional(z.unknown()),
});

const runSchema = z.object({
  test_case_job_id: id,
  status: statusWord,
  test_case_definition_id: lenient(id),
  test_case_definition_snapshot: lenient(
    z.object({
      name: lenient(z.string()),
      metrics: lenient(z.array(z.string())),
      user_modified_timestamp: lenient(z.number()),
      response_engine: z.optional(z.unknown()),
    }),
  ),
  result_explanation: lenient(z.string()),
  transcript_snapshot: lenient(z.object({ transcript: z.array(z.unknown()) })),
  creation_timestamp: lenient(z.number()),
});

type RunBody = z.infer<typeof runSchema>;

/**
 * Most runs of a batch that are asked for one by one at a time: those that the list leaves open, and those it says little of.
 */
const MAX_SINGLE_RUNS = 25;
/** So many of them at once; if none of these is answered, no more are asked for. */
const SINGLE_RUNS_AT_ONCE = 4;

/** Advice about a refusal. A Retell key sees only its own workspace. */
const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read this batch.',
  404: 'Check batch-id: it must be the id of a batch test (not of a test run), in the workspace of this api-key, since a key sees only its own workspace.',
  others: 'Check batch-id and api-url.',
});

/**
 * `get-batch-test` says where the batch stands, `v2/list-test-runs` what became of each run, and `get-test-run` the same of
 * one run, where the list leaves it open or says little of it.
 */
function createAdapter(http: HttpClient, options: AdapterOptions = {}): ProviderAdapter {
  const { showsConversations = true } = options;
  const api = createApi(http, { basePath: [] });
  const textBudget = createTextBudget(options);
  /** The runs that had ended when they were asked for by themselves, by id. */
  const endedRuns = new Map<string, Run>();
  /** The runs that did not pass and of which the list has no explanation or no conversation, by batch. */
  const bareRuns = new Map<string, ReadonlySet<string>>();
  const isBare = (run: Run, body: RunBody): boolean =>
    countsAsNotPassed(run) &&
    (!run.explanation || (showsConversations && !body.transcript_snapshot?.transcript.length));

  /** The runs known from their own endpoint, by id. After the end it is asked about those that the list leaves open. */
  async function singleRunsOf(
    { settled }: Batch,
    listed: readonly Run[],
    { keep, deadline }: { keep: KeepRun; deadline: Deadline },
  ): Promise<ReadonlyMap<string, Run>> {
    const singles = new Map(endedRuns);
    if (!settled) return singles;
    const open = listed.filter((run) => isOpen(run) && !endedRuns.has(run.id));
    for (const answer of await readSingleRuns(api, open, deadline)) {
      if (isOpen(answer)) continue;
      const run = keep(answer);
      singles.set(run.id, run);
      if (run.status !== 'pending') endedRuns.set(run.id, run);
    }
    return singles;
  }

  return {
    fetchBatch: (batchId, deadline) =>
      api.get(
        {
          path: ['get-batch-test', batchId],
          size: 'small',
          schema: batchSchema,
          toValue: (body) => toBatch(batchId, body),
        },
        deadline,
      ),

    async fetchRuns(batch, deadline) {
      const keep = textBudget.forBatch(batch.id);
      const { items } = await readList(
        api,
        {
          path: ['v2', 'list-test-runs', batch.id],
          itemNoun: 'runs',
          of: `batch ${batch.id}`,
          total: batch.announced.total,
          schema: runSchema,
          toItem: (body) => {
            const run = toRun(body);
            return {
              id: run.id,
              status: body.status,
              isBare: isBare(run, body),
              run: keep(run, () => turnsOf(body)),
            };
          },
        },
        deadline,
      );
      bareRuns.set(batch.id, new Set(items.flatMap((item) => (item.isBare ? item.id : []))));
      const listed = mergeRuns(
        items.map(({ run }) => run),
        RUN_STATUS,
      );
      const singles = await singleRunsOf(batch, listed, { keep, deadline });
      const runs = listed.map((run) => {
        const single = singles.get(run.id);
        if (single === undefined) return run;
        return isOpen(run) ? single : mergeRun(run, single, RUN_STATUS);
      });
      return withRuns(batch, runs, missingStatus(items.filter(({ id }) => !singles.has(id))));
    },

    async fetchFailureDetails(batch, deadline, passedRunIds) {
      const { runs = [] } = batch;
      const bare = runs.filter(({ id }) => bareRuns.get(batch.id)?.has(id) === true);
      const silent = runs.filter(({ id, turns }) => passedRunIds.has(id) && turns.length === 0);
      const wanted = [...bare, ...(showsConversations ? silent : [])];
      if (wanted.length === 0) return batch;
      const keep = textBudget.forBatch(batch.id, passedRunIds);
      const singles = await readSingleRuns(api, wanted, deadline);
      const details = new Map(singles.map((run) => [run.id, run]));
      return { ...batch, runs: runs.map((run) => keep(withDetails(run, details.get(run.id)))) };
    },
  };
}

/** The runs as `get-test-run` answers, each with its conversation; without those that cannot be read. */
async function readSingleRuns(api: Api, runs: readonly Run[], deadline: Deadline): Promise<Run[]> {
  const wanted = runs.slice(0, MAX_SINGLE_RUNS);
  const found: Run[] = [];
  for (let from = 0; from < wanted.length; from += SINGLE_RUNS_AT_ONCE) {
    const chunk = wanted.slice(from, from + SINGLE_RUNS_AT_ONCE);
    const answers = await Promise.all(chunk.map(({ id }) => readSingleRun(api, id, deadline)));
    if (answers.every((run) => run === undefined)) break;
    found.push(...answers.filter((run) => run !== undefined));
  }
  return found;
}

/** `undefined` where it cannot be read: the list says it as well, or sooner or later. */
function readSingleRun(api: Api, runId: string, deadline: Deadline): Promise<Run | undefined> {
  const request = {
    path: ['get-test-run', runId],
    size: 'small' as const,
    schema: runSchema,
    toValue: (body: RunBody): Run => {
      requireSame('run', runId, body.test_case_job_id);
      return { ...toRun(body), turns: turnsOf(body) };
    },
  };
  return api.get(request, { ...deadline, noRetries: true }).catch(onProviderError(() => undefined));
}

/** True if an answer does not say yet how a run ended. A status word that we do not know is an answer. */
const isOpen = ({ status, unknownStatus, conflict }: Run): boolean =>
  status === 'pending' && unknownStatus === undefined && conflict === undefined;

/** A run of the list with what it lacks, or both answers as a contradiction. */
function withDetails(run: Run, single: Run | undefined): Run {
  if (single === undefined) return run;
  return {
    ...mergeRun(run, single, RUN_STATUS),
    explanation: run.explanation || single.explanation,
    criteria: run.criteria.length === 0 ? single.criteria : run.criteria,
    turns: run.turns.length === 0 ? single.turns : run.turns,
  };
}

function toBatch(batchId: string, body: z.infer<typeof batchSchema>): Batch {
  requireSame('batch', batchId, body.test_case_batch_job_id);
  const engine = engineSchema.safeParse(body.response_engine).data;
  return {
    id: batchId,
    ...readBatchStatus(body.status, BATCH_STATUS),
    ...readCounters(body, {
      total: 'total_count',
      passed: 'pass_count',
      failed: 'fail_count',
      errored: 'error_count',
    }),
    createdAt: body.creation_timestamp,
    subject: engine && describeEngine(engine),
    tested: engine,
    claims: engineClaims(body.response_engine),
  };
}

/** The run without its conversation. */
function toRun(body: RunBody): Run {
  const snapshot = body.test_case_definition_snapshot;
  const caseId = body.test_case_definition_id;
  return {
    id: body.test_case_job_id,
    testCase: {
      id: caseId,
      name: snapshot?.name ?? caseId ?? body.test_case_job_id,
      revision: snapshot?.user_modified_timestamp,
    },
    ...readStatus(body.status, RUN_STATUS),
    explanation: body.result_explanation,
    assertions: [],
    criteria: (snapshot?.metrics ?? []).slice(0, MAX_DETAILS),
    turns: [],
    createdAt: body.creation_timestamp,
    claims: {
      ...ownerClaims(snapshot?.response_engine),
      ...claimsOf({ testCase: formatClaim('test case', caseId) }),
    },
  };
}

/** The shapes that users of the live API have seen; nothing of them is documented. */
const turnSchema = z.union([
  z.object({ role: z.enum(['agent', 'user']), content: z.string() }),
  z.object({ role: z.literal('tool_call_invocation'), name: z.string(), arguments: lenient(z.string()) }),
  z.object({ role: z.literal('tool_call_result'), content: z.string(), successful: lenient(z.boolean()) }),
  z.object({
    role: z.literal('node_transition'),
    former_node_name: lenient(z.string()),
    new_node_name: z.string(),
  }),
]);

const turnsOf = ({ transcript_snapshot: snapshot }: RunBody): Turn[] =>
  readEntries(turnSchema, snapshot?.transcript).map(toTurn);

function toTurn(turn: z.infer<typeof turnSchema>): Turn {
  switch (turn.role) {
    case 'agent':
    case 'user':
      return { kind: 'speech', speaker: turn.role === 'agent' ? 'agent' : 'caller', text: turn.content };
    case 'tool_call_invocation':
      return { kind: 'tool-call', tool: turn.name, input: turn.arguments ?? '' };
    case 'tool_call_result':
      return { kind: 'tool-result', output: turn.content, succeeded: turn.successful };
    case 'node_transition':
      return { kind: 'transition', from: turn.former_node_name, to: turn.new_node_name };
  }
}

/** Retell AI. */
export const retell: ProviderDescriptor = {
  name: 'retell',
  title: 'Retell',
  product: 'Retell AI',
  homepage: 'https://www.retellai.com',
  url: 'https://api.retellai.com',
  keyVariable: 'RETELL_API_KEY',
  headers: bearerHeaders,
  advice,
  statusWords: { batch: BATCH_STATUS, run: RUN_STATUS },
  capabilities: {
    start: {
      targetKinds: ['agent', 'retell-llm', 'conversation-flow'],
      selectors: { labels: [] },
      isTargetOptional: false,
    },
    versions: {
      words: { latest: ['agent', 'retell-llm', 'conversation-flow'], published: ['agent'] },
      hasNumbers: true,
      hasBranches: false,
      fallback: 'latest',
    },
    targetConfig: {
      instead: 'Make a draft version and give its number as version: docs/deploying.md has the script.',
    },
    modes: false,
    reuse: true,
    cancel: false,
  },
  listTargets: listRetellTargets,
  testCasesPage: 'https://docs.retellai.com/test/llm-simulation-testing',
  createAdapter,
  createBatchStarter: createRetellStarter,
};
