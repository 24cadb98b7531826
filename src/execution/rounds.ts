import type { BatchOutcome } from '../domain/batch.ts';
import { missingCases } from '../domain/integrity.ts';
import { firstRuns } from '../domain/pass-rule.ts';
import { countCases } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import { createPlanner, splitIntoBatches, type Wanted } from './planning.ts';
import { tooManyRuns } from './prepare.ts';
import { OLDEST_LISTED_MS, startOnce } from './starting.ts';
import type { Execution, RoundsOptions } from './types.ts';

/**
 * Runs the first round and then, round by round, every test case again that one more run can still decide. Never
 * throws for what a provider does: a re-run that cannot be started or read changes nothing of what was seen before.
 */
export async function executeRounds(options: RoundsOptions): Promise<Execution> {
  const { waitFor, deadline, clock, log } = options;
  const starts = createStarts(options);
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

  const first = await startFirst(options, starts);
  let startProblem = first.problem;
  await wait(first.batches);

  let isRefused = false;
  for (let round = 2; startProblem === undefined; round += 1) {
    if (ending !== 'settled' || !batches.every(isRead)) break;
    const next = await planner.next(round, batches, starts.counts().runs);
    remarks.push(...next.remarks);
    isRefused = next.isRefused;
    if (next.wanted.length === 0) break;
    log(`Round ${round}: ${countCases(next.testCases)} run again, since their runs so far decide nothing.`);
    const started = await starts.start(next.wanted, round);
    if (started.problem !== undefined) {
      if (started.isUnknown) startProblem = started.problem;
      remarks.push(`Not every test case could be run again: ${started.problem}`);
    }
    await wait(started.batches);
    if (started.problem !== undefined) break;
  }
  const isOver = deadline.signal.aborted || clock.now() >= deadline.until;
  if (ending === 'settled' && !isRefused && isOver && (await planner.isUndecided(batches))) {
    ending = deadline.signal.aborted ? 'cancelled' : 'deadline';
  }
  return { batches, ending, startProblem, remarks, started: starts.counts() };
}

/** The batches of the first round: those that were given, or those that are started now. */
async function startFirst(
  { plan, rule, maxRuns, starter }: RoundsOptions,
  starts: ReturnType<typeof createStarts>,
): Promise<Started> {
  if (plan.kind === 'given') {
    return { batches: plan.batchIds.map((id, place) => ({ id, place, round: 1 })) };
  }
  const { testCases, subject } = plan;
  const runsOfEach = firstRuns(rule);
  const problem = tooManyRuns({ testCases: testCases.length, runsOfEach }, maxRuns);
  if (problem !== undefined) return { batches: [], problem };
  const wanted = splitIntoBatches(testCases, starter?.batchSize ?? 1).flatMap((ids, place) =>
    Array.from({ length: runsOfEach }, () => ({ place, testCases: ids, subject })),
  );
  return starts.start(wanted, 1);
}

/** Whether a batch was read to its end, with a run of each test case that it was started with. */
function isRead(outcome: BatchOutcome): boolean {
  const { batch, problem } = outcome;
  return problem === undefined && batch?.settled === true && missingCases(outcome).length === 0;
}

/** What came of starting the batches of a round. */
interface Started {
  readonly batches: readonly BatchOutcome[];
  /** Why not all of them were started: a sentence. */
  readonly problem?: string | undefined;
  /** It is not known whether the next one was started. */
  readonly isUnknown?: boolean | undefined;
}

/** Starts batches one after the other, and counts what was started. */
function createStarts({ plan, starter, onStarted, clock, deadline, log }: RoundsOptions) {
  const ids = new Set<string>(plan.kind === 'given' ? plan.batchIds : []);
  let runs = 0;
  let reruns = 0;
  return {
    counts: () => ({ runs, reruns }),
    /** Ends at the first batch that cannot be started, or of which that is not known. */
    async start(wanted: readonly Wanted[], round: number): Promise<Started> {
      const batches: BatchOutcome[] = [];
      for (const { place, testCases, subject } of wanted) {
        if (starter === undefined) return { batches, problem: 'Nothing can be started here.' };
        const start = await startOnce({
          title: starter.title,
          testCases,
          subject: subject.key,
          post: (until) => starter.post(subject, testCases, until),
          lists: starter.lists(subject, testCases, clock.epoch() - OLDEST_LISTED_MS),
          startedBefore: ids,
          clock,
          deadline,
          log,
        });
        if (start.kind !== 'started') {
          return { batches, problem: start.problem, isUnknown: start.kind === 'unknown' };
        }
        if (ids.has(start.batchId)) {
          // Its runs would count twice.
          const problem = `${starter.title} answered a start with batch ${start.batchId}, which was there before: what was started cannot be told.`;
          return { batches, problem, isUnknown: true };
        }
        ids.add(start.batchId);
        runs += testCases.length;
        if (round > 1) reruns += testCases.length;
        log(`Started batch ${start.batchId} with ${countCases(testCases.length)}: ${subject.title}.`);
        const batch = { id: start.batchId, place, round, asked: testCases };
        batches.push(batch);
        onStarted(batch);
      }
      return { batches };
    },
  };
}
