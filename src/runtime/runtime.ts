import type { Fetch } from '../http/fetch-text.ts';
import type { Redactor } from '../text/redact.ts';
import type { Clock } from './clock.ts';

/** The world outside of the program: each front makes the real one in its `main.ts`. */
export interface Runtime {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly fetch: Fetch;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes the secrets that the action knows out of a text. */
  readonly redact: Redactor;
  /** A line in the log. */
  readonly log: (line: string) => void;
  /** A warning on the workflow run. */
  readonly warn: (line: string) => void;
  /** A line in the log when the runner is in debug mode. */
  readonly trace: (line: string) => void;
}
