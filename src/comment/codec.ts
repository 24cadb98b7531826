/**
 * Format of the comment, written and read back. It begins with what people read, and ends with our data, a line for each
 * piece, each in an HTML comment: which gate's comment this is, then the data of each section, then records of jobs that have
 * none. In the text, two short markers stand around each section. Foreign text cannot forge any of them, since `markdown.ts`
 * leaves it no HTML comment. Pure.
 */
import * as z from 'zod/mini';
import { STATES } from '../domain/verdict.ts';
import { lenient, parseJson, whole } from '../json.ts';
import { parseEarlierComment } from './earlier-formats.ts';
import { jobFactsSchema, withStableKeyOrder } from './job-facts.ts';
import { compareSections, compareText } from './labels.ts';
import { type PackOptions, packJson, unpackJson } from './packed-json.ts';
import { countsOf, countsSchema, keySchema, recordSchema, tallyOf } from './schemas.ts';
import { shortHash } from './section-identity.ts';
import { type SectionText, textAt } from './section-text.ts';
import type { CommentState, OrphanedRecord, Section } from './state.ts';
import { renderSections } from './visible-text.ts';

/** The third edition's. What came before is read too: see `earlier-formats.ts`. */
const FORMAT = 3;
/** Our data, at the end of the comment. */
const GATE = '<!-- agent-test-gate ';
const SECTION = '<!-- agent-test-gate-section ';
const ORPHANED_RECORD = '<!-- agent-test-gate-record ';
const CLOSE = ' -->';
/** A line of our data. */
const DATA_LINE = /^<!-- agent-test-gate(?:-section|-record)? \S.* -->$/;
/**
 * Options of packing a section's data. The dictionary, what such data mostly look like, is a part of the format: another one
 * makes another format.
 */
const PACKING: PackOptions = {
  maxBytes: 64 * 1024,
  dictionary: Buffer.from(
    JSON.stringify([
      ...['waiting', 'cancelled', 'inconclusive', 'failed'].map((state) => ({
        state,
        counts: [0, 0, 0, 0, 0, 0, 0],
      })),
      ...[
        '/actions/runs//job/',
        '/agent-test-gate/blob/v3/docs/reading-a-report.md',
        ' · batch `test_batch_',
      ],
      ...['ElevenLabs', 'Vapi', 'Bland'].map((providerTitle) => ({ providerTitle, footer: ['tested '] })),
      {
        ...{ key: '', variant: '', workflow: '', run: [1, 1, 1], mark: '', check: 1, commit: '' },
        ...{ state: 'passed', counts: [1, 0, 0, 0, 0, 0, 0], label: '', target: 'agent/' },
        facts: {
          ...{
            result: 'all passed',
            took: ' min s',
            providerTitle: 'Retell',
            footer: [' runs in ', ' · batch `test_batch_'],
            next: '',
            hint: '',
          },
          startsBatch: true,
          origin: {
            ...{ commit: '', repositoryUrl: 'https://github.com/', runId: 1, runNumber: 1, runAttempt: 1 },
            ...{ jobUrl: 'https://github.com/', wordsUrl: 'https://github.com/' },
          },
        },
      },
    ]),
  ),
};

const gateSchema = z.object({ version: z.int(), name: z.string() });
/** Short names, since each character counts. */
const sectionSchema = z.object({
  key: keySchema,
  variant: lenient(z.string()),
  workflow: z.string(),
  /** Id, number, attempt. */
  run: z.tuple([whole, whole, whole]),
  mark: z.string(),
  check: lenient(whole),
  commit: lenient(z.string()),
  state: z.enum(STATES),
  counts: countsSchema,
  label: z.string(),
  target: lenient(z.string()),
  facts: lenient(jobFactsSchema),
  collapsed: lenient(z.literal(true)),
});
const orphanedRecordSchema = z.object({
  key: keySchema,
  variant: lenient(z.string()),
  workflow: lenient(z.string()),
  record: recordSchema,
  runs: whole,
});

/** The text in one form, whatever became of its line breaks on the way. */
export function normalize(body: string): string {
  return body.replaceAll('\r\n', '\n').trim();
}

/**
 * Reads a comment; `undefined` if it is not of the gate with this name. Anybody can write our markers: look at the
 * author before believing them.
 */
export function parseComment(body: string, name: string): CommentState | undefined {
  const text = normalize(body);
  const earlier = parseEarlierComment(text);
  if (earlier !== undefined) return earlier.gate === shortHash(name) ? earlier.state : undefined;
  const data = readData(text);
  if (data === undefined || data.name !== name) return undefined;
  if (data.version > FORMAT) return { format: 'newer' };
  const { sections, records } = data;
  return {
    format: 'known',
    sections: sections.flatMap((line, index) => readSection(line, textAt(text, index)) ?? []),
    orphanedRecords: records.flatMap(
      (line) => orphanedRecordSchema.safeParse(parseJson(contentOf(line, ORPHANED_RECORD))).data ?? [],
    ),
  };
}

/**
 * The names of the gates whose comments hold a section of this job, from whichever run of its workflow. For a step
 * that failed on its inputs and may not know its own name.
 */
export function gatesOfJob(bodies: readonly string[], job: string, workflow: string): string[] {
  const names = bodies.flatMap((body) => {
    const text = normalize(body);
    const name = parseEarlierComment(text)?.name ?? readData(text)?.name;
    const state = name === undefined ? undefined : parseComment(text, name);
    if (name === undefined || state?.format !== 'known') return [];
    const isOurs = state.sections.some(
      ({ key, run }) => key === shortHash(job) && run.workflow === shortHash(workflow),
    );
    return isOurs ? [name] : [];
  });
  return [...new Set(names)];
}

/** The lines of our data, if the text begins with a heading and ends with them. */
interface Data {
  readonly version: number;
  /** The gate's. */
  readonly name: string;
  readonly sections: readonly string[];
  readonly records: readonly string[];
}

function readData(text: string): Data | undefined {
  if (!text.startsWith('## ')) return undefined;
  const lines = text.split('\n');
  const start = lines.findLastIndex((line) => !DATA_LINE.test(line)) + 1;
  const [gate = '', ...rest] = lines.slice(start);
  const marker = gate.startsWith(GATE)
    ? gateSchema.safeParse(parseJson(contentOf(gate, GATE))).data
    : undefined;
  if (marker === undefined) return undefined;
  return {
    ...marker,
    sections: rest.filter((line) => line.startsWith(SECTION)),
    records: rest.filter((line) => line.startsWith(ORPHANED_RECORD)),
  };
}

const contentOf = (line: string, kind: string): string => line.slice(kind.length, -CLOSE.length);

/** A section whose data cannot be read is not there; one whose text is not there is one line. */
function readSection(line: string, text: SectionText | undefined): Section | undefined {
  const [packed = '', record] = contentOf(line, SECTION).split(' ');
  const read = sectionSchema.safeParse(unpackJson(packed, PACKING)).data;
  if (read === undefined) return undefined;
  const { workflow, run, check, counts, collapsed, ...data } = read;
  const [id, number, attempt] = run;
  const isCollapsed = collapsed === true || text === undefined;
  return {
    ...data,
    run: { workflow, id, number, attempt },
    checkRunId: check,
    tally: tallyOf(counts),
    record: recordSchema.safeParse(record).data,
    markdown: isCollapsed ? '' : text.markdown,
    closing: text?.closing,
    isCollapsed,
  };
}

/** Writes the whole comment. The same sections make the same text, whoever writes it. */
export function composeComment(parts: {
  name: string;
  sections: readonly Section[];
  orphanedRecords?: readonly OrphanedRecord[];
}): string {
  const { name, orphanedRecords = [] } = parts;
  const sections = parts.sections.toSorted(compareSections);
  const records = orphanedRecords.toSorted(
    (a, b) => compareText(a.key, b.key) || compareText(a.variant ?? '', b.variant ?? ''),
  );
  const data = [
    `${GATE}${safeJson({ version: FORMAT, name })}${CLOSE}`,
    ...sections.map(dataOf),
    ...records.map((record) => `${ORPHANED_RECORD}${safeJson(record)}${CLOSE}`),
  ];
  return [...renderSections(name, sections), data.join('\n')].join('\n\n');
}

/** The line with the data of a section. */
function dataOf(section: Section): string {
  const { key, variant, run, mark, checkRunId, commit, state, tally, label, target, facts, record } = section;
  const identity = {
    ...{ key, variant, workflow: run.workflow, run: [run.id, run.number, run.attempt], mark },
    ...{ check: checkRunId, commit, state, counts: countsOf(tally), label, target },
    collapsed: section.isCollapsed || undefined,
  };
  const packed =
    packJson({ ...identity, facts: facts && withStableKeyOrder(facts) }, PACKING) ??
    packJson(identity, PACKING);
  return `${SECTION}${packed}${record === undefined ? '' : ` ${record}`}${CLOSE}`;
}

/** JSON in which nothing can end the HTML comment or reach anybody. */
function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&@#]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
