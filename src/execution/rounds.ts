import type { Batch, WatchedBatch } from '../domain/batch.ts';
import { mismatchWith } from '../domain/claims.ts';
import { firstRoundRunsPerCase } from '../domain/pass-rule.ts';
import type { Refusal } from '../domain/result.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import type { Ending } from '../domain/verdict.ts';
import { type BatchStarter, type Subject, shortTitleOf } from '../providers/starter.ts';
import { formatMoment } from '../text/format.ts';
import { isOlder } from './find-lost-batch.ts';
import { type BatchToStart, createPlanner, splitIntoBatches } from './planning.ts';
import { tooManyRuns } from './prepare.ts';
import { createRevisions } from './revisions.ts';
import { OLDEST_LISTED_MS, type StartResult, startBatchOnce } from './start.ts';
import type { Execution, RoundsOptions } from './types.ts';

/**
 * Runs the first round, and every test case again that more runs can still decide: as soon as a look shows that they are
 * needed, or when all batches have ended. Never throws for what a provider does: a re-run that cannot be started or read
 * changes nothing of what was seen before.
 */
export async function executeRounds(options: RoundsOptions): Promise<Execution> {
  const { deadline, clock, log, rule, isRoundByRound = false } = options;
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
    const isOver = deadline.signal.aborted || clock.now() >= deadline.until;
    const isEnded = !tracker.isAnyOpen();
    if (!isStopped && (isEnded ? tracker.ending() === 'settled' : !isOver && !isRoundByRound)) {
      const situation = {
        batches: tracker.batches(),
        isOpen: tracker.isOpen,
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
  const isCutShort = deadline.signal.aborted || clock.now() >= deadline.until;
  if (ending === 'settled' && !isRerunRefused && isCutShort && (await planner.isUndecided(batches))) {
    ending = deadline.signal.aborted ? 'cancelled' : 'deadline';
  }
  const edits =
    ending === 'settled' ? [...(await revisions.compare()), ...movedVersions(batches, options.plan)] : [];
  const refusal = batches.length === 0 ? first.refusal : undefined;
  return {
    ...{ batches, ending, startProblem, remarks, edits, started: launcher.counts() },
    ...(refusal && { refusal }),
  };
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

/** Waits for the batches of a step side by side, and knows the latest state of each. */
function createTracker({ waitFor }: RoundsOptions, examine: (watched: WatchedBatch) => WatchedBatch) {
  const latest = new Map<string, WatchedBatch>();
  const open = new Set<string>();
  const endings: Ending[] = [];
  let failure: { readonly error: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const see = (watched: WatchedBatch): void => {
    latest.set(watched.id, examine(watched));
  };
  return {
    batches: (): readonly WatchedBatch[] => [...latest.values()],
    isOpen: (id: string): boolean => open.has(id),
    isAnyOpen: (): boolean => open.size > 0,
    /** Resolves at the next look, or when batches have ended. */
    change: (): Promise<void> => changed.promise,
    ending(): Ending {
      if (failure !== undefined) throw failure.error;
      return (['cancelled', 'deadline'] as const).find((ending) => endings.includes(ending)) ?? 'settled';
    },
    add(batches: readonly WatchedBatch[]): void {
      if (batches.length === 0) return;
      for (const batch of batches) {
        latest.set(batch.id, batch);
        open.add(batch.id);
      }
      const onLook = (watched: WatchedBatch): void => {
        see(watched);
        wake();
      };
      void waitFor(batches, onLook)
        .then(({ ending, batches: last }) => {
          endings.push(ending);
          last.forEach(see);
        })
        .catch((error: unknown) => {
          failure = { error };
        })
        .finally(() => {
          for (const { id } of batches) open.delete(id);
          wake();
        });
    },
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
  const runsPerCase = firstRoundRunsPerCase(rule);
  const problem = tooManyRuns({ testCases: testCases.length, runsPerCase }, maxRuns);
  if (problem !== undefined) return { batches: [], problem, refusal: 'request' };
  const batchesToStart = splitIntoBatches(testCases, starter?.batchSize ?? 1).flatMap((ids, batchIndex) =>
    Array.from({ length: runsPerCase }, () => ({ batchIndex, testCases: ids, subject })),
  );
  return start(batchesToStart, 1);
}

/** Result of starting the batches of a round. */
interface StartedBatches {
  readonly batches: readonly WatchedBatch[];
  /** Reason why not all of them were started: a sentence. */
  readonly problem?: string | undefined;
  /** It is not known whether the next one was started. */
  readonly isStartUncertain?: boolean | undefined;
  /** The provider, or `max-runs`, refuses what the user gave. */
  readonly refusal?: Refusal | undefined;
}

type Acceptance = Extract<StartResult, { kind: 'started' }> & {
  readonly subject: Subject;
  /** The first reason why it is not what was asked for: no later answer takes it away. */
  mismatch: string | undefined;
};

/** Starts batches one after the other, and counts what was started. */
function createBatchLauncher({
  plan,
  starter,
  startName,
  earlier = [],
  onStarted,
  clock,
  deadline,
  log,
}: RoundsOptions) {
  const ids = new Set<string>([
    ...earlier.map(({ id }) => id),
    ...(plan.kind === 'given' ? plan.batchIds : []),
  ]);
  const accepted = new Map<string, Acceptance>();
  let runs = 0;
  let reruns = 0;
  return {
    counts: () => ({ runs, reruns }),
    /** Ends at the first batch that cannot be started, or of which that is not known. */
    async start(batchesToStart: readonly BatchToStart[], round: number): Promise<StartedBatches> {
      const batches: WatchedBatch[] = [];
      for (const { batchIndex, testCases, subject } of batchesToStart) {
        if (starter === undefined) return { batches, problem: 'Nothing can be started here.' };
        const wrong = batches.find(({ id }) => accepted.get(id)?.mismatch !== undefined);
        if (wrong !== undefined) {
          return {
            batches,
            problem: `After batch ${wrong.id}, which is not what was asked for, nothing more was started.`,
          };
        }
        const name = startName?.(round);
        const since = clock.epoch() - OLDEST_LISTED_MS;
        const start = await startBatchOnce({
          title: starter.title,
          testCases,
          subject: subject.key,
          post: (until) => starter.startBatch(subject, testCases, until, name?.text),
          recentBatches: starter.recentBatches?.(subject, testCases, since, name?.mark),
          alreadyStarted: ids,
          clock,
          deadline,
          log,
        });
        if (start.kind === 'refused') {
          const { problem, refusal } = start;
          return { batches, problem, ...(refusal && { refusal }) };
        }
        // What may have been started may have to be paid for.
        runs += testCases.length;
        if (round > 1) reruns += testCases.length;
        if (start.kind === 'unknown') return { batches, problem: start.problem, isStartUncertain: true };
        ids.add(start.batchId);
        const mismatch = start.answer && mismatchWith(subject.claims, start.answer);
        accepted.set(start.batchId, { ...start, subject, mismatch });
        log(
          `Started batch ${start.batchId}: ${formatCaseCount(testCases.length)} on ${shortTitleOf(subject)}.`,
        );
        const isAdopted = start.adopted !== undefined;
        const batch = {
          id: start.batchId,
          batchIndex,
          round,
          requestedTestCases: testCases,
          ...(isAdopted && { isAdopted }),
        };
        batches.push(batch);
        onStarted(batch);
      }
      return { batches };
    },
    /** The batch with what keeps it from being the one that was asked for. */
    examine(watched: WatchedBatch): WatchedBatch {
      const start = accepted.get(watched.id);
      if (start === undefined || starter === undefined) return watched;
      start.mismatch ??= watched.batch && mismatchOf(watched.batch, start);
      const { mismatch } = start;
      const unproven = whyUnproven(start, starter);
      return {
        ...watched,
        ...(mismatch !== undefined && { mismatch }),
        ...(unproven !== undefined && { unproven }),
      };
    },
  };
}

/** Reason why a batch, as one look shows it, is not the one that was started: a clause. Silence of the provider is no reason. */
function mismatchOf(batch: Batch, { subject, sentAt }: Acceptance): string | undefined {
  const { createdAt } = batch;
  if (createdAt !== undefined && sentAt !== undefined && isOlder(createdAt, sentAt)) {
    return `it was created at ${formatMoment(createdAt)}, before the request of ${formatMoment(sentAt)}, which may have started another one`;
  }
  return mismatchWith(subject.claims, batch);
}

/** Reason why nothing proves that a batch from the provider's lists tests what was asked for: a clause. */
function whyUnproven({ adopted, subject }: Acceptance, starter: BatchStarter): string | undefined {
  if (adopted === undefined) return undefined;
  const isSameSubject = subject.key !== undefined && adopted.subject === subject.key;
  if (isSameSubject || subject.isProvenByLists === true) return undefined;
  return `the answer to its start was lost, and ${starter.title}'s lists do not say what it tests`;
}
