import { formatRunCount } from '../domain/batch.ts';
import type { Parallelism } from '../providers/starter.ts';

/** "5 runs at a time: about 4 waves." For the log, before the start; `undefined` where all fit into one. */
export function describeWaves(runs: number, { atOnce, isLeast }: Parallelism): string | undefined {
  const waves = wavesOf(runs, atOnce);
  if (waves === 1) return undefined;
  const note = isLeast ? ', or fewer, since chats may not count' : '';
  return `${formatRunCount(atOnce)} at a time: about ${waves} waves${note}.`;
}

/** The warning where several waves cannot end in time, however short each run is; `undefined` where they may. */
export function wavesWarning(
  runs: number,
  { atOnce, shortestRunMs }: Parallelism,
  timeoutMs: number,
): string | undefined {
  const waves = wavesOf(runs, atOnce);
  if (waves === 1 || waves * shortestRunMs <= timeoutMs) return undefined;
  const minutes = Math.ceil((waves * shortestRunMs) / 6_000) / 10;
  return `${runs} runs, ${atOnce} at once, probably do not end within timeout-minutes: ${waves} waves of ${shortestRunMs / 1_000} s or more take ${minutes} minutes. Raise timeout-minutes, or select fewer test cases.`;
}

/** Remaining work for a person: "about 3 waves of 5 left, 4 min". Without a time before something has ended. */
export function describeRest(
  { finished, total }: { readonly finished: number; readonly total: number },
  elapsedMs: number,
  { atOnce }: Parallelism,
): string | undefined {
  const left = total - finished;
  if (left <= 0) return undefined;
  const waves = wavesOf(left, atOnce);
  const rest = `about ${waves} ${waves === 1 ? 'wave' : 'waves'} of ${atOnce} left`;
  if (finished === 0) return rest;
  const waveMs = elapsedMs / Math.max(1, finished / atOnce);
  return `${rest}, ${Math.max(1, Math.round((waves * waveMs) / 60_000))} min`;
}

const wavesOf = (runs: number, atOnce: number): number => Math.ceil(runs / atOnce);
