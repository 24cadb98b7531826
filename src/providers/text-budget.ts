import type { Assertion, Run, Turn } from '../domain/run.ts';

/** What is kept of the texts of all batches, in characters: thousands of conversations, and little beside 1 GB of memory. */
const MAX_CHARACTERS = 20_000_000;
/** What a turn, an assertion or a criterion costs beside its text. */
const OVERHEAD = 50;
/** How much is kept of a name or a status word, in characters: more than any report shows. */
const MAX_NAME = 1_000;

/**
 * Limits what is kept in memory of the texts of runs, over all batches. `forBatch` begins the reading of one batch, which
 * replaces what was kept of it before, and returns what makes of a run what is kept of it: all as long as there is room,
 * then no conversation, then id, name and status alone.
 */
export function createTextBudget(most = MAX_CHARACTERS): { forBatch(batchId: string): (run: Run) => Run } {
  const sizes = new Map<string, number>();
  let left = most;
  return {
    forBatch(batchId) {
      left += sizes.get(batchId) ?? 0;
      sizes.set(batchId, 0);
      const takes = (size: number): boolean => {
        if (size > left) return false;
        left -= size;
        sizes.set(batchId, (sizes.get(batchId) ?? 0) + size);
        return true;
      };
      return (given) => {
        const run = withShortNames(given);
        const reasons = sizeOfReasons(run);
        if (takes(reasons + sizeOfTurns(run.turns))) return run;
        const silent = { ...run, turns: [] };
        return takes(reasons) ? silent : { ...silent, explanation: undefined, assertions: [], criteria: [] };
      };
    },
  };
}

function withShortNames(run: Run): Run {
  const { testCase, unknownStatus = '' } = run;
  if (Math.max(testCase.name.length, unknownStatus.length) <= MAX_NAME) return run;
  return {
    ...run,
    testCase: { ...testCase, name: shortened(testCase.name) },
    unknownStatus: run.unknownStatus && shortened(run.unknownStatus),
  };
}

/** A copy, since a slice would keep the whole text in memory. */
const shortened = (text: string): string =>
  text.length <= MAX_NAME ? text : [...text.slice(0, MAX_NAME)].join('');

const sum = (sizes: readonly number[]): number => sizes.reduce((all, size) => all + size, 0);

const sizeOfReasons = ({ explanation = '', assertions, criteria }: Run): number =>
  explanation.length +
  sum(assertions.map(sizeOfAssertion)) +
  sum(criteria.map((criterion) => OVERHEAD + criterion.length));

const sizeOfAssertion = ({ label, expected = '', actual = '', explanation = '' }: Assertion): number =>
  OVERHEAD + label.length + expected.length + actual.length + explanation.length;

function sizeOfTurns(turns: readonly Turn[]): number {
  return sum(turns.map((turn) => OVERHEAD + textOf(turn).length));
}

function textOf(turn: Turn): string {
  switch (turn.kind) {
    case 'speech':
      return turn.text;
    case 'tool-call':
      return turn.tool + turn.input;
    case 'tool-result':
      return turn.output;
    case 'transition':
      return (turn.from ?? '') + turn.to;
  }
}
