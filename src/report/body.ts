import { formatCount } from '../text/format.ts';
import {
  chooseVariants,
  type FlexibleBlock,
  joinWithin,
  memoizeTexts,
  type Omission,
  type SizeLimit,
} from './fit.ts';
import { FEW_FAILURES, type Group, MANY_FAILURES } from './groups.ts';
import { heading, md, thematicBreak, trusted } from './markdown.ts';
import { render } from './markdown-writer.ts';
import type { Report, ReportedCase } from './report.ts';
import {
  COMPLETE_EVIDENCE,
  type EvidenceLimits,
  FULL_EVIDENCE,
  isTruncated,
  MINIMAL_EVIDENCE,
  minSizeOf,
  renderCase,
  renderFolded,
  SHORT_EVIDENCE,
} from './sections/case.ts';
import { renderDetails, renderFooter } from './sections/footer.ts';
import { renderGroup, renderGroupTable } from './sections/group.ts';
import { SIGNS } from './sections/headline.ts';
import { renderIntro, renderRemarks } from './sections/intro.ts';
import {
  brokenTestItem,
  bullet,
  failureItem,
  flakyItem,
  listBlock,
  nameItem,
  reasonItem,
  repeatedItem,
  toleratedItem,
} from './sections/lists.ts';
import { baselineLabelHtml, describeRuns, nameOf, signOf } from './sections/names.ts';
import { renderNextSteps } from './sections/next-steps.ts';
import { omissionClauses, renderOmissions } from './sections/omissions.ts';
import { overviewRows, renderOverview } from './sections/overview.ts';
import { renderPushes } from './sections/pushes.ts';

/** With more failures than a few, so many of those that share nothing are open. */
const OPEN_OF_MANY = 3;
/** Groups with a heading of their own; the members of the others are listed. */
const MAX_GROUPS = 5;
/** Conversations of more test cases than this are not put into a summary: it could not hold even their names. */
const MAX_MEMBERS = 2_000;
/** Room for the sentence that says what was left out. */
const OMISSION_NOTE_SIZE = 700;

/** In which order room is given away: what must stay, then the overview, then evidence, then names. */
const RANK = {
  always: 0,
  frame: 1,
  proof: 2,
  names: 3,
  more: 4,
  rows: 5,
  allNames: 6,
  everything: 7,
} as const;

/** Options of a body. */
export interface BodyOptions {
  /**
   * With the line about what to do and the footer. A comment has them beside the body, since several jobs have one of
   * each for all: see `renderClosing`.
   */
  readonly hasClosing?: boolean | undefined;
}

/**
 * Everything below the heading, as Markdown within the limit: whose the failures are, the overview, the pushes, the
 * evidence, the lists, what to do, the footer. What does not fit is left out by steps, the least important first, and
 * said.
 */
export function renderBody(
  report: Report,
  limit: SizeLimit,
  { hasClosing = true }: BodyOptions = {},
): string {
  const pieces = blocksOf(report, limit.unit, hasClosing);
  const textOf = memoizeTexts();
  for (const spare of [0, OMISSION_NOTE_SIZE]) {
    const fitted = chooseVariants(pieces.all, { ...limit, max: limit.max - spare }, textOf);
    if (fitted === undefined) continue;
    const said = renderOmissions(report, omissionClauses(fitted.omissions), limit.unit);
    const body = joinWithin(fitted.blocks.toSpliced(pieces.omissionsAt, 0, said), limit);
    if (body !== undefined) return body;
  }
  return renderMinimal(report, limit, hasClosing);
}

/** The line about what to do and the footer by themselves, as Markdown within the limit. */
export function renderClosing(report: Report, limit: SizeLimit): string {
  return joinWithin(chooseVariants(closingBlocks(report), limit)?.blocks ?? [], limit) ?? '';
}

/** For limits in which not even the frame fits: whose the failures are, what they share and what to do, as far as it fits. */
function renderMinimal(report: Report, limit: SizeLimit, hasClosing: boolean): string {
  const lead = renderIntro(report, { maxReason: 300 });
  const table = report.classified.failures.length > MANY_FAILURES ? renderGroupTable(report, 3) : '';
  const said = renderOmissions(report, ['only the overview is shown'], limit.unit);
  const next = hasClosing ? renderNextSteps(report) : '';
  const variants = [
    [lead, table, said, next],
    [lead, table, next],
    [lead, next],
    [lead],
    [renderIntro(report, { maxReason: 100, hasFault: false })],
  ];
  for (const variant of variants) {
    const body = joinWithin(variant, limit);
    if (body !== undefined) return body;
  }
  return '';
}

/** All pieces in the order of the report, and before which of them it is said what was left out. */
function blocksOf(
  report: Report,
  unit: SizeLimit['unit'],
  hasClosing: boolean,
): { all: FlexibleBlock[]; omissionsAt: number } {
  const view = { report, hasRoom: unit === 'bytes' };
  const content = [
    ...openingBlocks(report),
    ...(isGrouped(report) ? groupedBlocks(view) : individualBlocks(view)),
    ...secondaryBlocks(view),
  ];
  return {
    all: [...content, ...(hasClosing ? closingBlocks(report) : [])],
    omissionsAt: content.length,
  };
}

interface View {
  readonly report: Report;
  /** The summary has room for every conversation; a comment has not. */
  readonly hasRoom: boolean;
}

const isGrouped = ({ grouping, classified }: Report): boolean =>
  grouping.groups.length > 0 || classified.failures.length > MANY_FAILURES;

const fixed = (text: string): FlexibleBlock => [{ rank: RANK.always, text: () => text }];

const optional = (rank: number, ...texts: (() => string)[]): FlexibleBlock => [
  { rank: RANK.always, text: () => '' },
  ...texts.map((text) => ({ rank, text })),
];

function openingBlocks(report: Report): FlexibleBlock[] {
  const pushes = renderPushes(report);
  return [
    [
      { rank: RANK.always, text: () => renderIntro(report, { maxReason: 300 }) },
      { rank: RANK.frame, text: () => renderIntro(report) },
    ],
    optional(RANK.frame, () => renderRemarks(report)),
    ...overviewBlocks(report),
    ...(pushes === undefined ? [] : [optional(RANK.frame, () => pushes)]),
  ];
}

function overviewBlocks(report: Report): FlexibleBlock[] {
  if (report.classified.failures.length > MANY_FAILURES) {
    return [
      [
        { rank: RANK.always, text: () => renderGroupTable(report, 3) },
        { rank: RANK.frame, text: () => renderGroupTable(report, MAX_GROUPS) },
      ],
    ];
  }
  const rows = overviewRows(report);
  if (rows.length === 0) return [];
  const shown = (max: number) => renderOverview(report, rows.slice(0, max), Math.max(0, rows.length - max));
  return [
    [
      { rank: RANK.always, text: () => '' },
      { rank: RANK.frame, text: () => shown(8) },
      { rank: RANK.frame, text: () => shown(MANY_FAILURES) },
      { rank: RANK.rows, text: () => shown(60) },
    ],
  ];
}

/** Each failure by itself: the first open, the others folded. */
function individualBlocks({ report, hasRoom }: View): FlexibleBlock[] {
  const { failures } = report.classified;
  const { ungrouped } = report.grouping;
  const areAllPreexisting = ungrouped.every(isPreexisting);
  const maxOpen = failures.length > FEW_FAILURES ? OPEN_OF_MANY : FEW_FAILURES;
  let open = 0;
  return ungrouped.map((result) => {
    const isOpen = open < maxOpen && (areAllPreexisting || !isPreexisting(result));
    if (isOpen) open += 1;
    const suffix = isPreexisting(result) && !areAllPreexisting ? preexistingSuffix(report) : '';
    return caseBlock(result, {
      report,
      hasRoom,
      ranks: isOpen ? [RANK.proof, RANK.more, RANK.everything] : [RANK.names, RANK.more, RANK.everything],
      block: (evidence) =>
        isOpen ? renderCase(result, report, evidence) : renderFolded(result, report, { evidence, suffix }),
    });
  });
}

const isPreexisting = ({ failureClass }: ReportedCase): boolean => failureClass === 'pre-existing';

const preexistingSuffix = (report: Report): string => `, fails on ${baselineLabelHtml(report)} as well`;

/** One test case with more and more evidence; in the least form its name. */
function caseBlock(
  result: ReportedCase,
  options: View & {
    readonly ranks: readonly [proof: number, more: number, everything: number];
    readonly block: (evidence: EvidenceLimits) => string;
  },
): FlexibleBlock {
  const { ranks, block, report, hasRoom } = options;
  const most = hasRoom ? COMPLETE_EVIDENCE : FULL_EVIDENCE;
  const omissions = (evidence: EvidenceLimits): Omission | undefined =>
    isTruncated(result, report, evidence) ? { what: 'details', count: 1 } : undefined;
  return [
    {
      rank: RANK.always,
      text: () => bullet(failureItem(result)),
      omissions: { what: 'evidence', count: 1 },
    },
    { rank: ranks[0], text: () => block(MINIMAL_EVIDENCE), omissions: omissions(MINIMAL_EVIDENCE) },
    { rank: ranks[1], text: () => block(SHORT_EVIDENCE), omissions: omissions(SHORT_EVIDENCE) },
    { rank: ranks[2], text: () => block(most), omissions: omissions(most), minSize: minSizeOf(result, most) },
  ];
}

/** Blocks of failures that share a cause, the most frequent first, and then of those that share nothing. */
function groupedBlocks(view: View): FlexibleBlock[] {
  const { grouping } = view.report;
  const shown = grouping.groups.slice(0, MAX_GROUPS);
  const rest = [...grouping.groups.slice(MAX_GROUPS).flatMap(({ cases }) => cases), ...grouping.ungrouped];
  const title = `${SIGNS.failed} ${rest.length} ${rest.length === 1 ? 'failure with a reason of its own' : 'failures with reasons of their own'}`;
  return [
    ...shown.flatMap((group) => [groupBlock(group, view), ...memberBlocks(group.cases, view)]),
    ...(rest.length === 0 ? [] : [fixed(render(heading(3, trusted(title)))), ...ungroupedBlocks(rest, view)]),
  ];
}

function groupBlock(group: Group, { report, hasRoom }: View): FlexibleBlock {
  return [
    { rank: RANK.always, text: () => '', omissions: { what: 'evidence', count: 1 } },
    { rank: RANK.frame, text: () => renderGroup(group, report, undefined) },
    { rank: RANK.proof, text: () => renderGroup(group, report, MINIMAL_EVIDENCE) },
    { rank: RANK.more, text: () => renderGroup(group, report, SHORT_EVIDENCE) },
    {
      rank: RANK.everything,
      text: () => renderGroup(group, report, hasRoom ? COMPLETE_EVIDENCE : FULL_EVIDENCE),
    },
  ];
}

function memberBlocks(cases: readonly ReportedCase[], view: View): FlexibleBlock[] {
  const isSorted = new Set(cases.map(({ failureClass }) => failureClass)).size > 1;
  const what = view.hasRoom ? 'with their evidence' : 'by name';
  const title = `All ${formatCount(cases.length)} ${what}${isSorted ? ', new ones first' : ''}`;
  return foldedCases(cases, view, { title, item: (result) => md`${signOf(result)} ${nameOf(result)}` });
}

/** Those that share nothing: few are folded each by itself, many are lists by whose they are. */
function ungroupedBlocks(rest: readonly ReportedCase[], view: View): FlexibleBlock[] {
  const { report } = view;
  if (rest.length <= FEW_FAILURES) return rest.map((result) => foldedBlock(result, view, RANK.names));
  const old = rest.filter(isPreexisting);
  const others = rest.filter((result) => !isPreexisting(result));
  const areNew = others.every(({ failureClass }) => failureClass === 'regression');
  const titles = {
    others:
      areNew || old.length > 0
        ? `${SIGNS.failed} ${others.length} ${areNew ? 'new' : 'others'}, each with its reason`
        : `All ${others.length}, each with its reason`,
    old: `${SIGNS.failed} ${old.length} that ${old.length === 1 ? 'fails' : 'fail'} on ${baselineLabelHtml(report)} as well`,
  };
  return [
    ...(others.length === 0 ? [] : foldedCases(others, view, { title: titles.others, item: reasonItem })),
    ...(old.length === 0 ? [] : foldedCases(old, view, { title: titles.old, item: reasonItem })),
  ];
}

/** Test cases under one fold: in a comment by name, in the summary each with all its evidence. */
function foldedCases(
  cases: readonly ReportedCase[],
  view: View,
  { title, item }: { title: string; item: (result: ReportedCase) => ReturnType<typeof reasonItem> },
): FlexibleBlock[] {
  if (!view.hasRoom || cases.length > MAX_MEMBERS) {
    return [listBlock(cases, { title, item, ranks: [RANK.names, RANK.allNames] })];
  }
  return [
    fixed(`<details>\n<summary>${title}</summary>`),
    ...cases.map((result) => foldedBlock(result, view, RANK.names)),
    fixed('</details>'),
  ];
}

function foldedBlock(
  result: ReportedCase,
  { report, hasRoom }: View,
  rank: number,
  suffix = '',
): FlexibleBlock {
  return caseBlock(result, {
    report,
    hasRoom,
    ranks: [rank, RANK.rows, RANK.everything],
    block: (evidence) => renderFolded(result, report, { evidence, suffix }),
  });
}

/** Everything that is not a failure that counts, folded. */
function secondaryBlocks(view: View): FlexibleBlock[] {
  const { report, hasRoom } = view;
  const { failures, unfinished, flaky, tolerated, brokenTests, fixed: repaired, passed } = report.classified;
  const isFinal = report.judgement !== undefined;
  const count = (cases: readonly ReportedCase[], sign: string, what: string) =>
    cases.length === 0 ? [] : [`${sign} ${formatCount(cases.length)} ${what}`];
  const ranks = [RANK.names, RANK.allNames] as const;
  const listed = (
    cases: readonly ReportedCase[],
    options: Omit<Parameters<typeof listBlock>[1], 'ranks'>,
  ): FlexibleBlock[] => (cases.length === 0 ? [] : [listBlock(cases, { ranks, ...options })]);
  const quarantined = tolerated.filter(({ quarantine }) => quarantine?.state === 'in-force');
  const excused = tolerated.filter(({ quarantine }) => quarantine?.state !== 'in-force');
  // Without failures the flaky ones are what there is to read about.
  const isOpen = (hasRoom || failures.length === 0) && flaky.length <= 50;
  const shownFlaky = isOpen ? flaky.slice(0, hasRoom ? 50 : FEW_FAILURES) : [];
  const listedFlaky = flaky.slice(shownFlaky.length);
  // The overview says all there is of a fixed test case.
  const isListed = failures.length > MANY_FAILURES;
  const beside = [...listedFlaky, ...tolerated, ...(isListed ? repaired : [])];
  const title = [
    ...count(listedFlaky, SIGNS.flaky, 'flaky'),
    ...count(quarantined, SIGNS.tolerated, 'quarantined'),
    ...count(excused, SIGNS.tolerated, 'not counted'),
    ...(isListed ? count(repaired, SIGNS.passed, 'fixed') : []),
  ].join(', ');
  const item = (result: ReportedCase) =>
    result.outcome === 'flaky'
      ? flakyItem(result)
      : result.outcome === 'passed'
        ? md`${SIGNS.passed} ${nameItem(result)} passes here and not on the base`
        : toleratedItem(result, report);
  const isAnyRerun = report.rule?.kind === 'reruns' && report.cases.some(({ runs }) => runs.length > 1);
  const atFirst = isAnyRerun ? ' at the first run' : '';
  const passedItem = report.rule?.kind === 'repeat' ? repeatedItem : nameItem;
  const passedTitle = `${SIGNS.passed} ${formatCount(passed.length)} passed${atFirst}`;
  const brokenTitle = `${formatCount(brokenTests.length)} passed with a broken test`;
  return [
    ...shownFlaky.map((result) =>
      foldedBlock(result, view, RANK.names, ` ${describeRuns(result) ?? 'is flaky'}`),
    ),
    ...listed(beside, { title, item, open: failures.length === 0 }),
    ...listed(brokenTests, {
      title: `${SIGNS['broken-test']} ${brokenTitle}`,
      item: brokenTestItem,
      open: isFinal && brokenTests.length <= MANY_FAILURES,
    }),
    ...listed(unfinished, {
      title: unfinishedTitle(unfinished.length, report),
      item: nameItem,
      open: isFinal && unfinished.length <= MANY_FAILURES,
    }),
    ...(passed.length === 0
      ? []
      : [listBlock(passed, { title: passedTitle, item: passedItem, ranks: [RANK.allNames, RANK.allNames] })]),
  ];
}

/** Test cases of which no run is listed have no names. */
function unfinishedTitle(listed: number, { tally }: Report): string {
  const unlisted = tally.unfinished - listed;
  const more = unlisted > 0 ? `, ${formatCount(unlisted)} more not listed yet` : '';
  return `${SIGNS.waiting} ${formatCount(listed)} unfinished${more}`;
}

function closingBlocks(report: Report): FlexibleBlock[] {
  const next = renderNextSteps(report);
  return [
    ...(next === '' ? [] : [fixed(`${render(thematicBreak)}\n\n${next}`)]),
    optional(RANK.frame, () => renderFooter(report)),
    [
      { rank: RANK.always, text: () => '' },
      { rank: RANK.frame, text: () => renderDetails(report, 3) },
      { rank: RANK.names, text: () => renderDetails(report) },
    ],
  ];
}
