import type { CaseResult } from '../domain/test-case.ts';
import { formatCount } from '../text/format.ts';
import { chooseForms, joinWithin, type Lack, type Limit, type Piece, rememberTexts } from './fit.ts';
import { FEW, type Group, MANY } from './groups.ts';
import { heading, md, render, rule, words } from './markdown.ts';
import type { Report } from './report.ts';
import {
  type Evidence,
  FULL,
  isCut,
  leastSize,
  renderCase,
  renderFolded,
  SHORTER,
  SHORTEST,
  WHOLE,
} from './sections/case.ts';
import { renderFooter } from './sections/footer.ts';
import { renderGroup, renderGroupTable } from './sections/group.ts';
import { SIGNS } from './sections/headline.ts';
import { renderLead, renderRemarks } from './sections/lead.ts';
import {
  badItem,
  bullet,
  flakyItem,
  listPiece,
  nameItem,
  reasonItem,
  toleratedItem,
} from './sections/lists.ts';
import { nameOf, placeHtml, runsInWords, signOf } from './sections/names.ts';
import { hasWorkflowRun, renderNext } from './sections/next.ts';
import { omissionClauses, renderOmissions } from './sections/omissions.ts';
import { overviewRows, renderOverview, renderPushes } from './sections/overview.ts';
import { standingOf } from './standing.ts';

/** With more failures than a few, so many of those that share nothing are open. */
const OPEN_OF_MANY = 3;
/** Groups with a heading of their own; the members of the others are listed. */
const MAX_GROUPS = 5;
/** Conversations of more test cases than this are not put into a summary: it could not hold even their names. */
const MAX_MEMBERS = 2_000;
/** Room for the sentence that says what was left out. */
const SPARE = 700;

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

/** What belongs to a body. */
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
export function renderBody(report: Report, limit: Limit, { hasClosing = true }: BodyOptions = {}): string {
  const pieces = piecesOf(report, limit.unit, hasClosing);
  const textOf = rememberTexts();
  for (const spare of [0, SPARE]) {
    const fitted = chooseForms(pieces.all, { ...limit, max: limit.max - spare }, textOf);
    if (fitted === undefined) continue;
    const said = renderOmissions(report, omissionClauses(fitted.lacks), limit.unit);
    const body = joinWithin(fitted.blocks.toSpliced(pieces.omissionsAt, 0, said), limit);
    if (body !== undefined) return body;
  }
  return renderLeast(report, limit, hasClosing);
}

/** The line about what to do and the footer by themselves, as Markdown within the limit. */
export function renderClosing(report: Report, limit: Limit): string {
  return joinWithin(chooseForms(closingPieces(report), limit)?.blocks ?? [], limit) ?? '';
}

/** For limits in which not even the frame fits: whose the failures are, what they share and what to do, as far as it fits. */
function renderLeast(report: Report, limit: Limit, hasClosing: boolean): string {
  const lead = renderLead(report, { maxReason: 300 });
  const table = report.outline.bad.length > MANY ? renderGroupTable(report, 3) : '';
  const said = renderOmissions(report, ['only the overview is shown'], limit.unit);
  const next = hasClosing ? renderNext(report) : '';
  const forms = [
    [lead, table, said, next],
    [lead, table, next],
    [lead, next],
    [lead],
    [renderLead(report, { maxReason: 100, hasFault: false })],
  ];
  for (const form of forms) {
    const body = joinWithin(form, limit);
    if (body !== undefined) return body;
  }
  return '';
}

/** All pieces in the order of the report, and before which of them it is said what was left out. */
function piecesOf(
  report: Report,
  unit: Limit['unit'],
  hasClosing: boolean,
): { all: Piece[]; omissionsAt: number } {
  const view = { report, hasRoom: unit === 'bytes' };
  const content = [
    ...openingPieces(report),
    ...(isGrouped(report) ? groupedPieces(view) : singlePieces(view)),
    ...besidePieces(view),
  ];
  return {
    all: [...content, ...(hasClosing ? closingPieces(report) : [])],
    omissionsAt: content.length,
  };
}

interface View {
  readonly report: Report;
  /** The summary has room for every conversation; a comment has not. */
  readonly hasRoom: boolean;
}

const isGrouped = ({ grouping, outline }: Report): boolean =>
  grouping.groups.length > 0 || outline.bad.length > MANY;

const fixed = (text: string): Piece => [{ rank: RANK.always, text: () => text }];

const optional = (rank: number, ...texts: (() => string)[]): Piece => [
  { rank: RANK.always, text: () => '' },
  ...texts.map((text) => ({ rank, text })),
];

function openingPieces(report: Report): Piece[] {
  const pushes = renderPushes(report);
  return [
    [
      { rank: RANK.always, text: () => renderLead(report, { maxReason: 300 }) },
      { rank: RANK.frame, text: () => renderLead(report) },
    ],
    optional(RANK.frame, () => renderRemarks(report)),
    ...overviewPieces(report),
    ...(pushes === undefined ? [] : [optional(RANK.frame, () => pushes)]),
  ];
}

function overviewPieces(report: Report): Piece[] {
  if (report.outline.bad.length > MANY) {
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
      { rank: RANK.frame, text: () => shown(MANY) },
      { rank: RANK.rows, text: () => shown(60) },
    ],
  ];
}

/** Each failure by itself: the first open, the others folded. */
function singlePieces({ report, hasRoom }: View): Piece[] {
  const { bad } = report.outline;
  const { others } = report.grouping;
  const isOld = (one: CaseResult) => standingOf(one, report) === 'old';
  const areAllOld = others.every(isOld);
  const maxOpen = bad.length > FEW ? OPEN_OF_MANY : FEW;
  let open = 0;
  return others.map((result) => {
    const isOpen = open < maxOpen && (areAllOld || !isOld(result));
    if (isOpen) open += 1;
    const beside = isOld(result) && !areAllOld ? besideOld(report) : '';
    return casePiece(result, {
      hasRoom,
      ranks: isOpen ? [RANK.proof, RANK.more, RANK.everything] : [RANK.names, RANK.more, RANK.everything],
      block: (evidence) =>
        isOpen ? renderCase(result, report, evidence) : renderFolded(result, report, { evidence, beside }),
    });
  });
}

const besideOld = (report: Report): string => `, fails on ${placeHtml(report)} as well`;

/** One test case with more and more evidence; in the least form its name. */
function casePiece(
  result: CaseResult,
  options: {
    readonly hasRoom: boolean;
    readonly ranks: readonly [proof: number, more: number, everything: number];
    readonly block: (evidence: Evidence) => string;
  },
): Piece {
  const { ranks, block, hasRoom } = options;
  const most = hasRoom ? WHOLE : FULL;
  const lacks = (evidence: Evidence): Lack | undefined =>
    isCut(result, evidence) ? { what: 'details', count: 1 } : undefined;
  return [
    {
      rank: RANK.always,
      text: () => bullet(badItem(result)),
      lacks: { what: 'evidence', count: 1 },
    },
    { rank: ranks[0], text: () => block(SHORTEST), lacks: lacks(SHORTEST) },
    { rank: ranks[1], text: () => block(SHORTER), lacks: lacks(SHORTER) },
    { rank: ranks[2], text: () => block(most), lacks: lacks(most), atLeast: leastSize(result, most) },
  ];
}

/** What many failures share, biggest first, and then those that share nothing. */
function groupedPieces(view: View): Piece[] {
  const { grouping } = view.report;
  const shown = grouping.groups.slice(0, MAX_GROUPS);
  const rest = [...grouping.groups.slice(MAX_GROUPS).flatMap(({ cases }) => cases), ...grouping.others];
  const title = `${SIGNS.failed} ${rest.length} ${rest.length === 1 ? 'failure with a reason of its own' : 'failures with reasons of their own'}`;
  return [
    ...shown.flatMap((group) => [groupPiece(group, view), ...memberPieces(group.cases, view)]),
    ...(rest.length === 0 ? [] : [fixed(render(heading(3, words(title)))), ...restPieces(rest, view)]),
  ];
}

function groupPiece(group: Group, { report, hasRoom }: View): Piece {
  return [
    { rank: RANK.always, text: () => '', lacks: { what: 'evidence', count: 1 } },
    { rank: RANK.frame, text: () => renderGroup(group, report, undefined) },
    { rank: RANK.proof, text: () => renderGroup(group, report, SHORTEST) },
    { rank: RANK.more, text: () => renderGroup(group, report, SHORTER) },
    { rank: RANK.everything, text: () => renderGroup(group, report, hasRoom ? WHOLE : FULL) },
  ];
}

function memberPieces(cases: readonly CaseResult[], view: View): Piece[] {
  const isSorted = new Set(cases.map((one) => standingOf(one, view.report))).size > 1;
  const what = view.hasRoom ? 'with their evidence' : 'by name';
  const title = `All ${formatCount(cases.length)} ${what}${isSorted ? ', new ones first' : ''}`;
  return foldedCases(cases, view, { title, item: (one) => md`${signOf(one)} ${nameOf(one)}` });
}

/** Those that share nothing: few are folded each by itself, many are lists by whose they are. */
function restPieces(rest: readonly CaseResult[], view: View): Piece[] {
  const { report } = view;
  if (rest.length <= FEW) return rest.map((one) => foldedPiece(one, view, RANK.names));
  const isOld = (one: CaseResult) => standingOf(one, report) === 'old';
  const old = rest.filter(isOld);
  const others = rest.filter((one) => !isOld(one));
  const areNew = others.every((one) => standingOf(one, report) === 'new');
  const titles = {
    others:
      areNew || old.length > 0
        ? `${SIGNS.failed} ${others.length} ${areNew ? 'new' : 'others'}, each with its reason`
        : `All ${others.length}, each with its reason`,
    old: `${SIGNS.failed} ${old.length} that ${old.length === 1 ? 'fails' : 'fail'} on ${placeHtml(report)} as well`,
  };
  return [
    ...(others.length === 0 ? [] : foldedCases(others, view, { title: titles.others, item: reasonItem })),
    ...(old.length === 0 ? [] : foldedCases(old, view, { title: titles.old, item: reasonItem })),
  ];
}

/** Test cases under one fold: in a comment by name, in the summary each with all its evidence. */
function foldedCases(
  cases: readonly CaseResult[],
  view: View,
  { title, item }: { title: string; item: (result: CaseResult) => ReturnType<typeof reasonItem> },
): Piece[] {
  if (!view.hasRoom || cases.length > MAX_MEMBERS) {
    return [listPiece(cases, { title, item, ranks: [RANK.names, RANK.allNames] })];
  }
  return [
    fixed(`<details>\n<summary>${title}</summary>`),
    ...cases.map((one) => foldedPiece(one, view, RANK.names)),
    fixed('</details>'),
  ];
}

function foldedPiece(result: CaseResult, { report, hasRoom }: View, rank: number, beside = ''): Piece {
  return casePiece(result, {
    hasRoom,
    ranks: [rank, RANK.rows, RANK.everything],
    block: (evidence) => renderFolded(result, report, { evidence, beside }),
  });
}

/** Everything that is not a failure that counts, folded. */
function besidePieces(view: View): Piece[] {
  const { report, hasRoom } = view;
  const { bad, unfinished, flaky, tolerated, fixed: repaired, passed } = report.outline;
  const isFinal = report.judgement !== undefined;
  const count = (some: readonly CaseResult[], sign: string, what: string) =>
    some.length === 0 ? [] : [`${sign} ${some.length} ${what}`];
  const quarantined = tolerated.filter(({ quarantine }) => quarantine?.state === 'in-force');
  const excused = tolerated.filter(({ quarantine }) => quarantine?.state !== 'in-force');
  // Without failures the flaky ones are what there is to read about.
  const isOpen = (hasRoom || bad.length === 0) && flaky.length <= 50;
  const shownFlaky = isOpen ? flaky.slice(0, hasRoom ? 50 : FEW) : [];
  const besideFlaky = flaky.slice(shownFlaky.length);
  // The overview says all there is of a fixed test case.
  const isListed = bad.length > MANY;
  const beside = [...besideFlaky, ...tolerated, ...(isListed ? repaired : [])];
  const title = [
    ...count(besideFlaky, SIGNS.flaky, 'flaky'),
    ...count(quarantined, SIGNS.tolerated, 'quarantined'),
    ...count(excused, SIGNS.tolerated, 'not counted'),
    ...(isListed ? count(repaired, SIGNS.passed, 'fixed') : []),
  ].join(', ');
  const item = (one: CaseResult) =>
    one.outcome === 'flaky'
      ? flakyItem(one)
      : one.outcome === 'passed'
        ? md`${SIGNS.passed} ${nameItem(one, report)} passes here and not on the base`
        : toleratedItem(one, report);
  const more = passed.length === report.cases.length ? '' : ' more';
  const atFirst = report.cases.some(({ runs }) => runs.length > 1) ? ' with the first run' : '';
  return [
    ...shownFlaky.map((one) => foldedPiece(one, view, RANK.names, ` ${runsInWords(one) ?? 'is flaky'}`)),
    ...(beside.length === 0
      ? []
      : [listPiece(beside, { title, item, ranks: [RANK.names, RANK.allNames], open: bad.length === 0 })]),
    ...(unfinished.length === 0
      ? []
      : [
          listPiece(unfinished, {
            title: unfinishedTitle(unfinished.length, report),
            item: (one) => nameItem(one, report),
            ranks: [RANK.names, RANK.allNames],
            open: isFinal && unfinished.length <= MANY,
          }),
        ]),
    ...(passed.length === 0
      ? []
      : [
          listPiece(passed, {
            title: `${SIGNS.passed} ${formatCount(passed.length)}${more} passed${atFirst}`,
            item: (one) => nameItem(one, report),
            ranks: [RANK.allNames, RANK.allNames],
          }),
        ]),
  ];
}

/** Test cases of which no run is listed have no names. */
function unfinishedTitle(listed: number, { tally }: Report): string {
  const unlisted = tally.unfinished - listed;
  const more = unlisted > 0 ? `, ${formatCount(unlisted)} more not listed yet` : '';
  return `${SIGNS.waiting} ${formatCount(listed)} unfinished${more}`;
}

function closingPieces(report: Report): Piece[] {
  const next = renderNext(report);
  const options = {
    hasCommit: renderPushes(report) !== undefined,
    hasWorkflowRun: hasWorkflowRun(next),
  };
  return [
    ...(next === '' ? [] : [fixed(`${render(rule)}\n\n${next}`)]),
    [
      { rank: RANK.always, text: () => '' },
      { rank: RANK.frame, text: () => renderFooter(report, { ...options, maxBatches: 3 }) },
      { rank: RANK.names, text: () => renderFooter(report, options) },
    ],
  ];
}
