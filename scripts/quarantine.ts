/** `npm run quarantine -- check FILE`: what the gate would say of a quarantine file today. See `USAGE`. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  daysUntil,
  decideQuarantine,
  type LocatedEntry,
  maxQuarantined,
  type QuarantineFile,
} from '../src/domain/quarantine.ts';
import { parseQuarantine } from '../src/inputs/quarantine-file.ts';
import { logLine } from '../src/text/clean.ts';

const USAGE = `npm run quarantine -- check FILE
  Says what the gate would say of a quarantine file today: every entry and its state, or the line that refuses the file.
  Exit code 0: the file is fine. 1: the gate would refuse it. 2: a wrong argument.

  --test-cases NUMBER  how many test cases the gate has; without it the 10 % are not checked
  --help, -h           this text`;

const { file, testCases } = readArguments();
const now = Date.now();
process.exitCode = await check(file, testCases);

/** Ends the process after `--help`, and after an argument that there is not. */
function readArguments(): { file: string; testCases: number | undefined } {
  const options = {
    'test-cases': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help === true) {
      console.log(USAGE);
      process.exit(0);
    }
    const [command, path, ...others] = positionals;
    if (command !== 'check' || path === undefined || others.length > 0)
      throw new Error('Say which file to check.');
    const count = values['test-cases'];
    if (count !== undefined && !/^[1-9]\d{0,5}$/.test(count)) {
      throw new Error(`--test-cases is "${count}" and must be a whole number like 40.`);
    }
    return { file: path, testCases: count === undefined ? undefined : Number(count) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function check(path: string, count: number | undefined): Promise<number> {
  const bytes = await readFile(path).catch((error: Error) => error);
  if (bytes instanceof Error) {
    console.log(`${path} could not be read: ${bytes.message}`);
    return 1;
  }
  const parsed = parseQuarantine(bytes, now);
  const active = entriesOf(parsed).filter(({ until }) => daysUntil(until, now) >= 0);
  const { problem } = decideQuarantine({ path, tested: parsed }, worstCase(active, count), now);
  if (problem !== undefined) {
    console.log(logLine(problem.message));
    return 1;
  }
  for (const entry of entriesOf(parsed)) console.log(lineOf(entry));
  console.log(`${path} is fine today: ${active.length} in force${limitOf(active.length, count)}.`);
  return 0;
}

function entriesOf(parsed: QuarantineFile): readonly LocatedEntry[] {
  return parsed.kind === 'entries' ? parsed.entries : [];
}

/** As many test cases as there are, among them as many of the quarantined ones as fit. */
function worstCase(active: readonly LocatedEntry[], count = 10 * active.length) {
  return Array.from({ length: count }, (_, index) => ({ testCase: { id: active[index]?.testCase } }));
}

function limitOf(active: number, count: number | undefined): string {
  if (count !== undefined) return `, ${maxQuarantined(count)} of ${count} test cases allowed`;
  // The smallest number of test cases of which 10 %, rounded up, are so many.
  return active < 2 ? '' : `, which takes a gate of ${10 * active - 9} test cases or more`;
}

function lineOf({ line, testCase, name, owner, until }: LocatedEntry): string {
  const days = daysUntil(until, now);
  const state =
    days < 0 ? 'expired' : days === 0 ? 'ends today' : `${days} more ${days === 1 ? 'day' : 'days'}`;
  return logLine(`line ${line}: ${testCase} (${name}) until ${until}, ${state}, owner ${owner}`);
}
