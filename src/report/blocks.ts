import { formatCount } from '../text/format.ts';
import type { FlexibleBlock, SizeLimit, Variant } from './fit.ts';
import { FEW_FAILURES, MANY_FAILURES } from './groups.ts';
import { heading, type Inline, md, thematicBreak, trusted } from './markdown.ts';
import { fold, render, renderLine } from './markdown-writer.ts';
import type { Group, Report, ReportedCase } from './report.ts';
import { renderCase, renderFolded } from './sections/case.ts';
import { EVIDENCE, type EvidenceLimits, isTruncated, minSizeOf } from './sections/evidence.ts';
import { renderDetails, renderFooter } from './sections/footer.ts';
import { renderGroup, renderGroupTable } from './sections/group.ts';
import { SIGNS } from './sections/headline.ts';
import { introLine, renderRemarks } from './sections/intro.ts';
import {
  brokenTestItem,
  failureItem,
  fixedItem,
  flakyItem,
  nameItem,
  reasonItem,
  repeatedItem,
  toleratedItem,
} from './sections/list-items.ts';
import { baselineLabelHtml, describeRuns, isPreexisting, nameOf, signOf } from './sections/names.ts';
import { renderNextSteps } from './sections/next-steps.ts';
import { hasOverview, renderOverview } from './sections/overview.ts';
import { renderPushes } from './sections/pushes.ts';

/** The pieces of a report, in its order, each in several forms: `fit.ts` chooses those that fit. */

/** With more failures than a few, so many of those that share nothing are open. */
const OPEN_OF_MANY = 3;
/** Groups with a heading of their own; the members of the others are listed. */
const MAX_GROUPS = 5;
/** Conversations of more test cases than this are not put into a summary: it could not hold even their names. */
const MAX_MEMBERS = 2_000;
/** Flaky test cases that are shown with their evidence. */
const MAX_FLAKY = 50;
/** Lengths to which a list grows, step by step, before all of it is shown. */
const LIST_STEPS = [20, 200];

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

interface View {
  readonly report: Report;
  /** The summary has room for every conversation; a comment has not. */
  readonly hasRoom: boolean;
  /** Evidence of a test case, where there is room for all of it. */
  readonly most: EvidenceLimits;
}

/** Everything but the closing: whose the failures are, the overview, the pushes, the evidence, the lists. */
export function contentBlocks(report: Report, unit: SizeLimit['unit']): FlexibleBlock[] {
  const hasRoom = unit === 'bytes';
  const view = { report, hasRoom, most: hasRoom ? EVIDENCE.complete : EVIDENCE.full };
  const { grouping, classified } = report;
  const isGrouped = grouping.groups.length > 0 || classified.failures.length > MANY_FAILURES;
  return [
    ...openingBlocks(report),
    ...(isGrouped ? groupedBlocks(view) : individualBlocks(view)),
    ...flakyAndToleratedBlocks(view),
    ...restBlocks(report),
  ];
}

/** Next steps, the footer and the details. */
export function closingBlocks(report: Report): FlexibleBlock[] {
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

const fixed = (text: string): FlexibleBlock => [{ rank: RANK.always, text: () => text }];

const optional = (rank: number, text: () => string): FlexibleBlock => [
  { rank: RANK.always, text: () => '' },
  { rank, text },
];

function openingBlocks(report: Report): FlexibleBlock[] {
  const pushes = renderPushes(report);
  return [
    [
      { rank: RANK.always, text: () => renderLine(introLine(report, { maxReason: 300 })) },
      { rank: RANK.frame, text: () => renderLine(introLine(report)) },
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
  if (!hasOverview(report)) return [];
  return [
    [
      { rank: RANK.always, text: () => '' },
      { rank: RANK.frame, text: () => renderOverview(report, 8) },
      { rank: RANK.frame, text: () => renderOverview(report, MANY_FAILURES) },
      { rank: RANK.rows, text: () => renderOverview(report, 60) },
    ],
  ];
}

/** Each failure by itself: the first open, the others folded. */
function individualBlocks(view: View): FlexibleBlock[] {
  const { report } = view;
  const { ungrouped } = report.grouping;
  const areAllPreexisting = ungrouped.every(isPreexisting);
  const maxOpen = ungrouped.length > FEW_FAILURES ? OPEN_OF_MANY : FEW_FAILURES;
  const mayBeOpen = ungrouped.filter((result) => areAllPreexisting || !isPreexisting(result));
  const open = new Set(mayBeOpen.slice(0, maxOpen));
  return ungrouped.map((result) => {
    if (open.has(result)) {
      return caseBlock(result, view, {
        ranks: [RANK.proof, RANK.more],
        block: (evidence) => renderCase(result, report, evidence),
      });
    }
    const suffix =
      isPreexisting(result) && !areAllPreexisting ? `, fails on ${baselineLabelHtml(report)} as well` : '';
    return foldedBlock(result, view, { suffix, ranks: [RANK.names, RANK.more] });
  });
}

/** Ranks of the least and of more evidence. */
type EvidenceRanks = readonly [proof: number, more: number];

/** One test case with more and more evidence; in the least form its name. */
function caseBlock(
  result: ReportedCase,
  { report, most }: View,
  { ranks, block }: { ranks: EvidenceRanks; block: (evidence: EvidenceLimits) => string },
): FlexibleBlock {
  const form = (rank: number, evidence: EvidenceLimits): Variant => ({
    rank,
    text: () => block(evidence),
    omissions: isTruncated(result, report, evidence) ? { details: 1 } : {},
  });
  return [
    { rank: RANK.always, text: () => bullet(failureItem(result)), omissions: { evidence: 1 } },
    form(ranks[0], EVIDENCE.minimal),
    form(ranks[1], EVIDENCE.short),
    { ...form(RANK.everything, most), minSize: minSizeOf(result, most) },
  ];
}

function foldedBlock(
  result: ReportedCase,
  view: View,
  { suffix = '', ranks = [RANK.names, RANK.rows] }: { suffix?: string; ranks?: EvidenceRanks } = {},
): FlexibleBlock {
  return caseBlock(result, view, {
    ranks,
    block: (evidence) => renderFolded(result, view.report, { evidence, suffix }),
  });
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

function groupBlock(group: Group, { report, most }: View): FlexibleBlock {
  const form = (rank: number, evidence?: EvidenceLimits): Variant => ({
    rank,
    text: () => renderGroup(group, report, evidence),
  });
  return [
    { rank: RANK.always, text: () => '', omissions: { evidence: 1 } },
    form(RANK.frame),
    form(RANK.proof, EVIDENCE.minimal),
    form(RANK.more, EVIDENCE.short),
    form(RANK.everything, most),
  ];
}

function memberBlocks(cases: readonly ReportedCase[], view: View): FlexibleBlock[] {
  const isSorted = new Set(cases.map(({ failureClass }) => failureClass)).size > 1;
  const what = view.hasRoom ? 'with their evidence' : 'by name';
  const title = `All ${formatCount(cases.length)} ${what}${isSorted ? ', new ones first' : ''}`;
  return foldedBlocks(cases, view, { title, item: (result) => md`${signOf(result)} ${nameOf(result)}` });
}

/** Those that share nothing: few are folded each by itself, many are lists by whose they are. */
function ungroupedBlocks(rest: readonly ReportedCase[], view: View): FlexibleBlock[] {
  if (rest.length <= FEW_FAILURES) return rest.map((result) => foldedBlock(result, view));
  const old = rest.filter(isPreexisting);
  const others = rest.filter((result) => !isPreexisting(result));
  const areNew = others.every(({ failureClass }) => failureClass === 'regression');
  const othersTitle =
    areNew || old.length > 0
      ? `${SIGNS.failed} ${others.length} ${areNew ? 'new' : 'others'}, each with its reason`
      : `All ${others.length}, each with its reason`;
  const fail = old.length === 1 ? 'fails' : 'fail';
  const oldTitle = `${SIGNS.failed} ${old.length} that ${fail} on ${baselineLabelHtml(view.report)} as well`;
  return [
    ...foldedBlocks(others, view, { title: othersTitle, item: reasonItem }),
    ...foldedBlocks(old, view, { title: oldTitle, item: reasonItem }),
  ];
}

/** Test cases under one fold: in a comment by name, in the summary each with all its evidence. */
function foldedBlocks(
  cases: readonly ReportedCase[],
  view: View,
  list: Pick<ListOptions, 'title' | 'item'>,
): FlexibleBlock[] {
  if (cases.length === 0 || !view.hasRoom || cases.length > MAX_MEMBERS) return listBlocks(cases, list);
  return [
    fixed(`<details>\n<summary>${list.title}</summary>`),
    ...cases.map((result) => foldedBlock(result, view)),
    fixed('</details>'),
  ];
}

/** Flaky test cases with their evidence, as far as there is room; the others, and what does not count, in a list. */
function flakyAndToleratedBlocks(view: View): FlexibleBlock[] {
  const { report, hasRoom } = view;
  const { failures, flaky, tolerated, fixed: repaired } = report.classified;
  // Without failures the flaky ones are what there is to read about.
  const isOpen = (hasRoom || failures.length === 0) && flaky.length <= MAX_FLAKY;
  const shown = isOpen ? flaky.slice(0, hasRoom ? MAX_FLAKY : FEW_FAILURES) : [];
  const listed = flaky.slice(shown.length);
  // The overview says all there is of a fixed test case, and has none of many failures.
  const listedFixed = failures.length > MANY_FAILURES ? repaired : [];
  const isQuarantined = ({ quarantine }: ReportedCase) => quarantine?.state === 'in-force';
  const titles = [
    countTitle(SIGNS.flaky, listed, 'flaky'),
    countTitle(SIGNS.tolerated, tolerated.filter(isQuarantined), 'quarantined'),
    countTitle(
      SIGNS.tolerated,
      tolerated.filter((result) => !isQuarantined(result)),
      'not counted',
    ),
    countTitle(SIGNS.passed, listedFixed, 'fixed'),
  ];
  return [
    ...shown.map((result) => foldedBlock(result, view, { suffix: ` ${describeRuns(result) ?? 'is flaky'}` })),
    ...listBlocks([...listed, ...tolerated, ...listedFixed], {
      title: titles.filter((title) => title !== '').join(', '),
      item(result) {
        if (result.outcome === 'flaky') return flakyItem(result);
        return result.outcome === 'passed' ? fixedItem(result) : toleratedItem(result, report);
      },
      open: failures.length === 0,
    }),
  ];
}

/** "✅ 12 passed"; empty where there are none. */
const countTitle = (sign: string, cases: readonly ReportedCase[], what: string): string =>
  cases.length === 0 ? '' : `${sign} ${formatCount(cases.length)} ${what}`;

/** Lists of the test cases that passed with a broken test, have not ended, or simply passed. */
function restBlocks({ classified, judgement, rule, cases, tally }: Report): FlexibleBlock[] {
  const { brokenTests, unfinished, passed } = classified;
  const isOpen = (listed: readonly ReportedCase[]) =>
    judgement !== undefined && listed.length <= MANY_FAILURES;
  // Test cases of which no run is listed have no names.
  const unlisted = tally.unfinished - unfinished.length;
  const more = unlisted > 0 ? `, ${formatCount(unlisted)} more not listed yet` : '';
  const isAnyRerun = rule?.kind === 'reruns' && cases.some(({ runs }) => runs.length > 1);
  return [
    ...listBlocks(brokenTests, {
      title: countTitle(SIGNS['broken-test'], brokenTests, 'passed with a broken test'),
      item: brokenTestItem,
      open: isOpen(brokenTests),
    }),
    ...listBlocks(unfinished, {
      title: countTitle(SIGNS.waiting, unfinished, `unfinished${more}`),
      item: nameItem,
      open: isOpen(unfinished),
    }),
    ...listBlocks(passed, {
      title: countTitle(SIGNS.passed, passed, `passed${isAnyRerun ? ' at the first run' : ''}`),
      item: rule?.kind === 'repeat' ? repeatedItem : nameItem,
      firstRank: RANK.allNames,
    }),
  ];
}

interface ListOptions {
  /** HTML that is ours. */
  readonly title: string;
  readonly item: (result: ReportedCase) => Inline[];
  readonly open?: boolean;
  /** Rank of the first step of the list. */
  readonly firstRank?: number;
}

/** A folded list of test cases that gets shorter where there is no room: by steps, in the end only its title; maybe none. */
function listBlocks(
  cases: readonly ReportedCase[],
  { title, item, open = false, firstRank = RANK.names }: ListOptions,
): FlexibleBlock[] {
  if (cases.length === 0) return [];
  const lines: string[] = [];
  const form = (count: number, step: number): Variant => ({
    rank: step === 0 ? firstRank : RANK.allNames,
    text() {
      for (const result of cases.slice(lines.length, count)) lines.push(bullet(item(result)));
      const more = cases.length - count;
      const rest = more > 0 ? [bullet(md`and ${more} more`)] : [];
      return fold(title, { open }, [...lines.slice(0, count), ...rest].join('\n'));
    },
    omissions: { names: cases.length - count },
  });
  const counts = [...LIST_STEPS.filter((step) => step < cases.length), cases.length];
  return [
    [
      { rank: RANK.always, text: () => '', omissions: { names: cases.length } },
      { rank: RANK.frame, text: () => `${title}.`, omissions: { names: cases.length } },
      ...counts.map(form),
    ],
  ];
}

/** One entry of a list; entries that are rendered on their own make one list on lines of their own. */
const bullet = (children: Inline[]): string => `- ${renderLine(children)}`;
