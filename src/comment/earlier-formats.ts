/**
 * Comments of earlier editions, which are read and no longer written. They begin with a marker that says which workflow
 * run wrote all of it, and the data of each section stands before its text. Pure.
 */
import * as z from 'zod/mini';
import { STATES } from '../domain/verdict.ts';
import { lenient, parseJson, whole } from '../json.ts';
import { jobFactsSchema } from './job-facts.ts';
import { countsSchema, keySchema, recordSchema, tallyOf } from './schemas.ts';
import type { OrphanedRecord, ReadableComment, Run, Section } from './state.ts';

const GATE = '<!-- agent-test-gate ';
const SECTION = '<!-- agent-test-gate-section ';
const SECTION_END = '<!-- agent-test-gate-end ';
/** After the body of a section: what only a comment of one job has. */
const CLOSING = '<!-- agent-test-gate-closing ';
const ORPHANED_RECORD = '<!-- agent-test-gate-record ';
const CLOSE = ' -->';

/** The second edition. Sections of the first were keyed by batch ids, so they cannot be told to be a job's. */
const SECOND = 2;

const gateMarker = z.object({
  version: z.int().check(z.maximum(SECOND)),
  name: lenient(z.string()),
  gate: z.string(),
  workflow: z.string(),
  run: whole,
  number: whole,
});
const orphanedRecordMarker = z.object({ key: keySchema, record: recordSchema, runs: whole });
const sectionMarker = z.object({
  key: keySchema,
  attempt: whole,
  state: z.enum(STATES),
  counts: countsSchema,
  label: z.string(),
  part: lenient(jobFactsSchema),
  record: lenient(recordSchema),
  /** Its headings are one level down, below one for the job. */
  nested: z.optional(z.literal(true)),
  shortened: z.optional(z.literal(true)),
});

/** A comment of the first or second edition: the hash of the gate's name, the name where it says it, and its data. */
interface EarlierComment {
  readonly gate: string;
  readonly name: string | undefined;
  readonly state: ReadableComment;
}

/** Reads a normalized comment of the first or second edition; `undefined` for any other. */
export function parseEarlierComment(text: string): EarlierComment | undefined {
  const marker = text.startsWith(GATE) ? gateMarker.safeParse(readMarker(text, GATE.length)).data : undefined;
  if (marker === undefined) return undefined;
  const { version, gate, name, workflow, run: id, number } = marker;
  const run = { workflow, id, number };
  const isReadable = version === SECOND;
  return {
    gate,
    name,
    state: {
      format: 'known',
      run,
      sections: isReadable ? readSections(text, run) : [],
      orphanedRecords: isReadable ? readRecords(text) : [],
    },
  };
}

/** A section that is cut off, or has a marker that cannot be read, is not there. */
function readSections(text: string, run: Run): Section[] {
  const sections: Section[] = [];
  let at = text.indexOf(SECTION);
  while (at !== -1) {
    const close = text.indexOf(CLOSE, at);
    if (close === -1) break;
    const start = close + CLOSE.length;
    const marker = sectionMarker.safeParse(readMarker(text, at + SECTION.length)).data;
    const end = marker === undefined ? -1 : text.indexOf(`${SECTION_END}${marker.key}${CLOSE}`, start);
    if (marker !== undefined && end !== -1) {
      const { counts, shortened = false, nested = false, part: facts, attempt, ...data } = marker;
      const [written = '', closing] = text.slice(start, end).split(`${CLOSING}${marker.key}${CLOSE}`);
      const body = nested ? written.replace(/^#(?=#{3,5} )/gm, '') : written;
      sections.push({
        ...data,
        run: { ...run, attempt },
        mark: '',
        commit: facts?.origin?.commit,
        facts,
        tally: tallyOf(counts),
        markdown: shortened ? '' : body.trim(),
        closing: closing?.trim(),
        isCollapsed: shortened,
      });
    }
    at = text.indexOf(SECTION, Math.max(start, end));
  }
  return sections;
}

function readRecords(text: string): OrphanedRecord[] {
  const records: OrphanedRecord[] = [];
  for (let at = text.indexOf(ORPHANED_RECORD); at !== -1; at = text.indexOf(ORPHANED_RECORD, at + 1)) {
    const marker = orphanedRecordMarker.safeParse(readMarker(text, at + ORPHANED_RECORD.length));
    if (marker.success) records.push(marker.data);
  }
  return records;
}

/** The JSON from `start` to the end of the marker. */
const readMarker = (text: string, start: number): unknown =>
  parseJson(text.slice(start, text.indexOf(CLOSE, start)));
