import {
  daysUntil,
  decideQuarantine,
  type LocatedEntry,
  maxQuarantined,
  type QuarantineFile,
  type QuarantineFiles,
} from '../domain/quarantine.ts';
import { refused } from '../domain/result.ts';
import { parseQuarantine } from '../inputs/quarantine-file.ts';
import { errorMessageOf } from '../runtime/errors.ts';
import { errorCodeOf, readRegularFile } from '../runtime/regular-file.ts';
import type { Environment } from './environment.ts';
import { CommandError, EXIT } from './exit.ts';

/** More than any quarantine file may have; `parseQuarantine` says how much that is. */
const MAX_BYTES = 1024 * 1024;

/** Reads a quarantine file from disk as the gate takes it: no base branch has a say here. `now` is in milliseconds since the epoch. Never rejects. */
export async function readQuarantineFiles(path: string, now: number): Promise<QuarantineFiles> {
  const tested = await readQuarantineFile(path, now);
  return { path, tested: tested.kind === 'absent' ? refused('there is no such file') : tested };
}

async function readQuarantineFile(path: string, now: number): Promise<QuarantineFile> {
  try {
    return parseQuarantine(await readRegularFile(path, MAX_BYTES), now);
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return refused(`it cannot be read (${errorMessageOf(error)})`);
  }
}

/** `quarantine check`. The exit code says that the file is good, or that the gate would refuse it. */
export async function checkQuarantine(
  { file, testCaseCount }: { file: string; testCaseCount: number | undefined },
  { out, clock }: Pick<Environment, 'out' | 'clock'>,
): Promise<number> {
  const now = clock.epoch();
  const parsed = await readQuarantineFile(file, now);
  if (parsed.kind === 'absent') throw new CommandError(`There is no file ${file}.`);
  const { lines, isGood } = describeQuarantine(file, parsed, { testCaseCount, now });
  for (const line of lines) out.line(line);
  return isGood ? EXIT.passed : EXIT.notPassed;
}

/** Describes the file as the gate would read it today: every entry and its state, or the line that refuses it. Pure. */
function describeQuarantine(
  path: string,
  parsed: QuarantineFile,
  { testCaseCount, now }: { testCaseCount: number | undefined; now: number },
): { readonly lines: readonly string[]; readonly isGood: boolean } {
  const entries = parsed.kind === 'entries' ? parsed.entries : [];
  const active = entries.filter(({ until }) => daysUntil(until, now) >= 0);
  const { problem } = decideQuarantine(
    { path, tested: parsed },
    worstCase(active, testCaseCount ?? 10 * active.length),
    now,
  );
  if (problem !== undefined) return { lines: [problem.message], isGood: false };
  return {
    lines: [
      ...entries.map((entry) => lineOf(entry, now)),
      `${path} is good today: ${active.length} in force${limitOf(active.length, testCaseCount)}.`,
    ],
    isGood: true,
  };
}

/** As many test cases as there are, among them as many of the quarantined ones as fit. */
function worstCase(active: readonly LocatedEntry[], count: number) {
  return Array.from({ length: count }, (_, index) => ({ testCase: { id: active[index]?.testCase } }));
}

function limitOf(active: number, count: number | undefined): string {
  if (count !== undefined) return `, ${maxQuarantined(count)} of ${count} test cases allowed`;
  // The smallest number of test cases of which 10 %, rounded up, are so many.
  return active < 2 ? '' : `, which needs a gate of ${10 * active - 9} test cases or more`;
}

function lineOf({ line, testCase, name, owner, until }: LocatedEntry, now: number): string {
  const days = daysUntil(until, now);
  const state =
    days < 0 ? 'expired' : days === 0 ? 'ends today' : `${days} more ${days === 1 ? 'day' : 'days'}`;
  return `line ${line}: ${testCase} (${name}) until ${until}, ${state}, owner ${owner}`;
}
