/** Division of the shared comment's length among its sections. Pure. */
import { composeComment } from './codec.ts';
import { fitRecord, MAX_RECORD } from './record.ts';
import type { OrphanedRecord, OwnSection, Section } from './state.ts';

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
      /** True if other jobs have sections too. */
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
  /** The gate's. */
  name: string;
  /** Not rendered yet. */
  section: Section;
  others: readonly Section[];
  orphanedRecords: readonly OrphanedRecord[];
  own: Pick<OwnSection, 'render' | 'renderClosing'>;
  /** Characters that GitHub allows. */
  limit: number;
}): ComposedComment {
  const { name, own } = parts;
  const limit = parts.limit - SAFETY_MARGIN;
  const isShared = parts.others.length > 0;
  const { section: empty, others, orphanedRecords } = fitRecords(parts, limit * RECORD_SHARE);
  const closing = isShared ? '' : own.renderClosing?.(Math.floor(limit * CLOSING_SHARE));
  const frame: Section = { ...empty, closing: closing || undefined };

  const textLength = others.reduce((sum, { markdown }) => sum + markdown.length, 0);
  const framesLength =
    composeComment({ name, sections: [frame, ...others], orphanedRecords }).length - textLength;
  const { share, max } = roomBeside(others, limit - framesLength);
  const section = renderWithin(max, own, frame);

  const whole = composeComment({ name, sections: [section, ...others], orphanedRecords });
  if (whole.length <= limit) return { action: 'write', body: whole, section, isShared };
  const collapsed = [section, ...others].map(collapse);
  const withoutRecords = collapsed.map((shown) => ({ ...shown, record: undefined }));
  const [first = section, ...rest] = withoutRecords;
  const withoutOthersDetails = [first, ...rest.map(withoutDetails)];
  const shorter = [
    {
      sections: [section, ...collapseLongest(others, { share, excess: whole.length - limit })],
      orphanedRecords,
    },
    { sections: collapsed, orphanedRecords },
    { sections: withoutRecords, orphanedRecords: [] },
    { sections: withoutOthersDetails, orphanedRecords: [] },
  ];
  for (const form of shorter) {
    const body = composeComment({ name, ...form });
    if (body.length <= limit) {
      return { action: 'write', body, section: form.sections[0] ?? section, isShared };
    }
  }
  return displaced(withoutOthersDetails, { name, limit });
}

/** All records in so many characters together, each with the same share. Other jobs have no closing of their own. */
function fitRecords(
  {
    section,
    others,
    orphanedRecords,
  }: { section: Section; others: readonly Section[]; orphanedRecords: readonly OrphanedRecord[] },
  characters: number,
) {
  const share = Math.floor(characters / (1 + others.length + orphanedRecords.length));
  const max = Math.min(MAX_RECORD, share);
  const fitted = (record: string | undefined) => (record === undefined ? undefined : fitRecord(record, max));
  return {
    section: { ...section, record: fitted(section.record) },
    others: others.map((other) => ({ ...other, record: fitted(other.record), closing: undefined })),
    orphanedRecords: orphanedRecords.flatMap((orphan) => {
      const record = fitted(orphan.record);
      return record === undefined ? [] : [{ ...orphan, record }];
    }),
  };
}

/** The fair share of each section in the room for all texts, and the most that one may take beside the others. */
function roomBeside(others: readonly Section[], room: number): { share: number; max: number } {
  const share = Math.max(0, Math.floor(room / (others.length + 1)));
  const taken = others.map(({ state, markdown }) =>
    Math.max(markdown.length, state === 'waiting' ? share : 0),
  );
  return { share, max: Math.max(share, room - taken.reduce((sum, characters) => sum + characters, 0)) };
}

/** The section with its text, or as one line if the renderer needs more room than there is. */
function renderWithin(max: number, { render }: Pick<OwnSection, 'render'>, frame: Section): Section {
  const markdown = render(max).trim();
  return markdown.length > max ? collapse(frame) : { ...frame, markdown };
}

/** The longest of those that have more than their share as one line, until there is room. */
function collapseLongest(
  others: readonly Section[],
  { share, excess }: { share: number; excess: number },
): Section[] {
  const collapsed = new Set<Section>();
  let left = excess;
  for (const other of others.toSorted((a, b) => b.markdown.length - a.markdown.length)) {
    if (left <= 0 || other.markdown.length <= share) break;
    collapsed.add(other);
    left -= other.markdown.length - SHORTENED_LENGTH;
  }
  return others.map((other) => (collapsed.has(other) ? collapse(other) : other));
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
