import type { Element } from 'hast';
import { h } from 'hastscript';
import { cleanLine } from '../../../text/clean.ts';
import { formatCount, formatTime } from '../../../text/format.ts';
import { CATEGORY_TITLES } from '../../classify.ts';
import { sentences } from '../../markdown.ts';
import type { Report, ReportedCase } from '../../report.ts';
import { explanations } from '../../sections/explanations.ts';
import { provenance, runsAndTime, testedSubject, withheldSentence } from '../../sections/footer.ts';
import { resultOf, stateOf } from '../../sections/headline.ts';
import { introLine, notesOf, publishNotices } from '../../sections/intro.ts';
import { linkWords, linkWorkflowRun } from '../../sections/links.ts';
import { capitalized, sentenceCase } from '../../sections/names.ts';
import { adviseOn, NEXT_LABEL } from '../../sections/next-steps.ts';
import { caseList } from './cases.ts';
import { pushesChart, timelineChart } from './charts.ts';
import { dotted, glyph, untrusted } from './elements.ts';
import { inlineNodes } from './inline.ts';
import { SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH } from './page-source.ts';
import { anchorsOf } from './text.ts';
import { timelineOf } from './timeline.ts';
import { sharedCauses, toolbar } from './toolbar.ts';
import { DOCTYPE, type Html, htmlOf, type Node, ownHtmlOf, wrapHtml } from './tree.ts';

/** Nothing is loaded from anywhere, nothing is sent, and only this style and this script count. */
const POLICY = [
  "default-src 'none'",
  `style-src '${STYLE_HASH}'`,
  `script-src '${SCRIPT_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const MAX_NOTE = 1_000;
const MAX_NOTES = 50;
const MAX_GONE = 500;

/**
 * The report as one HTML file that needs nothing else: what was found, and every conversation that may be shown. In
 * pieces, each made when it is asked for, since the whole may be many megabytes.
 */
export function* renderHtml(report: Report): Generator<string> {
  yield DOCTYPE;
  yield* wrapHtml(h('html', { lang: 'en' }), page(report));
  yield '\n';
}

function* page(report: Report): Generator<Html> {
  yield* wrapHtml(h('head'), head(report));
  yield* wrapHtml(h('body'), body(report));
}

function* head(report: Report): Generator<Html> {
  yield* htmlOf(h('meta', { charset: 'utf-8' }));
  yield ownHtmlOf(h('meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY }));
  yield* htmlOf(
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'referrer', content: 'no-referrer' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('title', `${sentenceCase(resultOf(report))} – ${cleanLine(report.name, 120)}`),
    h('style', STYLE),
  );
}

function* body(report: Report): Generator<Html> {
  yield* htmlOf(h('a', { class: 'skip', href: '#test-cases' }, 'Skip to the test cases'), header(report));
  yield* wrapHtml(h('main'), main(report));
  yield* htmlOf(footer(report), h('script', SCRIPT));
}

function* main(report: Report): Generator<Html> {
  const anchors = anchorsOf(report.cases);
  const timeline = timelineOf(report);
  if (timeline !== undefined) yield* htmlOf(timelineChart(timeline, anchors));
  const section = {
    class: 'test-cases',
    id: 'test-cases',
    'aria-labelledby': 'title-test-cases',
    tabindex: -1,
  };
  yield* wrapHtml(h('section', section), listWithTools(report, anchors));
  yield* htmlOf(...goneList(report));
}

function header(report: Report): Element {
  const state = stateOf(report);
  const intro = introLine(report);
  const { todo, hint } = adviseOn(report);
  const chart = pushesChart(report);
  const notes = notesOf(report);
  return h('header', { class: ['page', state] }, [
    h('div', { class: 'verdict' }, [
      h('h1', [untrusted(report.name, 120)]),
      h('p', { class: 'result' }, [glyph(state), ' ', sentenceCase(resultOf(report))]),
      ...(intro.length === 0 ? [] : [h('p', { class: 'lead' }, inlineNodes(intro))]),
      ...publishNotices(report).map((sentence) => h('p', inlineNodes(sentence))),
      ...(notes.length === 0
        ? []
        : [
            h('ul', { class: 'notes' }, [
              ...notes.slice(0, MAX_NOTES).map((note) => h('li', [untrusted(note, MAX_NOTE)])),
              ...(notes.length > MAX_NOTES ? [h('li', `${notes.length - MAX_NOTES} more`)] : []),
            ]),
          ]),
      ...(todo.length === 0
        ? []
        : [h('p', { class: 'next' }, inlineNodes(sentences([NEXT_LABEL], todo, hint)))]),
      h('p', { class: 'origin' }, origin(report)),
      ...explanations(report)
        .filter((line) => line.length > 0)
        .map((line) => h('p', { class: 'origin' }, inlineNodes(line))),
    ]),
    ...(chart === undefined ? [] : [chart]),
  ]);
}

/** Subject, number of runs, time of writing, and the way back to where the page was made. */
function origin(report: Report): Node[] {
  const { label, targetName } = report;
  return dotted([
    label === undefined || label === targetName ? [] : [untrusted(label, 120)],
    inlineNodes(testedSubject(report)),
    inlineNodes(runsAndTime(report)),
    [formatTime(report.writtenAt) ?? ''],
    inlineNodes(linkWorkflowRun(report.origin)),
  ]);
}

function* listWithTools(report: Report, anchors: ReadonlyMap<ReportedCase, string>): Generator<Html> {
  const title = h('div', { class: 'title' }, [
    h('h2', { id: 'title-test-cases' }, 'Test cases'),
    h('div', { class: ['folds', 'scripted'] }, [
      h('button', { type: 'button', id: 'open-all' }, 'Open all'),
      h('button', { type: 'button', id: 'close-all' }, 'Close all'),
    ]),
  ]);
  const notes = notesOnCases(report).map((sentence) => h('p', { class: 'muted' }, sentence));
  yield* htmlOf(title, ...toolbar(report), ...sharedCauses(report), ...notes);
  yield* caseList(report, anchors);
  yield* htmlOf(h('p', { class: 'empty', id: 'nothing', hidden: true }, 'No test case matches.'));
}

function notesOnCases(report: Report): string[] {
  const { transcripts, cases } = report;
  return [
    ...untimedNote(report),
    ...(transcripts === 'none'
      ? [withheldSentence(report) ?? 'This report has no conversations (transcripts: none).']
      : []),
    ...(transcripts === 'excerpt'
      ? ['Of conversations, this report has only the turns that prove a failure (transcripts: excerpt).']
      : []),
    ...(cases.length === 0 ? ['No test case was seen.'] : []),
  ];
}

/** Reason why there is no timeline, where the provider says of no run when it began. */
function untimedNote({ cases, providerTitle }: Report): string[] {
  const runs = cases.flatMap((result) => result.runs);
  if (runs.length === 0 || runs.some(({ startedAt, createdAt }) => (startedAt ?? createdAt) !== undefined)) {
    return [];
  }
  const provider = cleanLine(providerTitle, 50) || 'The provider';
  const isTimed = runs.some(({ durationMs }) => durationMs !== undefined);
  return [`${provider} does not say when runs began${isTimed ? '' : ' or ended'}, so there is no timeline.`];
}

/** Test cases of the base of which no run was seen. */
function goneList({ classified, base }: Report): Node[] {
  const { removed } = classified;
  if (removed.length === 0) return [];
  return [
    h('section', { class: 'gone', 'aria-labelledby': 'title-gone' }, [
      h('h2', { id: 'title-gone' }, [
        glyph('gone'),
        ` ${CATEGORY_TITLES.removed} `,
        h('span', { class: 'count' }, formatCount(removed.length)),
      ]),
      h('p', { class: 'muted' }, [
        'Test cases of ',
        untrusted(base?.branch ?? 'the base', 60),
        ' that were not run here.',
      ]),
      h('ul', [
        ...removed.slice(0, MAX_GONE).map(({ name }) => h('li', [untrusted(name, 200)])),
        ...(removed.length > MAX_GONE ? [h('li', `${formatCount(removed.length - MAX_GONE)} more`)] : []),
      ]),
    ]),
  ];
}

function footer(report: Report): Element {
  const lines = [...provenance(report), linkWords(report.origin)].filter((line) => line.length > 0);
  return h(
    'footer',
    lines.map((line) => h('p', inlineNodes(capitalized(line)))),
  );
}
