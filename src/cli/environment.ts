import type { Runtime } from '../runtime/runtime.ts';
import type { Console, LiveLine } from './console.ts';
import type { Prompts } from './prompts.ts';

/** The world outside of the command line, made in `main.ts`. `log` and `warn` write to standard error, above the live line. */
export interface Environment extends Runtime {
  /** Makes requests use the proxies of the environment for these addresses. */
  readonly useProxies: (urls: readonly string[]) => void;
  /** Standard output: the result. */
  readonly out: Console;
  /** Standard error: everything else. */
  readonly err: Console;
  /** At the end of standard error. */
  readonly liveLine: LiveLine;
  /** Tells `redact` of more to take out. */
  readonly addSecrets: (secrets: readonly string[]) => void;
  /** Aborts on the first signal. */
  readonly signal: AbortSignal;
  /** Questions on standard error; `undefined` where nobody can answer, because it or standard input is no terminal. */
  readonly prompts: Prompts | undefined;
}
