/** The runs of a test invocation. The facts in this file: npm `@elevenlabs/elevenlabs-js` 2.73.0 (`UnitTestRunResponseModel`). */
import * as z from 'zod/mini';
import type { Run, RunStatus, Turn } from '../../domain/run.ts';
import { lenient } from '../../json.ts';
import { claimsOf, formatClaim, fromSeconds, id, MAX_DETAILS, readEntries, statusWord } from '../fields.ts';
import { readStatus } from '../runs.ts';
import { testedClaims, testedFields } from './subject.ts';

/** A run's words. A run that `failed` with the result `unknown` counts as errored: see `statusOf`. */
export const RUN_STATUS: ReadonlyMap<string, RunStatus> = new Map([
  ['pending', 'pending'],
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]);

/** A price or a number of credits; nobody pays more than the maximum. */
const amount = z.number().check(z.nonnegative(), z.maximum(1e12));

export const runSchema = z.object({
  ...testedFields,
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
});

export type RunBody = z.infer<typeof runSchema>;

/** The run without its conversation. */
export function toRun(body: RunBody): Run {
  const { result, rationale } = body.condition_result ?? {};
  const messages = (rationale?.messages ?? []).filter((message) => typeof message === 'string');
  const caseId = body.test_id;
  return {
    id: body.test_run_id,
    testCase: {
      id: caseId,
      name: body.test_name || (caseId ?? body.test_run_id),
      revision: fromSeconds(body.test_info?.last_updated_at_unix_secs),
    },
    ...statusOf(body.status, result),
    claims: { ...testedClaims(body), ...claimsOf({ test: formatClaim('test', caseId) }) },
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

/** The status of a run; `pending` where its result contradicts a pass. */
function statusOf(
  status: RunBody['status'],
  result: string | undefined,
): Pick<Run, 'status' | 'unknownStatus' | 'conflict'> {
  const said = readStatus(status, RUN_STATUS);
  // Not documented: with the result `unknown` ElevenLabs has judged nothing.
  if (said.status === 'failed' && result === 'unknown') return { status: 'errored' };
  if (said.status === 'passed' && result !== undefined && result !== 'success')
    return { status: 'pending', conflict: ['passed', result] };
  return said;
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
/** Most faults or guardrails of a run that are kept. */
const MAX_FAULTS = 20;

/** Faults that ElevenLabs itself sees in the test: see `Run.testFaults`. */
function testFaultsIn(
  { agent_responses = [], condition_result }: RunBody,
  messages: readonly string[],
): string[] | undefined {
  const results = readEntries(turnSchema, agent_responses).flatMap((turn) => turn.tool_results ?? []);
  const unmatched = readEntries(resultSchema, results).flatMap((entry) => {
    const { tool_name, result_value = '', is_error } = entry;
    const tool = is_error === false ? undefined : NO_MOCK.exec(result_value.trim())?.[1];
    return tool === undefined ? [] : [`no mock matched the call of ${tool || tool_name || 'a tool'}`];
  });
  const hangs = [condition_result?.rationale?.summary ?? '', ...messages].flatMap((message) => {
    const seconds = HANG.exec(message.trim())?.[1];
    return seconds === undefined ? [] : [`a turn of the agent did not come within ${seconds} s`];
  });
  return distinct([...unmatched, ...hangs]);
}

/** The guardrails that the run or one of its turns names, by name or else by type. */
function guardrailsIn({ agent_responses = [], triggered_guardrails = [] }: RunBody): string[] | undefined {
  const ofTurns = readEntries(guardrailsSchema, agent_responses).flatMap((turn) => turn.triggered_guardrails);
  const guardrails = readEntries(guardrailSchema, [...triggered_guardrails, ...ofTurns]);
  return distinct(guardrails.map(({ guardrail_name, guardrail_type }) => guardrail_name || guardrail_type));
}

/** Each text once, at most `MAX_FAULTS`; `undefined` without any. */
function distinct(texts: readonly string[]): string[] | undefined {
  const found = [...new Set(texts)].slice(0, MAX_FAULTS);
  return found.length === 0 ? undefined : found;
}

/** The conversation of a run. */
export const turnsOf = ({ agent_responses }: RunBody): Turn[] =>
  readEntries(turnSchema, agent_responses).flatMap(toTurns);

function toTurns({ role, message = '', tool_calls, tool_results }: z.infer<typeof turnSchema>): Turn[] {
  const speaker = role === 'agent' ? 'agent' : 'caller';
  const calls = readEntries(callSchema, tool_calls);
  const results = readEntries(resultSchema, tool_results);
  return [
    ...(message === '' ? [] : [{ kind: 'speech', speaker, text: message } as const]),
    ...calls.map(
      (call): Turn => ({
        kind: 'tool-call',
        tool: call.tool_name,
        input: call.params_as_json ?? '',
      }),
    ),
    ...results.map(
      (result): Turn => ({
        kind: 'tool-result',
        output: result.result_value ?? '',
        succeeded: result.is_error === undefined ? undefined : !result.is_error,
      }),
    ),
  ];
}
