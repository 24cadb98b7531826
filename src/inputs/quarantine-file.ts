import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import {
  dayOf,
  daysUntil,
  type LocatedEntry,
  MAX_QUARANTINE_DAYS,
  type QuarantineFile,
} from '../domain/quarantine.ts';
import { refused } from '../domain/result.ts';
import { cleanLine } from '../text/clean.ts';

/** A larger file is not read: 64 KiB hold some 300 entries. */
const MAX_FILE_BYTES = 65_536;

/** The reason not to read a file of so many bytes: a clause; `undefined` if it is small enough. */
export const refuseSize = (bytes: number): string | undefined =>
  bytes > MAX_FILE_BYTES ? `it has ${bytes} bytes, and ${MAX_FILE_BYTES} are allowed` : undefined;

/** The keys of an entry, and the most characters that each may have; `until` is a date. */
const MAX_LENGTHS = { 'test-case': 200, name: 200, reason: 500, owner: 100, until: 10 };
type Key = keyof typeof MAX_LENGTHS;
const isKey = (key: string): key is Key => Object.hasOwn(MAX_LENGTHS, key);
const DUPLICATE_KEY = 'it has the same key twice';
const ALL_KEYS = 'test-case, name, reason, owner and until';

/** The first thing that is wrong with a file. The message is a clause. */
class InvalidQuarantine extends Error {
  readonly line: number | undefined;
  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/**
 * Reads a quarantine file. `now` (milliseconds since the epoch) decides how far ahead `until` may be. Whatever is wrong
 * refuses the whole file, with the line of the first breach. Never throws.
 */
export function parseQuarantine(bytes: Uint8Array, now: number): QuarantineFile {
  try {
    return { kind: 'entries', entries: read(textOf(bytes), now) };
  } catch (error) {
    // The library itself gives up on a file that is nested too deeply.
    if (!(error instanceof InvalidQuarantine)) return refused('it could not be read as YAML');
    return { ...refused(error.message), line: error.line };
  }
}

function textOf(bytes: Uint8Array): string {
  const tooLarge = refuseSize(bytes.length);
  if (tooLarge !== undefined) throw new InvalidQuarantine(tooLarge);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidQuarantine('it is not UTF-8');
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (line.includes('\t')) throw new InvalidQuarantine('it has a tab; use spaces', index + 1);
    // A directive would change how values are read.
    if (line.startsWith('%'))
      throw new InvalidQuarantine('it has a YAML directive (%), which is not allowed', index + 1);
    if (NOT_TEXT.test(line)) throw new InvalidQuarantine('it has a control character', index + 1);
  }
  return text;
}

/** Controls, but for the carriage return before a line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: They are what is looked for.
const NOT_TEXT = /[\u0000-\u001f\u007f-\u009f](?<!\r(?=$))/;

/** Positions of the nodes of one document. */
interface Reading {
  readonly lineOf: (node: { readonly range?: readonly [number, ...unknown[]] | null | undefined }) => number;
  readonly now: number;
}

function read(text: string, now: number): LocatedEntry[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    schema: 'core',
    customTags: ['timestamp'],
    stringKeys: true,
    // Each key is compared with all others there; below, each is looked up among five.
    uniqueKeys: false,
  });
  refuseBroken(document, lineCounter);
  const lineOf: Reading['lineOf'] = (node) => lineCounter.linePos(node.range?.[0] ?? 0).line;
  const reading = { lineOf, now };
  refuseReferences(document, reading);

  const form = 'it must have one key, quarantine, with the list of entries';
  const contents: Node | null = document.contents;
  if (!isMap<Scalar, Node | null>(contents))
    throw new InvalidQuarantine(form, contents ? lineOf(contents) : 1);
  const extra = contents.items.find(({ key }) => key.value !== 'quarantine');
  if (extra !== undefined) throw new InvalidQuarantine(form, lineOf(extra.key));
  const [list, second] = contents.items;
  if (list === undefined) throw new InvalidQuarantine(form, lineOf(contents));
  if (second !== undefined) throw new InvalidQuarantine(DUPLICATE_KEY, lineOf(second.key));
  // "quarantine:" with nothing after it is what stays when the last entry was taken out.
  if (list.value === null || (isScalar(list.value) && list.value.value === null)) return [];
  if (!isSeq<Node>(list.value)) throw new InvalidQuarantine(form, lineOf(list.key));
  const entries = list.value.items.map((item) => entryOf(item, reading));
  refuseDuplicates(entries);
  return entries;
}

function refuseBroken({ errors, warnings }: Document.Parsed<ParsedNode>, lines: LineCounter): void {
  const [first] = [...errors, ...warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (first === undefined) return;
  const { line } = lines.linePos(first.pos[0]);
  if (first.code === 'MULTIPLE_DOCS') throw new InvalidQuarantine('it has a second document', line);
  throw new InvalidQuarantine(`it is not valid YAML (${cleanLine(first.message, 120)})`, line);
}

/** An alias can stand for a thousand times its size, and an entry has no use for one. */
function refuseReferences(document: Document.Parsed<ParsedNode>, { lineOf }: Reading): void {
  visit(document, {
    Alias: (_, alias) => {
      throw new InvalidQuarantine('it has an alias (*), which is not allowed', lineOf(alias));
    },
    Node: (_, node) => {
      if ('anchor' in node && node.anchor !== undefined) {
        throw new InvalidQuarantine('it has an anchor (&), which is not allowed', lineOf(node));
      }
    },
  });
}

function entryOf(item: Node, reading: Reading): LocatedEntry {
  const { lineOf } = reading;
  const line = lineOf(item);
  if (!isMap<Scalar, Node | null>(item)) throw new InvalidQuarantine(`an entry must have ${ALL_KEYS}`, line);
  const values: Partial<Record<Key, string>> = {};
  for (const pair of item.items) {
    const key = String(pair.key.value);
    if (!isKey(key)) {
      throw new InvalidQuarantine(
        `the key "${cleanLine(key, 40)}" is not known: an entry has ${ALL_KEYS}`,
        lineOf(pair.key),
      );
    }
    if (values[key] !== undefined) throw new InvalidQuarantine(DUPLICATE_KEY, lineOf(pair.key));
    values[key] = textOfValue({ key, node: pair.value, line: lineOf(pair.key) }, reading);
  }
  const missing = Object.keys(MAX_LENGTHS)
    .filter(isKey)
    .find((key) => values[key] === undefined);
  if (missing !== undefined) throw new InvalidQuarantine(`the entry has no ${missing}`, line);
  const { 'test-case': testCase, ...others } = values as Record<Key, string>;
  return { testCase, ...others, line };
}

function textOfValue(
  { key, node, line }: { key: Key; node: Node | null; line: number },
  { now }: Reading,
): string {
  if (node !== null && !isScalar(node)) throw new InvalidQuarantine(`${key} must be a text`, line);
  // Dates and numbers as they are written: 0012 stays 0012.
  const given = typeof node?.value === 'string' ? node.value : node?.value == null ? '' : (node.source ?? '');
  const max = MAX_LENGTHS[key];
  if (given.trim() === '') throw new InvalidQuarantine(`${key} is empty`, line);
  if (key === 'until') return dateOf(given, { line, now });
  if ([...given.trim()].length > max)
    throw new InvalidQuarantine(`${key} has more than ${max} characters`, line);
  const shown = cleanLine(given, max);
  // An id with an invisible character is another id than the one that is read in a review.
  if (key === 'test-case' && (shown !== given || /\s/.test(given))) {
    throw new InvalidQuarantine('test-case must be an id without spaces or invisible characters', line);
  }
  if (shown === '') throw new InvalidQuarantine(`${key} is empty`, line);
  return shown;
}

function dateOf(given: string, { line, now }: { line: number; now: number }): string {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(moment) || dayOf(moment) !== given) {
    throw new InvalidQuarantine(
      `until is "${cleanLine(given, 40)}" and must be a date like 2026-12-19`,
      line,
    );
  }
  if (daysUntil(given, now) > MAX_QUARANTINE_DAYS) {
    const last = dayOf(now + MAX_QUARANTINE_DAYS * 86_400_000);
    throw new InvalidQuarantine(
      `until is ${given}, more than ${MAX_QUARANTINE_DAYS} days ahead: ${last} is the last day allowed today`,
      line,
    );
  }
  return given;
}

function refuseDuplicates(entries: readonly LocatedEntry[]): void {
  const lines = new Map<string, number>();
  for (const { testCase, line } of entries) {
    const before = lines.get(testCase);
    if (before !== undefined) {
      throw new InvalidQuarantine(`the test case ${testCase} stands in line ${before} already`, line);
    }
    lines.set(testCase, line);
  }
}
