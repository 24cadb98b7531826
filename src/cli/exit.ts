/** Exit codes where no signal came. */
export const EXIT = { passed: 0, notPassed: 1, refused: 2 } as const;

/** End of a command before it has a result: sentences for standard error, and the exit code. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly sentences: readonly string[];
  readonly exitCode: number;
  constructor(sentences: string | readonly string[], exitCode: number = EXIT.refused) {
    const all = [sentences].flat();
    super(all.join(' '));
    this.sentences = all;
    this.exitCode = exitCode;
  }
}
