/** One entry of a quarantine file: a test case whose result does not count for a while. */
export interface QuarantineEntry {
  /** The provider's id of the test case, never its name. */
  readonly testCase: string;
  /** For people. */
  readonly name: string;
  readonly reason: string;
  readonly owner: string;
  /** The last day on which it does not count, UTC: `2026-12-19`. */
  readonly until: string;
}

/** An entry that is about a test case of this step, and what it means today. */
export interface Quarantine {
  readonly entry: QuarantineEntry;
  /** `after-merge`: the entry stands only in the pull request, so it counts from the merge on. */
  readonly state: 'in-force' | 'expired' | 'after-merge';
}
