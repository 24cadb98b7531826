/** Who gets how many characters of the shared comment. Pure. */
import { composeComment } from './codec.ts';
import { fitRecord, MAX_RECORD } from './record.ts';
import type { KeptRecord, OwnSection, Section, Writer } from './state.ts';

/** GitHub refuses a comment with more characters. */
export const COMMENT_LIMIT = 65_536;
/** GitHub may count otherwise than we do: stay this far from the limit. */
const SPARE = 536;
/** What a section costs that shrank to one line, at most. */
const SHORTENED_LENGTH = 100;
/** The share of the room that all records together may take: what people read comes first. */
const RECORDS = 1 / 3;
/** The share of it that the line about what to do and the footer of a comment of one job may take. */
const CLOSING = 1 / 4;

/** The comment as it is to be written, or none if not even one line for each job fits. */
export type Composed =
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
 * more than that at the cost of others, or two long ones would push each other out for ever.
 */
export function shareRoom(parts: {
  section: Section;
  others: readonly Section[];
  kept: readonly KeptRecord[];
  own: Pick<OwnSection, 'render' | 'renderClosing'>;
  writer: Writer;
  /** Characters that GitHub allows. */
  limit: number;
}): Composed {
  const { writer } = parts;
  const limit = parts.limit - SPARE;
  const maxRecord = Math.min(
    MAX_RECORD,
    Math.floor((limit * RECORDS) / (1 + parts.others.length + parts.kept.length)),
  );
  const kept = parts.kept.flatMap((one) => {
    const record = fitRecord(one.record, maxRecord);
    return record === undefined ? [] : [{ ...one, record }];
  });
  const isShared = parts.others.length > 0;
  const closing = isShared ? '' : (parts.own.renderClosing?.(Math.floor(limit * CLOSING)) ?? '');
  const own = { ...withRecord(parts.section, maxRecord), closing: closing || undefined };
  const others = parts.others.map((other) => ({ ...withRecord(other, maxRecord), closing: undefined }));
  const compose = (sections: readonly Section[]) => composeComment({ ...writer, sections, kept });
  const frame = compose([own, ...others.map((section) => ({ ...section, markdown: '' }))]).length;
  const share = Math.max(0, Math.floor((limit - frame) / (others.length + 1)));
  const taken = others.map(({ state, markdown }) =>
    Math.max(markdown.length, state === 'waiting' ? share : 0),
  );
  const room = taken.reduce((left, characters) => left - characters, limit - frame);

  const max = Math.max(room, share);
  const markdown = parts.own.render(max).trim();
  const section = markdown.length > max ? shorten(own) : { ...own, markdown };
  const shrunk = new Set<Section>();
  let excess = compose([section, ...others]).length - limit;
  for (const other of others.toSorted((a, b) => b.markdown.length - a.markdown.length)) {
    if (excess <= 0 || other.markdown.length <= share) break;
    shrunk.add(other);
    excess -= other.markdown.length - SHORTENED_LENGTH;
  }
  const candidates = [
    [section, ...others.map((other) => (shrunk.has(other) ? shorten(other) : other))],
    [section, ...others].map(shorten),
    [section, ...others].map((one) => ({ ...shorten(one), record: undefined })),
  ];
  for (const [index, sections] of candidates.entries()) {
    const text = index < 2 ? compose(sections) : composeComment({ ...writer, sections });
    if (text.length <= limit) {
      return { action: 'write', body: text, section: sections[0] ?? section, isShared };
    }
  }
  return { action: 'leave', why: 'full' };
}

function shorten(section: Section): Section {
  return { ...section, markdown: '', closing: undefined, shortened: true };
}

function withRecord(section: Section, max: number): Section {
  const { record } = section;
  return record === undefined ? section : { ...section, record: fitRecord(record, max) };
}
