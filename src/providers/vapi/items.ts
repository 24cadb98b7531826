/** The items of a simulation run. The facts in this file: npm `@vapi-ai/server-sdk` 2.0.1 (`SimulationRunItem`). */
import * as z from 'zod/mini';
import { idKey } from '../../domain/evidence.ts';
import type { Assertion, Run, RunStatus, Turn } from '../../domain/run.ts';
import { lenient } from '../../json.ts';
import {
  claimsOf,
  formatClaim,
  id,
  MAX_DETAILS,
  parseIsoTime,
  readEntries,
  statusWord,
  textOrUndefined,
} from '../fields.ts';
import { readStatus, resultOf } from '../runs.ts';
import { testedClaims } from './subject.ts';

/** An item's words. An item that `failed` without results counts as errored: see `statusOf`. */
export const RUN_STATUS: ReadonlyMap<string, RunStatus> = new Map([
  ['queued', 'pending'],
  ['running', 'pending'],
  ['evaluating', 'pending'],
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
]);

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

type Evaluation = z.infer<typeof evaluationSchema>;

/** Test case as it was when its run was created; none of these fields is documented. */
const snapshotSchema = z.object({ name: lenient(z.string()), updatedAt: lenient(z.string()) });

export const itemSchema = z.object({
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

export type ItemBody = z.infer<typeof itemSchema>;

/** True if an item says that it belongs to another simulation run. */
export const isOfOtherRun = (batchId: string, { runId }: ItemBody): boolean =>
  typeof runId === 'string' && runId !== '' && idKey(runId) !== idKey(batchId);

/** The run without its conversation. */
export function toRun(body: ItemBody): Run {
  const { results, metadata } = body;
  const evaluations = readEntries(evaluationSchema, results?.evaluations);
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
    ...statusOf(body, evaluations),
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
    claims: {
      ...testedClaims({ transport: body.configurations?.transport }),
      ...claimsOf({ simulation: formatClaim('simulation', caseId && idKey(caseId)) }),
    },
  };
}

/** The status of an item; `pending` where its results contradict a pass or do not prove it. */
function statusOf(
  { status, results }: ItemBody,
  evaluations: readonly Evaluation[],
): Pick<Run, 'status' | 'unknownStatus' | 'conflict' | 'unproven'> {
  const said = readStatus(status, RUN_STATUS);
  // Not documented: without results Vapi has judged nothing, and `failureReason` says what went wrong.
  if (said.status === 'failed' && results === undefined) return { status: 'errored' };
  if (said.status !== 'passed') return said;
  // Vapi: "passed" of the results "indicates whether all required evaluations passed".
  if (results?.passed === false || evaluations.some(isRequiredAndFailed))
    return { status: 'pending', conflict: ['passed', 'failed'] };
  const why = results?.passed === true ? emptyPassClause(evaluations) : undefined;
  return why === undefined ? said : { status: 'pending', unproven: { kind: 'not-evaluated', why } };
}

/** Last edit of the simulation, its scenario or its personality, as the snapshots say. */
function revisionIn(metadata: ItemBody['metadata']): number | undefined {
  const { simulation, scenario, personality } = metadata ?? {};
  const times = [simulation, scenario, personality].flatMap(
    (snapshot) => parseIsoTime(snapshot?.updatedAt) ?? [],
  );
  return times.length === 0 ? undefined : Math.max(...times);
}

/**
 * Clause about a pass that proves nothing. Evaluations that need audio are skipped in a chat, and an item passes even if all
 * of its required evaluations were skipped.
 */
function emptyPassClause(evaluations: readonly Evaluation[]): string | undefined {
  const hasRun = ({ isSkipped }: Evaluation): boolean => isSkipped !== true;
  if (!evaluations.some(hasRun)) return 'none of its evaluations ran';
  const required = evaluations.filter((evaluation) => evaluation.required !== false);
  return required.length === 0 || required.some(hasRun) ? undefined : 'none of its required evaluations ran';
}

const isRequiredAndFailed = ({ required, passed, isSkipped }: Evaluation): boolean =>
  required === true && passed === false && isSkipped !== true;

function toAssertion(body: Evaluation): Assertion {
  const { comparator, expectedValue, extractedValue } = body;
  const label = [body.name, body.path].filter((part) => part !== undefined).join('.');
  const expected = textOrUndefined(expectedValue);
  return {
    label: label || 'evaluation without a name',
    result: body.isSkipped === true ? 'skipped' : resultOf(body.passed),
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

/** The conversation of an item. */
export const turnsOf = ({ metadata }: ItemBody): Turn[] =>
  readEntries(messageSchema, metadata?.call?.messages).flatMap(toTurns);

/** The assistant is the agent under test, the user the simulated caller; the system's prompt is neither. */
function toTurns({ role, content, message, tool_calls: calls = [] }: z.infer<typeof messageSchema>): Turn[] {
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
