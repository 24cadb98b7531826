import { joinFirst } from './wording.ts';

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

/** A quarantine file as it was read at one commit. */
export type QuarantineFile =
  | { readonly kind: 'entries'; readonly entries: readonly LocatedEntry[] }
  | { readonly kind: 'absent' }
  /** Broken, unreadable, forbidden or too big. The problem is a clause: "it is not UTF-8". */
  | { readonly kind: 'refused'; readonly problem: string; readonly line?: number | undefined };

/** An entry with its line in the file, from 1. */
export type LocatedEntry = QuarantineEntry & { readonly line: number };

/** The file at the commits that matter for this event. */
export interface QuarantineFiles {
  readonly path: string;
  readonly tested: QuarantineFile;
  /** At the tip of the base branch, on a pull request and in a merge queue; absent for other events. */
  readonly base?: QuarantineFile | undefined;
}

/** Meaning of the files for the test cases of this step. */
export interface QuarantineDecision {
  /** By the provider's id of the test case. */
  readonly entries: ReadonlyMap<string, Quarantine>;
  /** Reason why nothing is quarantined: a sentence for one error annotation, with the line in the tested commit's file. */
  readonly problem?: { readonly message: string; readonly line?: number | undefined } | undefined;
  /** Entries that need attention soon: sentences. */
  readonly notices: readonly string[];
}

/** A test case as far as the quarantine looks at it. */
interface IdentifiedTestCase {
  readonly testCase: { readonly id?: string | undefined };
}

/** The longest time that an entry may last, in days from today. */
export const MAX_QUARANTINE_DAYS = 30;
/** An entry that ends within so many days is announced. */
const NOTICE_DAYS = 7;
/** One of so many test cases may be quarantined, rounded up: 10 %. */
const ONE_OF = 10;
/** The most entries that a notice lists. */
const MAX_LISTED = 10;
const DAY_MS = 86_400_000;

/** Most of so many test cases that may be quarantined: 10 %, rounded up. */
export const maxQuarantined = (testCases: number): number => Math.ceil(testCases / ONE_OF);

/** The day of a moment (milliseconds since the epoch) in UTC: `2026-12-19`. */
export const dayOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

/** Number of days by which a day (`2026-12-19`) is after today; negative if it is over. */
export const daysUntil = (day: string, now: number): number =>
  (Date.parse(day) - Date.parse(dayOf(now))) / DAY_MS;

/**
 * Decides which test cases are quarantined at the moment `now` (milliseconds since the epoch). Where the base has a say,
 * an entry counts only if both files have it, until the earlier of its two days: a pull request can shorten or lift a
 * quarantine, never add or extend one. If either file is refused, nothing is quarantined.
 */
export function decideQuarantine(
  files: QuarantineFiles,
  testCases: readonly IdentifiedTestCase[],
  now: number,
): QuarantineDecision {
  const tested = enforceLimit(files.tested, testCases, now);
  const base = files.base && enforceLimit(files.base, testCases, now);
  const limited = { path: files.path, tested, base };
  const problem = problemOf(limited);
  const entries = new Map<string, Quarantine>();
  for (const entry of entriesOf(tested)) {
    const quarantine = combineWithBase(entry, base, now);
    // What the base has cannot be known where its file is refused, but nothing is in force then.
    if (problem === undefined || quarantine.state !== 'in-force') entries.set(entry.testCase, quarantine);
  }
  return { entries, problem, notices: noticesOf(limited, entries, { testCases, now }) };
}

/** The test cases with what the quarantine says of each. */
export function attachQuarantine<C extends IdentifiedTestCase>(
  testCases: readonly C[],
  { entries }: Pick<QuarantineDecision, 'entries'>,
): (C & { readonly quarantine?: Quarantine | undefined })[] {
  return testCases.map((testCase) => ({ ...testCase, quarantine: entries.get(testCase.testCase.id ?? '') }));
}

/** The sentences for the report: why nothing is quarantined, and what needs attention soon. */
export const quarantineNotes = ({ problem, notices }: QuarantineDecision): string[] => [
  ...(problem === undefined ? [] : [problem.message]),
  ...notices,
];

/** The file, or its refusal if it quarantines more than 10 % of the test cases. Expired entries do not count. */
function enforceLimit(
  file: QuarantineFile,
  testCases: readonly IdentifiedTestCase[],
  now: number,
): QuarantineFile {
  const limit = maxQuarantined(testCases.length);
  let count = 0;
  let over: LocatedEntry | undefined;
  for (const entry of entriesOf(file)) {
    if (daysUntil(entry.until, now) < 0) continue;
    count += testCases.filter(({ testCase }) => testCase.id === entry.testCase).length;
    if (count > limit) over ??= entry;
  }
  if (over === undefined) return file;
  const problem = `it quarantines ${count} of ${testCases.length} test cases, and 10 %, rounded up, allow ${limit}`;
  return { kind: 'refused', problem, line: over.line };
}

const entriesOf = (file: QuarantineFile): readonly LocatedEntry[] =>
  file.kind === 'entries' ? file.entries : [];

/** Meaning of an entry of the tested commit's file today. */
function combineWithBase(located: LocatedEntry, base: QuarantineFile | undefined, now: number): Quarantine {
  const { line: _, ...entry } = located;
  const isOver = ({ until }: QuarantineEntry) => daysUntil(until, now) < 0;
  if (isOver(entry)) return { entry, state: 'expired' };
  if (base === undefined) return { entry, state: 'in-force' };
  const found = entriesOf(base).find(({ testCase }) => testCase === entry.testCase);
  if (found === undefined || isOver(found)) return { entry, state: 'after-merge' };
  const { line: __, ...agreed } = found;
  const isShortened = entry.until < agreed.until;
  return { entry: isShortened ? { ...agreed, until: entry.until } : agreed, state: 'in-force' };
}

function problemOf({ path, tested, base }: QuarantineFiles): QuarantineDecision['problem'] {
  const sentence = (where: string, { problem, line }: Extract<QuarantineFile, { kind: 'refused' }>) =>
    `Nothing is quarantined, since ${path}${where} is refused: ${line === undefined ? '' : `line ${line}: `}${problem}.`;
  if (tested.kind === 'refused') return { message: sentence('', tested), line: tested.line };
  if (base?.kind === 'refused') return { message: sentence(' (base branch)', base) };
  if (tested.kind === 'absent' && (base === undefined || base.kind === 'absent')) {
    return {
      message: `Nothing is quarantined: the tested commit has no file ${path}. Correct the input quarantine, or give the job "permissions: contents: read" if the repository has the file.`,
    };
  }
  return undefined;
}

function noticesOf(
  { path, tested, base }: QuarantineFiles,
  entries: QuarantineDecision['entries'],
  { testCases, now }: { testCases: readonly IdentifiedTestCase[]; now: number },
): string[] {
  const seen = new Set(testCases.map(({ testCase }) => testCase.id));
  const all = [...entries.values()];
  const ending = all.filter(
    ({ state, entry }) => state === 'in-force' && daysUntil(entry.until, now) <= NOTICE_DAYS,
  );
  // Where no test case was seen at all, this would be said of every entry.
  const unseen = seen.size === 0 ? [] : all.filter(({ entry }) => !seen.has(entry.testCase));
  const notices: string[] = [];
  if (tested.kind === 'absent' && base?.kind === 'entries') {
    notices.push(`The tested commit has no file ${path}, so nothing is quarantined.`);
  }
  if (ending.length > 0) {
    const named = ending.map(
      ({ entry }) => `${entry.testCase} (${entry.name}) until ${entry.until}, owner ${entry.owner}`,
    );
    notices.push(
      `The quarantine ends within ${NOTICE_DAYS} days: ${joinFirst(named, { most: MAX_LISTED, separator: '; ' })}.`,
    );
  }
  if (unseen.length > 0) {
    const ids = unseen.map(({ entry }) => entry.testCase);
    notices.push(
      `${path} has ids that no run has: ${joinFirst(ids, { most: MAX_LISTED })}. Correct them, or remove the entries.`,
    );
  }
  return notices;
}
