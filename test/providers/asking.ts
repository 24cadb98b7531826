import { type Deadline, systemClock } from '../../src/clock.ts';
import type { Timing } from '../../src/http/json-client.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createProvider, type ProviderName } from '../../src/providers/registry.ts';

/** The real pauses, a hundred times shorter. */
const QUICK: Timing = {
  attempt: { small: 150, large: 600 },
  shortestAttempt: 150,
  backoff: { first: 5, longest: 50 },
};

export interface Asking {
  readonly provider: Provider;
  readonly logged: readonly string[];
  readonly traced: readonly string[];
  /** Deadline for a test: two seconds, unless it says otherwise. */
  deadline(ms?: number, signal?: AbortSignal): Deadline;
}

/** The adapter of a provider, pointed at an emulator. */
export function asking(
  name: ProviderName,
  apiUrl: string,
  apiKey = 'test-key',
  timing: Timing = QUICK,
): Asking {
  const logged: string[] = [];
  const traced: string[] = [];
  const provider = createProvider(
    { name, apiKey, apiUrl, userAgent: 'agent-test-gate/test' },
    {
      fetch: (request, init) => fetch(request, init),
      clock: systemClock,
      random: Math.random,
      redact: (text) => text.replaceAll(apiKey, '***'),
      log: (line) => logged.push(line),
      trace: (line) => traced.push(line),
      timing,
    },
  );
  return {
    provider,
    logged,
    traced,
    deadline: (ms = 2_000, signal = new AbortController().signal) => ({
      until: systemClock.now() + ms,
      signal,
    }),
  };
}
