import * as z from 'zod/mini';
import type { Deadline } from '../clock.ts';
import type { Batch } from '../domain/batch.ts';
import type { Assertion, Run, RunStatus, Turn } from '../domain/run.ts';
import { ProviderError } from '../errors.ts';
import { asText, ErrorInAnswer, MalformedAnswer, messageIn } from '../http/failure.ts';
import type { Http } from '../http/json-client.ts';
import { lenient } from '../json.ts';
import { count, id, readAs, withoutRepeats } from './fields.ts';
import type { Adapter, ProviderDescriptor } from './provider.ts';

/** Runs whose conversation and error message are read one by one. */
const MAX_DETAILS = 25;
/** The most that `GET runs` gives at once. */
const PAGE_SIZE = 100;

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
  status: z.string(),
  batch_id: lenient(z.string()),
  scenario_id: lenient(z.string()),
  scenario: lenient(z.object({ name: z.string() })),
  duration_ms: lenient(z.number()),
  created_at: lenient(z.string()),
  assertion_results: lenient(z.array(z.unknown())),
});

type RunBody = z.infer<typeof runSchema>;

const batchSchema = z.object({
  id: z.string(),
  status: z.string(),
  total_scenarios: count,
  passed_scenarios: lenient(count),
  failed_scenarios: lenient(count),
  publish_on_pass: lenient(z.boolean()),
  created_at: lenient(z.string()),
  runs: z.optional(z.nullable(z.array(runSchema))),
});

const runListSchema = z.object({ runs: z.array(runSchema), total_count: lenient(count) });

const detailSchema = z.object({
  error_message: lenient(z.string()),
  chat_history: lenient(z.array(z.unknown())),
  assertion_results: lenient(z.array(z.unknown())),
});

/** What to do about a refusal. */
function advice(status: number): string {
  switch (status) {
    case 401:
      return 'Check api-key: Bland does not accept it.';
    case 402:
      return "Check the Bland organisation's plan and billing.";
    case 403:
      return 'Check api-key: it may not read this batch. It must belong to the organisation that ran the batch.';
    case 404:
    case 422:
      return 'Check batch-id: it must be the id of a test batch (not of a run or a simulation set), in the organisation of this api-key; an organisation on dedicated infrastructure needs its own api-url.';
    default:
      return 'Check batch-id and api-url.';
  }
}

/** The header that authorises a request to Bland: the raw key, without `Bearer` unless the key brings it. */
function headers(apiKey: string): Record<string, string> {
  return { authorization: apiKey };
}

/** The batch embeds its runs; error messages and conversations are in the run's own page. */
function create(http: Http): Adapter {
  const path = (...rest: string[]) => ['v1', 'agent-testing', ...rest];

  /**
   * The batch's runs from the list of all runs: whether a large batch embeds all of its own is not documented. Gives
   * up when a page brings nothing new, whatever the provider says of the total.
   */
  async function listRuns({ id, announced }: Batch, deadline: Deadline): Promise<Run[]> {
    let runs: Run[] = [];
    let offset = 0;
    for (;;) {
      const page = await http.getJson(
        {
          path: path('runs'),
          query: { batch_id: id, limit: String(PAGE_SIZE), offset: String(offset) },
          size: 'large',
          read: readRunList,
        },
        deadline,
      );
      const before = runs.length;
      runs = withoutRepeats([...runs, ...ofBatch(id, page.runs).map(toRun)]);
      offset += page.runs.length;
      const isLast = page.total === undefined ? page.runs.length < PAGE_SIZE : offset >= page.total;
      if (isLast) return runs;
      if (runs.length === before || runs.length >= (announced.total ?? 0) + PAGE_SIZE) {
        throw new ProviderError(`The list of runs of batch ${id} does not add up: ${runs.length} were read.`);
      }
    }
  }

  async function withDetail(run: Run, deadline: Deadline): Promise<Run> {
    try {
      const detail = await http.getJson(
        { path: path('runs', run.id), size: 'small', read: (json) => readAs(detailSchema, unwrap(json)) },
        deadline,
      );
      const assertions = (detail.assertion_results ?? []).flatMap(toAssertion);
      return {
        ...run,
        ...(detail.error_message === undefined ? {} : { explanation: detail.error_message }),
        turns: (detail.chat_history ?? []).flatMap(toTurn),
        assertions: assertions.length > 0 ? assertions : run.assertions,
      };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      // The run is judged without it; only its story is missing.
      return run;
    }
  }

  return {
    look: (batchId, deadline) =>
      http.getJson(
        {
          path: path('batches', batchId),
          size: 'large',
          read: (json) => toBatch(batchId, readAs(batchSchema, unwrap(json))),
        },
        deadline,
      ),

    async readRuns(batch, deadline) {
      const embedded = batch.runs ?? [];
      if (!batch.settled || embedded.length >= (batch.announced.total ?? 0))
        return { ...batch, runs: embedded };
      const listed = await listRuns(batch, { ...deadline, noRetries: true }).catch((error: unknown) => {
        if (!(error instanceof ProviderError)) throw error;
        // What is missing is found missing, and read again.
        return [];
      });
      const known = new Set(embedded.map(({ id }) => id));
      return { ...batch, runs: [...embedded, ...listed.filter(({ id }) => !known.has(id))] };
    },

    async explain(runs, deadline) {
      const of = (status: RunStatus) => runs.filter((run) => run.status === status);
      const chosen = new Set([...of('failed'), ...of('errored')].slice(0, MAX_DETAILS));
      return Promise.all(runs.map((run) => (chosen.has(run) ? withDetail(run, deadline) : run)));
    },
  };
}

/**
 * The payload of an answer: documented bare, seen live as `{data, errors}`, and once more with `data: null` and the
 * payload beside it. An error can come with any HTTP status.
 */
function unwrap(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const { data, errors } = json as { data?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) {
    const said = messageIn({ errors });
    const [first] = errors as [{ error?: unknown } | string];
    const code = typeof first === 'object' && typeof first?.error === 'string' ? first.error : said;
    throw new ErrorInAnswer(
      `answered with an error (${said || 'without a message'}). Check batch-id and api-key.`,
      {
        mayPass: !/\b(AUTH|UNAUTHORIZED|FORBIDDEN|NOT.FOUND|INVALID)/i.test(code),
      },
    );
  }
  return typeof data === 'object' && data !== null ? data : json;
}

function readRunList(json: unknown): { runs: RunBody[]; total: number | undefined } {
  const payload = unwrap(json);
  // `data` may be the bare array, with the total beside it.
  const list = Array.isArray(payload) ? { ...(json as object), runs: payload } : payload;
  const { runs, total_count } = readAs(runListSchema, list);
  return { runs, total: total_count };
}

function toBatch(batchId: string, body: z.infer<typeof batchSchema>): Batch {
  if (!isSameId(body.id, batchId)) {
    throw new MalformedAnswer(`answered for another batch: ${body.id}.`, { isJson: true });
  }
  const status = STATUS.get(body.status);
  const outcome = status === undefined || status === 'pending' ? undefined : status;
  const createdAt = milliseconds(body.created_at);
  const runs = withoutRepeats(ofBatch(batchId, body.runs ?? []).map(toRun));
  return {
    id: batchId,
    settled: outcome !== undefined,
    ...(outcome === undefined ? {} : { outcome }),
    ...(status === undefined ? { unknownStatus: body.status } : {}),
    announced: {
      total: body.total_scenarios,
      ...(body.passed_scenarios === undefined ? {} : { passed: body.passed_scenarios }),
      ...(body.failed_scenarios === undefined ? {} : { failed: body.failed_scenarios }),
    },
    // Before they are listed, the counters tell more than the empty list.
    ...(runs.length === 0 && outcome === undefined ? {} : { runs }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(body.publish_on_pass === undefined ? {} : { publishesOnPass: body.publish_on_pass }),
  };
}

/** Without the runs that say they belong to another batch: they prove nothing about this one. */
function ofBatch(batchId: string, runs: readonly RunBody[]): RunBody[] {
  return runs.filter(({ batch_id }) => batch_id === undefined || isSameId(batch_id, batchId));
}

/** Bland's ids are UUIDs, in which capitals mean nothing. */
const isSameId = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function toRun(body: RunBody): Run {
  const known = STATUS.get(body.status);
  const caseId = body.scenario_id || undefined;
  const createdAt = milliseconds(body.created_at);
  return {
    id: body.id,
    testCase: { id: caseId, name: body.scenario?.name ?? caseId ?? body.id },
    status: known ?? 'pending',
    ...(known === undefined ? { unknownStatus: body.status } : {}),
    assertions: (body.assertion_results ?? []).flatMap(toAssertion),
    criteria: [],
    turns: [],
    ...(body.duration_ms === undefined ? {} : { durationMs: body.duration_ms }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

function toAssertion(entry: unknown): Assertion[] {
  const parsed = assertionSchema.safeParse(entry);
  if (!parsed.success) return [];
  const body = parsed.data;
  const words = [body.type, body.target, body.field].filter((word) => word !== undefined);
  const explanation = body.reasoning ?? body.reason ?? body.explanation ?? body.message ?? body.error;
  return [
    {
      label: body.name ?? (words.join(' ') || `assertion ${(body.assertion_id ?? 'without id').slice(0, 8)}`),
      outcome: outcomeOf(body),
      ...(body.expected === undefined || body.expected === null ? {} : { expected: asText(body.expected) }),
      ...(body.actual === undefined || body.actual === null ? {} : { actual: asText(body.actual) }),
      ...(explanation === undefined ? {} : { explanation }),
    },
  ];
}

function outcomeOf({
  passed,
  status,
}: {
  passed?: boolean | undefined;
  status?: string | undefined;
}): Assertion['outcome'] {
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

/** A time without a zone is UTC, wherever the runner is. */
function milliseconds(iso: string | undefined): number | undefined {
  if (iso === undefined) return undefined;
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(time) ? undefined : time;
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
  can: { start: false, versions: false, compare: false, cancel: false },
  idKey: (id) => id.toLowerCase(),
  create,
};
