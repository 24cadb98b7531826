import { oneAfterTheOther, type RunScript } from './timeline.ts';

/** What becomes of the runs of one test case, one letter for each run that is started; the last letter repeats. */
const LETTERS: Readonly<Record<string, Pick<RunScript, 'outcome' | 'endsAt'>>> = {
  P: { outcome: 'passed' },
  F: { outcome: 'failed' },
  E: { outcome: 'errored' },
  C: { outcome: 'cancelled' },
  /** It never ends. */
  N: { endsAt: Number.POSITIVE_INFINITY },
};

/**
 * The `created` of an emulator: each test case goes through its own letters, from batch to batch, like `FPPP`, `FPFPF`
 * or `EPPP`; what has no letters passes. A batch's runs come one after the other, a second each.
 */
export function byLetters(
  letters: Readonly<Record<string, string>>,
): (testCaseIds: readonly string[]) => { runs: RunScript[] } {
  const started = new Map<string, number>();
  const next = (id: string): Pick<RunScript, 'outcome' | 'endsAt'> => {
    const nth = started.get(id) ?? 0;
    started.set(id, nth + 1);
    const own = letters[id] ?? 'P';
    const script = LETTERS[own[Math.min(nth, own.length - 1)] ?? ''];
    if (script === undefined) throw new Error(`"${own}" of ${id} has a letter that means nothing.`);
    return script;
  };
  return (ids) => ({
    runs: oneAfterTheOther(ids.length).map((run, index) => ({ ...run, ...next(ids[index] ?? '') })),
  });
}
