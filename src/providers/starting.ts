/** Steps of a start that several providers share. */
import type { Selector } from '../domain/selectors.ts';
import type { TargetConfig } from '../domain/target.ts';
import { type Advice, createAdvice } from './fields.ts';
import type { ProviderAdapter } from './provider.ts';
import type { BatchStarter, Subject } from './starter.ts';

/** `Candidate.subject` of what certainly tests something else. */
export const FOREIGN = 'foreign';

/** Advice about a start that is refused; with a configuration from a file, about that. */
export const adviceOnStart = (
  advice: Advice,
  { config }: { readonly config?: TargetConfig | undefined },
): ((status: number) => string) =>
  createAdvice(
    config === undefined
      ? advice
      : { ...advice, others: `Check target-config (${config.name}) and test-cases.` },
  );

/** Compares two subjects by their keys; `unknown` where one has none. */
export function compareSubjectKeys(left: Subject, right: Subject): 'same' | 'different' | 'unknown' {
  if (left.key === undefined || right.key === undefined) return 'unknown';
  return left.key === right.key ? 'same' : 'different';
}

/** Reads the test cases of a batch like its runs; no number of runs yet means nothing. */
export const contentsFrom =
  (adapter: ProviderAdapter): BatchStarter['readBatchContents'] =>
  async (batchId, deadline) => {
    const batch = await adapter.fetchBatch(batchId, deadline);
    const { runs } = batch.runs === undefined ? await adapter.fetchRuns(batch, deadline) : batch;
    return {
      testCases: (runs ?? []).flatMap(({ testCase }) => testCase.id ?? []),
      total: batch.announced.total || undefined,
    };
  };

/** The values of the selectors, each once. */
export const valuesOf = (selectors: readonly Selector[]): string[] => [
  ...new Set(selectors.map(({ match }) => match.value)),
];

/** Test case, or several under one label, that selectors can name. */
export interface Named<Body> {
  /** The value of the selectors: an id, or a label. */
  readonly id: string;
  readonly body: Body;
  /** A line names it that does not exclude. */
  readonly isChosen: boolean;
}

/** Reads what the selectors name, one request for each. */
export function readNamed<Body>(
  selectors: readonly Selector[],
  read: (id: string, isChosen: boolean) => Promise<Body>,
): Promise<Named<Body>[]> {
  const chosen = valuesOf(selectors.filter(({ isExclusion }) => !isExclusion));
  return Promise.all(
    valuesOf(selectors).map(async (id) => {
      const isChosen = chosen.includes(id);
      return { id, isChosen, body: await read(id, isChosen) };
    }),
  );
}
