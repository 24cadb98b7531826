import type { Element, Properties } from 'hast';
import { h } from 'hastscript';
import type { Run, Turn } from '../../../domain/run.ts';
import { countsForVerdict, hasPassed } from '../../../domain/test-case.ts';
import { cleanLine } from '../../../text/clean.ts';
import { formatCount, formatDuration } from '../../../text/format.ts';
import { CATEGORY_TITLES } from '../../classify.ts';
import type { Report, ReportedCase } from '../../report.ts';
import type { Sign } from '../../sections/headline.ts';
import { labelOf, quarantineNote, reasonOf, signFor } from '../../sections/names.ts';
import { dotted, glyph, untrusted } from './elements.ts';
import { evidenceOf, hasEvidence, LIMITS, type Limits, versionName } from './evidence.ts';
import { inlineNodes } from './inline.ts';
import { type Html, htmlOf, type Node, wrapHtml } from './tree.ts';

/** The list of all test cases by outcome, each with its evidence, within the room that the file has. */

/** The whole file, in bytes. */
const MAX_BYTES = 14_500_000;
/** About what a line takes beside its texts, and the page around the list. */
const ROW_BYTES = 170;
const PAGE_BYTES = 150_000;
/** With more passed test cases than this, they are lines without evidence: a page of many thousand folds is slow. */
const MAX_PASSED_WITH_EVIDENCE = 1_000;
/** So many lines are laid out together. */
const CHUNK = 50;
/** Up to so many failures are open when the page opens. */
const OPEN = 3;
const MAX_NAME = 200;
const MAX_REASON = 200;

/** A part of the list. */
interface Section {
  readonly id: string;
  readonly title: string;
  readonly sign: Sign;
  readonly results: readonly ReportedCase[];
}

/** The sections of the list in their order; empty ones are left out. */
function sectionsOf({ classified }: Report): Section[] {
  const { failures, unfinished, flaky, tolerated, brokenTests, fixed, passed } = classified;
  const all: Section[] = [
    { id: 'failures', title: CATEGORY_TITLES.failures, sign: 'failed', results: failures },
    { id: 'unfinished', title: CATEGORY_TITLES.unfinished, sign: 'waiting', results: unfinished },
    { id: 'flaky', title: CATEGORY_TITLES.flaky, sign: 'flaky', results: flaky },
    { id: 'tolerated', title: CATEGORY_TITLES.tolerated, sign: 'tolerated', results: tolerated },
    { id: 'broken', title: CATEGORY_TITLES.brokenTests, sign: 'broken-test', results: brokenTests },
    { id: 'fixed', title: CATEGORY_TITLES.fixed, sign: 'passed', results: fixed },
    { id: 'passed', title: CATEGORY_TITLES.passed, sign: 'passed', results: passed },
  ];
  return all.filter(({ results }) => results.length > 0);
}

/** The list, and sentences about what was left out of it. `anchors` has the id of each test case in the page. */
export function* caseList(report: Report, anchors: ReadonlyMap<ReportedCase, string>): Generator<Html> {
  const lines = report.cases.reduce((sum, result) => sum + rowCost(result, anchors.get(result) ?? ''), 0);
  const room = Math.max(0, MAX_BYTES - PAGE_BYTES - lines);
  const plan = planOf(report, room);
  const failures = report.classified.failures.length;
  const open = new Set(report.classified.failures.slice(0, failures <= OPEN ? OPEN : 1));
  const groups = new Map(
    report.grouping.groups.flatMap(({ cases }, index) => cases.map((result) => [result, index] as const)),
  );
  let bytes = 0;
  let shortened = 0;
  function* item(result: ReportedCase): Generator<Html> {
    const anchor = anchors.get(result) ?? '';
    let limits = plan.get(result);
    // What was estimated may be more: what comes last gets less then.
    if (limits !== undefined && bytes > room) limits = hasPassed(result) ? undefined : LIMITS.at(-1);
    if (limits === undefined) {
      yield* htmlOf(plainItem(result, anchor));
      return;
    }
    if (limits !== LIMITS[0]) shortened += 1;
    const content = htmlOf(summaryOf(result, report), evidenceOf(result, { report, anchor, limits }));
    for (const html of content) bytes += Buffer.byteLength(html);
    const details = wrapHtml(h('details', { open: open.has(result) }), content);
    yield* wrapHtml(h('li', { ...attributesOf(result, groups.get(result)), class: 'case' }), details);
  }
  for (const section of sectionsOf(report)) yield* sectionOf(section, item);
  const { passed, fixed } = report.classified;
  const bare = [...passed, ...fixed].filter((result) => hasEvidence(result) && !plan.has(result)).length;
  const omissions = [
    ...(shortened === 0
      ? []
      : [`The conversations of ${formatCount(shortened)} test cases are shortened to keep this file small.`]),
    ...(bare === 0
      ? []
      : [`The evidence of ${formatCount(bare)} passed test cases is left out to keep this file small.`]),
  ];
  yield* htmlOf(...omissions.map((sentence) => h('p', { class: 'muted' }, sentence)));
}

/** Limits of the evidence of each test case; those that are not in it have only a line. */
function planOf(report: Report, room: number): Map<ReportedCase, Limits> {
  const { failures, unfinished, flaky, tolerated, brokenTests, fixed, passed } = report.classified;
  const quiet = [...fixed, ...passed].filter((result) => result.runs.length === 1);
  const isQuiet = new Set(quiet);
  const loud = [
    ...failures,
    ...unfinished,
    ...flaky,
    ...tolerated,
    ...brokenTests,
    ...fixed,
    ...passed,
  ].filter((result) => !isQuiet.has(result));
  const plan = new Map<ReportedCase, Limits>();
  let left = room;
  for (const [result, level] of levelsOf(loud, room)) {
    const limits = LIMITS[level] ?? LIMITS[0];
    plan.set(result, limits);
    left -= costOf(result, limits);
  }
  const shown = quiet.filter(hasEvidence);
  if (shown.length > MAX_PASSED_WITH_EVIDENCE) return plan;
  for (const result of shown) {
    left -= costOf(result, LIMITS[0]);
    if (left < 0) break;
    plan.set(result, LIMITS[0]);
  }
  return plan;
}

/** The place in `LIMITS` of each test case: what is small is whole, the longest are cut first, the last ones most. */
function levelsOf(results: readonly ReportedCase[], room: number): Map<ReportedCase, number> {
  const costs = results.map((result) => costOf(result, LIMITS[0]));
  const share = fairShare(costs, room);
  const levels = new Map<ReportedCase, number>();
  const last = LIMITS.length - 1;
  let left = room;
  for (const [index, result] of results.entries()) {
    const fits = (limits: Limits) => costOf(result, limits) <= share;
    const level = (costs[index] ?? 0) <= share ? 0 : LIMITS.findIndex(fits);
    levels.set(result, level === -1 ? last : level);
    left -= costOf(result, LIMITS[level] ?? LIMITS[last] ?? LIMITS[0]);
  }
  // What nobody needed goes to those that were cut, in the order of the list.
  for (const result of results) {
    const level = levels.get(result) ?? 0;
    const own = left + costOf(result, LIMITS[level] ?? LIMITS[0]);
    const better = LIMITS.slice(0, level).findIndex((limits) => costOf(result, limits) <= own);
    if (better === -1) continue;
    levels.set(result, better);
    left = own - costOf(result, LIMITS[better] ?? LIMITS[0]);
  }
  return levels;
}

/** The most that each may take so that all have room: the small ones whole, and what is left in equal parts. */
function fairShare(costs: readonly number[], room: number): number {
  let left = room;
  const sorted = costs.toSorted((a, b) => a - b);
  for (const [index, cost] of sorted.entries()) {
    const share = left / (sorted.length - index);
    if (cost > share) return share;
    left -= cost;
  }
  return Number.POSITIVE_INFINITY;
}

/** About how many bytes the line of a test case takes. */
const rowCost = (result: ReportedCase, anchor: string): number =>
  ROW_BYTES + sizeOf(result.testCase.name, MAX_NAME) + anchor.length;

/** Size of what stands around the texts, as measured and a little more, since the file must not become too large. */
const CASE_BYTES = 1_000;
const RUN_BYTES = 420;
const CHECK_BYTES = 170;
const TEXT_BYTES = 95;
const TOOL_BYTES = 330;
/** Factors by which laying out and escaping enlarge a text. */
const GROWTH = { text: 1.03, tool: 2 };

/** About how many bytes the evidence takes. */
function costOf(result: ReportedCase, limits: Limits): number {
  const runs: readonly Run[] = [...result.runs, ...(result.comparison?.runs ?? [])];
  return runs.reduce((sum, run) => sum + RUN_BYTES + runCost(run, limits), CASE_BYTES);
}

function runCost(run: Run, limits: Limits): number {
  const text = (value: string | undefined): number =>
    value === undefined ? 0 : TEXT_BYTES + sizeOf(value, limits.text) * GROWTH.text;
  const value = (content: string | undefined): number =>
    content === undefined ? 0 : TEXT_BYTES + sizeOf(content, limits.tool);
  const tool = (content: string): number => TOOL_BYTES + sizeOf(content, limits.tool) * GROWTH.tool;
  const checks = run.assertions.map(
    ({ label, expected, actual, explanation }) =>
      CHECK_BYTES + label.length + value(expected) + value(actual) + text(explanation),
  );
  const turns = run.turns.slice(-limits.turns);
  const pieces = [text(run.explanation), ...checks, ...run.criteria.map(text), ...turns.map(turnCost)];
  return pieces.reduce((sum, bytes) => sum + bytes, 0);

  function turnCost(turn: Turn): number {
    switch (turn.kind) {
      case 'speech':
        return text(turn.text);
      case 'tool-call':
        return tool(turn.input);
      case 'tool-result':
        return tool(turn.output);
      case 'transition':
        return 2 * TEXT_BYTES;
    }
  }
}

/** The bytes of the first `max` code units, escaped. */
function sizeOf(text: string, max: number): number {
  const shown = text.length <= max ? text : text.slice(0, max);
  let escapes = 0;
  for (const sign of ['<', '&']) {
    for (let at = shown.indexOf(sign); at !== -1; at = shown.indexOf(sign, at + 1)) escapes += 1;
  }
  return Buffer.byteLength(shown) + 5 * escapes;
}

function* sectionOf(
  { id, title, sign, results }: Section,
  item: (result: ReportedCase) => Iterable<Html>,
): Generator<Html> {
  const heading = h('h3', { id: `title-${id}` }, [
    glyph(sign),
    ' ',
    title,
    ' ',
    h('span', { class: 'count' }, formatCount(results.length)),
  ]);
  function* content(): Generator<Html> {
    yield* htmlOf(heading);
    for (let from = 0; from < results.length; from += CHUNK) {
      const list = h('ul', { class: ['cases', ...(results.length > CHUNK ? ['chunk'] : [])] });
      const chunk = results.slice(from, from + CHUNK);
      yield* wrapHtml(list, chunk.values().flatMap(item));
    }
  }
  yield* wrapHtml(
    h('section', { class: 'list', id: `list-${id}`, 'aria-labelledby': `title-${id}` }),
    content(),
  );
}

/** Attributes by which the page's script filters and sorts. */
function attributesOf(result: ReportedCase, group?: number | undefined): Properties {
  const tags = tagsOf(result);
  const ms = totalMs(result);
  return {
    'data-outcome': outcomeOf(result),
    'data-tags': tags.length === 0 ? undefined : tags.join(' '),
    'data-group': group === undefined ? undefined : String(group),
    'data-ms': ms === undefined ? undefined : String(Math.round(ms)),
  };
}

/** Further attributes by which it can be filtered. */
export function tagsOf(result: ReportedCase): string[] {
  return [
    ...(hasPassed(result) ? [] : [result.failureClass]).filter((kind) => kind !== 'unknown'),
    ...(result.quarantine?.state === 'in-force' ? ['quarantined'] : []),
    ...(result.change === 'fixed' ? ['fixed'] : []),
    ...(result.testFaults.length > 0 ? ['broken-test'] : []),
  ];
}

/** Name of the outcome of a test case in filters. */
export const outcomeOf = (result: ReportedCase): string =>
  !hasPassed(result) && !countsForVerdict(result) ? 'tolerated' : result.outcome;

/** Time that the runs of a test case took together, in milliseconds, as far as the provider says it. */
export function totalMs({ runs }: ReportedCase): number | undefined {
  const known = runs.flatMap(({ durationMs }) => durationMs ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0);
}

/** "7.0 s", "7.0 s in 2 runs"; empty where the provider says no duration. */
function tookOf(result: ReportedCase): string {
  const took = formatDuration(totalMs(result));
  const timed = result.runs.filter(({ durationMs }) => durationMs !== undefined).length;
  return took === undefined ? '' : timed > 1 ? `${took} in ${timed} runs` : took;
}

/** A test case of which there is no more to see. */
function plainItem(result: ReportedCase, anchor: string): Element {
  const took = tookOf(result);
  const { 'data-outcome': outcome, ...attributes } = attributesOf(result);
  return h(
    'li',
    {
      ...attributes,
      ...(outcome === 'passed' ? {} : { 'data-outcome': outcome }),
      class: 'plain',
      id: anchor,
    },
    [
      glyph(signFor(result)),
      h('bdi', { class: 'name' }, cleanLine(result.testCase.name, MAX_NAME) || '(no name)'),
      ...(took === '' ? [] : [h('span', { class: 'took' }, took)]),
    ],
  );
}

function summaryOf(result: ReportedCase, report: Report): Element {
  const took = tookOf(result);
  const reason = hasPassed(result) && result.outcome !== 'flaky' ? '' : reasonOf(result, MAX_REASON);
  return h('summary', [
    glyph(signFor(result)),
    h('div', { class: 'head' }, [
      h('h4', { class: 'name' }, [untrusted(result.testCase.name, MAX_NAME)]),
      h('p', { class: 'labels' }, labelsOf(result, report)),
      ...(reason === '' ? [] : [h('p', { class: 'reason', dir: 'auto' }, reason)]),
    ]),
    h('p', { class: 'took' }, took),
  ]);
}

/** Facts about a test case, in a few words each. */
function labelsOf(result: ReportedCase, report: Report): Node[] {
  const { passes, runs, comparison, outcome, testFaults } = result;
  const base = report.base?.cases.get(result.testCase.id ?? '');
  const isPlain = signFor(result) === 'passed' && result.change !== 'fixed';
  const labels: Node[][] = [
    // Nothing of one that simply passed, since it stands below that word.
    isPlain
      ? []
      : [h('strong', { class: signFor(result) }, labelOf(result)), ...inlineNodes(quarantineNote(result))],
    testFaults.length > 0 && outcome !== 'passed' ? ['broken test'] : [],
    runs.length > 1 ? [`passed ${passes}/${runs.length}`] : [],
    comparison === undefined
      ? []
      : ['on ', untrusted(versionName(report), 60), ` ${comparison.passes}/${comparison.runs.length}`],
    base === undefined
      ? []
      : ['on ', untrusted(report.base?.branch ?? '', 60), ` ${base.passes}/${base.runs}`],
  ];
  return dotted(labels.filter((part) => part.length > 0).map((part) => [h('span', part)]));
}
