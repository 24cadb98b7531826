import { formatRunCount } from '../domain/batch.ts';
import { firstRoundRunsPerCase } from '../domain/pass-rule.ts';
import { ok, type Result } from '../domain/result.ts';
import type { BatchStarter, Parallelism, Subject } from '../providers/starter.ts';
import { withEarlierEnd } from '../runtime/deadline.ts';
import { onProviderError } from '../runtime/errors.ts';
import { describeWaves, wavesWarning } from './estimate.ts';
import { maxRunsOfStep } from './planning.ts';
import { type Prepared, prepare } from './prepare.ts';
import { describeReuse, type FoundReuse, findReusableBatch } from './reuse.ts';
import type { ExecutorDependencies, ExecutorOptions, Plan } from './types.ts';

/** Time limit for asking how many runs run at once. */
const PARALLELISM_MS = 5_000;

/** Plan of the rounds, with all that was found out for it before anything is started. */
interface ChosenPlan {
  readonly plan: Plan;
  /** Absent where the batches were given. */
  readonly prepared?: Prepared | undefined;
  /** The earlier batch that the plan gives in place of a new one. */
  readonly reuse?: FoundReuse | undefined;
  /** Absent where nothing is started, or the provider does not tell it. */
  readonly parallelism?: Parallelism | undefined;
}

type Options = Pick<
  ExecutorOptions,
  'batchSource' | 'rule' | 'maxRuns' | 'failOn' | 'reuseHours' | 'isJobRerun' | 'maxBatchAgeMinutes'
>;
type Dependencies = Pick<ExecutorDependencies, 'provider' | 'clock' | 'deadline' | 'log' | 'warn'>;

/**
 * Chooses between the batches that were given, an earlier batch of the same, and test cases to start. The log says what was
 * chosen, and how much is to be started. Never throws for what a provider does.
 */
export async function choosePlan(options: Options, dependencies: Dependencies): Promise<Result<ChosenPlan>> {
  const { batchSource } = options;
  const { provider, clock, deadline, log, warn } = dependencies;
  const { starter } = provider;
  if (batchSource.kind === 'given') return ok({ plan: batchSource });
  const prepared = await prepare(batchSource, { ...options, starter, deadline });
  if (prepared.kind === 'refused') return prepared;
  const { subject, testCases, warnings } = prepared;
  if (subject.note !== undefined) log(subject.note);
  for (const warning of warnings) warn(warning);
  const reuse = await findReusableBatch({ ...options, provider, prepared, clock, deadline });
  if (reuse !== undefined) log(describeReuse(reuse));
  if (reuse?.kind === 'found') {
    const { reused } = reuse;
    const plan: Plan = { kind: 'given', batchIds: [reused.batchId] };
    return ok({ plan, prepared: { ...prepared, reused }, reuse });
  }
  log(describeRunBudget(testCases.length, options));
  const runs = testCases.length * firstRoundRunsPerCase(options.rule);
  const parallelism = await readParallelism(runs, { starter, subject }, dependencies);
  return ok({ plan: { kind: 'start', subject, testCases }, prepared, parallelism });
}

/** Describes the runs that the step starts first and at most, for the log. */
function describeRunBudget(testCases: number, { batchSource, rule, maxRuns }: Options): string {
  const compares = batchSource.kind === 'start' && batchSource.compareWith !== undefined;
  const most = maxRunsOfStep(testCases, { rule, compares });
  const firstRuns = testCases * firstRoundRunsPerCase(rule);
  const first = formatRunCount(firstRuns);
  const limit = Math.min(most, maxRuns ?? most);
  return limit <= firstRuns
    ? `The gate asks for ${first}.`
    : `The gate asks for ${first} first, and for at most ${limit} in all.`;
}

/** Reads how many runs run at once, where the provider tells it; the log says how many waves the first runs take. */
async function readParallelism(
  runs: number,
  { starter, subject }: { readonly starter: BatchStarter; readonly subject: Subject },
  { clock, deadline, log, warn }: Dependencies,
): Promise<Parallelism | undefined> {
  const within = { ...withEarlierEnd(deadline, clock.now() + PARALLELISM_MS), noRetries: true };
  const known = await starter.readParallelism?.(subject, within).catch(onProviderError(() => undefined));
  if (known === undefined) return undefined;
  const waves = describeWaves(runs, known);
  if (waves !== undefined) log(waves);
  const warning = wavesWarning(runs, known, deadline.until - clock.now());
  if (warning !== undefined) warn(warning);
  return known;
}
