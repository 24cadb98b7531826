/** Division of the shared comment's length among its sections. Pure. */
import { composeComment } from './codec.ts';
import { fitRecord, MAX_RECORD } from './record.ts';
import type { OrphanedRecord, OwnSection, Section, Writer } from './state.ts';

/** GitHub refuses a comment with more characters. */
export const COMMENT_LIMIT = 65_536;
/** GitHub may count otherwise than we do: stay this far from the limit. */
const SAFETY_MARGIN = 536;
/** Greatest length of a section that shrank to one line, in characters. */
const SHORTENED_LENGTH = 100;
/** The share of the room that all records together may take: what people read comes first. */
const RECORD_SHARE = 1 / 3;
/** The share of it that the line about what to do and the footer of a comment of one job may take. */
const CLOSING_SHARE = 1 / 4;

/** The comment as it is to be written, or none if not even one line for each job fits. */
export type ComposedComment =
  | {
      readonly action: 'write';
      readonly body: string;
      /** The job's section as it is in there. */
      readonly section: Section;
      /** Whether other jobs have sections too. */
      readonly isShared: boolean;
    }
  | { readonly action: 'leave'; readonly why: 'full' };

/**
 * Shares the room out. A section may be as long as the others leave it room, less the shares of those that still
 * wait; and it may always have its fair share, for which others that have more than theirs shrink to one line. Never
 * more than that at the cost of others, or two long ones would push each other out for ever. Where there are more jobs
 * than lines, one that did not pass takes the place of some that passed.
 */
export function layoutSections(parts: {
  section: Section;
  others: readonly Section[];
  orphanedRecords: readonly OrphanedRecord[];
  own: Pick<OwnSection, 'render' | 'renderClosing'>;
  writer: Pick<Writer, 'name'>;
  /** Characters that GitHub allows. */
  limit: number;
}): ComposedComment {
  const { writer } = parts;
  const limit = parts.limit - SAFETY_MARGIN;
  const maxRecord = Math.min(
    MAX_RECORD,
    Math.floor((limit * RECORD_SHARE) / (1 + parts.others.length + parts.orphanedRecords.length)),
  );
  const orphanedRecords = parts.orphanedRecords.flatMap((orphan) => {
    const record = fitRecord(orphan.record, maxRecord);
    return record === undefined ? [] : [{ ...orphan, record }];
  });
  const isShared = parts.others.length > 0;
  const closing = isShared ? '' : (parts.own.renderClosing?.(Math.floor(limit * CLOSING_SHARE)) ?? '');
  const own = { ...withRecord(parts.section, maxRecord), closing: closing || undefined };
  const others = parts.others.map((other) => ({ ...withRecord(other, maxRecord), closing: undefined }));
  const compose = (sections: readonly Section[]) =>
    composeComment({ name: writer.name, sections, orphanedRecords });
  const overhead = compose([own, ...others.map((section) => ({ ...section, markdown: '' }))]).length;
  const share = Math.max(0, Math.floor((limit - overhead) / (others.length + 1)));
  const taken = others.map(({ state, markdown }) =>
    Math.max(markdown.length, state === 'waiting' ? share : 0),
  );
  const remaining = taken.reduce((left, characters) => left - characters, limit - overhead);

  const max = Math.max(remaining, share);
  const markdown = parts.own.render(max).trim();
  const section = markdown.length > max ? collapse(own) : { ...own, markdown };
  const collapsed = new Set<Section>();
  let excess = compose([section, ...others]).length - limit;
  for (const other of others.toSorted((a, b) => b.markdown.length - a.markdown.length)) {
    if (excess <= 0 || other.markdown.length <= share) break;
    collapsed.add(other);
    excess -= other.markdown.length - SHORTENED_LENGTH;
  }
  const shortened = [section, ...others].map((shown) => ({ ...collapse(shown), record: undefined }));
  const candidates = [
    [section, ...others.map((other) => (collapsed.has(other) ? collapse(other) : other))],
    [section, ...others].map(collapse),
    shortened,
    [{ ...collapse(section), record: undefined }, ...shortened.slice(1).map(withoutDetails)],
  ];
  for (const [index, sections] of candidates.entries()) {
    const text = index < 2 ? compose(sections) : composeComment({ name: writer.name, sections });
    if (text.length <= limit) {
      return { action: 'write', body: text, section: sections[0] ?? section, isShared };
    }
  }
  return displaced(candidates.at(-1) ?? [], { name: writer.name, limit });
}

/**
 * The comment without as many of the jobs that passed as have to make room for this one, the first section, which did
 * not: a comment without it would look better than the gate is.
 */
function displaced(
  [section, ...others]: readonly Section[],
  { name, limit }: { name: string; limit: number },
): ComposedComment {
  if (section === undefined || section.state === 'passed' || section.state === 'waiting')
    return { action: 'leave', why: 'full' };
  let kept = others;
  for (const other of others.filter(({ state }) => state === 'passed')) {
    kept = kept.filter((candidate) => candidate !== other);
    const body = composeComment({ name, sections: [section, ...kept] });
    if (body.length <= limit) return { action: 'write', body, section, isShared: kept.length > 0 };
  }
  return { action: 'leave', why: 'full' };
}

/** The section without what several jobs say below their table; the table has how it ended. */
function withoutDetails(section: Section): Section {
  const { facts } = section;
  if (facts === undefined) return section;
  return { ...section, facts: { ...facts, footer: [], next: undefined, hint: undefined, origin: undefined } };
}

function collapse(section: Section): Section {
  return { ...section, markdown: '', closing: undefined, isCollapsed: true };
}

function withRecord(section: Section, max: number): Section {
  const { record } = section;
  return record === undefined ? section : { ...section, record: fitRecord(record, max) };
}
