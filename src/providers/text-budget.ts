import type { Assertion, Run, Turn } from '../domain/run.ts';

/** Memory that a turn, an assertion or a criterion costs beside its text, in characters. */
const OVERHEAD = 50;
/** Length to which a name or a status word is cut, in characters: more than any report shows. */
const MAX_NAME = 1_000;

/** Limits of what is kept in memory of the texts of runs; numbers of runs and of characters. */
export interface TextLimits {
  /** Runs that did not pass, and passed ones that they are compared with, whose conversations are kept, over all batches. */
  readonly failedRuns: number;
  /** Other runs that passed whose conversations are kept, in each batch and over all. */
  readonly passedRunsOfBatch: number;
  readonly passedRuns: number;
  /** A longer conversation is not kept, since a secret is found only in a text that was not cut. */
  readonly conversation: number;
  /** The same for explanation, assertions and criteria: of runs whose conversations are kept, and of all others. */
  readonly reasons: number;
  readonly otherReasons: number;
}

/** 10,000 runs stay under 250 MiB, whatever a provider says of them. */
const LIMITS: TextLimits = {
  failedRuns: 400,
  passedRunsOfBatch: 50,
  passedRuns: 200,
  conversation: 100_000,
  reasons: 100_000,
  otherReasons: 5_000,
};

/** Makes of a run what is kept of it. `turnsOf` reads its conversation, and is called only where that may be kept. */
export type KeepRun = (run: Run, turnsOf?: () => readonly Turn[]) => Run;

/** Limit of what is kept in memory of the texts of runs, over all batches. Texts are kept whole or not at all. */
export interface TextBudget {
  /**
   * Begins the reading of one batch, which replaces what was kept of it before. The passed runs in `compared` have their
   * room before other passed ones.
   */
  forBatch(batchId: string, compared?: ReadonlySet<string>): KeepRun;
  /** Those of these runs whose conversations had no room when the batch was read. */
  withoutRoom(batchId: string, runIds: ReadonlySet<string>): ReadonlySet<string>;
}

/** Numbers of runs of a batch that keep their conversations, and the passed ones that had no room. */
interface Kept {
  passed: number;
  failed: number;
  readonly withoutRoom: Set<string>;
}

/** Limits what is kept in memory of the texts of runs. */
export function createTextBudget(limits: TextLimits = LIMITS): TextBudget {
  const batches = new Map<string, Kept>();
  const total = (kind: 'passed' | 'failed'): number =>
    [...batches.values()].reduce((sum, kept) => sum + kept[kind], 0);
  return {
    forBatch(batchId, compared = new Set()) {
      const kept: Kept = { passed: 0, failed: 0, withoutRoom: new Set() };
      batches.set(batchId, kept);
      const hasRoom = (kind: 'passed' | 'failed'): boolean =>
        kind === 'failed'
          ? total('failed') < limits.failedRuns
          : kept.passed < limits.passedRunsOfBatch && total('passed') < limits.passedRuns;
      return (given, turnsOf = () => given.turns) => {
        const run = withShortNames(given);
        const kind = run.status === 'passed' && !compared.has(run.id) ? 'passed' : 'failed';
        const isKept = hasRoom(kind);
        if (kind === 'passed' && !isKept) kept.withoutRoom.add(run.id);
        const turns = isKept ? turnsOf() : [];
        const isShort = sizeOfTurns(turns) <= limits.conversation;
        if (turns.length > 0 && isShort) kept[kind] += 1;
        const fits = sizeOfReasons(run) <= (isKept ? limits.reasons : limits.otherReasons);
        return {
          ...run,
          ...(fits ? {} : { explanation: undefined, assertions: [], criteria: [] }),
          turns: isShort ? turns : [],
        };
      };
    },
    withoutRoom: (batchId, runIds) => runIds.intersection(batches.get(batchId)?.withoutRoom ?? new Set()),
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
