/** What the tests of bad days share: quick inputs, a GitHub that belongs to the runner's event, and short words. */
import type { ProviderName } from '../../src/providers/registry.ts';
import { type GitHubEmulator, startGitHub } from '../emulators/github.ts';
import type { Emulator } from '../emulators/server.ts';
import type { RunScript } from '../emulators/timeline.ts';
import type { Ended } from './runner.ts';

/** Looks often, waits for as long as a busy machine may need, and leaves GitHub alone. */
const QUICK = {
  'poll-interval-seconds': '0.1',
  'timeout-minutes': '5',
  comment: 'never',
  'api-key': 'test-key',
  'batch-id': 'b1',
};

/** The inputs of a step that gates on batch `b1` of an emulator. */
export function gateOn(
  provider: ProviderName,
  emulator: Pick<Emulator, 'url'>,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...QUICK, provider, 'api-url': emulator.url, ...more };
}

/** GitHub with the pull request of the runner's event. */
export function startEventGitHub(): Promise<GitHubEmulator> {
  return startGitHub({ issues: { 7: {} } });
}

/** A run that never ends. */
export const endless: RunScript = { endsAt: Number.POSITIVE_INFINITY };

/** The first line of a comment or summary that a reader sees; all of it where it has no heading. */
export function headingOf(markdown: string): string {
  return /^## .*/m.exec(markdown)?.[0] ?? markdown;
}

/** How a step ended, in the values that decide. */
export function endingOf({ exitCode, signal, outputs }: Ended) {
  return { exitCode, signal, verdict: outputs['verdict'] };
}

export const green = { exitCode: 0, signal: null, verdict: 'passed' };

export const red = (verdict: string) => ({ exitCode: 1, signal: null, verdict });
