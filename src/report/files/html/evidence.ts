import type { Element } from 'hast';
import { h } from 'hastscript';
import type { RoundRun } from '../../../domain/pass-rule.ts';
import {
  type Assertion,
  countsAsNotPassed,
  type Run,
  type RunStatus,
  type Turn,
} from '../../../domain/run.ts';
import { countsForVerdict, hasPassed } from '../../../domain/test-case.ts';
import { joinWithAnd } from '../../../domain/wording.ts';
import { cleanLine } from '../../../text/clean.ts';
import { formatDuration } from '../../../text/format.ts';
import { toolNames } from '../../key-turns.ts';
import { markQuotations } from '../../quotations.ts';
import type { Report, ReportedCase } from '../../report.ts';
import { hasText, STATUS_WORDS } from '../../run-text.ts';
import type { Sign } from '../../sections/headline.ts';
import { runHistory } from '../../sections/run-history.ts';
import { keyTurnsOf, type Parting, partingOf, type Stretch, stretchesOf } from './conversation.ts';
import { code, dotted, glyph, leftOut, paragraphOf, untrusted } from './elements.ts';
import { inlineNodes } from './inline.ts';
import { layOutJson } from './json-layout.ts';
import { shownText } from './text.ts';
import { clockTime } from './timeline.ts';
import type { Node } from './tree.ts';

/** Limits of the evidence of a test case, in UTF-16 code units. */
export interface Limits {
  /** Each explanation, criterion and turn. */
  readonly text: number;
  /** Each input and answer of a tool, before it is laid out, and each value of an assertion. */
  readonly tool: number;
  /** The most turns of a conversation: those that matter, and what is next to them. */
  readonly turns: number;
}

const ALL = Number.POSITIVE_INFINITY;

/** From all of it to the least that still explains a test case. */
export const LIMITS: readonly [Limits, ...Limits[]] = [
  { text: 100_000, tool: 200_000, turns: ALL },
  { text: 20_000, tool: 20_000, turns: ALL },
  { text: 5_000, tool: 5_000, turns: ALL },
  { text: 2_000, tool: 1_000, turns: ALL },
  { text: 2_000, tool: 1_000, turns: 60 },
  { text: 1_500, tool: 600, turns: 30 },
  { text: 1_000, tool: 400, turns: 15 },
  { text: 600, tool: 300, turns: 8 },
];

const MAX_NAME = 200;
const MAX_PEEK = 90;
/** A text that may be higher than its box, which then scrolls. */
const SCROLLS = 300;

const SIGN_OF: Readonly<Record<RunStatus, Sign>> = {
  pending: 'waiting',
  passed: 'passed',
  failed: 'failed',
  errored: 'errored',
  cancelled: 'cancelled',
};

/** One run in the page, with what it is called. */
interface NamedRun {
  readonly run: RoundRun;
  readonly title: string;
}

/** Whether a test case has more to show than its line. */
export function hasEvidence(result: ReportedCase): boolean {
  if (result.outcome !== 'passed' || result.runs.length > 1) return true;
  const [run] = result.runs;
  return (
    run.turns.length > 0 ||
    run.assertions.length > 0 ||
    run.criteria.length > 0 ||
    hasText(run.explanation) ||
    (run.testFaults ?? []).length > 0 ||
    (run.guardrails ?? []).length > 0
  );
}

/** Facts from which the pieces of one test case are made. */
interface Context {
  readonly report: Report;
  readonly limits: Limits;
  /** The run that made the test case what it is. */
  readonly decisive: RoundRun;
  /** The runs that are compared, turn by turn: the one that decided, and one that passed. */
  readonly pair: { readonly own: NamedRun; readonly reference: NamedRun } | undefined;
}

/** Everything about one test case: why it ended so, and its runs side by side. */
export function evidenceOf(
  result: ReportedCase,
  { report, anchor, limits }: { report: Report; anchor: string; limits: Limits },
): Element {
  const { decisive } = result;
  const runs = sideBySide(namedRuns(result, report), decisive);
  const context = { report, limits, decisive, pair: findPair(runs, decisive) };
  const story = runHistory(result, report);
  return h('div', { class: 'evidence', id: anchor }, [
    ...(story.length === 0 ? [] : [h('p', inlineNodes(story))]),
    ...toleratedLine(result, report),
    ...(decisive.status === 'passed' ? [] : reasonNodes(decisive, context)),
    ...checksOf(decisive.assertions, { limits, isOpen: true }),
    ...criteriaOf(decisive.criteria, limits, decisive.status !== 'passed'),
    ...(context.pair === undefined ? [] : [partingLine(context.pair)]),
    h(
      'div',
      { class: ['runs', ...(runs.length === 1 ? ['single'] : [])] },
      runs.map((named) => runCard(named, context)),
    ),
    h('p', { class: 'ids' }, [
      ...(result.testCase.id === undefined ? [] : ['Test case ', code(result.testCase.id), ' ']),
      h('a', { class: 'screen', href: `#${anchor}` }, 'Link to this test case'),
    ]),
  ]);
}

/** Name of the version of `compare-with`. */
export const versionName = ({ comparedWith }: Report): string => comparedWith ?? 'the other version';

/** Why a test case that did not pass does not count. */
function toleratedLine(result: ReportedCase, report: Report): Node[] {
  if (hasPassed(result) || countsForVerdict(result)) return [];
  if (result.quarantine?.state !== 'in-force') {
    const place = untrusted(versionName(report), 60);
    return [h('p', ['Not counted: it does not pass on ', place, ' either.'])];
  }
  const { until, owner, reason } = result.quarantine.entry;
  return [
    h('p', [
      'Quarantined until ',
      untrusted(until, 20),
      '. Owner: ',
      untrusted(owner, 100),
      '. Reason: ',
      untrusted(reason, 300),
    ]),
  ];
}

/** A run that did not pass and one that passed, both with their conversations; `undefined` if there are no such two. */
function findPair(runs: readonly NamedRun[], decisive: RoundRun): Context['pair'] {
  const own = runs.find(({ run }) => run === decisive);
  const reference = runs.find(({ run }) => run.status === 'passed' && run.turns.length > 0);
  if (own === undefined || reference === undefined) return undefined;
  return decisive.status === 'passed' || decisive.turns.length === 0 ? undefined : { own, reference };
}

/** The parting of a run from the one that it is compared with. */
function partingIn(named: NamedRun, pair: Context['pair']): Parting | undefined {
  if (pair === undefined || named.run.turns.length === 0) return undefined;
  const { own, reference } = pair;
  if (named === reference) return partingOf(reference.run.turns, own.run.turns);
  return named.run.status === 'passed' ? undefined : partingOf(named.run.turns, reference.run.turns);
}

function namedRuns(result: ReportedCase, report: Report): NamedRun[] {
  const many = result.runs.length > 1 || result.comparison !== undefined;
  const own = result.runs.map((run, index) => ({ run, title: many ? `Run ${index + 1}` : 'Run' }));
  const version = cleanLine(versionName(report), 60);
  const comparison = (result.comparison?.runs ?? []).map((run, index, all) => ({
    run,
    title: `${all.length > 1 ? `Run ${index + 1} on` : 'Run on'} ${version}`,
  }));
  return [...own, ...comparison];
}

/** The run that decided first, beside it one that passed, then the others as they were. */
function sideBySide(runs: readonly NamedRun[], decisive: RoundRun): NamedRun[] {
  const first = runs.filter(({ run }) => run === decisive);
  if (decisive.status === 'passed') return [...runs];
  const beside =
    runs.find(({ run }) => run.status === 'passed' && run.turns.length > 0) ??
    runs.find(({ run }) => run.status === 'passed');
  const rest = runs.filter((named) => !first.includes(named) && named !== beside);
  return [...first, ...(beside === undefined ? [] : [beside]), ...rest];
}

function reasonNodes(run: Run, { report, limits, decisive }: Context): Node[] {
  const faults = faultsOf(run, report);
  if (!hasText(run.explanation)) {
    const isSilent = countsAsNotPassed(run);
    const hasFailedCheck = run.assertions.some(({ result }) => result === 'failed');
    const silence = h('p', { class: 'silent' }, [
      untrusted(report.providerTitle || 'The provider', 50),
      ' gave no reason.',
    ]);
    return [...faults, ...(isSilent && !hasFailedCheck ? [silence] : [])];
  }
  const label = run.status === 'errored' ? 'Error' : 'Why';
  const isRepeated = run.status === decisive.status && run.explanation === decisive.explanation;
  if (run !== decisive && isRepeated) {
    return [...faults, h('p', { class: 'muted' }, 'For the same reason, word for word.')];
  }
  return [
    ...faults,
    h('div', { class: ['why', run.status] }, [h('h5', label), paragraphOf(run.explanation, limits.text)]),
  ];
}

/** Remarks of the provider on the test itself and on the run's status. */
function faultsOf(run: Run, { providerTitle }: Report): Node[] {
  const who = untrusted(providerTitle || 'The provider', 50);
  const lines: Node[][] = [
    ...(run.testFaults ?? []).map((fault) => [
      h('strong', 'Fault of the test, says '),
      who,
      ': ',
      untrusted(fault, 500),
    ]),
    ...(run.guardrails ?? []).map((guardrail) => ['Guardrail triggered: ', untrusted(guardrail, 200)]),
    ...(run.unproven === undefined ? [] : [['Proves nothing: ', untrusted(run.unproven.why, 500)]]),
    ...(run.conflict === undefined
      ? []
      : [['Contradicting statuses: ', untrusted(joinWithAnd(run.conflict), 200)]]),
    ...(run.unknownStatus === undefined ? [] : [['Unknown status: ', code(run.unknownStatus, 100)]]),
  ];
  return lines.length === 0
    ? []
    : [
        h(
          'ul',
          { class: 'faults' },
          lines.map((line) => h('li', line)),
        ),
      ];
}

const CHECK_SIGN = { passed: 'passed', failed: 'failed', skipped: 'gone', unknown: 'inconclusive' } as const;
const CHECK_ORDER = ['failed', 'unknown', 'skipped', 'passed'] as const;

/** The assertions, those that failed first; behind failures the passed ones are folded. */
function checksOf(
  assertions: readonly Assertion[],
  { limits, isOpen }: { limits: Limits; isOpen: boolean },
): Node[] {
  if (assertions.length === 0) return [];
  const sorted = CHECK_ORDER.flatMap((wanted) => assertions.filter(({ result }) => result === wanted));
  const failed = sorted.filter(({ result }) => result === 'failed').length;
  const noun = assertions.length === 1 ? 'assertion' : 'assertions';
  const title =
    failed > 0
      ? `${failed} of ${assertions.length} ${noun} failed`
      : `${assertions.length} ${noun}, none failed`;
  const list = (checks: readonly Assertion[]) =>
    h(
      'ul',
      { class: 'checks' },
      checks.map((check) => checkItem(check, limits)),
    );
  if (!isOpen || failed === 0) return [fold(title, [list(sorted)])];
  const others = sorted.slice(failed);
  return [
    h('div', { class: 'block' }, [
      h('h5', title),
      list(sorted.slice(0, failed)),
      ...(others.length === 0 ? [] : [fold(`${others.length} that did not fail`, [list(others)])]),
    ]),
  ];
}

function checkItem(
  { label, result, required, expected, actual, explanation }: Assertion,
  limits: Limits,
): Element {
  const pair = (term: string, value: string | undefined): Node[] =>
    value === undefined ? [] : [h('dt', term), h('dd', [shownValue(value, limits.tool)])];
  const values = [...pair('Expected', expected), ...pair('Actual', actual)];
  return h('li', { class: result }, [
    h('p', { class: 'check' }, [
      glyph(CHECK_SIGN[result]),
      ' ',
      h('strong', untrusted(label, 500)),
      h(
        'span',
        { class: 'muted' },
        ` ${result === 'unknown' ? 'no result' : result}${required === false ? ', optional' : ''}`,
      ),
    ]),
    ...(values.length === 0 ? [] : [h('dl', { class: 'values' }, values)]),
    ...(hasText(explanation) ? [paragraphOf(explanation, limits.text)] : []),
  ]);
}

function shownValue(value: string, max: number): Element {
  const shown = shownText(value, max);
  return h('code', { class: 'value', dir: 'auto' }, [shown.text || '(empty)', ...leftOut(shown.cut)]);
}

function criteriaOf(criteria: readonly string[], limits: Limits, isOpen: boolean): Node[] {
  if (criteria.length === 0) return [];
  const title = criteria.length === 1 ? 'Judged by 1 criterion' : `Judged by ${criteria.length} criteria`;
  const list = h(
    'ol',
    { class: 'criteria' },
    criteria.map((text) => h('li', { dir: 'auto' }, paragraphOf(text, limits.text))),
  );
  return isOpen && criteria.length <= 3
    ? [h('div', { class: 'block' }, [h('h5', title), list])]
    : [fold(title, [list])];
}

/** Line that says exactly where the run that decided and the one that passed part. */
function partingLine({ own, reference }: NonNullable<Context['pair']>): Element {
  const parting = partingOf(own.run.turns, reference.run.turns);
  const names = `${own.title} (${own.run.status}) and ${lowerFirst(reference.title)} (passed)`;
  const text =
    parting.kind === 'nowhere'
      ? `${names} are the same, turn by turn. Only the judgement differs.`
      : parting.place === 0
        ? `${names} differ from the first turn.`
        : `${names} are the same for ${parting.place} ${parting.place === 1 ? 'turn' : 'turns'} and part at turn ${parting.place + 1}.`;
  return h('p', { class: 'parting' }, text);
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function runCard(named: NamedRun, context: Context): Element {
  const { run, title } = named;
  const isDecisive = run === context.decisive;
  const began = clockTime(run.startedAt ?? run.createdAt);
  return h('section', { class: ['run', run.status] }, [
    h('h5', [
      glyph(SIGN_OF[run.status]),
      ' ',
      h('bdi', title),
      h('span', { class: 'muted' }, [`, ${STATUS_WORDS[run.status].toLowerCase()}`]),
    ]),
    h(
      'p',
      { class: 'meta' },
      dotted([
        optional(formatDuration(run.durationMs)),
        began === undefined ? [] : [`began ${began}`],
        [code(run.id)],
      ]),
    ),
    // What made the test case what it is stands above already.
    ...(isDecisive && run.status !== 'passed' ? [] : reasonNodes(run, context)),
    ...(isDecisive ? [] : checksOf(run.assertions, { limits: context.limits, isOpen: false })),
    ...conversation(run, partingIn(named, context.pair), context),
  ]);
}

const optional = (text: string | undefined): string[] => (text === undefined ? [] : [text]);

function conversation(run: Run, parting: Parting | undefined, { limits, report, pair }: Context): Node[] {
  const { turns } = run;
  if (turns.length === 0) {
    const why =
      report.transcripts === 'full'
        ? `${cleanLine(report.providerTitle, 50) || 'The provider'} gave no conversation, or it was not kept.`
        : `No conversation (transcripts: ${report.withheldFor === undefined ? report.transcripts : 'auto'}).`;
    return [h('p', { class: 'muted none' }, why)];
  }
  const { turnIndices, quotations, isProof } = keyTurnsOf(run);
  // Of a conversation that is not whole, every turn is there because it shows something, and none has its number.
  const isExcerpt = report.transcripts === 'excerpt';
  const places = isExcerpt ? [...turns.keys()] : turnIndices;
  // Of a run that ended with an error, the last turns show how far it came, and prove nothing.
  const keyTurns = new Set(isProof || run.status !== 'errored' ? places : []);
  const tools = toolNames(turns);
  const partsAt = parting?.kind === 'at' ? parting.place : undefined;
  // What matters in one of two runs is open in the other too, so that they can be read line by line.
  const beside = pair === undefined || partsAt === undefined ? [] : keyTurnsOf(pair.own.run).turnIndices;
  const matters = [...turnIndices, ...beside, ...(partsAt === undefined ? [] : [partsAt])];
  const isCut = turns.length > limits.turns;
  const stretches = isCut
    ? nearestTo(matters, turns.length, limits.turns)
    : stretchesOf(turns.length, matters);
  const item = (place: number): Node[] => {
    const turn = turns[place];
    if (turn === undefined) return [];
    const state = {
      number: isExcerpt ? undefined : place + 1,
      isKeyTurn: keyTurns.has(place),
      isSame: partsAt !== undefined && place < partsAt,
      quotations: keyTurns.has(place) ? quotations : [],
    };
    const mark = place === partsAt && place > 0 ? [h('li', { class: 'part' }, 'Here the runs part')] : [];
    return [...mark, turnItem(turn, { ...state, limits, tool: tools.get(place) })];
  };
  const items = stretches.flatMap((stretch): Node[] => {
    const own = placesIn(stretch).flatMap(item);
    if (!stretch.isFolded) return own;
    const count = stretch.to - stretch.from;
    const label = `${count} ${count === 1 ? 'turn' : 'turns'}`;
    if (isCut) return [h('li', { class: 'gap' }, h('p', `… ${label} left out`))];
    const isSame = partsAt !== undefined && stretch.to <= partsAt;
    const title = isSame ? `${label}, the same in both` : label;
    const details = h('details', [h('summary', title), h('ol', { class: 'turns' }, own)]);
    return [h('li', { class: 'gap' }, details)];
  });
  const ended =
    partsAt === turns.length ? [h('li', { class: 'part' }, 'Here this run ends, and the other goes on')] : [];
  return [h('ol', { class: 'turns' }, [...items, ...ended])];
}

const placesIn = ({ from, to }: Stretch): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** At most so many turns, the nearest to those that matter; the others are left out. */
function nearestTo(places: readonly number[], length: number, max: number): Stretch[] {
  const distance = (place: number): number =>
    Math.min(length, ...places.map((near) => Math.abs(near - place)));
  const nearest = Array.from({ length }, (_, place) => place)
    .toSorted((a, b) => distance(a) - distance(b) || a - b)
    .slice(0, max);
  const kept = new Set(nearest);
  const stretches: Stretch[] = [];
  for (let place = 0; place < length; place += 1) {
    const isFolded = !kept.has(place);
    const last = stretches.at(-1);
    if (last?.isFolded === isFolded) stretches[stretches.length - 1] = { ...last, to: place + 1 };
    else stretches.push({ isFolded, from: place, to: place + 1 });
  }
  return stretches;
}

interface TurnState {
  readonly number: number | undefined;
  readonly isKeyTurn: boolean;
  readonly isSame: boolean;
  readonly quotations: readonly string[];
  readonly limits: Limits;
  /** The tool whose answer it is. */
  readonly tool: string | undefined;
}

function turnItem(turn: Turn, state: TurnState): Element {
  const { number, isKeyTurn, isSame } = state;
  return h(
    'li',
    {
      class: [classOf(turn), ...(isKeyTurn ? ['key-turn'] : []), ...(isSame ? ['same'] : [])],
      'data-n': number,
    },
    [...turnContent(turn, state), ...(isKeyTurn ? [h('span', { class: 'hidden-text' }, '(evidence)')] : [])],
  );
}

const classOf = (turn: Turn): string =>
  turn.kind === 'speech' ? turn.speaker : turn.kind === 'transition' ? 'move' : 'tool';

function turnContent(turn: Turn, state: TurnState): Node[] {
  const { limits, quotations, tool } = state;
  switch (turn.kind) {
    case 'speech': {
      const shown = shownText(turn.text, limits.text);
      const pieces = markQuotations(shown.text || '(silence)', quotations).map(({ text, isQuoted }) =>
        isQuoted ? h('mark', text) : text,
      );
      return [
        h('b', turn.speaker === 'agent' ? 'Agent' : 'Caller'),
        h('p', { class: 'text', dir: 'auto' }, [...pieces, ...leftOut(shown.cut)]),
      ];
    }
    case 'tool-call':
      return [
        h('b', 'Tool'),
        payload([code(turn.tool, MAX_NAME)], turn.input, { max: limits.tool, isOpen: false }),
      ];
    case 'tool-result': {
      const isFailed = turn.succeeded === false;
      const title = [
        ...(tool === undefined ? [] : [code(tool, MAX_NAME)]),
        ...(isFailed ? [' ', h('strong', { class: 'failed' }, [glyph('failed'), 'failed'])] : []),
      ];
      return [h('b', 'Answer'), payload(title, turn.output, { max: limits.tool, isOpen: isFailed })];
    }
    case 'transition':
      return [
        h('b', 'Moves'),
        h('p', { class: 'text' }, [
          ...(turn.from === undefined ? [] : ['from ', untrusted(turn.from, MAX_NAME), ' ']),
          'to ',
          untrusted(turn.to, MAX_NAME),
        ]),
      ];
  }
}

/** Input or output of a tool: a line with its beginning, and all of it laid out below. */
function payload(
  title: readonly Node[],
  text: string,
  { max, isOpen }: { max: number; isOpen: boolean },
): Element {
  const whole = text.trim();
  const shown = shownText(whole.slice(0, max), max);
  const cut = Math.max(0, whole.length - max);
  if (shown.text === '') return h('p', { class: ['text', 'call'] }, [...title, ' ', muted('(empty)')]);
  const json = cut === 0 ? layOutJson(shown.text) : undefined;
  // With spaces between its parts, where a line can end. No string in JSON has a line break in it.
  const line = json?.replace(/\n */g, ' ') ?? whole;
  if (cut === 0 && shown.text === cleanLine(whole, MAX_PEEK)) {
    return h('p', { class: ['text', 'call'] }, [...title, ' ', code(line, 2 * MAX_PEEK)]);
  }
  const peek = cleanLine(line, MAX_PEEK);
  // Deep lists of next to nothing become many times as long, and no easier to read.
  const laidOut = json === undefined || json.length > 2_000 + 3 * whole.length ? shown.text : json;
  // A keyboard can scroll only what can have the focus.
  const scrolls = laidOut.length > SCROLLS ? { tabindex: 0, role: 'group', 'aria-label': 'Whole text' } : {};
  return h('details', { class: 'call', open: isOpen }, [
    h('summary', [...title, ' ', h('code', { class: 'peek', dir: 'auto' }, peek)]),
    h('pre', { dir: 'auto', ...scrolls }, [laidOut, ...leftOut(cut)]),
  ]);
}

const muted = (text: string): Element => h('span', { class: 'muted' }, text);

const fold = (title: string, content: readonly Node[]): Element =>
  h('details', { class: 'fold' }, [h('summary', title), ...content]);
