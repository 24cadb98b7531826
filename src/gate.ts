import type { Inputs } from './action/inputs.ts';
import type { Clock } from './clock.ts';
import type { BatchOutcome } from './domain/batch.ts';
import { type Ending, type Judgement, judge } from './domain/verdict.ts';
import { createProgress } from './execution/progress.ts';
import { waitForBatches } from './execution/wait.ts';
import type { Provider } from './providers/provider.ts';
import type { Findings } from './report/report.ts';
import { EXPLAIN_MS, PUBLISH_CANCELLED_MS, PUBLISH_MS } from './time-limits.ts';

/** Where reports go. Nothing in here throws: what cannot be written is a warning and never changes the verdict. */
export interface Publisher {
  /** Shows that the gate is waiting. Returns at once and works in the background. */
  showWaiting(findings: Findings): void;
  /** Reports what was found in the end everywhere, until the moment of `clock.now()` or the signal. */
  publish(findings: Findings, limits: { until: number; signal: AbortSignal }): Promise<void>;
}

/** The edges of the program, passed in. */
export interface Surroundings {
  readonly provider: Provider;
  readonly publisher: Publisher;
  readonly clock: Clock;
  /** Aborts when the workflow is cancelled. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * The story: wait for the batches, judge them, report, publish. Returns the judgement, which only the judge makes:
 * whatever publishing meets with does not change it.
 */
export async function runGate(inputs: Inputs, surroundings: Surroundings): Promise<Judgement> {
  const { provider, publisher, clock, signal, log } = surroundings;
  const startedAt = clock.now();
  // Age is measured at the start, so a long wait does not make a fresh batch too old.
  const startedEpoch = clock.epoch();
  const until = startedAt + inputs.timeoutMinutes * 60_000;
  const { batchIds } = inputs;

  const findings = (batches: readonly BatchOutcome[], judgement?: Judgement): Findings => ({
    name: inputs.name,
    providerTitle: provider.title,
    ...(judgement === undefined ? {} : { judgement }),
    batches,
    writtenAt: clock.epoch(),
    waitedMs: clock.now() - startedAt,
  });

  const progress = createProgress({ batchIds, clock, log, until });
  publisher.showWaiting(findings(progress.outcomes()));
  const heart = new AbortController();
  const heartbeat = progress.beat(heart.signal);
  const waited = await waitForBatches({
    provider,
    batchIds,
    clock,
    until,
    pollIntervalMs: inputs.pollIntervalSeconds * 1_000,
    signal,
    log,
    onLook: (batch) => {
      if (progress.saw(batch)) publisher.showWaiting(findings(progress.outcomes()));
    },
  }).finally(() => heart.abort());
  await heartbeat;
  const batches = await explain(waited.outcomes, surroundings);

  const conclude = async (ending: Ending, publishMs: number, stop: AbortSignal): Promise<Judgement> => {
    const { timeoutMinutes, maxBatchAgeMinutes } = inputs;
    const judgement = judge({
      batches,
      ending,
      providerTitle: provider.title,
      now: startedEpoch,
      timeoutMinutes,
      maxBatchAgeMinutes,
    });
    await publisher.publish(findings(batches, judgement), { until: clock.now() + publishMs, signal: stop });
    return judgement;
  };
  if (!signal.aborted) {
    const judgement = await conclude(waited.ending, PUBLISH_MS, signal);
    if (!signal.aborted) return judgement;
  }
  // Cancelled while waiting or while publishing: everything that was published says so now.
  return conclude('cancelled', PUBLISH_CANCELLED_MS, new AbortController().signal);
}

/** Reads what the provider keeps elsewhere about runs that did not pass, unless there is no time left for it. */
async function explain(
  outcomes: readonly BatchOutcome[],
  { provider, clock, signal }: Surroundings,
): Promise<readonly BatchOutcome[]> {
  if (signal.aborted) return outcomes;
  const deadline = { until: clock.now() + EXPLAIN_MS, signal };
  return Promise.all(
    outcomes.map(async (outcome) =>
      outcome.batch === undefined
        ? outcome
        : { ...outcome, batch: (await provider.explain?.(outcome.batch, deadline)) ?? outcome.batch },
    ),
  );
}
