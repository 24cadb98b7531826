import type { Deadline } from '../clock.ts';
import { firstRuns, type PassRule } from '../domain/pass-rule.ts';
import { type Selector, selectCases } from '../domain/selectors.ts';
import type { Target, Version } from '../domain/target.ts';
import { ProviderError } from '../errors.ts';
import type { Starter, Subject } from '../providers/starter.ts';
import { tooManyRuns } from './planning.ts';

/** What the first round starts. */
export interface Prepared {
  readonly kind: 'prepared';
  readonly subject: Subject;
  /** Ids, each once. */
  readonly testCases: readonly string[];
  /** How many there were to select from. */
  readonly outOf: number;
}

/**
 * Resolves what is under test and selects the test cases. Everything that can be refused is refused here, before
 * anything is started: the problem is a sentence that says what to do.
 */
export async function prepare(
  wanted: {
    readonly target: Target | undefined;
    readonly version: Version | undefined;
    readonly selectors: readonly Selector[];
  },
  {
    starter,
    rule,
    maxRuns,
    deadline,
  }: { starter: Starter; rule: PassRule; maxRuns: number | undefined; deadline: Deadline },
): Promise<Prepared | { readonly kind: 'refused'; readonly problem: string }> {
  try {
    const subject = await starter.resolve(wanted, deadline);
    if ('problem' in subject) return subject;
    const list = await starter.testCases({ ...wanted, subject }, deadline);
    const selection = selectCases(wanted.selectors, list);
    if (selection.kind === 'refused') return selection;
    const testCases = selection.cases.map(({ id }) => id);
    const problem = tooManyRuns({ testCases: testCases.length, runsOfEach: firstRuns(rule) }, maxRuns);
    if (problem !== undefined) return { kind: 'refused', problem };
    return { kind: 'prepared', subject, testCases, outOf: selection.outOf };
  } catch (error) {
    if (error instanceof ProviderError) return { kind: 'refused', problem: error.message };
    throw error;
  }
}
