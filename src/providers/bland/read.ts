import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import type { Assertion, Run, RunStatus, Turn } from '../../domain/run.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { onProviderError } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import {
  claimsOf,
  createAdvice,
  formatClaim,
  id,
  MAX_DETAILS,
  mergeRuns,
  missingStatus,
  parseIsoTime,
  readCounters,
  readStatus,
  requireSame,
  statusWord,
  textOrUndefined,
} from '../fields.ts';
import type { AdapterOptions, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import { createTextBudget, type KeepRun } from '../text-budget.ts';
import { readBlandList } from './lists.ts';
import { blandIdKey, isEmpty, unwrapEnvelope } from './responses.ts';
import { ACCESS, createBlandStarter } from './start.ts';
import { listBlandTargets } from './targets.ts';

/** Runs whose conversation and error message are read one by one. */
const MAX_EXPLAINED = 25;

/** Batch and run share their words; a batch's word, unlike Retell's, carries its verdict. */
const STATUS: ReadonlyMap<string, RunStatus> = new Map([
  ['PENDING', 'pending'],
  ['RUNNING', 'pending'],
  ['PASSED', 'passed'],
  ['FAILED', 'failed'],
  ['ERROR', 'errored'],
  ['CANCELLED', 'cancelled'],
]);

/** Two shapes: `passed`, `expected`, … as documented; `status`, `reasoning` as seen live. */
const assertionSchema = z.object({
  assertion_id: lenient(z.string()),
  name: lenient(z.string()),
  type: lenient(z.string()),
  target: lenient(z.string()),
  field: lenient(z.string()),
  passed: lenient(z.boolean()),
  status: lenient(z.string()),
  expected: lenient(z.unknown()),
  actual: lenient(z.unknown()),
  reasoning: lenient(z.string()),
  reason: lenient(z.string()),
  explanation: lenient(z.string()),
  message: lenient(z.string()),
  error: lenient(z.string()),
});

const runSchema = z.object({
  id,
  status: statusWord,
  batch_id: z.optional(z.unknown()),
  scenario_id: lenient(id),
  pathway_id: z.optional(z.unknown()),
  persona_id: z.optional(z.unknown()),
  scenario: lenient(z.object({ name: z.string() })),
  duration_ms: lenient(z.number()),
  created_at: lenient(z.string()),
  assertion_results: lenient(z.array(z.unknown())),
});

type RunBody = z.infer<typeof runSchema>;

const batchSchema = z.object({
  id: z.string(),
  status: z.string(),
  total_scenarios: z.optional(z.unknown()),
  passed_scenarios: z.optional(z.unknown()),
  failed_scenarios: z.optional(z.unknown()),
  publish_on_pass: lenient(z.boolean()),
  created_at: lenient(z.string()),
  runs: z.optional(z.nullable(z.array(runSchema))),
});

const detailSchema = z.object({
  error_message: lenient(z.string()),
  chat_history: lenient(z.array(z.unknown())),
  assertion_results: lenient(z.array(z.unknown())),
});

/** Assertions of a scenario: their results in a run have only the ids. */
const scenarioSchema = z.object({ assertions: lenient(z.array(z.unknown())) });
const namedSchema = z.object({ id: z.string(), name: z.string() });

/** The names of a scenario's assertions, by id. */
type Names = ReadonlyMap<string, string>;

const NO_NAMES: Names = new Map();

/** Advice about a refusal. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read this batch. It must belong to the organisation that ran the batch.',
  404: 'Check batch-id: it must be the id of a test batch (not of a run or a simulation set), in the organisation of this api-key; an organisation on dedicated infrastructure needs its own api-url.',
  others: 'Check batch-id and api-url.',
});

/** The header that authorises a request to Bland: the raw key, without `Bearer` unless the key brings it. */
function headers(apiKey: string): Record<string, string> {
  return { authorization: apiKey };
}

/** The batch embeds its runs; error messages and conversations are in the run's own page. */
function createAdapter(
  http: HttpClient,
  { showsConversations = true }: AdapterOptions = {},
): ProviderAdapter {
  const api = createApi(http, { under: ['v1', 'agent-testing'], unwrap: (json) => unwrapEnvelope(json) });
  const textBudget = createTextBudget();

  /** Each scenario is read once, however many runs and batches it has. */
  const scenarios = new Map<string, Promise<Names>>();

  function namesOf({ id: scenarioId }: Run['testCase'], deadline: Deadline): Promise<Names> {
    if (scenarioId === undefined) return Promise.resolve(NO_NAMES);
    const names = scenarios.get(blandIdKey(scenarioId)) ?? readNames(scenarioId, deadline);
    scenarios.set(blandIdKey(scenarioId), names);
    return names;
  }

  /** Without names the assertions are shown by their type or id. */
  function readNames(scenarioId: string, deadline: Deadline): Promise<Names> {
    const request = {
      path: ['scenarios', scenarioId],
      size: 'small' as const,
      schema: scenarioSchema,
      to: toNames,
    };
    return api.get(request, deadline).catch(onProviderError(() => NO_NAMES));
  }

  /** The run is judged without its detail; only its story is missing then. */
  async function withDetail(run: Run, deadline: Deadline): Promise<Run> {
    const detail = await api
      .get({ path: ['runs', run.id], size: 'small', schema: detailSchema, to: (body) => body }, deadline)
      .catch(onProviderError(() => undefined));
    if (detail === undefined) return run;
    const results = detail.assertion_results ?? [];
    const names = results.some(isUnnamed) ? await namesOf(run.testCase, deadline) : NO_NAMES;
    const assertions = toAssertions(results, names);
    return {
      ...run,
      explanation: detail.error_message ?? run.explanation,
      turns: showsConversations ? (detail.chat_history ?? []).flatMap(toTurn) : [],
      assertions: assertions.length > 0 ? assertions : run.assertions,
    };
  }

  return {
    fetchBatch: (batchId, deadline) =>
      api.get(
        {
          path: ['batches', batchId],
          schema: batchSchema,
          to: (body) => toBatch(batchId, body, textBudget.forBatch(batchId)),
        },
        deadline,
      ),

    /** The list of all runs fills gaps: nobody documents whether a large batch embeds all of its own. */
    async fetchRuns(batch, deadline) {
      const { runs: given = [], announced } = batch;
      if (!batch.settled || given.length >= (announced.total ?? 0)) return { ...batch, runs: given };
      const trim = textBudget.forBatch(batch.id);
      const embedded = given.map((run) => trim(run));
      const known = new Set(embedded.map((run) => blandIdKey(run.id)));
      // Only a run that names our batch fills a gap; a run that the batch embeds may be contradicted by any.
      const isOurs = (body: RunBody) => known.has(blandIdKey(body.id)) || isOfBatch(body, batch.id);
      const list = await readBlandList(
        api,
        {
          query: { batch_id: batch.id },
          of: `batch ${batch.id}`,
          total: announced.total,
          schema: runSchema,
          toItem: (body) =>
            isOurs(body) ? { id: body.id, status: body.status, run: trim(toRun(body)) } : undefined,
        },
        deadline,
      );
      const listed = list.items.filter((item) => item !== undefined);
      return {
        ...batch,
        inconsistencies: [
          ...(batch.inconsistencies ?? []),
          ...list.inconsistencies,
          ...missingStatus(listed),
        ],
        runs: mergeRuns([...embedded, ...listed.map(({ run }) => run)], STATUS, blandIdKey),
      };
    },

    async fetchFailureDetails(batch, deadline, passedRunIds = new Set()) {
      const { runs } = batch;
      if (runs === undefined) return batch;
      const trim = textBudget.forBatch(batch.id, passedRunIds);
      const of = (status: RunStatus) => runs.filter((run) => run.status === status);
      const compared = showsConversations ? runs.filter(({ id }) => passedRunIds.has(id)) : [];
      const chosen = new Set([...of('failed'), ...of('errored'), ...compared].slice(0, MAX_EXPLAINED));
      return {
        ...batch,
        runs: await Promise.all(
          runs.map(async (run) => trim(chosen.has(run) ? await withDetail(run, deadline) : run)),
        ),
      };
    },
  };
}

function toBatch(batchId: string, body: z.infer<typeof batchSchema>, trim: KeepRun): Batch {
  requireSame('batch', batchId, body.id, blandIdKey);
  const { status, unknownStatus } = readStatus(body.status, STATUS);
  const conclusion = status === 'pending' ? undefined : status;
  const bodies = (body.runs ?? []).filter((run) => isEmpty(run.batch_id) || isOfBatch(run, batchId));
  const runs = mergeRuns(
    bodies.map((run) => trim(toRun(run))),
    STATUS,
    blandIdKey,
  );
  const { announced, inconsistencies } = readCounters(
    body,
    { total: 'total_scenarios', passed: 'passed_scenarios', failed: 'failed_scenarios' },
    ['total', 'passed', 'failed'],
  );
  return {
    id: batchId,
    settled: conclusion !== undefined,
    conclusion,
    unknownStatus,
    announced,
    inconsistencies: [...inconsistencies, ...missingStatus(bodies)],
    // Before they are listed, the counters tell more than the empty list.
    runs: runs.length === 0 && conclusion === undefined ? undefined : runs,
    createdAt: parseIsoTime(body.created_at),
    publishesOnPass: body.publish_on_pass,
  };
}

/** Whether a run says that it belongs to the batch. */
const isOfBatch = ({ batch_id }: RunBody, batchId: string): boolean =>
  typeof batch_id === 'string' && blandIdKey(batch_id) === blandIdKey(batchId);

function toRun(body: RunBody): Run {
  const caseId = body.scenario_id;
  return {
    id: body.id,
    testCase: { id: caseId, name: body.scenario?.name ?? caseId ?? body.id },
    ...readStatus(body.status, STATUS),
    assertions: toAssertions(body.assertion_results),
    criteria: [],
    turns: [],
    durationMs: body.duration_ms,
    createdAt: parseIsoTime(body.created_at),
    claims: claimsOf({
      pathway: formatClaim('pathway', textKey(body.pathway_id)),
      persona: formatClaim('persona', textKey(body.persona_id)),
    }),
  };
}

/** An id in the form in which it is compared; anything else as it stands. */
const textKey = (value: unknown): unknown => (typeof value === 'string' ? blandIdKey(value) : value);

function toNames({ assertions = [] }: z.infer<typeof scenarioSchema>): Names {
  return new Map(
    assertions.flatMap((entry) => {
      const { id, name } = namedSchema.safeParse(entry).data ?? {};
      return id === undefined || name === undefined || name.trim() === '' ? [] : [[blandIdKey(id), name]];
    }),
  );
}

/** Whether an assertion's result leaves its name to the scenario. */
function isUnnamed(entry: unknown): boolean {
  const { data } = assertionSchema.safeParse(entry);
  return data?.assertion_id !== undefined && data.name === undefined;
}

function toAssertions(results: readonly unknown[] | undefined, names: Names = NO_NAMES): Assertion[] {
  return (results ?? []).slice(0, MAX_DETAILS).flatMap((entry) => toAssertion(entry, names));
}

function toAssertion(entry: unknown, names: Names): Assertion[] {
  const parsed = assertionSchema.safeParse(entry);
  if (!parsed.success) return [];
  const body = parsed.data;
  const words = [body.type, body.target, body.field].filter((word) => word !== undefined);
  const explanation = body.reasoning ?? body.reason ?? body.explanation ?? body.message ?? body.error;
  return [
    {
      label:
        body.name ??
        names.get(blandIdKey(body.assertion_id ?? '')) ??
        // The whole id: a secret is only found in a text that was not cut.
        (words.join(' ') || `assertion ${body.assertion_id ?? 'without id'}`),
      result: resultOf(body),
      expected: textOrUndefined(body.expected),
      actual: textOrUndefined(body.actual),
      explanation,
    },
  ];
}

function resultOf({
  passed,
  status,
}: {
  passed?: boolean | undefined;
  status?: string | undefined;
}): Assertion['result'] {
  if (passed !== undefined) return passed ? 'passed' : 'failed';
  switch (status?.toUpperCase()) {
    case 'PASSED':
      return 'passed';
    case 'FAILED':
      return 'failed';
    default:
      return 'unknown';
  }
}

const turnSchema = z.object({ role: z.enum(['user', 'assistant']), content: z.string() });

/** In Bland's history `user` is the simulated caller and `assistant` the agent. */
function toTurn(entry: unknown): Turn[] {
  const parsed = turnSchema.safeParse(entry);
  if (!parsed.success) return [];
  const { role, content } = parsed.data;
  return [{ kind: 'speech', speaker: role === 'assistant' ? 'agent' : 'caller', text: content }];
}

/** Bland AI. */
export const bland: ProviderDescriptor = {
  name: 'bland',
  title: 'Bland',
  product: 'Bland AI',
  homepage: 'https://www.bland.ai',
  url: 'https://api.bland.ai',
  keyVariable: 'BLAND_API_KEY',
  headers,
  advice,
  statusWords: { batch: STATUS, run: STATUS },
  capabilities: {
    start: {
      targets: { title: 'Bland', kinds: ['pathway', 'persona'] },
      selectors: { title: 'Bland', labels: ['category', 'required'] },
      isTargetOptional: true,
    },
    versions: {
      words: { production: ['pathway', 'persona'] },
      hasNumbers: true,
      hasBranches: false,
      fallback: 'production',
    },
    targetConfig: {
      instead:
        'Make a version of the pathway and give its number as version: docs/deploying.md has the script.',
    },
    modes: false,
    compare: true,
    reuse: { problem: 'its batches do not say which version they tested' },
    cancel: false,
  },
  idKey: blandIdKey,
  listTargets: listBlandTargets,
  testCasesPage: 'https://docs.bland.ai/tutorials/scenarios',
  createAdapter,
  createBatchStarter: (http, { version }) =>
    createBlandStarter(http, { adapter: createAdapter(http), version }),
};
