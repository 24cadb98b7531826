import type { Fetch } from '../http/fetch-text.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Console, LiveLine } from './console.ts';
import type { Prompts } from './prompts.ts';

/** Streams, clock, network and variables that a command works with; made in `main.ts`. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: Fetch;
  /** Makes requests use the proxies of the environment for these addresses. */
  readonly useProxies: (urls: readonly string[]) => void;
  /** Standard output: the result. */
  readonly out: Console;
  /** Standard error: everything else. */
  readonly err: Console;
  /** At the end of standard error. */
  readonly live: LiveLine;
  /** Takes the keys out of a text. */
  readonly redact: (text: string) => string;
  /** Tells `redact` of more to take out. */
  readonly addSecrets: (secrets: readonly string[]) => void;
  /** A line on standard error, above the live line. */
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
  /** Aborts on the first signal. */
  readonly signal: AbortSignal;
  /** Questions on standard error; `undefined` where nobody can answer, because it or standard input is no terminal. */
  readonly prompts: Prompts | undefined;
}
