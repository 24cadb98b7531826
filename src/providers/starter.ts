import type { Batch } from '../domain/batch.ts';
import type { Claims } from '../domain/claims.ts';
import type { Refused } from '../domain/result.ts';
import type { AvailableTestCase, Selector } from '../domain/selectors.ts';
import type { Mode, Target, TargetConfig, Version } from '../domain/target.ts';
import { shortened } from '../domain/wording.ts';
import type { PostResult } from '../http/json-client.ts';
import type { Deadline } from '../runtime/clock.ts';

/** Target of a batch with its engine and version, resolved. `Request` is the adapter's own. */
export interface Subject<Request = unknown> {
  /** For a person: "Front desk (agent_…): conversation-flow conversation_flow_… version 12". */
  readonly title: string;
  /** Name of the target at the provider; `undefined` where nothing says it. */
  readonly name?: string | undefined;
  /** Version of the target, in a few words: "version 12". */
  readonly version?: string | undefined;
  /** Remark about the choice of the version for log and report: a sentence ("The latest version, 13, is a draft: …"). */
  readonly note?: string | undefined;
  /** Equal where the same thing is tested; compared with `Candidate.subject`. `undefined` where lists do not say it. */
  readonly key: string | undefined;
  /** Claims of a batch that tests it and says everything: compared with `Batch.claims` and `Run.claims`. */
  readonly claims: Claims;
  /**
   * The lists prove that a batch tests it although they name no subject, since no version was asked for (Bland's production
   * version). Only where `key` is `undefined`.
   */
  readonly isProvenByLists?: boolean | undefined;
  /** It in the form from which the adapter makes its requests. */
  readonly request: Request;
}

/** Subject in a few words: "Front desk, version 4"; the whole title where it has no name. */
export function shortTitleOf({ name, version, title }: Subject): string {
  if (!name) return title;
  return version === undefined ? shortened(name) : `${shortened(name)}, ${version}`;
}

/** The test cases that can be selected. */
export interface TestCaseList {
  readonly testCases: readonly AvailableTestCase[];
  /** Remarks on what was left out, as sentences: "Test test_… is attached to agent agent_… and no longer exists, …". */
  readonly warnings: readonly string[];
  /** Advice where there are none: a sentence. */
  readonly adviceIfEmpty?: string | undefined;
}

/** Subject of a test as the user writes it. */
export interface WantedSubject {
  readonly target: Target | undefined;
  readonly version: Version | undefined;
  /** Absent where the provider has no modes. */
  readonly mode?: Mode | undefined;
  /** Sent with each start, in place of the target as it is live. */
  readonly config?: TargetConfig | undefined;
}

/** Number of runs that a provider runs side by side. */
export interface Parallelism {
  readonly atOnce: number;
  /** Hardly any run takes less, in milliseconds. */
  readonly shortestRunMs: number;
  /** More may run at once, since nobody says the number for this mode. */
  readonly isLeast: boolean;
}

/** Starts one provider's batches. Every method throws a `ProviderError` for what a provider does. */
export interface StarterAdapter<Request = unknown> {
  /** The most test cases that one batch takes; absent where there is no limit. */
  readonly batchSize?: number | undefined;
  /** Finds what is under test, and refuses what cannot be tested. Starts nothing. */
  resolveTarget(wanted: WantedSubject, deadline: Deadline): Promise<Subject<Request> | Refused>;
  /** The test cases to select from. */
  listTestCases(
    wanted: {
      readonly target: Target | undefined;
      readonly subject: Subject<Request>;
      readonly selectors: readonly Selector[];
    },
    deadline: Deadline,
  ): Promise<TestCaseList>;
  /**
   * Starts one batch; each test case stands in it once. Sends the request once. `name` is what the batch is called where a
   * batch can have a name (ElevenLabs).
   */
  startBatch(
    subject: Subject<Request>,
    testCases: readonly string[],
    deadline: Deadline,
    name?: string,
  ): Promise<StartResponse>;
  /**
   * Lists the recent batches that may test this, to find one whose start had no clear answer. Absent where the provider lists
   * no batches: nobody can know then whether such a start has happened.
   */
  listBatches?(wanted: RecentBatches<Request>, deadline: Deadline): Promise<Listing>;
  /**
   * Resolves the subject of a given batch, so that its test cases can be run again on the same; refused where it is not
   * known. The input `version`, from which the starter was made, serves where the provider does not say it (Bland).
   */
  resolveTested(batch: Batch): Subject<Request> | Refused;
  /** Compares two subjects: `same` is one version; `unknown` where nobody can tell (Bland's `production` beside a number). */
  compareVersions(left: Subject<Request>, right: Subject<Request>): 'same' | 'different' | 'unknown';
  /**
   * A mark of the configuration under test that changes when it is edited: Retell's `last_modification_timestamp` of the
   * engine, ElevenLabs' version id of the branch's head. `undefined` where nothing tells, or where it cannot be edited (a
   * published version). Absent where the provider has none.
   */
  readRevision?(subject: Subject<Request>, deadline: Deadline): Promise<string | number | undefined>;
  /**
   * Number of runs of this subject that run at once; `undefined` where the answer does not say it. Absent where nothing says
   * it.
   */
  readParallelism?(subject: Subject<Request>, deadline: Deadline): Promise<Parallelism | undefined>;
  /**
   * Reads the subject as it is now, after `listTestCases`, to compare earlier batches with it. Absent where the provider shows too
   * little to prove that an earlier result still holds (Bland, Vapi).
   */
  readSnapshot?(subject: Subject<Request>, deadline: Deadline): Promise<SubjectSnapshot>;
}

/** A starter that is ready to ask, with what the gate needs to know about its provider. */
export interface BatchStarter extends StarterAdapter {
  /** Name of the provider: "Retell". */
  readonly title: string;
  /** Reads the test cases that a batch runs. */
  readBatchContents(batchId: string, deadline: Deadline): Promise<BatchContents>;
}

/** Batches to look for in the provider's lists. */
export interface RecentBatches<Request = unknown> {
  readonly subject: Subject<Request>;
  readonly testCases: readonly string[];
  /** Time before which nothing need be listed, in milliseconds since the epoch. */
  readonly since: number;
  /**
   * The random part of the name of a start: where a name holds it, no other batch is ours, and a batch with another name never
   * is.
   */
  readonly mark?: string | undefined;
}

/** The subject as it is at one moment, to compare earlier batches with. */
export interface SubjectSnapshot {
  /**
   * When it was last edited, by the provider's clock in milliseconds since the epoch; `undefined` where it is told by something
   * else (ElevenLabs: the version of the branch's head).
   */
  readonly editedAt?: number | undefined;
  /** Compares what a batch tested with this; `why` is a clause that follows the batch: "does not say which version it tested". */
  compare(batch: Batch): EarlierSubject;
}

export type EarlierSubject =
  | { readonly kind: 'same' | 'other' }
  | { readonly kind: 'unknown'; readonly why: string };

/** A batch in the provider's own lists. */
export interface Candidate {
  readonly id: string;
  /** Milliseconds since the epoch, on the provider's clock. */
  readonly createdAt?: number | undefined;
  /**
   * Engine and version, in the adapter's own form; `undefined` where the provider does not say them (Bland). Of a batch that
   * is certainly not the one that is looked for, something that is no subject.
   */
  readonly subject?: string | undefined;
  /** Number of runs that it announces, where the list says that. */
  readonly runCount?: number | undefined;
  /** Some of its runs were repeated on another version: it is not a new one, and not a result of one version. */
  readonly isMixed?: boolean | undefined;
}

/** Batches in the lists at one moment. */
export interface Listing {
  readonly batches: readonly Candidate[];
  /** True if all pages were read, so that every batch of the target that may be new is here. */
  readonly isComplete: boolean;
  /** The `Date` header of an answer to this listing, in milliseconds since the epoch. */
  readonly date?: number | undefined;
}

/** The test cases of a batch, as far as its runs are listed by now. */
export interface BatchContents {
  /** The id of its test case for each run. */
  readonly testCases: readonly string[];
  /** Number of runs that there are to be, if that is said. */
  readonly total?: number | undefined;
}

/** A batch as the answer to its start shows it. */
export interface StartedBatch {
  readonly id: string;
  /** Claims about itself and its runs: see `Batch.claims`. */
  readonly claims?: Claims | undefined;
  readonly runs?: readonly { readonly id: string; readonly claims?: Claims | undefined }[] | undefined;
}

/** Result of the one POST. `unknown` is a time-out, a reset, a 5xx, a 2xx that cannot be read. */
export type StartResponse = PostResult<StartedBatch>;
