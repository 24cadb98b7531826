import type { Cost } from '../domain/cost.ts';
import type { Assertion, Run, RunStatus, Turn } from '../domain/run.ts';
import { joinWithAnd } from '../domain/wording.ts';
import { formatAmount } from '../text/format.ts';

/** Plain words about a run, for the report files. All of it may be foreign text. */

/** Status of a run in words, at the start of a line. */
export const STATUS_WORDS: Readonly<Record<RunStatus, string>> = {
  pending: 'Unfinished',
  passed: 'Passed',
  failed: 'Failed',
  errored: 'Errored',
  cancelled: 'Cancelled',
};

/** Reason why the run did not pass, in a sentence or what the provider gives in its place; empty if it passed. */
export function runMessage(run: Run): string {
  switch (run.status) {
    case 'passed':
      return '';
    case 'failed':
      return run.explanation || failedLabels(run) || 'The run failed, and the provider does not say why.';
    case 'errored':
      return run.explanation || 'The run errored, and the provider does not say why.';
    case 'cancelled':
      return run.explanation || 'The run was cancelled at the provider.';
    case 'pending':
      if (run.unproven !== undefined) return `The run proves nothing: ${run.unproven.why}.`;
      if (run.conflict !== undefined) {
        return `The run has contradicting statuses: ${joinWithAnd(run.conflict)}.`;
      }
      return run.unknownStatus === undefined
        ? 'The run had not ended when the gate stopped waiting.'
        : `The run has a status that this action does not know: "${run.unknownStatus}".`;
  }
}

/** True if there is more than white space in a text. */
export const hasText = (text: string | undefined): text is string => text !== undefined && text.trim() !== '';

/** The assertions of a run that failed. */
export const failedAssertions = ({ assertions }: Pick<Run, 'assertions'>): Assertion[] =>
  assertions.filter(({ result }) => result === 'failed');

/** Order in which assertions are shown. */
const ASSERTION_ORDER = ['failed', 'unknown', 'skipped', 'passed'] as const;

/** The assertions of a run, those that failed first. */
export const failedFirst = (assertions: readonly Assertion[]): Assertion[] =>
  ASSERTION_ORDER.flatMap((wanted) => assertions.filter(({ result }) => result === wanted));

function failedLabels(run: Run): string {
  const labels = failedAssertions(run).map(({ label }) => label);
  return labels.length === 0 ? '' : `Failed: ${labels.join('; ')}`;
}

/** Everything that is known of why a run ended so, failed assertions first; several lines, maybe none. */
export function runDetails(run: Run): string {
  const { assertions, criteria, explanation, testFaults = [], guardrails = [] } = run;
  return [
    ...testFaults.map((fault) => `Broken test: ${fault}`),
    ...(explanation === undefined ? [] : [explanation]),
    ...failedFirst(assertions).map(assertionText),
    ...(guardrails.length === 0 ? [] : [`Guardrails triggered: ${guardrails.join(', ')}`]),
    ...(criteria.length === 0 ? [] : [['Judged by:', ...criteria].join('\n')]),
  ].join('\n\n');
}

function assertionText({ label, result, expected, actual, explanation }: Assertion): string {
  return [
    `Assertion ${result === 'unknown' ? 'without a result' : result}: ${label}`,
    ...(expected === undefined ? [] : [`Expected: ${expected}`]),
    ...(actual === undefined ? [] : [`Actual: ${actual}`]),
    ...(explanation === undefined ? [] : [explanation]),
  ].join('\n');
}

/** "expected 3, got 5", as far as an assertion has them; empty where it has neither. `shown` writes a foreign value. */
export function expectedAndActual({ expected, actual }: Assertion, shown: (value: string) => string): string {
  return [
    ...(expected === undefined ? [] : [`expected ${shown(expected)}`]),
    ...(actual === undefined ? [] : [`got ${shown(actual)}`]),
  ].join(', ');
}

/** "164 credits, $0.005 for the language model"; "at least" where not all runs say it. */
export function costText({ runs, credits, llmUsd }: Cost): string {
  const amounts = [
    ...(credits === undefined ? [] : [{ ...credits, text: `${formatAmount(credits.sum, 2)} credits` }]),
    ...(llmUsd === undefined
      ? []
      : [{ ...llmUsd, text: `$${formatAmount(llmUsd.sum, 4)} for the language model` }]),
  ];
  const unknown = runs - Math.min(...amounts.map((amount) => amount.runs));
  const text = amounts.map((amount) => `${amount.runs < runs ? 'at least ' : ''}${amount.text}`).join(', ');
  return unknown > 0 ? `${text}: the cost of ${unknown} of ${runs} runs is unknown` : text;
}

/** One turn of a conversation as text; an answer with the name of its `tool` where that is known. */
export function turnText(turn: Turn, tool?: string): string {
  switch (turn.kind) {
    case 'speech':
      return `${turn.speaker === 'agent' ? 'Agent' : 'Caller'}: ${turn.text}`;
    case 'tool-call':
      return `Tool call: ${turn.tool} ${turn.input}`;
    case 'tool-result':
      return `Tool result${tool === undefined ? '' : ` of ${tool}`}${turn.succeeded === false ? ' (failed)' : ''}: ${turn.output}`;
    case 'transition':
      return turn.from === undefined ? `Moves to: ${turn.to}` : `Moves from ${turn.from} to: ${turn.to}`;
  }
}

/** Length of what a turn says, in UTF-16 code units. */
export function turnLength(turn: Turn): number {
  switch (turn.kind) {
    case 'speech':
      return turn.text.length;
    case 'tool-call':
      return turn.input.length;
    case 'tool-result':
      return turn.output.length;
    case 'transition':
      return 0;
  }
}
