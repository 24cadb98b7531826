import type { Element, Properties } from 'hast';
import { h } from 'hastscript';
import { hasPassed } from '../../../domain/test-case.ts';
import { cleanLine } from '../../../text/clean.ts';
import { formatCount, formatDuration } from '../../../text/format.ts';
import { CATEGORY_TITLES, isTolerated } from '../../classify.ts';
import type { Report, ReportedCase } from '../../report.ts';
import {
  comparedVersion,
  labelOf,
  MAX_NAME,
  quarantineNote,
  reasonOf,
  signFor,
} from '../../sections/names.ts';
import { sumOfTimes } from '../test-suites.ts';
import { hasEvidence, LEAST, limitsWithin, roomForEvidence, WHOLE } from './budget.ts';
import { dotted, glyph, untrusted } from './elements.ts';
import { evidenceOf } from './evidence.ts';
import { inlineNodes } from './inline.ts';
import { type Html, htmlOf, type Node, wrapHtml } from './tree.ts';

/** The list of all test cases by outcome, each with its evidence, within the room that the file has. */

/** So many lines are laid out together. */
const CHUNK = 50;
/** Up to so many failures are open when the page opens. */
const OPEN = 3;
const MAX_REASON = 200;

/** The parts of the list in their order. */
const SECTIONS = [
  { category: 'failures', id: 'failures', sign: 'failed' },
  { category: 'unfinished', id: 'unfinished', sign: 'waiting' },
  { category: 'flaky', id: 'flaky', sign: 'flaky' },
  { category: 'tolerated', id: 'tolerated', sign: 'tolerated' },
  { category: 'brokenTests', id: 'broken', sign: 'broken-test' },
  { category: 'fixed', id: 'fixed', sign: 'passed' },
  { category: 'passed', id: 'passed', sign: 'passed' },
] as const;
type Section = (typeof SECTIONS)[number];

/** The list, and sentences about what was left out of it. `anchors` has the id of each test case in the page. */
export function* caseList(report: Report, anchors: ReadonlyMap<ReportedCase, string>): Generator<Html> {
  const { failures, fixed, passed } = report.classified;
  const room = roomForEvidence(report.cases, anchors);
  const limitsByCase = limitsWithin(room, report);
  const open = new Set(failures.slice(0, failures.length <= OPEN ? OPEN : 1));
  const groups = new Map(
    report.grouping.groups.flatMap(({ cases }, index) => cases.map((result) => [result, index] as const)),
  );
  let bytes = 0;
  let shortened = 0;
  function* item(result: ReportedCase): Generator<Html> {
    const anchor = anchors.get(result) ?? '';
    let limits = limitsByCase.get(result);
    // What was estimated may be more: what comes last gets less then.
    if (limits !== undefined && bytes > room) limits = hasPassed(result) ? undefined : LEAST;
    if (limits === undefined) {
      yield* htmlOf(plainItem(result, anchor));
      return;
    }
    if (limits !== WHOLE) shortened += 1;
    const content = htmlOf(summaryOf(result, report), evidenceOf(result, { report, anchor, limits }));
    for (const html of content) bytes += Buffer.byteLength(html);
    const details = wrapHtml(h('details', { open: open.has(result) }), content);
    yield* wrapHtml(h('li', { ...attributesOf(result, groups.get(result)), class: 'case' }), details);
  }
  for (const section of SECTIONS) yield* sectionOf(section, report.classified[section.category], item);
  const bare = [...passed, ...fixed].filter((result) => hasEvidence(result) && !limitsByCase.has(result));
  yield* omission(
    shortened,
    `The conversations of ${formatCount(shortened)} test cases are shortened to keep this file small.`,
  );
  yield* omission(
    bare.length,
    `The evidence of ${formatCount(bare.length)} passed test cases is left out to keep this file small.`,
  );
}

/** Says how much is missing, where something is. */
const omission = (count: number, sentence: string): Html[] =>
  count === 0 ? [] : htmlOf(h('p', { class: 'muted' }, sentence));

function* sectionOf(
  { id, sign, category }: Section,
  results: readonly ReportedCase[],
  item: (result: ReportedCase) => Iterable<Html>,
): Generator<Html> {
  if (results.length === 0) return;
  const heading = h('h3', { id: `title-${id}` }, [
    glyph(sign),
    ` ${CATEGORY_TITLES[category]} `,
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
  const outcome = outcomeOf(result);
  const tags = tagsOf(result);
  const ms = sumOfTimes(result.runs);
  return {
    'data-outcome': outcome === 'passed' ? undefined : outcome,
    'data-tags': tags.length === 0 ? undefined : tags.join(' '),
    'data-group': group === undefined ? undefined : String(group),
    'data-ms': ms === undefined ? undefined : String(ms),
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
  isTolerated(result) ? 'tolerated' : result.outcome;

/** "7.0 s", "7.0 s in 2 runs"; empty where the provider says no duration. */
function tookOf(result: ReportedCase): string {
  const took = formatDuration(sumOfTimes(result.runs));
  const timed = result.runs.filter(({ durationMs }) => durationMs !== undefined).length;
  return took === undefined ? '' : timed > 1 ? `${took} in ${timed} runs` : took;
}

/** A test case of which there is no more to see. */
function plainItem(result: ReportedCase, anchor: string): Element {
  const took = tookOf(result);
  return h('li', { ...attributesOf(result), class: 'plain', id: anchor }, [
    glyph(signFor(result)),
    h('bdi', { class: 'name' }, cleanLine(result.testCase.name, MAX_NAME) || '(no name)'),
    ...(took === '' ? [] : [h('span', { class: 'took' }, took)]),
  ]);
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
      : ['on ', untrusted(comparedVersion(report), 60), ` ${comparison.passes}/${comparison.runs.length}`],
    base === undefined
      ? []
      : ['on ', untrusted(report.base?.branch ?? '', 60), ` ${base.passes}/${base.runs}`],
  ];
  return dotted(labels.filter((part) => part.length > 0).map((part) => [h('span', part)]));
}
