import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import type { Run, RunStatus, Turn } from '../../domain/run.ts';
import { InvalidResponse } from '../../http/failure.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import { createApi } from '../api.ts';
import {
  createAdvice,
  id,
  MAX_DETAILS,
  mergeRuns,
  missingStatus,
  parseAs,
  readCounters,
  readStatus,
  statusWord,
} from '../fields.ts';
import type { BatchStatus, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import { createTextBudget } from '../text-budget.ts';
import { describeEngine, engineSchema } from './engine.ts';
import { readList } from './lists.ts';
import { ACCESS, createRetellStarter } from './start.ts';

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
  response_engine: lenient(engineSchema),
});

const runSchema = z.object({
  test_case_job_id: id,
  status: statusWord,
  test_case_definition_id: lenient(id),
  test_case_definition_snapshot: lenient(
    z.object({ name: lenient(z.string()), metrics: lenient(z.array(z.string())) }),
  ),
  result_explanation: lenient(z.string()),
  transcript_snapshot: lenient(z.object({ transcript: z.array(z.unknown()) })),
  creation_timestamp: lenient(z.number()),
});

/** What to do about a refusal. A Retell key sees only its own workspace. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read this batch.',
  404: 'Check batch-id: it must be the id of a batch test (not of a test run), in the workspace of this api-key, since a key sees only its own workspace.',
  others: 'Check batch-id and api-url.',
});

/** The headers that authorise a request to Retell. */
function headers(apiKey: string): Record<string, string> {
  return { authorization: `Bearer ${apiKey.replace(/^Bearer\s+/i, '')}` };
}

/** `get-batch-test` says where the batch stands, `v2/list-test-runs` what became of each run. */
function createAdapter(http: HttpClient): ProviderAdapter {
  const textBudget = createTextBudget();
  return {
    fetchBatch: (batchId, deadline) =>
      http.getJson(
        {
          path: ['get-batch-test', batchId],
          size: 'small',
          read: (json) => toBatch(batchId, parseAs(batchSchema, json)),
        },
        deadline,
      ),

    async fetchRuns(batch, deadline) {
      const trim = textBudget.forBatch(batch.id);
      const { items } = await readList(
        createApi(http, { under: ['v2'] }),
        {
          path: ['list-test-runs', batch.id],
          items: 'runs',
          of: `batch ${batch.id}`,
          total: batch.announced.total,
          schema: runSchema,
          toItem: (body) => ({ id: body.test_case_job_id, status: body.status, run: trim(toRun(body)) }),
        },
        deadline,
      );
      const runs = mergeRuns(
        items.map(({ run }) => run),
        RUN_STATUS,
      );
      return { ...batch, inconsistencies: [...(batch.inconsistencies ?? []), ...missingStatus(items)], runs };
    },
  };
}

function toBatch(batchId: string, body: z.infer<typeof batchSchema>): Batch {
  if (body.test_case_batch_job_id !== batchId) {
    throw new InvalidResponse(`answered for another batch: ${body.test_case_batch_job_id}.`, {
      isJson: true,
    });
  }
  const status = BATCH_STATUS.get(body.status);
  return {
    id: batchId,
    settled: status === 'ended',
    unknownStatus: status === undefined ? body.status : undefined,
    ...readCounters(
      body,
      { total: 'total_count', passed: 'pass_count', failed: 'fail_count', errored: 'error_count' },
      ['total', 'passed', 'failed', 'errored'],
    ),
    createdAt: body.creation_timestamp,
    subject: body.response_engine && describeEngine(body.response_engine),
    tested: body.response_engine,
  };
}

function toRun(body: z.infer<typeof runSchema>): Run {
  const status = readStatus(body.status, RUN_STATUS);
  const snapshot = body.test_case_definition_snapshot;
  const caseId = body.test_case_definition_id;
  return {
    id: body.test_case_job_id,
    testCase: { id: caseId, name: snapshot?.name ?? caseId ?? body.test_case_job_id },
    ...status,
    explanation: body.result_explanation,
    assertions: [],
    criteria: (snapshot?.metrics ?? []).slice(0, MAX_DETAILS),
    // Nobody reads the conversation of a run that passed, and there may be thousands.
    turns: status.status === 'passed' ? [] : (body.transcript_snapshot?.transcript ?? []).flatMap(toTurn),
    createdAt: body.creation_timestamp,
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

function toTurn(entry: unknown): Turn[] {
  const parsed = turnSchema.safeParse(entry);
  if (!parsed.success) return [];
  const turn = parsed.data;
  switch (turn.role) {
    case 'agent':
    case 'user':
      return [{ kind: 'speech', speaker: turn.role === 'agent' ? 'agent' : 'caller', text: turn.content }];
    case 'tool_call_invocation':
      return [{ kind: 'tool-call', tool: turn.name, input: turn.arguments ?? '' }];
    case 'tool_call_result':
      return [{ kind: 'tool-result', output: turn.content, succeeded: turn.successful }];
    case 'node_transition':
      return [{ kind: 'transition', from: turn.former_node_name, to: turn.new_node_name }];
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
  headers,
  advice,
  statusWords: { batch: BATCH_STATUS, run: RUN_STATUS },
  capabilities: {
    start: {
      targets: { title: 'Retell', kinds: ['agent', 'retell-llm', 'conversation-flow'] },
      selectors: { title: 'Retell', labels: [] },
      isTargetOptional: false,
    },
    versions: {
      words: { latest: ['agent', 'retell-llm', 'conversation-flow'], published: ['agent'] },
      hasNumbers: true,
      hasBranches: false,
      fallback: 'latest',
    },
    compare: true,
    cancel: false,
  },
  createAdapter,
  createBatchStarter: createRetellStarter,
};
