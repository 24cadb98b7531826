import type { ReusedBatch } from '../domain/batch.ts';
import { firstRoundRunsPerCase, type PassRule } from '../domain/pass-rule.ts';
import { type Refused, refused } from '../domain/result.ts';
import { selectCases } from '../domain/selection.ts';
import type { AvailableTestCase, Selector } from '../domain/selectors.ts';
import type { ComparedWith, Mode, Target, TargetConfig, Version } from '../domain/target.ts';
import type { FailOn } from '../domain/verdict.ts';
import type { BatchStarter, Subject, WantedSubject } from '../providers/starter.ts';
import type { Deadline } from '../runtime/clock.ts';
import { onProviderError, refusalOf } from '../runtime/errors.ts';

/** Batches to gate, as the user gave them. */
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
      readonly mode?: Mode | undefined;
      readonly config?: TargetConfig | undefined;
      readonly selectors: readonly Selector[];
      /** Another version on which failing test cases are run as well. */
      readonly compareWith: ComparedWith | undefined;
    };

/** The same, with the commit of the configuration's file. */
export function withCommit(batchSource: BatchSource, commit: string | undefined): BatchSource {
  if (batchSource.kind === 'given' || batchSource.config === undefined || commit === undefined) {
    return batchSource;
  }
  const { config } = batchSource;
  return { ...batchSource, config: { ...config, name: `${config.name} at ${commit.slice(0, 7)}` } };
}

/** Subject and test cases of the first round. */
export interface Prepared {
  readonly kind: 'prepared';
  readonly subject: Subject;
  /** Ids, each once. */
  readonly testCases: readonly string[];
  /** Their names, by id. */
  readonly names: ReadonlyMap<string, string>;
  /** When each was last edited, by id, where the provider says it: as `TestCase.revision`. */
  readonly revisions: ReadonlyMap<string, number>;
  /** The batch that is judged in place of a new one (`reuse-hours`). */
  readonly reused?: ReusedBatch | undefined;
  /** The version to compare with, or why there is none: a sentence. Absent where none was asked for. */
  readonly comparedVersion?: ComparedVersion | undefined;
  /** The test cases that a line with `!` excludes. */
  readonly excluded: readonly AvailableTestCase[];
  /** Number of test cases to select from. */
  readonly outOf: number;
  /** Remarks on what was left out, and on lines that take nothing away: sentences. */
  readonly warnings: readonly string[];
}

/** The version of `compare-with`: resolved before anything is started. */
export type ComparedVersion =
  | {
      readonly kind: 'resolved';
      readonly subject: Subject;
      /** It is known to be another one than the version under test. */
      readonly isDifferent: boolean;
      /** It is the live configuration, beside one that is sent: that of both may be one version. */
      readonly isLive?: boolean | undefined;
    }
  | { readonly kind: 'none'; readonly problem: string };

/** For `catch`: what a provider did not tell is refused, with its reason. */
export const refusedByProvider = onProviderError((error): Refused => {
  const refusal = refusalOf(error);
  if (refusal === 'request') return refused(error.message);
  return { ...refused(error.message), cause: refusal ?? 'provider' };
});

/**
 * Resolves what is under test and selects the test cases. Everything that can be refused is refused here, before
 * anything is started: the problem is a sentence that says what to do.
 */
export async function prepare(
  batchSource: WantedSubject & {
    readonly selectors: readonly Selector[];
    readonly compareWith?: ComparedWith | undefined;
  },
  {
    starter,
    rule,
    maxRuns,
    failOn = 'any',
    deadline,
  }: {
    readonly starter: BatchStarter;
    readonly rule: PassRule;
    readonly maxRuns: number | undefined;
    readonly failOn?: FailOn | undefined;
    readonly deadline: Deadline;
  },
): Promise<Prepared | Refused> {
  const subject = await starter.resolveTarget(batchSource, deadline).catch(refusedByProvider);
  if ('problem' in subject) return subject;
  const list = await starter.listTestCases({ ...batchSource, subject }, deadline).catch(refusedByProvider);
  if ('problem' in list) return list;
  const selection = selectCases(batchSource.selectors, list.testCases, list.adviceIfEmpty);
  if (selection.kind === 'refused') return selection;
  const { cases, excluded, outOf } = selection.value;
  const testCases = cases.map(({ id }) => id);
  const problem = tooManyRuns(testCases.length, { rule, maxRuns });
  if (problem !== undefined) return refused(problem);
  const names = new Map(cases.map(({ id, name }) => [id, name]));
  const revisions = new Map(
    cases.flatMap(({ id, revision }): [string, number][] => (revision === undefined ? [] : [[id, revision]])),
  );
  const warnings = [...list.warnings, ...selection.value.warnings];
  const prepared: Prepared = {
    kind: 'prepared',
    ...{ subject, testCases, names, revisions, excluded, outOf, warnings },
  };
  if (batchSource.compareWith === undefined) return prepared;
  const resolved = await resolveComparedVersion(
    { ...batchSource, subject, compareWith: batchSource.compareWith },
    { starter, failOn, deadline },
  );
  return 'comparedVersion' in resolved ? { ...prepared, ...resolved } : resolved;
}

/** Resolves the version of `compare-with`. With `fail-on: new` it has to be known whether it is another one. */
async function resolveComparedVersion(
  {
    subject,
    compareWith,
    target,
    mode,
  }: WantedSubject & { readonly subject: Subject; readonly compareWith: ComparedWith },
  { starter, failOn, deadline }: { starter: BatchStarter; failOn: FailOn; deadline: Deadline },
): Promise<{ readonly comparedVersion: ComparedVersion } | Refused> {
  const isLive = compareWith.kind === 'live';
  const version = isLive ? undefined : compareWith;
  const found = await starter.resolveTarget({ target, mode, version }, deadline).catch(refusedByProvider);
  if ('problem' in found) return { comparedVersion: { kind: 'none', problem: found.problem } };
  // The subject under test has the target's name and id.
  const compared = isLive ? { ...found, title: `the live ${target?.kind ?? 'agent'}` } : found;
  switch (starter.compareVersions(subject, compared)) {
    case 'same': {
      const problem = `compare-with is the version under test (${compared.title}).`;
      return { comparedVersion: { kind: 'none', problem } };
    }
    case 'different': {
      const resolved = { kind: 'resolved', subject: compared, isDifferent: true } as const;
      return { comparedVersion: { ...resolved, ...(isLive && { isLive }) } };
    }
    case 'unknown':
      if (failOn === 'new') {
        return refused(
          `fail-on: new needs two versions that are known to differ, and ${starter.title} does not say whether ${subject.title} and ${compared.title} do: set version and compare-with to numbers or branches.`,
        );
      }
      return { comparedVersion: { kind: 'resolved', subject: compared, isDifferent: false } };
  }
}

/** The sentence that refuses a first round of more runs than `max-runs`; `undefined` if it may be started. */
export function tooManyRuns(
  testCases: number,
  { rule, maxRuns }: { readonly rule: PassRule; readonly maxRuns: number | undefined },
): string | undefined {
  const runsPerCase = firstRoundRunsPerCase(rule);
  const runs = testCases * runsPerCase;
  if (maxRuns === undefined || runs <= maxRuns) return undefined;
  const times = runsPerCase === 1 ? '' : ` (${runsPerCase} of each of ${testCases} test cases)`;
  return `test-cases selects ${runs} runs${times}, and max-runs allows ${maxRuns}: select fewer, or raise max-runs.`;
}
