/** The rules of the comment that several jobs share: who may write it, which sections stay, who gets how much room. */

import { cleanLine } from '../text/clean.ts';
import {
  composeComment,
  type ParsedComment,
  parseComment,
  type Section,
  type StoredSection,
  shortHash,
  type WorkflowRun,
} from './codec.ts';

export type { Section, WorkflowRun } from './codec.ts';

/** GitHub refuses a comment with more characters. */
export const COMMENT_LIMIT = 65_536;
/** GitHub may count otherwise than we do: stay this far from the limit. */
const SPARE = 536;
const MAX_LABEL = 100;
/** What a section costs that shrank to one line, at most. */
const SHORTENED_LENGTH = 100;

/** The section of the job that writes; rendered when it is known how much room there is. */
export interface OwnSection extends Omit<Section, 'attempt' | 'markdown'> {
  /** Markdown without the heading in at most so many characters (UTF-16 code units: never fewer than GitHub counts). */
  render(maxCharacters: number): string;
}

/** Whose comment it is and who writes. */
export interface Writer {
  /** The gate's name. */
  readonly name: string;
  readonly run: WorkflowRun;
}

export type Merge =
  | {
      readonly action: 'write';
      readonly body: string;
      /** The job's section as it is in there. */
      readonly section: StoredSection;
      /** Whether other jobs have sections too. */
      readonly isShared: boolean;
    }
  /** A newer run or a newer version of this action has written it, or one more line would not fit. */
  | { readonly action: 'leave'; readonly why: 'newer-run' | 'newer-format' | 'full' };

/**
 * Puts a job's section into the comment. `existing` are the texts of this gate's comments, first the one that will be
 * written; there is more than one only until a race between jobs is settled.
 */
export function mergeSection({
  existing,
  own,
  writer,
  limit = COMMENT_LIMIT,
}: {
  existing: readonly string[];
  own: OwnSection;
  writer: Writer;
  /** Characters. */
  limit?: number;
}): Merge {
  const { name, run } = writer;
  const sections: StoredSection[] = [];
  for (const body of existing) {
    const parsed = parseComment(body, name);
    if (parsed?.format === 'newer') return { action: 'leave', why: 'newer-format' };
    const age = parsed === undefined ? -1 : compareRuns(parsed, run);
    if (age > 0) return { action: 'leave', why: 'newer-run' };
    if (age === 0) sections.push(...(parsed?.sections ?? []));
  }
  if (sections.some(({ attempt }) => attempt > run.attempt)) return { action: 'leave', why: 'newer-run' };
  const { key, state, tally, label } = own;
  const section = {
    key: shortHash(key),
    attempt: run.attempt,
    state,
    tally,
    label: cleanLine(label, MAX_LABEL),
    markdown: '',
    shortened: false,
  };
  const others = othersOf(section, sections);
  return shareRoom({ section, others, render: (max) => own.render(max), writer, limit: limit - SPARE });
}

/** This job's section of this attempt, as it stands in a comment; `undefined` if it is not there. */
export function findSection(body: string, key: string, { name, run }: Writer): StoredSection | undefined {
  const parsed = parseComment(body, name);
  if (parsed?.format !== 'known' || compareRuns(parsed, run) !== 0) return undefined;
  return parsed.sections.find((section) => section.key === shortHash(key) && section.attempt === run.attempt);
}

/** Whether a second comment of this gate can go: it has nothing of another job of this run and attempt. */
export function isLeftover(body: string, key: string, { name, run }: Writer): boolean {
  const parsed = parseComment(body, name);
  if (parsed?.format !== 'known') return false;
  const age = compareRuns(parsed, run);
  const isOurs = (section: StoredSection) => section.key === shortHash(key) || section.attempt < run.attempt;
  return age < 0 || (age === 0 && parsed.sections.every(isOurs));
}

/** Below 0 if an older workflow run wrote the comment, 0 if this one did, above if a newer one. */
function compareRuns(comment: ParsedComment & { format: 'known' }, run: WorkflowRun): number {
  const byNumber = comment.run.workflow === shortHash(run.workflow) ? comment.run.number - run.number : 0;
  return byNumber || comment.run.id - run.id;
}

/** The other jobs' sections, each once. A new attempt runs only those jobs again that did not pass. */
function othersOf(own: StoredSection, sections: readonly StoredSection[]): StoredSection[] {
  const others = new Map<string, StoredSection>();
  for (const section of sections) {
    const seen = others.get(section.key);
    const stays = section.attempt === own.attempt || section.state === 'passed';
    if (stays && (seen === undefined || seen.state === 'waiting')) others.set(section.key, section);
  }
  others.delete(own.key);
  return [...others.values()];
}

/**
 * Shares the room out. A section may be as long as the others leave it room, less the shares of those that still
 * wait; and it may always have its fair share, for which others that have more than theirs shrink to one line. Never
 * more than that at the cost of others, or two long ones would push each other out for ever.
 */
function shareRoom(parts: {
  section: StoredSection;
  others: readonly StoredSection[];
  render: (maxCharacters: number) => string;
  writer: Writer;
  limit: number;
}): Merge {
  const { others, writer, limit } = parts;
  const compose = (sections: readonly StoredSection[]) => composeComment({ ...writer, sections });
  const frame = compose([parts.section, ...others.map((section) => ({ ...section, markdown: '' }))]).length;
  const share = Math.max(0, Math.floor((limit - frame) / (others.length + 1)));
  const taken = others.map(({ state, markdown }) =>
    Math.max(markdown.length, state === 'waiting' ? share : 0),
  );
  const room = taken.reduce((left, characters) => left - characters, limit - frame);

  const max = Math.max(room, share);
  const markdown = parts.render(max).trim();
  const section = markdown.length > max ? shorten(parts.section) : { ...parts.section, markdown };
  const shrunk = new Set<StoredSection>();
  let excess = compose([section, ...others]).length - limit;
  for (const other of others.toSorted((a, b) => b.markdown.length - a.markdown.length)) {
    if (excess <= 0 || other.markdown.length <= share) break;
    shrunk.add(other);
    excess -= other.markdown.length - SHORTENED_LENGTH;
  }
  const candidates = [
    [section, ...others.map((other) => (shrunk.has(other) ? shorten(other) : other))],
    [section, ...others].map(shorten),
  ];
  for (const sections of candidates) {
    const body = compose(sections);
    if (body.length <= limit) {
      return { action: 'write', body, section: sections[0] ?? section, isShared: others.length > 0 };
    }
  }
  return { action: 'leave', why: 'full' };
}

function shorten(section: StoredSection): StoredSection {
  return { ...section, markdown: '', shortened: true };
}
