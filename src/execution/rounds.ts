import type { WatchedBatch } from '../domain/batch.ts';
import { firstRoundRunsPerCase } from '../domain/pass-rule.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { isOver } from '../runtime/deadline.ts';
import { createBatchLauncher, type StartedBatches } from './launcher.ts';
import { type BatchToStart, createPlanner, splitIntoBatches } from './planning.ts';
import { tooManyRuns } from './prepare.ts';
import { createRevisions } from './revisions.ts';
import { createTracker } from './tracker.ts';
import type { Execution, RoundsOptions } from './types.ts';

/**
 * Runs the first round, and every test case again that more runs can still decide: as soon as a look shows that they are
 * needed, or when all batches have ended. Never throws for what a provider does: a re-run that cannot be started or read
 * changes nothing of what was seen before.
 */
export async function executeRounds(options: RoundsOptions): Promise<Execution> {
  const { deadline, clock, log, rule } = options;
  const revisions = createRevisions(options);
  const launcher = createBatchLauncher(options);
  const planner = createPlanner(options);
  const tracker = createTracker(options, launcher.examine);
  const remarks: string[] = [];
  const start = async (batchesToStart: readonly BatchToStart[], round: number): Promise<StartedBatches> => {
    for (const { subject, batchIndex } of batchesToStart) {
      const given = tracker
        .batches()
        .find((batch) => batch.batchIndex === batchIndex && batch.requestedTestCases === undefined);
      const problem = await revisions.remember(subject, given);
      if (problem !== undefined) return { batches: [], problem };
    }
    return launcher.start(batchesToStart, round);
  };

  const first = await startFirstRound(options, start);
  let startProblem = first.problem;
  tracker.add(first.batches);

  let isRerunRefused = false;
  /** A start that was refused or may have happened is the last. */
  let isStopped = startProblem !== undefined;
  for (let round = 2; ; ) {
    const change = tracker.change();
    const open = tracker.open();
    const isEnded = open.size === 0;
    if (!isStopped && (isEnded ? tracker.ending() === 'settled' : !isOver(deadline, clock))) {
      const situation = {
        batches: tracker.batches(),
        isOpen: (batchId: string) => open.has(batchId),
        started: launcher.counts().runs,
      };
      const next = await (isEnded ? planner.next(situation) : planner.early(situation));
      remarks.push(...next.remarks);
      isRerunRefused = next.isRefused;
      if (next.batchesToStart.length > 0) {
        const testCases = formatCaseCount(next.testCases);
        log(
          rule.kind === 'repeat'
            ? `Running ${testCases} again, as repeat: ${rule.need}/${rule.of} asks.`
            : `Running ${testCases} again to confirm.`,
        );
        const started = await start(next.batchesToStart, round);
        round += 1;
        if (started.problem !== undefined) {
          isStopped = true;
          if (started.isStartUncertain) startProblem = started.problem;
          remarks.push(`Not every test case could be run again: ${started.problem}`);
        }
        tracker.add(started.batches);
        continue;
      }
    }
    if (isEnded) break;
    await change;
  }
  const batches = tracker.batches();
  let ending = tracker.ending();
  if (
    ending === 'settled' &&
    !isRerunRefused &&
    isOver(deadline, clock) &&
    (await planner.isUndecided(batches))
  ) {
    ending = deadline.signal.aborted ? 'cancelled' : 'deadline';
  }
  const edits =
    ending === 'settled' ? [...(await revisions.compare()), ...movedVersions(batches, options.plan)] : [];
  return {
    ...{ batches, ending, startProblem, remarks, edits },
    refusal: batches.length === 0 ? first.refusal : undefined,
    started: launcher.counts(),
  };
}

/** The batches of the first round: those that were given, or those that are started now. */
async function startFirstRound(
  { plan, rule, maxRuns, starter }: RoundsOptions,
  start: (batchesToStart: readonly BatchToStart[], round: number) => Promise<StartedBatches>,
): Promise<StartedBatches> {
  if (plan.kind === 'given') {
    return { batches: plan.batchIds.map((id, batchIndex) => ({ id, batchIndex, round: 1 })) };
  }
  const { testCases, subject } = plan;
  const problem = tooManyRuns(testCases.length, { rule, maxRuns });
  if (problem !== undefined) return { batches: [], problem, refusal: 'request' };
  const batchesToStart = splitIntoBatches(testCases, starter.batchSize).flatMap((ids, batchIndex) =>
    Array.from({ length: firstRoundRunsPerCase(rule) }, () => ({ batchIndex, testCases: ids, subject })),
  );
  return start(batchesToStart, 1);
}

/** Batches of one subject that say they tested different versions of it: sentences. */
function movedVersions(batches: readonly WatchedBatch[], plan: RoundsOptions['plan']): string[] {
  const own = batches.filter(({ mismatch }) => mismatch === undefined);
  const ofOneSubject = Map.groupBy(own, ({ batchIndex }) => (plan.kind === 'start' ? 0 : batchIndex));
  return [...ofOneSubject.values()].flatMap((group) => {
    const speakers = group.flatMap(({ batch }) => [batch, ...(batch?.runs ?? [])]);
    const versions = new Set(speakers.flatMap((speaker) => speaker?.claims?.['version'] ?? []));
    return versions.size > 1
      ? [`What is under test was edited: its batches say ${[...versions].slice(0, 2).join(' and ')}.`]
      : [];
  });
}
