import * as z from 'zod/mini';
import type { Batch } from '../domain/batch.ts';
import type { Run, RunStatus, Turn } from '../domain/run.ts';
import { ProviderError } from '../errors.ts';
import { MalformedAnswer } from '../http/failure.ts';
import type { Http } from '../http/json-client.ts';
import { lenient } from '../json.ts';
import { count, id, readAs, withoutRepeats } from './fields.ts';
import type { Adapter, BatchStatus, ProviderDescriptor } from './provider.ts';

/** The most that `v2/list-test-runs` gives at once. */
const PAGE_SIZE = 1_000;
/** How many runs beyond the announced total are read before the list is held to be endless. */
const SURPLUS = 1_000;

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

const engineSchema = z.object({
  type: z.string(),
  llm_id: z.optional(z.string()),
  conversation_flow_id: z.optional(z.string()),
  llm_websocket_url: z.optional(z.string()),
  version: z.optional(z.nullable(z.number())),
});

const batchSchema = z.object({
  test_case_batch_job_id: z.string(),
  status: z.string(),
  pass_count: count,
  fail_count: count,
  error_count: count,
  total_count: count,
  creation_timestamp: lenient(z.number()),
  response_engine: lenient(engineSchema),
});

const runSchema = z.object({
  test_case_job_id: id,
  status: z.string(),
  test_case_definition_id: lenient(z.string()),
  test_case_definition_snapshot: lenient(
    z.object({ name: lenient(z.string()), metrics: lenient(z.array(z.string())) }),
  ),
  result_explanation: lenient(z.string()),
  transcript_snapshot: lenient(z.object({ transcript: z.array(z.unknown()) })),
  creation_timestamp: lenient(z.number()),
});

const pageSchema = z.object({
  items: z.array(runSchema),
  has_more: z.optional(z.nullable(z.boolean())),
  pagination_key: z.optional(z.nullable(z.string())),
});

/** What to do about a refusal. A Retell key sees only its own workspace. */
function advice(status: number): string {
  switch (status) {
    case 401:
      return 'Check api-key: Retell does not accept it.';
    case 402:
      return "Check the Retell account's billing: the trial has ended or a payment is due.";
    case 403:
      return 'Check api-key: it may not read this batch.';
    case 404:
    case 422:
      return 'Check batch-id: it must be the id of a batch test (not of a test run), in the workspace of this api-key, since a key sees only its own workspace.';
    default:
      return 'Check batch-id and api-url.';
  }
}

/** The headers that authorise a request to Retell. */
function headers(apiKey: string): Record<string, string> {
  return { authorization: `Bearer ${apiKey.replace(/^Bearer\s+/i, '')}` };
}

/** `get-batch-test` says where the batch stands, `v2/list-test-runs` what became of each run. */
function create(http: Http): Adapter {
  return {
    look: (batchId, deadline) =>
      http.getJson(
        {
          path: ['get-batch-test', batchId],
          size: 'small',
          read: (json) => toBatch(batchId, readAs(batchSchema, json)),
        },
        deadline,
      ),

    async readRuns(batch, deadline) {
      let runs: Run[] = [];
      const usedKeys = new Set<string>();
      let key: string | undefined;
      do {
        const page = await http.getJson(
          {
            path: ['v2', 'list-test-runs', batch.id],
            query: { limit: String(PAGE_SIZE), ...(key === undefined ? {} : { pagination_key: key }) },
            size: 'large',
            read: readPage,
          },
          deadline,
        );
        const before = runs.length;
        runs = withoutRepeats([...runs, ...page.runs]);
        if (page.nextKey !== undefined) {
          const endless =
            usedKeys.has(page.nextKey) ||
            runs.length === before ||
            runs.length > (batch.announced.total ?? 0) + SURPLUS;
          if (endless)
            throw new ProviderError(
              `The list of runs of batch ${batch.id} does not end: ${runs.length} runs were read. Run the job again; if it stays so, ask Retell.`,
            );
          usedKeys.add(page.nextKey);
        }
        key = page.nextKey;
      } while (key !== undefined);
      return { ...batch, runs };
    },

    // The list holds everything that `get-test-run` would.
    explain: async (runs) => runs,
  };
}

function toBatch(batchId: string, body: z.infer<typeof batchSchema>): Batch {
  if (body.test_case_batch_job_id !== batchId) {
    throw new MalformedAnswer(`answered for another batch: ${body.test_case_batch_job_id}.`, {
      isJson: true,
    });
  }
  const status = BATCH_STATUS.get(body.status);
  const engine = body.response_engine;
  return {
    id: batchId,
    settled: status === 'ended',
    ...(status === undefined ? { unknownStatus: body.status } : {}),
    announced: {
      total: body.total_count,
      passed: body.pass_count,
      failed: body.fail_count,
      errored: body.error_count,
    },
    ...(body.creation_timestamp === undefined ? {} : { createdAt: body.creation_timestamp }),
    ...(engine === undefined ? {} : { subject: nameEngine(engine) }),
  };
}

function nameEngine(engine: z.infer<typeof engineSchema>): string {
  const id = engine.conversation_flow_id ?? engine.llm_id ?? engine.llm_websocket_url ?? '';
  const version = typeof engine.version === 'number' ? `version ${engine.version}` : 'version not stated';
  return [engine.type, id, engine.type === 'custom-llm' ? '' : version]
    .filter((part) => part !== '')
    .join(' ');
}

function readPage(json: unknown): { runs: Run[]; nextKey: string | undefined } {
  const page = readAs(pageSchema, json);
  const runs = page.items.map(toRun);
  if (page.has_more !== true) return { runs, nextKey: undefined };
  if (typeof page.pagination_key !== 'string' || page.pagination_key === '') {
    throw new MalformedAnswer(
      'announced more runs ("has_more") without a "pagination_key" to read them by.',
      { isJson: true },
    );
  }
  return { runs, nextKey: page.pagination_key };
}

function toRun(body: z.infer<typeof runSchema>): Run {
  const known = RUN_STATUS.get(body.status);
  const snapshot = body.test_case_definition_snapshot;
  const caseId = body.test_case_definition_id || undefined;
  return {
    id: body.test_case_job_id,
    testCase: { id: caseId, name: snapshot?.name ?? caseId ?? body.test_case_job_id },
    status: known ?? 'pending',
    ...(known === undefined ? { unknownStatus: body.status } : {}),
    ...(body.result_explanation === undefined ? {} : { explanation: body.result_explanation }),
    assertions: [],
    criteria: snapshot?.metrics ?? [],
    // Nobody reads the conversation of a run that passed, and there may be thousands.
    turns: known === 'passed' ? [] : (body.transcript_snapshot?.transcript ?? []).flatMap(toTurn),
    ...(body.creation_timestamp === undefined ? {} : { createdAt: body.creation_timestamp }),
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
    case 'tool_call_result': {
      const succeeded = turn.successful === undefined ? {} : { succeeded: turn.successful };
      return [{ kind: 'tool-result', output: turn.content, ...succeeded }];
    }
    case 'node_transition': {
      const from = turn.former_node_name === undefined ? {} : { from: turn.former_node_name };
      return [{ kind: 'transition', ...from, to: turn.new_node_name }];
    }
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
  can: { start: false, versions: false, compare: false, cancel: false },
  create,
};
