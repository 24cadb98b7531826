import { firstRoundRunsPerCase, type PassRule } from '../domain/pass-rule.ts';
import { type Refused, type Selector, selectCases } from '../domain/selectors.ts';
import type { Target, Version } from '../domain/target.ts';
import type { BatchStarter, Subject } from '../providers/starter.ts';
import type { Deadline } from '../runtime/clock.ts';
import { onProviderError } from '../runtime/errors.ts';

/** What is to be gated, as the user said it. */
export type BatchSource =
  | {
      readonly kind: 'given';
      readonly batchIds: readonly string[];
      /** For re-runs, where the batch does not say what it tested. */
      readonly version: Version | undefined;
    }
  | {
      readonly kind: 'start';
      readonly target: Target | undefined;
      readonly version: Version | undefined;
      readonly selectors: readonly Selector[];
      /** Another version on which failing test cases are run as well. */
      readonly compareWith: Version | undefined;
    };

/** What the first round starts. */
export interface Prepared {
  readonly kind: 'prepared';
  readonly subject: Subject;
  /** Ids, each once. */
  readonly testCases: readonly string[];
  /** How many there were to select from. */
  readonly outOf: number;
  /** What was left out, and which lines take nothing away: sentences. */
  readonly warnings: readonly string[];
}

/** For `catch`: what a provider did not tell is refused, with its reason. */
export const refusedByProvider = onProviderError(
  ({ message }): Refused => ({ kind: 'refused', problem: message }),
);

/**
 * Resolves what is under test and selects the test cases. Everything that can be refused is refused here, before
 * anything is started: the problem is a sentence that says what to do.
 */
export async function prepare(
  wanted: Pick<Extract<BatchSource, { kind: 'start' }>, 'target' | 'version' | 'selectors'>,
  {
    starter,
    rule,
    maxRuns,
    deadline,
  }: { starter: BatchStarter; rule: PassRule; maxRuns: number | undefined; deadline: Deadline },
): Promise<Prepared | Refused> {
  const subject = await starter.resolve(wanted, deadline).catch(refusedByProvider);
  if ('problem' in subject) return subject;
  const list = await starter.testCases({ ...wanted, subject }, deadline).catch(refusedByProvider);
  if ('problem' in list) return list;
  const selection = selectCases(wanted.selectors, list.testCases);
  if (selection.kind === 'refused') return selection;
  const testCases = selection.cases.map(({ id }) => id);
  const problem = tooManyRuns(
    { testCases: testCases.length, runsPerCase: firstRoundRunsPerCase(rule) },
    maxRuns,
  );
  if (problem !== undefined) return { kind: 'refused', problem };
  const warnings = [...list.warnings, ...selection.warnings];
  return { kind: 'prepared', subject, testCases, outOf: selection.outOf, warnings };
}

/** The sentence that refuses a first round of more runs than `max-runs`; `undefined` if it may be started. */
export function tooManyRuns(
  { testCases, runsPerCase = 1 }: { testCases: number; runsPerCase?: number },
  maxRuns: number | undefined,
): string | undefined {
  const runs = testCases * runsPerCase;
  if (maxRuns === undefined || runs <= maxRuns) return undefined;
  const times = runsPerCase === 1 ? '' : ` (${runsPerCase} of each of ${testCases} test cases)`;
  return `test-cases selects ${runs} runs${times}, and max-runs allows ${maxRuns}: select fewer, or raise max-runs.`;
}
