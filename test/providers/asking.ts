import type { Batch } from '../../src/domain/batch.ts';
import type { Run } from '../../src/domain/run.ts';
import type { Version } from '../../src/domain/target.ts';
import type { Judgement } from '../../src/domain/verdict.ts';
import { type WaitOptions, waitForBatches } from '../../src/execution/wait.ts';
import type { HttpClient } from '../../src/http/json-client.ts';
import type { AdapterOptions, Provider } from '../../src/providers/provider.ts';
import { createProvider, type ProviderName } from '../../src/providers/registry.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { judgeByEveryRun } from '../judge-by-every-run.ts';
import { onLoopback } from '../loopback.ts';
import { placed } from '../run.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';

export interface Asking {
  readonly provider: Provider;
  readonly clock: VirtualClock;
  readonly logged: readonly string[];
  readonly traced: readonly string[];
  /** Deadline for a test, in milliseconds of the virtual clock: ten minutes, unless it says otherwise. */
  deadline(ms?: number, signal?: AbortSignal): Deadline;
  /** One look at a batch, `b1` unless it says otherwise. */
  look(id?: string): Promise<Batch>;
  /** The same with its runs. */
  read(id?: string): Promise<Batch & { readonly runs: readonly Run[] }>;
}

interface AskingOptions extends AdapterOptions {
  readonly clock?: VirtualClock;
  /** The input `version`. */
  readonly version?: Version | undefined;
}

/** The adapter of a provider, pointed at an emulator, on a virtual clock. */
export function asking(
  name: ProviderName,
  apiUrl: string,
  apiKey = 'test-key',
  { clock = virtualClock(), ...options }: AskingOptions = {},
): Asking {
  const logged: string[] = [];
  const traced: string[] = [];
  const provider = createProvider(
    { name, apiKey, apiUrl, ...options },
    {
      fetch: onLoopback(clock),
      clock,
      random: () => 0.5,
      redact: (text) => text.replaceAll(apiKey, '***'),
      log: (line) => logged.push(line),
      trace: (line) => traced.push(line),
    },
  );
  const deadline = (ms = 600_000, signal = new AbortController().signal): Deadline => ({
    until: clock.now() + ms,
    signal,
  });
  const look = (id = 'b1') => provider.fetchBatch(id, deadline());
  const read = async (id?: string) => provider.fetchRuns(await look(id), deadline());
  return { provider, clock, logged, traced, deadline, look, read };
}

/** Waits for a batch on the virtual clock, and judges it. */
export async function gate(
  {
    provider,
    clock,
  }: Pick<Asking, 'clock'> & { provider: WaitOptions['provider'] & Pick<Provider, 'title'> },
  { batchId = 'b1', timeoutMinutes = 10, pollIntervalMs = 5_000 } = {},
): Promise<Judgement & { readonly batch: Batch | undefined }> {
  const { ending, batches } = await waitForBatches({
    provider,
    batches: placed([{ id: batchId }]),
    clock,
    deadline: { until: clock.now() + timeoutMinutes * 60_000, signal: new AbortController().signal },
    pollIntervalMs,
    onPoll: () => undefined,
    log: () => undefined,
  });
  const facts = { batches, ending, providerTitle: provider.title, timeoutMinutes, now: clock.epoch() };
  return { ...judgeByEveryRun(facts), batch: batches[0]?.batch };
}

/** A transport that only reads, for adapters that are to start nothing. */
export const readOnly = (getJson: HttpClient['getJson']): HttpClient => ({
  getJson,
  postJsonOnce: () => Promise.reject(new Error('This test starts nothing.')),
  sendCommand: () => Promise.reject(new Error('This test ends nothing.')),
});

/** The deadline of those that need none. */
export const NO_DEADLINE: Deadline = {
  until: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
};
