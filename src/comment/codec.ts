/**
 * How the comment is written and read back. The first line is a marker: an HTML comment with JSON that says which
 * gate's comment this is and which workflow run wrote it. Each section stands between two more. Foreign text cannot
 * forge one, since `markdown.ts` leaves it no HTML comment. Pure.
 */
import { hash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Tally } from '../domain/batch.ts';
import { VERDICTS } from '../domain/verdict.ts';
import type { WorkflowRun } from '../github/context.ts';
import { lenient } from '../json.ts';
import { paragraph, render, trusted } from '../report/markdown.ts';
import type { Origin } from '../report/report.ts';
import { headlineHeading, resultOfCounts } from '../report/sections/headline.ts';
import { jobFactsSchema, withStableKeyOrder } from './job-facts.ts';
import {
  type JobPart,
  renderJob,
  renderJobsFooter,
  renderJobsHeading,
  renderJobsNext,
  renderJobsTable,
  sortJobs,
} from './jobs.ts';
import { MAX_RECORD } from './record.ts';
import type { CommentState, OrphanedRecord, Section } from './state.ts';

/** 1: sections were keyed by batch ids, so they cannot be told to be a job's and are not read. */
const FORMAT = 2;
const GATE = '<!-- agent-test-gate ';
const SECTION = '<!-- agent-test-gate-section ';
const SECTION_END = '<!-- agent-test-gate-end ';
/** After the body of a section: what only a comment of one job has. */
const CLOSING = '<!-- agent-test-gate-closing ';
const ORPHANED_RECORD = '<!-- agent-test-gate-record ';
const CLOSE = ' -->';

const SHORTENED = 'Omitted to make room for other jobs; see the job summary.';

const whole = z.int().check(z.nonnegative());
const versionedMarker = z.object({ version: z.int(), gate: z.string() });
const namedMarker = z.object({ name: z.string() });
const gateMarker = z.object({ workflow: z.string(), run: whole, number: whole });
const key = z.string().check(z.regex(/^[0-9a-f]{16}$/));
const record = z.string().check(z.maxLength(MAX_RECORD), z.regex(/^[A-Za-z0-9+/]+={0,2}$/));
const orphanedRecordMarker = z.object({ key, record, runs: whole });
const sectionMarker = z.object({
  key,
  attempt: whole,
  state: z.enum(['waiting', ...VERDICTS]),
  /** Passed, failed, errored, cancelled, unfinished, flaky, tolerated. */
  counts: z.tuple([whole, whole, whole, whole, whole, whole, whole]),
  label: z.string(),
  part: lenient(jobFactsSchema),
  record: lenient(record),
  shortened: z.optional(z.literal(true)),
});

/** Stands for a name, a key or a workflow in a marker, where the text itself could be long or telling. */
export function shortHash(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

/** The text in one form, whatever became of its line breaks on the way. */
export function normalize(body: string): string {
  return body.replaceAll('\r\n', '\n').trim();
}

/**
 * Reads a comment; `undefined` if it is not of the gate with this name. Anybody can write our marker: look at the
 * author before believing it.
 */
export function parseComment(body: string, name: string): CommentState | undefined {
  const text = normalize(body);
  const json = text.startsWith(GATE) ? readJson(text, GATE.length) : undefined;
  const versioned = versionedMarker.safeParse(json);
  if (!versioned.success || versioned.data.gate !== shortHash(name)) return undefined;
  if (versioned.data.version > FORMAT) return { format: 'newer' };
  const marker = gateMarker.safeParse(json);
  if (!marker.success) return undefined;
  const { workflow, run: id, number } = marker.data;
  const isReadable = versioned.data.version === FORMAT;
  const sections = isReadable ? readSections(text) : [];
  const orphanedRecords = isReadable ? readOrphanedRecords(text) : [];
  return { format: 'known', run: { workflow, id, number }, sections, orphanedRecords };
}

/**
 * The names of the gates whose comments hold a section of this job, from whichever run of its workflow. For a step
 * that failed on its inputs and may not know its own name.
 */
export function gatesOfJob(bodies: readonly string[], job: string, workflow: string): string[] {
  const names = bodies.flatMap((body) => {
    const text = normalize(body);
    const json = text.startsWith(GATE) ? readJson(text, GATE.length) : undefined;
    const name = namedMarker.safeParse(json).data?.name ?? '';
    const state = parseComment(text, name);
    const isOurs =
      state?.format === 'known' &&
      state.run.workflow === shortHash(workflow) &&
      state.sections.some(({ key }) => key === shortHash(job));
    return isOurs ? [name] : [];
  });
  return [...new Set(names)];
}

/** A section that is cut off, or has a marker that cannot be read, is not there. */
function readSections(text: string): Section[] {
  const sections: Section[] = [];
  let at = text.indexOf(SECTION);
  while (at !== -1) {
    const close = text.indexOf(CLOSE, at);
    if (close === -1) break;
    const start = close + CLOSE.length;
    const marker = sectionMarker.safeParse(readJson(text, at + SECTION.length));
    const end = marker.success ? text.indexOf(`${SECTION_END}${marker.data.key}${CLOSE}`, start) : -1;
    if (marker.success && end !== -1) {
      const { counts, shortened = false, ...data } = marker.data;
      const [written = '', closing] = text.slice(start, end).split(closingMarker(marker.data.key));
      const markdown = shortened ? '' : written.trim();
      sections.push({
        ...data,
        tally: tallyOf(counts),
        markdown,
        closing: closing?.trim(),
        shortened,
      });
    }
    at = text.indexOf(SECTION, Math.max(start, end));
  }
  return sections;
}

const closingMarker = (key: string): string => `${CLOSING}${key}${CLOSE}`;

function readOrphanedRecords(text: string): OrphanedRecord[] {
  const kept: OrphanedRecord[] = [];
  for (let at = text.indexOf(ORPHANED_RECORD); at !== -1; at = text.indexOf(ORPHANED_RECORD, at + 1)) {
    const marker = orphanedRecordMarker.safeParse(readJson(text, at + ORPHANED_RECORD.length));
    if (marker.success) kept.push(marker.data);
  }
  return kept;
}

function readJson(text: string, start: number): unknown {
  try {
    return JSON.parse(text.slice(start, text.indexOf(CLOSE, start)));
  } catch {
    return undefined;
  }
}

/** Writes the whole comment. The same sections make the same text, whoever writes it. */
export function composeComment(parts: {
  name: string;
  run: WorkflowRun;
  sections: readonly Section[];
  orphanedRecords?: readonly OrphanedRecord[];
}): string {
  const { name, run } = parts;
  const sections = parts.sections.toSorted((a, b) => compare(a.label, b.label) || compare(a.key, b.key));
  const marker = writeMarker(GATE, {
    version: FORMAT,
    gate: shortHash(name),
    name,
    workflow: shortHash(run.workflow),
    run: run.id,
    number: run.number,
  });
  const blocks = sections.length > 1 ? multiJobBlocks(parts, sections) : singleJobBlocks(name, sections);
  const orphanedRecords = (parts.orphanedRecords ?? []).toSorted((a, b) => compare(a.key, b.key));
  return [
    `${marker}\n${blocks.join('\n\n')}`,
    ...orphanedRecords.map((one) => writeMarker(ORPHANED_RECORD, one)),
  ].join('\n\n');
}

/** One job has the headline of its report as the heading. */
function singleJobBlocks(name: string, sections: readonly Section[]): string[] {
  const [section] = sections;
  const { state = 'waiting', tally = NONE } = section ?? {};
  const title = headlineHeading(2, { name, state, tally, result: section?.part?.result });
  return [title, ...(section === undefined ? [] : [renderSectionBlock(section)])];
}

/**
 * Several have one overview, one line about what to do and one footer, and between them the bodies, the worst first.
 */
function multiJobBlocks(
  { name, run }: { name: string; run: WorkflowRun },
  sections: readonly Section[],
): string[] {
  const jobs = sortJobs(sections.map((section) => jobOf(section, run)));
  const origin = originOf(sections);
  return [
    renderJobsHeading(name, jobs),
    renderJobsTable(jobs),
    ...jobs.map((job) => renderJob(job, renderSectionBlock(job.section))),
    ...[renderJobsNext(jobs, origin), renderJobsFooter(jobs, origin)],
  ].filter((block) => block !== '');
}

function jobOf(section: Section, run: WorkflowRun): JobPart & { section: Section } {
  const { state, tally, label, part, attempt } = section;
  return {
    ...{ result: resultOfCounts(state, tally), took: '', providerTitle: '', footer: [] },
    ...part,
    ...{ label, state, section },
    attempt: attempt === run.attempt ? undefined : attempt,
  };
}

/** The commit is the same for all jobs; the workflow run is named in its newest attempt. */
const originOf = (sections: readonly Section[]): Origin =>
  sections.toSorted((a, b) => b.attempt - a.attempt).find(({ part }) => part?.origin)?.part?.origin ?? {};

/** A section between its markers. */
function renderSectionBlock(section: Section): string {
  const { key, attempt, state, tally, label, part, record, markdown, closing, shortened } = section;
  const { passed, failed, errored, cancelled, unfinished, flaky, tolerated } = tally;
  const start = writeMarker(SECTION, {
    key,
    attempt,
    state,
    counts: [passed, failed, errored, cancelled, unfinished, flaky, tolerated],
    label,
    part: part && withStableKeyOrder(part),
    record,
    shortened: shortened || undefined,
  });
  const text = shortened ? render(paragraph(trusted(SHORTENED))) : markdown;
  const body = closing === undefined ? text : `${text}\n\n${closingMarker(key)}\n\n${closing}`;
  return `${start}\n\n${body}\n\n${SECTION_END}${key}${CLOSE}`;
}

/** JSON in which nothing can end the HTML comment or reach anybody. */
function writeMarker(kind: string, value: unknown): string {
  const json = JSON.stringify(value).replace(
    /[<>&@#]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${kind}${json}${CLOSE}`;
}

function tallyOf(counts: z.infer<typeof sectionMarker>['counts']): Tally {
  const [passed, failed, errored, cancelled, unfinished, flaky, tolerated] = counts;
  const total = passed + failed + errored + cancelled + unfinished + tolerated;
  return { total, passed, flaky, failed, errored, cancelled, unfinished, tolerated };
}

const NONE = tallyOf([0, 0, 0, 0, 0, 0, 0]);

/** By code units: the same order on every machine. */
function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
