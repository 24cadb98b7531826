import * as z from 'zod/mini';
import { type Batch, formatRunCount } from '../../domain/batch.ts';
import type { Assertion, Run, RunStatus, Turn } from '../../domain/run.ts';
import { formatCaseCount } from '../../domain/test-case.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import { onProviderError } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import {
  bearerHeaders,
  createAdvice,
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
import type { AdapterOptions, BatchStatus, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import { createTextBudget } from '../text-budget.ts';
import { ACCESS, readVapiList, vapiIdKey } from './lists.ts';
import {
  createVapiStarter,
  dashboardOf,
  describeTested,
  problemOfInline,
  targetSchema,
  testedClaims,
  transportSchema,
} from './start.ts';
import { lacksVapiTarget, listVapiTargets } from './targets.ts';

/** The facts in this file: the types of npm `@vapi-ai/server-sdk` 2.0.1 (`SimulationRun`, `SimulationRunItem`). */

/** A simulation run's words; `ended` is an end and not a verdict. */
const BATCH_STATUS: ReadonlyMap<string, BatchStatus> = new Map([
  ['queued', 'pending'],
  ['running', 'pending'],
  ['ended', 'ended'],
]);

/** An item's words. An item that `failed` without results counts as errored: see `toRun`. */
const RUN_STATUS: ReadonlyMap<string, RunStatus> = new Map([
  ['queued', 'pending'],
  ['running', 'pending'],
  ['evaluating', 'pending'],
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
]);

const batchSchema = z.object({
  id: z.string(),
  status: z.string(),
  itemCounts: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  createdAt: lenient(z.string()),
  endedAt: lenient(z.string()),
  url: lenient(z.string()),
  target: z.optional(z.unknown()),
  transport: z.optional(z.unknown()),
  iterations: lenient(z.int().check(z.positive())),
  simulations: lenient(z.array(z.object({ type: lenient(z.string()), simulationId: lenient(id) }))),
});

const evaluationSchema = z.object({
  name: lenient(z.string()),
  path: lenient(z.string()),
  expectedValue: lenient(z.unknown()),
  extractedValue: lenient(z.unknown()),
  comparator: lenient(z.string()),
  passed: lenient(z.boolean()),
  required: lenient(z.boolean()),
  error: lenient(z.string()),
  isSkipped: lenient(z.boolean()),
  skipReason: lenient(z.string()),
});

/** Test case as it was when its run was created; none of these fields is documented. */
const snapshotSchema = z.object({ name: lenient(z.string()), updatedAt: lenient(z.string()) });

const itemSchema = z.object({
  id,
  status: statusWord,
  runId: z.optional(z.unknown()),
  simulationId: lenient(id),
  configurations: lenient(z.object({ transport: z.optional(z.unknown()) })),
  failureReason: lenient(z.string()),
  createdAt: lenient(z.string()),
  startedAt: lenient(z.string()),
  completedAt: lenient(z.string()),
  failedAt: lenient(z.string()),
  canceledAt: lenient(z.string()),
  metadata: lenient(
    z.object({
      simulation: lenient(snapshotSchema),
      scenario: lenient(snapshotSchema),
      personality: lenient(snapshotSchema),
      call: lenient(z.object({ messages: lenient(z.array(z.unknown())) })),
    }),
  ),
  results: lenient(z.object({ passed: lenient(z.boolean()), evaluations: lenient(z.array(z.unknown())) })),
});

type ItemBody = z.infer<typeof itemSchema>;

/** Advice about a refusal. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read this simulation run.',
  404: 'Check batch-id: it must be the id of a simulation run (not of an item, a simulation or a suite), in the organisation of this api-key.',
  others: 'Check batch-id and api-url.',
});

/** So many readings after the end an item that failed may be without results, before it counts as errored. */
const READINGS_FOR_RESULTS = 3;

/** No page's address is longer. */
const MAX_ADDRESS = 500;

const CANCEL_ADVICE = 'Cancel it at Vapi.';

/** The run has status and counters, the list of its items what became of each simulation. */
function createAdapter(
  http: HttpClient,
  { showsConversations = true }: AdapterOptions = {},
): ProviderAdapter {
  const api = createApi(http, { under: ['eval', 'simulation', 'run'] });
  const textBudget = createTextBudget();
  const turnsOf = ({ metadata }: ItemBody): Turn[] =>
    showsConversations ? (metadata?.call?.messages ?? []).flatMap(toTurns) : [];
  /** Plans of the runs, by run id. */
  const plans = new Map<string, SimulationPlan>();
  /** In how many readings after the end an item had failed without results. */
  const readingsWithoutResults = new Map<string, number>();

  /** Whether an item's results may still come: `passed` and `failed` can stand there before them. */
  function isEarly({ id: itemId, status, results }: ItemBody): boolean {
    if (status === 'passed') return results?.passed === undefined;
    if (status !== 'failed' || results !== undefined) return false;
    const readings = 1 + (readingsWithoutResults.get(itemId) ?? 0);
    readingsWithoutResults.set(itemId, readings);
    return readings < READINGS_FOR_RESULTS;
  }

  return {
    fetchBatch: (batchId, deadline) =>
      api.get(
        {
          path: [batchId],
          size: 'small',
          schema: batchSchema,
          to: (body) => {
            plans.set(batchId, planOf(body));
            return toBatch(batchId, body, dashboardOf(http, batchId));
          },
        },
        deadline,
      ),

    async fetchRuns(batch, deadline) {
      const trim = textBudget.forBatch(batch.id);
      const list = await readVapiList(
        api,
        {
          ...itemsOf(batch),
          toItem: (body) => ({
            ...checkItem(body, batch.id),
            isEarly: batch.settled && isEarly(body),
            run: trim(toRun(body), () => turnsOf(body)),
          }),
        },
        deadline,
      );
      const inconsistencies = [
        ...(batch.inconsistencies ?? []),
        ...list.inconsistencies,
        ...findInconsistencies(list.items),
        ...missingItems(list.items, plans.get(batch.id)),
      ];
      return {
        ...batch,
        announced: { ...batch.announced, total: batch.announced.total ?? list.total },
        inconsistencies,
        runs: mergeRuns(
          list.items.map(({ run }) => run),
          RUN_STATUS,
          vapiIdKey,
        ),
      };
    },

    /** Reads the items once more where conversations that are compared had no room. */
    async fetchFailureDetails(batch, deadline, passedRunIds = new Set()) {
      const { runs = [] } = batch;
      const wanted = textBudget.withoutRoom(batch.id, passedRunIds);
      if (!showsConversations || wanted.size === 0) return batch;
      const { items } = await readVapiList(
        api,
        {
          ...itemsOf(batch),
          toItem: (body) => [body.id, wanted.has(body.id) ? turnsOf(body) : []] as const,
        },
        deadline,
      ).catch(onProviderError(() => ({ items: [] })));
      const conversations = new Map(items);
      const trim = textBudget.forBatch(batch.id, passedRunIds);
      return {
        ...batch,
        runs: runs.map((run) =>
          trim(run, () => (wanted.has(run.id) ? (conversations.get(run.id) ?? []) : run.turns)),
        ),
      };
    },

    cancel: (batchId, deadline) =>
      http.sendCommand(
        { method: 'PATCH', path: [...api.under, batchId], advice: () => CANCEL_ADVICE },
        deadline,
      ),
  };
}

/** The list of what a simulation run is made of. */
const itemsOf = ({ id: batchId, announced }: Batch) => ({
  path: [batchId, 'item'],
  items: 'items',
  of: `simulation run ${batchId}`,
  total: announced.total,
  schema: itemSchema,
});

function toBatch(batchId: string, body: z.infer<typeof batchSchema>, dashboard: string | undefined): Batch {
  requireSame('batch', batchId, body.id, vapiIdKey);
  const status = BATCH_STATUS.get(body.status);
  const target = targetSchema.safeParse(body.target).data;
  const transport = transportSchema.safeParse(body.transport).data;
  return {
    id: batchId,
    settled: status === 'ended',
    unknownStatus: status === undefined ? body.status : undefined,
    // Without counters, which the API does not promise, only the same list in two looks shows that no item is missing.
    ...readCounters(
      body.itemCounts ?? {},
      { total: 'total', passed: 'passed', failed: 'failed', cancelled: 'canceled' },
      body.itemCounts ? ['total', 'passed', 'failed', 'cancelled'] : [],
    ),
    createdAt: parseIsoTime(body.createdAt),
    endedAt: parseIsoTime(body.endedAt),
    url: pageOfVapi(body.url ?? dashboard),
    subject: target && describeTested(target, transport),
    tested: target && { target, transport },
    claims: testedClaims(body),
  };
}

/** An address that a report may link to: a page of Vapi's, whatever an answer says. */
function pageOfVapi(text: string | undefined): string | undefined {
  const url = URL.parse(text ?? '');
  const isVapis = url?.protocol === 'https:' && /(^|\.)vapi\.ai$/.test(url.hostname);
  return isVapis && url.href.length <= MAX_ADDRESS ? url.href : undefined;
}

/** Facts that decide whether an item can be believed. */
interface ItemCheck {
  readonly id: string;
  readonly status: ItemBody['status'];
  /** The id of its simulation, in the form in which ids are compared. */
  readonly simulation: string | undefined;
  /** It belongs to another run. */
  readonly isForeign: boolean;
  /** Its results are not there yet. */
  readonly isEarly: boolean;
}

function checkItem(
  { id: itemId, status, runId, simulationId }: ItemBody,
  batchId: string,
): Omit<ItemCheck, 'isEarly'> {
  return {
    id: itemId,
    status,
    simulation: simulationId && vapiIdKey(simulationId),
    isForeign: typeof runId === 'string' && runId !== '' && vapiIdKey(runId) !== vapiIdKey(batchId),
  };
}

/** Simulations that a run says that it runs. A suite does not say of how many simulations it is. */
interface SimulationPlan {
  /** The simulations that it names, each once. */
  readonly simulations: readonly string[];
  /** Number of simulations that it describes without an id. */
  readonly withoutId: number;
  readonly hasSuites: boolean;
  readonly iterations: number;
}

function planOf({ simulations = [], iterations = 1 }: z.infer<typeof batchSchema>): SimulationPlan {
  const suites = simulations.filter(({ type }) => type === 'simulationSuite');
  const single = simulations.filter(({ type }) => type === 'simulation');
  const ids = single.flatMap(({ simulationId }) =>
    simulationId === undefined ? [] : vapiIdKey(simulationId),
  );
  return {
    simulations: [...new Set(ids)],
    withoutId: single.length - ids.length,
    hasSuites: suites.length > 0,
    iterations,
  };
}

/** The clause for fewer items than the run itself says that it runs: each simulation as often as there are iterations. */
function missingItems(items: readonly ItemCheck[], plan: SimulationPlan | undefined): string[] {
  // Of no items at all the judge speaks.
  if (plan === undefined || items.length === 0) return [];
  const { simulations, withoutId, hasSuites, iterations } = plan;
  const listed = new Map(items.map((item) => [vapiIdKey(item.id), item.simulation]));
  const alone = simulations.length + withoutId;
  const least = (alone === 0 && hasSuites ? 1 : alone) * iterations;
  if (listed.size < least) {
    return [`it lists ${formatRunCount(listed.size)}, and its simulations take at least ${least}`];
  }
  const found = [...listed.values()];
  // Without the id of its simulation an item may be of any.
  if (found.includes(undefined)) return [];
  const few = simulations.filter((simulation) => {
    const count = found.filter((itemSimulation) => itemSimulation === simulation).length;
    return count < iterations;
  });
  return few.length === 0 ? [] : [`${formatCaseCount(few.length)} with fewer runs than "iterations" says`];
}

/** Reasons not to believe the items of an ended run yet: results may come up to two minutes later. */
function findInconsistencies(items: readonly ItemCheck[]): string[] {
  const foreign = items.filter(({ isForeign }) => isForeign);
  const early = items.filter(({ isEarly }) => isEarly);
  return [
    ...missingStatus(items),
    ...countOf(foreign, 'belongs to another simulation run', 'belong to another simulation run'),
    ...countOf(early, 'has no "results" yet', 'have no "results" yet'),
  ];
}

function countOf(items: readonly ItemCheck[], singular: string, plural: string): string[] {
  const [first] = items;
  if (first === undefined) return [];
  return [items.length === 1 ? `run ${first.id} ${singular}` : `${items.length} runs ${plural}`];
}

/** The run without its conversation. */
function toRun(body: ItemBody): Run {
  const { results, metadata } = body;
  const evaluations = (results?.evaluations ?? []).flatMap(toEvaluation);
  const said = readStatus(body.status, RUN_STATUS);
  // Nobody documents it: without results Vapi has judged nothing, and `failureReason` says what went wrong.
  const hasErrored = said.status === 'failed' && results === undefined;
  // Vapi: "passed" of the results "indicates whether all required evaluations passed".
  const isContradicted =
    said.status === 'passed' && (results?.passed === false || evaluations.some(isRequiredAndFailed));
  const emptyPass =
    said.status === 'passed' && results?.passed === true && !isContradicted
      ? whyEmptyPass(evaluations)
      : undefined;
  const caseId = body.simulationId;
  const startedAt = parseIsoTime(body.startedAt);
  const endedAt =
    parseIsoTime(body.completedAt) ?? parseIsoTime(body.failedAt) ?? parseIsoTime(body.canceledAt);
  return {
    id: body.id,
    testCase: {
      id: caseId,
      name: metadata?.simulation?.name ?? metadata?.scenario?.name ?? caseId ?? body.id,
      revision: revisionIn(metadata),
    },
    ...said,
    ...(hasErrored ? { status: 'errored' as const } : {}),
    ...(isContradicted ? { status: 'pending' as const, conflict: ['passed', 'failed'] } : {}),
    ...(emptyPass === undefined
      ? {}
      : { status: 'pending' as const, unproven: { kind: 'not-evaluated' as const, why: emptyPass } }),
    explanation: body.failureReason,
    assertions: evaluations.slice(0, MAX_DETAILS).map(toAssertion),
    criteria: [],
    turns: [],
    durationMs:
      startedAt === undefined || endedAt === undefined || endedAt < startedAt
        ? undefined
        : endedAt - startedAt,
    createdAt: parseIsoTime(body.createdAt),
    startedAt,
    endedAt,
    claims: testedClaims({ transport: body.configurations?.transport }),
  };
}

/** When what the test case is made of was last edited, as its snapshots say. */
function revisionIn(metadata: ItemBody['metadata']): number | undefined {
  const { simulation, scenario, personality } = metadata ?? {};
  const times = [simulation, scenario, personality].flatMap(
    (snapshot) => parseIsoTime(snapshot?.updatedAt) ?? [],
  );
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Clause about a pass that proves nothing: evaluations that need audio are skipped in a chat, and an item whose required ones were all skipped passes. */
function whyEmptyPass(evaluations: readonly Evaluation[]): string | undefined {
  const hasRun = ({ isSkipped }: Evaluation): boolean => isSkipped !== true;
  if (!evaluations.some(hasRun)) return 'none of its evaluations ran';
  const required = evaluations.filter((evaluation) => evaluation.required !== false);
  return required.length === 0 || required.some(hasRun) ? undefined : 'none of its required evaluations ran';
}

type Evaluation = z.infer<typeof evaluationSchema>;

function toEvaluation(entry: unknown): Evaluation[] {
  const parsed = evaluationSchema.safeParse(entry);
  return parsed.success ? [parsed.data] : [];
}

const isRequiredAndFailed = ({ required, passed, isSkipped }: Evaluation): boolean =>
  required === true && passed === false && isSkipped !== true;

function toAssertion(body: Evaluation): Assertion {
  const { comparator, expectedValue, extractedValue } = body;
  const label = [body.name, body.path].filter((part) => part !== undefined).join('.');
  const result = body.passed === undefined ? 'unknown' : body.passed ? 'passed' : 'failed';
  const expected = textOrUndefined(expectedValue);
  return {
    label: label || 'evaluation without a name',
    result: body.isSkipped === true ? 'skipped' : result,
    required: body.required,
    expected: expected !== undefined && comparator !== undefined ? `${comparator} ${expected}` : expected,
    actual: textOrUndefined(extractedValue),
    explanation: body.isSkipped === true ? (body.skipReason ?? body.error) : body.error,
  };
}

/** OpenAI's form of messages, as the SDK says, and the form of Vapi's own calls. */
const messageSchema = z.object({
  role: z.string(),
  content: lenient(z.string()),
  message: lenient(z.string()),
  tool_calls: lenient(
    z.array(z.object({ function: z.object({ name: z.string(), arguments: lenient(z.string()) }) })),
  ),
});

/** The assistant is the agent under test, the user the simulated caller; the system's prompt is neither. */
function toTurns(entry: unknown): Turn[] {
  const parsed = messageSchema.safeParse(entry);
  if (!parsed.success) return [];
  const { role, content, message, tool_calls: calls = [] } = parsed.data;
  const text = content ?? message ?? '';
  switch (role) {
    case 'assistant':
    case 'bot':
      return [
        ...(text === '' ? [] : [{ kind: 'speech' as const, speaker: 'agent' as const, text }]),
        ...calls.map(({ function: { name, arguments: input = '' } }) => ({
          kind: 'tool-call' as const,
          tool: name,
          input,
        })),
      ];
    case 'user':
      return text === '' ? [] : [{ kind: 'speech', speaker: 'caller', text }];
    case 'tool':
    case 'tool_call_result':
      return [{ kind: 'tool-result', output: text }];
    default:
      return [];
  }
}

/** Vapi. */
export const vapi: ProviderDescriptor = {
  name: 'vapi',
  title: 'Vapi',
  product: 'Vapi',
  homepage: 'https://vapi.ai',
  url: 'https://api.vapi.ai',
  keyVariable: 'VAPI_API_KEY',
  headers: bearerHeaders,
  advice,
  statusWords: { batch: BATCH_STATUS, run: RUN_STATUS },
  capabilities: {
    start: {
      targets: { title: 'Vapi', kinds: ['assistant', 'squad'] },
      selectors: {
        title: 'Vapi',
        labels: ['suite'],
        wildcardRefusal:
          'A list of all simulations belongs to no target at Vapi: write ids, names or suite:ID, one per line.',
      },
      isTargetOptional: false,
    },
    versions: false,
    targetConfig: { problemOf: problemOfInline },
    modes: { fallback: 'chat' },
    compare: false,
    reuse: { problem: 'its lists do not show when each part of a simulation was last edited' },
    cancel: true,
  },
  idKey: vapiIdKey,
  listTargets: listVapiTargets,
  lacksTarget: lacksVapiTarget,
  testCasesPage: 'https://docs.vapi.ai/observability/simulations-quickstart',
  createAdapter,
  createBatchStarter: createVapiStarter,
};
