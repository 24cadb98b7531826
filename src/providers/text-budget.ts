import type { Batch } from '../domain/batch.ts';
import type { Assertion, Run, Turn } from '../domain/run.ts';
import { onProviderError } from '../runtime/errors.ts';
import type { AdapterOptions } from './provider.ts';

/** Memory that a turn, an assertion or a criterion costs beside its text, in characters. */
const OVERHEAD = 50;
/** Length to which a name or a status word is cut, in characters: more than any report shows. */
const MAX_NAME = 1_000;

// Limits in numbers of runs and of characters: 10,000 runs stay under 250 MiB, whatever a provider says of them.

/** Runs that did not pass, and passed ones that they are compared with, whose conversations are kept, over all batches. */
const MAX_FAILED_RUNS = 400;
/** Other runs that passed whose conversations are kept, over all batches and in each. */
const MAX_PASSED_RUNS = 200;
const MAX_PASSED_RUNS_OF_BATCH = 50;
/** A longer conversation is not kept, since a secret is found only in a text that was not cut. */
const MAX_CONVERSATION = 100_000;
/** The same for explanation, assertions and criteria: of runs whose conversations are kept, and of all others. */
const MAX_REASONS = 100_000;
const MAX_OTHER_REASONS = 5_000;

/** Makes of a run what is kept of it. `turnsOf` reads its conversation, and is called only where that may be kept. */
export type KeepRun = (run: Run, turnsOf?: () => readonly Turn[]) => Run;

/** Numbers of runs of a batch that keep their conversations, and the passed ones that had no room. */
interface Kept {
  passed: number;
  failed: number;
  readonly withoutRoom: Set<string>;
}

/**
 * Limits what is kept in memory of the texts of runs, over all batches. Texts are kept whole or not at all. Conversations that
 * may not be shown are not read at all.
 */
export function createTextBudget({ showsConversations = true }: AdapterOptions = {}) {
  const batches = new Map<string, Kept>();
  const total = (kind: 'passed' | 'failed'): number =>
    [...batches.values()].reduce((sum, kept) => sum + kept[kind], 0);

  /**
   * Begins the reading of one batch, which replaces what was kept of it before. The passed runs in `compared` have their
   * room before other passed ones.
   */
  function forBatch(batchId: string, compared: ReadonlySet<string> = new Set()): KeepRun {
    const kept: Kept = { passed: 0, failed: 0, withoutRoom: new Set() };
    batches.set(batchId, kept);
    const hasRoom = (kind: 'passed' | 'failed'): boolean =>
      kind === 'failed'
        ? total('failed') < MAX_FAILED_RUNS
        : kept.passed < MAX_PASSED_RUNS_OF_BATCH && total('passed') < MAX_PASSED_RUNS;
    return (given, turnsOf = () => given.turns) => {
      const run = withShortNames(given);
      const kind = run.status === 'passed' && !compared.has(run.id) ? 'passed' : 'failed';
      const isKept = hasRoom(kind);
      if (kind === 'passed' && !isKept) kept.withoutRoom.add(run.id);
      const turns = isKept && showsConversations ? turnsOf() : [];
      const isShort = sizeOfTurns(turns) <= MAX_CONVERSATION;
      if (turns.length > 0 && isShort) kept[kind] += 1;
      const fits = sizeOfReasons(run) <= (isKept ? MAX_REASONS : MAX_OTHER_REASONS);
      return {
        ...run,
        ...(fits ? {} : { explanation: undefined, assertions: [], criteria: [] }),
        turns: isShort ? turns : [],
      };
    };
  }

  return {
    forBatch,
    /**
     * The batch with the conversations of the passed runs in `compared`, where they had no room when it was read. `readTurns`
     * reads those again, by run id; they are left out if it fails with a `ProviderError`.
     */
    async addConversations(
      batch: Batch,
      compared: ReadonlySet<string>,
      readTurns: (wanted: ReadonlySet<string>) => Promise<ReadonlyMap<string, readonly Turn[]>>,
    ): Promise<Batch> {
      const { id: batchId, runs = [] } = batch;
      const wanted = compared.intersection(batches.get(batchId)?.withoutRoom ?? new Set());
      if (wanted.size === 0) return batch;
      const turns = await readTurns(wanted).catch(onProviderError(() => new Map<string, readonly Turn[]>()));
      const keep = forBatch(batchId, compared);
      return { ...batch, runs: runs.map((run) => keep(run, () => turns.get(run.id) ?? run.turns)) };
    },
  };
}

function withShortNames(run: Run): Run {
  const { testCase, unknownStatus = '' } = run;
  if (Math.max(testCase.name.length, unknownStatus.length) <= MAX_NAME) return run;
  return {
    ...run,
    testCase: { ...testCase, name: shortName(testCase.name) },
    unknownStatus: run.unknownStatus && shortName(run.unknownStatus),
  };
}

/** The text, cut to `MAX_NAME`: a copy, since a slice would keep the whole text in memory. */
const shortName = (text: string): string =>
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
