/** Decides the next request about the shared comment, from what was found and what was written before. Pure. */
import { findSection } from './current-sections.ts';
import { isSupersededBy, type Merge, mergeSection } from './merge.ts';
import type { FoundComment } from './own-comments.ts';
import { isReadable, type OwnSection, runsIn, type Section, type Writer } from './state.ts';

/** Last write of this step. */
export interface Written {
  readonly section: Section;
  /** The whole text. */
  readonly body: string;
  /** The section was seen in the comment once, while others were writing. */
  readonly isConfirmed: boolean;
}

interface Situation {
  /** Each comment once, the oldest first: that one is kept. */
  readonly found: readonly FoundComment[];
  readonly written: Written | undefined;
  /** Section to write; `undefined` where this job's section is to stay as it is, and only doubles are to go. */
  readonly own: OwnSection | undefined;
  readonly writer: Writer;
  /** True to make a comment where there is none. */
  readonly create: boolean;
  /** A comment may have been made that does not show yet. */
  readonly mayAppearLater: boolean;
  /** The newest commit of the pull request, where it was asked for and is known. */
  readonly headSha?: string | undefined;
}

export type NextStep = {
  /** Comments that hold nothing that the kept one lacks. */
  readonly remove: readonly FoundComment[];
} & (
  | {
      readonly step: 'write';
      /** `undefined`: into a new comment. */
      readonly into: FoundComment | undefined;
      readonly written: Written;
      /** This job had no section there. */
      readonly isFirst: boolean;
      /** Other jobs have sections there. */
      readonly isShared: boolean;
      /** See `Merge`. */
      readonly hasTwin: boolean;
    }
  /** After a pause. */
  | { readonly step: 'look again'; readonly written: Written | undefined }
  /** `primary` is as it should be: our section stands there. */
  | { readonly step: 'done'; readonly primary: FoundComment }
  | {
      readonly step: 'leave';
      readonly why: 'absent' | (Merge & { action: 'leave' })['why'];
    }
);

/**
 * GitHub has no "write only if nobody else has meanwhile", so jobs that write at the same time lose what the others
 * wrote. Therefore: read, merge, write, and after a pause look whether it is still there; until it is.
 */
export function nextStep(situation: Situation): NextStep {
  const next = decideNow(situation);
  const isOver = next.step === 'done' || (next.step === 'leave' && next.why === 'absent');
  const wouldCreate = next.step === 'write' && next.into === undefined;
  if (!situation.mayAppearLater || !(isOver || wouldCreate)) return next;
  return { step: 'look again', written: situation.written, remove: next.remove };
}

/** The next step if every comment that was made is found. */
function decideNow({ found, written, own, writer, create, headSha }: Situation): NextStep {
  const [primary, ...duplicates] = found;
  const existing = primary && findSection([primary.state], writer);
  const superseded = duplicates.filter(
    ({ state }) => primary !== undefined && isSupersededBy(state, primary.state, { writer, headSha }),
  );
  const remove = existing === undefined ? [] : superseded;

  if (primary !== undefined && existing !== undefined && superseded.length === duplicates.length) {
    if (own === undefined) return { step: 'done', primary, remove };
    if (written !== undefined && isStillWritten(written.section, existing)) {
      if (written.isConfirmed || written.body === primary.body) return { step: 'done', primary, remove };
      // Others are writing, so one that read before us may still be about to write.
      return { step: 'look again', written: { ...written, isConfirmed: true }, remove };
    }
  }
  const states = found.map(({ state }) => state);
  // A section that is to stay may be in a double only, or overwritten since: then it is written again as it was.
  const lastKnown = findSection(states, writer) ?? written?.section;
  const section = own ?? (lastKnown && asOwn(lastKnown));
  if (section === undefined || (primary === undefined && !create))
    return { step: 'leave', why: 'absent', remove };

  const mark = own === undefined && lastKnown !== undefined ? lastKnown.mark : writer.mark;
  const merge = mergeSection({ existing: states, own: section, writer: { ...writer, mark }, headSha });
  if (merge.action === 'leave')
    return { step: 'leave', why: merge.why, remove: supersededByNewerRun(found, writer) };
  if (primary !== undefined && primary.body === merge.body) return { step: 'done', primary, remove };
  return {
    step: 'write',
    into: primary,
    written: { section: merge.section, body: merge.body, isConfirmed: false },
    isFirst: existing === undefined,
    isShared: merge.isShared,
    hasTwin: merge.hasTwin,
    remove,
  };
}

const asOwn = (section: Section): OwnSection => ({
  ...section,
  render: () => section.markdown,
  renderClosing: () => section.closing ?? '',
});

/** True if the section in the comment is the one that was written. */
function isStillWritten(written: Section, existing: Section): boolean {
  return (
    existing.markdown === written.markdown &&
    existing.state === written.state &&
    existing.isCollapsed === written.isCollapsed
  );
}

/** Comments of our own run beside the one that a newer run has written, and keeps. */
function supersededByNewerRun(
  [primary, ...duplicates]: readonly FoundComment[],
  writer: Writer,
): FoundComment[] {
  return duplicates.filter(({ state }) => {
    const isOurs = isReadable(state) && runsIn(state).some(({ id }) => id === writer.run.id);
    return isOurs && primary !== undefined && isSupersededBy(state, primary.state, { writer });
  });
}
