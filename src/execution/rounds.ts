import type { BatchOutcome } from '../domain/batch.ts';
import { findMissingCases } from '../domain/integrity.ts';
import { firstRoundRunsPerCase } from '../domain/pass-rule.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import { type BatchToStart, createPlanner, splitIntoBatches } from './planning.ts';
import { tooManyRuns } from './prepare.ts';
import { OLDEST_LISTED_MS, startBatchOnce } from './start.ts';
import type { Execution, RoundsOptions } from './types.ts';

/**
 * Runs the first round and then, round by round, every test case again that one more run can still decide. Never
 * throws for what a provider does: a re-run that cannot be started or read changes nothing of what was seen before.
 */
export async function executeRounds(options: RoundsOptions): Promise<Execution> {
  const { waitFor, deadline, clock, log } = options;
  const launcher = createBatchLauncher(options);
  const planner = createPlanner(options);
  const batches: BatchOutcome[] = [];
  const remarks: string[] = [];
  let ending: Ending = 'settled';
  const wait = async (round: readonly BatchOutcome[]) => {
    if (round.length === 0) return;
    const waited = await waitFor(round);
    ending = waited.ending;
    batches.push(...waited.outcomes);
  };

  const first = await startFirstRound(options, launcher);
  let startProblem = first.problem;
  await wait(first.batches);

  let isRefused = false;
  for (let round = 2; startProblem === undefined; round += 1) {
    if (ending !== 'settled' || !batches.every(isRead)) break;
    const next = await planner.next(round, batches, launcher.counts().runs);
    remarks.push(...next.remarks);
    isRefused = next.isRefused;
    if (next.batchesToStart.length === 0) break;
    log(
      `Round ${round}: ${formatCaseCount(next.testCases)} run again, since their runs so far decide nothing.`,
    );
    const started = await launcher.start(next.batchesToStart, round);
    if (started.problem !== undefined) {
      if (started.isStartUncertain) startProblem = started.problem;
      remarks.push(`Not every test case could be run again: ${started.problem}`);
    }
    await wait(started.batches);
    if (started.problem !== undefined) break;
  }
  const isOver = deadline.signal.aborted || clock.now() >= deadline.until;
  if (ending === 'settled' && !isRefused && isOver && (await planner.isUndecided(batches))) {
    ending = deadline.signal.aborted ? 'cancelled' : 'deadline';
  }
  return { batches, ending, startProblem, remarks, started: launcher.counts() };
}

/** The batches of the first round: those that were given, or those that are started now. */
async function startFirstRound(
  { plan, rule, maxRuns, starter }: RoundsOptions,
  launcher: ReturnType<typeof createBatchLauncher>,
): Promise<StartedBatches> {
  if (plan.kind === 'given') {
    return { batches: plan.batchIds.map((id, batchIndex) => ({ id, batchIndex, round: 1 })) };
  }
  const { testCases, subject } = plan;
  const runsPerCase = firstRoundRunsPerCase(rule);
  const problem = tooManyRuns({ testCases: testCases.length, runsPerCase }, maxRuns);
  if (problem !== undefined) return { batches: [], problem };
  const wanted = splitIntoBatches(testCases, starter?.batchSize ?? 1).flatMap((ids, batchIndex) =>
    Array.from({ length: runsPerCase }, () => ({ batchIndex, testCases: ids, subject })),
  );
  return launcher.start(wanted, 1);
}

/** Whether a batch was read to its end, with a run of each test case that it was started with. */
function isRead(outcome: BatchOutcome): boolean {
  const { batch, problem } = outcome;
  return problem === undefined && batch?.settled === true && findMissingCases(outcome).length === 0;
}

/** What came of starting the batches of a round. */
interface StartedBatches {
  readonly batches: readonly BatchOutcome[];
  /** Why not all of them were started: a sentence. */
  readonly problem?: string | undefined;
  /** It is not known whether the next one was started. */
  readonly isStartUncertain?: boolean | undefined;
}

/** Starts batches one after the other, and counts what was started. */
function createBatchLauncher({ plan, starter, startName, onStarted, clock, deadline, log }: RoundsOptions) {
  const ids = new Set<string>(plan.kind === 'given' ? plan.batchIds : []);
  let runs = 0;
  let reruns = 0;
  return {
    counts: () => ({ runs, reruns }),
    /** Ends at the first batch that cannot be started, or of which that is not known. */
    async start(wanted: readonly BatchToStart[], round: number): Promise<StartedBatches> {
      const batches: BatchOutcome[] = [];
      for (const { batchIndex, testCases, subject } of wanted) {
        if (starter === undefined) return { batches, problem: 'Nothing can be started here.' };
        const name = startName?.(round);
        const since = clock.epoch() - OLDEST_LISTED_MS;
        const start = await startBatchOnce({
          title: starter.title,
          testCases,
          subject: subject.key,
          post: (until) => starter.startBatch(subject, testCases, until, name?.text),
          recentBatches: starter.recentBatches(subject, testCases, since, name?.mark),
          alreadyStarted: ids,
          clock,
          deadline,
          log,
        });
        if (start.kind !== 'started') {
          return { batches, problem: start.problem, isStartUncertain: start.kind === 'unknown' };
        }
        if (ids.has(start.batchId)) {
          // Its runs would count twice.
          const problem = `${starter.title} answered a start with batch ${start.batchId}, which was there before: what was started cannot be told.`;
          return { batches, problem, isStartUncertain: true };
        }
        ids.add(start.batchId);
        runs += testCases.length;
        if (round > 1) reruns += testCases.length;
        log(`Started batch ${start.batchId} with ${formatCaseCount(testCases.length)}: ${subject.title}.`);
        const batch = { id: start.batchId, batchIndex, round, requestedTestCases: testCases };
        batches.push(batch);
        onStarted(batch);
      }
      return { batches };
    },
  };
}
