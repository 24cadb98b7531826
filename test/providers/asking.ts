import type { AdapterOptions, Provider } from '../../src/providers/provider.ts';
import { createProvider, type ProviderName } from '../../src/providers/registry.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { onLoopback } from '../loopback.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';

export interface Asking {
  readonly provider: Provider;
  readonly clock: VirtualClock;
  readonly logged: readonly string[];
  readonly traced: readonly string[];
  /** Deadline for a test, in milliseconds of the virtual clock: ten minutes, unless it says otherwise. */
  deadline(ms?: number, signal?: AbortSignal): Deadline;
}

/** The adapter of a provider, pointed at an emulator, on a virtual clock. */
export function asking(
  name: ProviderName,
  apiUrl: string,
  apiKey = 'test-key',
  options: AdapterOptions = {},
): Asking {
  const logged: string[] = [];
  const traced: string[] = [];
  const clock = virtualClock();
  const provider = createProvider(
    { name, apiKey, apiUrl, userAgent: 'agent-test-gate/test', ...options },
    {
      fetch: onLoopback(clock),
      clock,
      random: () => 0.5,
      redact: (text) => text.replaceAll(apiKey, '***'),
      log: (line) => logged.push(line),
      trace: (line) => traced.push(line),
    },
  );
  return {
    provider,
    clock,
    logged,
    traced,
    deadline: (ms = 600_000, signal = new AbortController().signal) => ({ until: clock.now() + ms, signal }),
  };
}
