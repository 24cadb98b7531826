import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import { idKey } from '../../domain/evidence.ts';
import type { Run, RunStatus, Turn } from '../../domain/run.ts';
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
  parseIsoTime,
  readEntries,
  requireSame,
  statusWord,
} from '../fields.ts';
import type { AdapterOptions, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import { mergeRuns, missingStatus, readBatchStatus, readCounters, readStatus, withRuns } from '../runs.ts';
import { createTextBudget, type KeepRun } from '../text-budget.ts';
import { createAssertionReader, toAssertions } from './assertions.ts';
import { readBlandList } from './lists.ts';
import { isEmpty, unwrapEnvelope } from './responses.ts';
import { ACCESS_ADVICE, createBlandStarter } from './start.ts';
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

/** Advice about a refusal. */
const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read this batch. It must belong to the organisation that ran the batch.',
  404: 'Check batch-id: it must be the id of a test batch (not of a run or a simulation set), in the organisation of this api-key; an organisation on dedicated infrastructure needs its own api-url.',
  others: 'Check batch-id and api-url.',
});

/** The header that authorises a request to Bland: the raw key, without `Bearer` unless the key brings it. */
function headers(apiKey: string): Record<string, string> {
  return { authorization: apiKey };
}

/** The batch embeds its runs; error messages and conversations are in the run's own page. */
function createAdapter(http: HttpClient, options: AdapterOptions = {}): ProviderAdapter {
  const { showsConversations = true } = options;
  const api = createApi(http, { basePath: ['v1', 'agent-testing'], unwrap: (json) => unwrapEnvelope(json) });
  const textBudget = createTextBudget(options);
  const readAssertions = createAssertionReader(api);

  /** The run is judged without its detail; only its story is missing then. */
  async function withDetail(run: Run, deadline: Deadline): Promise<Run> {
    const detail = await api
      .get({ path: ['runs', run.id], size: 'small', schema: detailSchema, toValue: (body) => body }, deadline)
      .catch(onProviderError(() => undefined));
    if (detail === undefined) return run;
    const assertions = await readAssertions(detail.assertion_results, run.testCase.id, deadline);
    return {
      ...run,
      explanation: detail.error_message ?? run.explanation,
      turns: readEntries(turnSchema, detail.chat_history).map(toTurn),
      assertions: assertions.length > 0 ? assertions : run.assertions,
    };
  }

  return {
    fetchBatch: (batchId, deadline) =>
      api.get(
        {
          path: ['batches', batchId],
          schema: batchSchema,
          toValue: (body) => toBatch(batchId, body, textBudget.forBatch(batchId)),
        },
        deadline,
      ),

    /** The list of all runs fills gaps: nobody documents whether a large batch embeds all of its own. */
    async fetchRuns(batch, deadline) {
      const { runs: given = [], announced } = batch;
      if (!batch.settled || given.length >= (announced.total ?? 0)) return { ...batch, runs: given };
      const keep = textBudget.forBatch(batch.id);
      const embedded = given.map((run) => keep(run));
      const known = new Set(embedded.map((run) => idKey(run.id)));
      // Only a run that names our batch fills a gap; a run that the batch embeds may be contradicted by any.
      const isOurs = (body: RunBody) => known.has(idKey(body.id)) || isOfBatch(body, batch.id);
      const list = await readBlandList(
        api,
        {
          query: { batch_id: batch.id },
          of: `batch ${batch.id}`,
          total: announced.total,
          schema: runSchema,
          toItem: (body) =>
            isOurs(body) ? { id: body.id, status: body.status, run: keep(toRun(body)) } : undefined,
        },
        deadline,
      );
      const listed = list.items.filter((item) => item !== undefined);
      const runs = mergeRuns([...embedded, ...listed.map(({ run }) => run)], STATUS, idKey);
      return withRuns(batch, runs, [...list.inconsistencies, ...missingStatus(listed)]);
    },

    async fetchFailureDetails(batch, deadline, passedRunIds) {
      const { runs } = batch;
      if (runs === undefined) return batch;
      const keep = textBudget.forBatch(batch.id, passedRunIds);
      const of = (status: RunStatus) => runs.filter((run) => run.status === status);
      const compared = showsConversations ? runs.filter(({ id }) => passedRunIds.has(id)) : [];
      const chosen = new Set([...of('failed'), ...of('errored'), ...compared].slice(0, MAX_EXPLAINED));
      const detailed = runs.map(async (run) => keep(chosen.has(run) ? await withDetail(run, deadline) : run));
      return { ...batch, runs: await Promise.all(detailed) };
    },
  };
}

function toBatch(batchId: string, body: z.infer<typeof batchSchema>, keep: KeepRun): Batch {
  requireSame('batch', batchId, body.id, idKey);
  const status = readBatchStatus(body.status, STATUS);
  const bodies = (body.runs ?? []).filter((run) => isEmpty(run.batch_id) || isOfBatch(run, batchId));
  const runs = mergeRuns(
    bodies.map((run) => keep(toRun(run))),
    STATUS,
    idKey,
  );
  const { announced, inconsistencies } = readCounters(body, {
    total: 'total_scenarios',
    passed: 'passed_scenarios',
    failed: 'failed_scenarios',
  });
  return {
    id: batchId,
    ...status,
    announced,
    inconsistencies: [...inconsistencies, ...missingStatus(bodies)],
    // Before they are listed, the counters tell more than the empty list.
    runs: runs.length === 0 && !status.settled ? undefined : runs,
    createdAt: parseIsoTime(body.created_at),
    publishesOnPass: body.publish_on_pass,
  };
}

/** True if a run says that it belongs to the batch. */
const isOfBatch = ({ batch_id }: RunBody, batchId: string): boolean =>
  typeof batch_id === 'string' && idKey(batch_id) === idKey(batchId);

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
const textKey = (value: unknown): unknown => (typeof value === 'string' ? idKey(value) : value);

const turnSchema = z.object({ role: z.enum(['user', 'assistant']), content: z.string() });

/** In Bland's history `user` is the simulated caller and `assistant` the agent. */
const toTurn = ({ role, content }: z.infer<typeof turnSchema>): Turn => ({
  kind: 'speech',
  speaker: role === 'assistant' ? 'agent' : 'caller',
  text: content,
});

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
      targetKinds: ['pathway', 'persona'],
      selectors: { labels: ['category', 'required'] },
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
    reuse: { problem: 'its batches do not say which version they tested' },
    cancel: false,
  },
  idKey,
  listTargets: listBlandTargets,
  testCasesPage: 'https://docs.bland.ai/tutorials/scenarios',
  createAdapter,
  createBatchStarter: createBlandStarter,
};
