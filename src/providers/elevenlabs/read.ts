import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import type { Run, RunStatus, Turn } from '../../domain/run.ts';
import { formatCaseCount } from '../../domain/test-case.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import { onProviderError } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import {
  createAdvice,
  formatClaim,
  id,
  MAX_DETAILS,
  mergeRuns,
  missingStatus,
  readStatus,
  requireSame,
  statusWord,
  textOrUndefined,
} from '../fields.ts';
import type { AdapterOptions, BatchStatus, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import { createTextBudget } from '../text-budget.ts';
import {
  ACCESS,
  createElevenLabsStarter,
  isGiven,
  problemOfOverride,
  saidFields,
  testedClaims,
} from './start.ts';
import { listElevenLabsTargets } from './targets.ts';
import { readRevisions } from './workspace.ts';

/**
 * The facts in this file: the types of npm `@elevenlabs/elevenlabs-js` 2.73.0 (`GetTestSuiteInvocationResponseModel`,
 * `UnitTestRunResponseModel`).
 */

/** An invocation has no status: it has settled when none of its runs is pending. */
const BATCH_STATUS: ReadonlyMap<string, BatchStatus> = new Map();

/** A run's words. A run that `failed` with the result `unknown` counts as errored: see `toRun`. */
const RUN_STATUS: ReadonlyMap<string, RunStatus> = new Map([
  ['pending', 'pending'],
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]);

/** More is no amount that anybody pays. */
const amount = z.number().check(z.nonnegative(), z.maximum(1e12));

const runSchema = z.object({
  ...saidFields,
  test_run_id: id,
  status: statusWord,
  test_invocation_id: z.optional(z.unknown()),
  test_id: lenient(id),
  test_name: lenient(z.string()),
  test_info: lenient(z.object({ last_updated_at_unix_secs: lenient(z.number()) })),
  workflow_node_id: lenient(z.string()),
  condition_result: lenient(
    z.object({
      result: lenient(z.string()),
      rationale: lenient(z.object({ messages: lenient(z.array(z.unknown())), summary: lenient(z.string()) })),
    }),
  ),
  agent_responses: lenient(z.array(z.unknown())),
  triggered_guardrails: lenient(z.array(z.unknown())),
  credits_used: lenient(amount),
  charging: lenient(z.object({ llm_price: lenient(amount) })),
  version_id: lenient(z.string()),
  ran_against_draft: lenient(z.boolean()),
});

type RunBody = z.infer<typeof runSchema>;

const batchSchema = z.object({
  ...saidFields,
  id: z.string(),
  created_at: lenient(z.number()),
  repeat_count: lenient(z.int()),
  cancelled: z.optional(z.unknown()),
  test_runs: z.array(runSchema),
});

/** Advice about a refusal. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read this test invocation. A restricted key needs access to agents (ElevenLabs Agents).',
  404: 'Check batch-id: it must be the id of a test invocation (not of a test or a test run), in the workspace of this api-key.',
  others: 'Check batch-id and api-url.',
});

const CANCEL_ADVICE = 'Cancel it at ElevenLabs.';

/** The header that authorises a request to ElevenLabs. `fetch` would send it on to another host after a redirect. */
function headers(apiKey: string): Record<string, string> {
  return { 'xi-api-key': apiKey };
}

/** The invocation has every run with it; when each test was last edited is in the list of tests. */
function createAdapter(
  http: HttpClient,
  { showsConversations = true }: AdapterOptions = {},
): ProviderAdapter {
  const api = createApi(http, { under: ['v1', 'convai'] });
  const textBudget = createTextBudget();
  /** When the tests were last edited, as it was listed when each batch had ended: where the runs do not say it. */
  const revisions = new Map<string, ReadonlyMap<string, number>>();
  const turnsOf = ({ agent_responses }: RunBody): Turn[] =>
    showsConversations ? (agent_responses ?? []).flatMap(toTurns) : [];
  return {
    fetchBatch: (batchId, deadline) => {
      const trim = textBudget.forBatch(batchId);
      const toShownRun = (run: RunBody): Run => trim(toRun(run), () => turnsOf(run));
      return api.get(
        {
          path: ['test-invocations', batchId],
          schema: batchSchema,
          to: (body) => toBatch(batchId, body, toShownRun),
        },
        deadline,
      );
    },

    async fetchRuns(batch, deadline) {
      const { id: batchId, settled, runs = [] } = batch;
      if (!settled || runs.every(({ testCase }) => testCase.revision !== undefined))
        return { ...batch, runs };
      const known = revisions.get(batchId) ?? (await readRevisions(api, deadline));
      revisions.set(batchId, known);
      const nth = [...revisions.keys()].indexOf(batchId);
      return {
        ...batch,
        runs: runs.map((run) => ({
          ...run,
          testCase: {
            ...run.testCase,
            revision:
              run.testCase.revision ??
              revisionAt(batch.createdAt, { editedAt: known.get(run.testCase.id ?? ''), nth }),
          },
        })),
      };
    },

    /** Reads the invocation once more where conversations that are compared had no room. */
    async fetchFailureDetails(batch, deadline, passedRunIds = new Set()) {
      const { id: batchId, runs = [] } = batch;
      const wanted = textBudget.withoutRoom(batchId, passedRunIds);
      if (!showsConversations || wanted.size === 0) return batch;
      const conversations = await api
        .get(
          {
            path: ['test-invocations', batchId],
            schema: batchSchema,
            to: ({ test_runs }) =>
              new Map(
                test_runs.flatMap((run) =>
                  wanted.has(run.test_run_id) ? [[run.test_run_id, turnsOf(run)] as const] : [],
                ),
              ),
          },
          deadline,
        )
        .catch(onProviderError(() => new Map<string, Turn[]>()));
      const trim = textBudget.forBatch(batchId, passedRunIds);
      return { ...batch, runs: runs.map((run) => trim(run, () => conversations.get(run.id) ?? run.turns)) };
    },

    cancel: (batchId, deadline) =>
      http.sendCommand(
        {
          method: 'POST',
          path: [...api.under, 'test-invocations', batchId, 'cancel'],
          advice: () => CANCEL_ADVICE,
        },
        deadline,
      ),
  };
}

/**
 * The revision that an invocation ran, after the list of tests, which was read later. A test that was edited since then ran as
 * it had been before, whenever that was; times are in whole seconds. Of two invocations in one second nobody knows whether that
 * was the same: `nth`, the place of this one among those that were read, tells them apart.
 */
function revisionAt(
  createdAt: number | undefined,
  { editedAt, nth }: { editedAt: number | undefined; nth: number },
): number | undefined {
  const isEdited = createdAt !== undefined && editedAt !== undefined && editedAt >= createdAt;
  return isEdited ? createdAt - 1 - nth : editedAt;
}

function toBatch(
  batchId: string,
  body: z.infer<typeof batchSchema>,
  toShownRun: (run: RunBody) => Run,
): Batch {
  requireSame('batch', batchId, body.id);
  const runs = mergeRuns(body.test_runs.map(toShownRun), RUN_STATUS);
  const isCancelled = body.cancelled === true;
  return {
    id: batchId,
    // "Cancels all pending runs": a cancelled invocation has ended, and a run that stays pending contradicts that.
    settled:
      isCancelled || runs.every(({ status, conflict }) => status !== 'pending' || conflict !== undefined),
    conclusion: isCancelled ? 'cancelled' : undefined,
    // No totals: only the same list in two looks shows that no run is missing.
    announced: {},
    inconsistencies: findInconsistencies(body, batchId),
    runs,
    createdAt: body.created_at === undefined ? undefined : body.created_at * 1_000,
    subject: describeSubject(body),
    tested: {
      agent_id: body.agent_id,
      branch_id: body.branch_id,
      version_id: versionIn(body),
      ran_against_draft: ranAgainstDraft(body),
      has_override: isGiven(body.agent_config_override) || undefined,
      placements: placementsIn(body.test_runs),
    },
    claims: testedClaims(body),
  };
}

/** The version that all of its runs tested; `undefined` where they do not agree. */
const versionIn = ({ version_id, test_runs }: z.infer<typeof batchSchema>): string | undefined =>
  test_runs.every((run) => (run.version_id ?? version_id) === version_id)
    ? textOrUndefined(version_id)
    : undefined;

const ranAgainstDraft = ({ ran_against_draft, test_runs }: z.infer<typeof batchSchema>) =>
  test_runs.some((run) => run.ran_against_draft === true) ? true : ran_against_draft;

/** Tests of the runs, each with each of its workflow nodes once. */
function placementsIn(runs: readonly RunBody[]): { id: string; node?: string }[] {
  const placements = runs.flatMap(({ test_id: test, workflow_node_id: node }) =>
    test === undefined ? [] : [{ id: test, ...(node === undefined ? {} : { node }) }],
  );
  return [...new Map(placements.map((placement) => [JSON.stringify(placement), placement])).values()];
}

function findInconsistencies(body: z.infer<typeof batchSchema>, batchId: string): string[] {
  const { cancelled, test_runs } = body;
  const foreign = test_runs.find(
    ({ test_invocation_id: of }) => typeof of === 'string' && of !== '' && of !== batchId,
  );
  return [
    ...missingStatus(test_runs.map(({ test_run_id, status }) => ({ id: test_run_id, status }))),
    ...([undefined, null, true, false].some((known) => known === cancelled)
      ? []
      : ['"cancelled" is neither true nor false']),
    ...(foreign === undefined ? [] : [`run ${foreign.test_run_id} belongs to another test invocation`]),
    ...missingRepeats(body),
  ];
}

/** The clause for tests with fewer runs than each is repeated. */
function missingRepeats({ repeat_count: times = 1, test_runs }: z.infer<typeof batchSchema>): string[] {
  const counts = new Map<string, number>();
  for (const { test_id: test } of test_runs) {
    if (test !== undefined) counts.set(test, (counts.get(test) ?? 0) + 1);
  }
  const few = [...counts.values()].filter((count) => count < times).length;
  return few === 0 ? [] : [`${formatCaseCount(few)} with fewer runs than "repeat_count" says`];
}

function describeSubject({
  agent_id,
  branch_id,
  version_id,
  ran_against_draft,
  agent_config_override: override,
}: z.infer<typeof batchSchema>): string | undefined {
  const parts = [
    formatClaim('agent', agent_id),
    formatClaim('branch', branch_id),
    formatClaim('version', version_id),
    ran_against_draft === true ? 'with changes that are not published' : undefined,
    isGiven(override) ? 'with a configuration that was sent with its start' : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** The run without its conversation. */
function toRun(body: RunBody): Run {
  const said = readStatus(body.status, RUN_STATUS);
  const { result, rationale } = body.condition_result ?? {};
  const messages = (rationale?.messages ?? []).filter((message) => typeof message === 'string');
  const caseId = body.test_id;
  const editedAt = body.test_info?.last_updated_at_unix_secs;
  // Nobody documents it: a result that is not known is no judgement.
  const hasErrored = said.status === 'failed' && result === 'unknown';
  const isContradicted = said.status === 'passed' && result !== undefined && result !== 'success';
  return {
    id: body.test_run_id,
    testCase: {
      id: caseId,
      name: body.test_name || (caseId ?? body.test_run_id),
      ...(editedAt !== undefined && { revision: editedAt * 1_000 }),
    },
    ...said,
    ...(hasErrored ? { status: 'errored' as const } : {}),
    ...(isContradicted ? { status: 'pending' as const, conflict: ['passed', result] } : {}),
    claims: testedClaims(body),
    testFaults: testFaultsIn(body, messages),
    guardrails: guardrailsIn(body),
    credits: body.credits_used,
    llmUsd: body.charging?.llm_price,
    explanation: rationale?.summary || messages.slice(0, MAX_DETAILS).join('\n') || undefined,
    assertions: [],
    criteria: [],
    turns: [],
  };
}

/** `ConversationHistoryTranscriptCommonModelOutput`. */
const turnSchema = z.object({
  role: z.enum(['user', 'agent']),
  message: lenient(z.string()),
  tool_calls: lenient(z.array(z.unknown())),
  tool_results: lenient(z.array(z.unknown())),
});
const callSchema = z.object({ tool_name: z.string(), params_as_json: lenient(z.string()) });
const resultSchema = z.object({
  tool_name: lenient(z.string()),
  result_value: lenient(z.string()),
  is_error: lenient(z.boolean()),
});
const guardrailsSchema = z.object({ triggered_guardrails: z.array(z.unknown()) });
const guardrailSchema = z.object({ guardrail_name: lenient(z.string()), guardrail_type: z.string() });

/** A tool that the test has no mock for, as its error says: the mock has another name or an old id of the tool. */
const NO_MOCK = /^Error: no mock matched for tool '(.*)'\.?$/s;
/** A turn that did not come: "a hang, not a verdict" by ElevenLabs' own skills. */
const HANG = /^Timed out after (\d+)s waiting for the agent to produce its next turn\.?$/;
/** More are of no use to anybody. */
const MAX_FAULTS = 20;

/** Faults that ElevenLabs itself sees in the test: see `Run.testFaults`. */
function testFaultsIn(
  { agent_responses = [], condition_result }: RunBody,
  messages: readonly string[],
): string[] | undefined {
  const results = agent_responses.flatMap((entry) => turnSchema.safeParse(entry).data?.tool_results ?? []);
  const unmatched = results.flatMap((entry) => {
    const { tool_name, result_value = '', is_error } = resultSchema.safeParse(entry).data ?? {};
    const tool = is_error === false ? undefined : NO_MOCK.exec(result_value.trim())?.[1];
    return tool === undefined ? [] : [`no mock matched the call of ${tool || tool_name || 'a tool'}`];
  });
  const hangs = [condition_result?.rationale?.summary ?? '', ...messages].flatMap((message) => {
    const seconds = HANG.exec(message.trim())?.[1];
    return seconds === undefined ? [] : [`a turn of the agent did not come within ${seconds} s`];
  });
  const faults = [...new Set([...unmatched, ...hangs])].slice(0, MAX_FAULTS);
  return faults.length === 0 ? undefined : faults;
}

/** The guardrails that the run or one of its turns names, by name or else by type. */
function guardrailsIn({ agent_responses = [], triggered_guardrails = [] }: RunBody): string[] | undefined {
  const ofTurns = agent_responses.flatMap(
    (entry) => guardrailsSchema.safeParse(entry).data?.triggered_guardrails ?? [],
  );
  const names = [...triggered_guardrails, ...ofTurns].flatMap((entry) => {
    const { data } = guardrailSchema.safeParse(entry);
    return data === undefined ? [] : [data.guardrail_name || data.guardrail_type];
  });
  const found = [...new Set(names)].slice(0, MAX_FAULTS);
  return found.length === 0 ? undefined : found;
}

function toTurns(entry: unknown): Turn[] {
  const parsed = turnSchema.safeParse(entry);
  if (!parsed.success) return [];
  const { role, message = '', tool_calls = [], tool_results = [] } = parsed.data;
  const speaker = role === 'agent' ? 'agent' : 'caller';
  return [
    ...(message === '' ? [] : [{ kind: 'speech' as const, speaker, text: message } satisfies Turn]),
    ...tool_calls.flatMap((call): Turn[] => {
      const { success, data } = callSchema.safeParse(call);
      return success ? [{ kind: 'tool-call', tool: data.tool_name, input: data.params_as_json ?? '' }] : [];
    }),
    ...tool_results.flatMap((result): Turn[] => {
      const { success, data } = resultSchema.safeParse(result);
      if (!success) return [];
      const succeeded = data.is_error === undefined ? undefined : !data.is_error;
      return [{ kind: 'tool-result', output: data.result_value ?? '', succeeded }];
    }),
  ];
}

/** ElevenLabs. */
export const elevenlabs: ProviderDescriptor = {
  name: 'elevenlabs',
  title: 'ElevenLabs',
  product: 'ElevenLabs',
  homepage: 'https://elevenlabs.io',
  url: 'https://api.elevenlabs.io',
  keyVariable: 'ELEVENLABS_API_KEY',
  headers,
  advice,
  statusWords: { batch: BATCH_STATUS, run: RUN_STATUS },
  capabilities: {
    start: {
      targets: { title: 'ElevenLabs', kinds: ['agent'] },
      selectors: { title: 'ElevenLabs', labels: [] },
      isTargetOptional: false,
    },
    versions: { words: {}, hasNumbers: false, hasBranches: true, fallback: undefined },
    targetConfig: { problemOf: problemOfOverride },
    modes: false,
    compare: true,
    reuse: true,
    cancel: true,
  },
  listTargets: listElevenLabsTargets,
  testCasesPage: 'https://elevenlabs.io/docs/agents-platform/customization/agent-testing',
  createAdapter,
  createBatchStarter: createElevenLabsStarter,
};
