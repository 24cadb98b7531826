/**
 * Statements about what is tested, in words for a person, by the part that each is about:
 * `{ engine: 'retell-llm llm_1', version: 'version 11' }`. A part of which nothing is said is absent.
 */
export type Claims = Readonly<Record<string, string>>;

/** The words of both for the first part about which two claims differ. Silence contradicts nothing. */
export function disagreement(left: Claims = {}, right: Claims = {}): readonly [string, string] | undefined {
  for (const [part, words] of Object.entries(left)) {
    const otherWords = right[part];
    if (otherWords !== undefined && otherWords !== words) return [words, otherWords];
  }
  return undefined;
}

/** A batch and its runs, as far as they say what was tested. */
interface Claimant<R = { readonly claims?: Claims | undefined }> {
  readonly claims?: Claims | undefined;
  readonly runs?: readonly R[] | undefined;
}

/**
 * Collects statements over all looks. Contradictions are an earlier statement about the batch or a run beside a later one, and
 * a run beside its batch; two runs of a batch may well test two things (Bland).
 */
export function createClaimsLog() {
  let batchClaims: Claims = {};
  const runClaims = new Map<string, Claims>();
  const contradictions = new Set<string>();
  return {
    /** Adds the claims of one look, and returns every contradiction so far: clauses. */
    add({
      claims = {},
      runs = [],
    }: Claimant<{ readonly id: string; readonly claims?: Claims | undefined }>): readonly string[] {
      const changed = disagreement(batchClaims, claims);
      if (changed !== undefined) {
        contradictions.add(`it said that it tested ${changed[0]}, and later ${changed[1]}`);
      }
      batchClaims = { ...claims, ...batchClaims };
      for (const run of runs) {
        if (run.claims === undefined) continue;
        const before = runClaims.get(run.id) ?? {};
        const found = disagreement(before, run.claims) ?? disagreement(batchClaims, run.claims);
        if (found !== undefined) {
          contradictions.add(`it tested ${found[0]}, and run ${run.id} says ${found[1]}`);
        }
        runClaims.set(run.id, { ...run.claims, ...before });
      }
      return [...contradictions];
    },
  };
}

/** Contradiction between what was asked for and what the batch and its runs say: a clause. */
export function mismatchWith(asked: Claims, { claims, runs = [] }: Claimant): string | undefined {
  for (const claim of [claims, ...runs.map((run) => run.claims)]) {
    const found = disagreement(claim, asked);
    if (found !== undefined) return `it tested ${found[0]}, and ${found[1]} was asked for`;
  }
  return undefined;
}
