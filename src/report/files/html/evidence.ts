import type { Element } from 'hast';
import { h } from 'hastscript';
import type { RoundRun } from '../../../domain/pass-rule.ts';
import { type Assertion, countsAsNotPassed, type Run } from '../../../domain/run.ts';
import { joinWithAnd } from '../../../domain/wording.ts';
import { cleanLine } from '../../../text/clean.ts';
import { formatDuration } from '../../../text/format.ts';
import { isTolerated } from '../../classify.ts';
import type { Report, ReportedCase } from '../../report.ts';
import { failedAssertions, failedFirst, hasText, STATUS_WORDS } from '../../run-text.ts';
import { comparedVersion } from '../../sections/names.ts';
import { runHistory } from '../../sections/run-history.ts';
import type { Limits } from './budget.ts';
import { type Parting, partingOf } from './conversation.ts';
import { code, dotted, glyph, leftOut, paragraphOf, signOfRun, untrusted } from './elements.ts';
import { inlineNodes } from './inline.ts';
import { shownText } from './text.ts';
import { clockTime } from './timeline.ts';
import type { Node } from './tree.ts';
import { conversationOf } from './turns.ts';

/** One run in the page, with what it is called. */
interface NamedRun {
  readonly run: RoundRun;
  readonly title: string;
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

/** Reason why a test case that did not pass does not count. */
function toleratedLine(result: ReportedCase, report: Report): Node[] {
  if (!isTolerated(result)) return [];
  if (result.quarantine?.state !== 'in-force') {
    const place = untrusted(comparedVersion(report), 60);
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
  const version = cleanLine(comparedVersion(report), 60);
  const comparison = (result.comparison?.runs ?? []).map((run, index, all) => ({
    run,
    title: `${all.length > 1 ? `Run ${index + 1} on` : 'Run on'} ${version}`,
  }));
  return [...own, ...comparison];
}

/** The run that decided first, beside it one that passed, then the others as they were. */
function sideBySide(runs: readonly NamedRun[], decisive: RoundRun): NamedRun[] {
  if (decisive.status === 'passed') return [...runs];
  const passed = runs.filter(({ run }) => run.status === 'passed');
  const beside = passed.find(({ run }) => run.turns.length > 0) ?? passed[0];
  const first = runs.filter(({ run }) => run === decisive);
  const others = runs.filter((named) => named.run !== decisive && named !== beside);
  return [...first, ...(beside === undefined ? [] : [beside]), ...others];
}

function reasonNodes(run: Run, { report, limits, decisive }: Context): Node[] {
  const faults = faultsOf(run, report);
  if (!hasText(run.explanation)) {
    const isSilent = countsAsNotPassed(run);
    const hasFailedCheck = failedAssertions(run).length > 0;
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

/** The assertions, those that failed first; behind failures the passed ones are folded. */
function checksOf(
  assertions: readonly Assertion[],
  { limits, isOpen }: { limits: Limits; isOpen: boolean },
): Node[] {
  if (assertions.length === 0) return [];
  const sorted = failedFirst(assertions);
  const failed = failedAssertions({ assertions }).length;
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
  const took = formatDuration(run.durationMs);
  const began = clockTime(run.startedAt ?? run.createdAt);
  return h('section', { class: ['run', run.status] }, [
    h('h5', [
      glyph(signOfRun(run)),
      ' ',
      h('bdi', title),
      h('span', { class: 'muted' }, [`, ${STATUS_WORDS[run.status].toLowerCase()}`]),
    ]),
    h(
      'p',
      { class: 'meta' },
      dotted([
        took === undefined ? [] : [took],
        began === undefined ? [] : [`began ${began}`],
        [code(run.id)],
      ]),
    ),
    // What made the test case what it is stands above already.
    ...(isDecisive && run.status !== 'passed' ? [] : reasonNodes(run, context)),
    ...(isDecisive ? [] : checksOf(run.assertions, { limits: context.limits, isOpen: false })),
    conversationOf(run, {
      ...{ report: context.report, limits: context.limits, comparedRun: context.pair?.own.run },
      parting: partingIn(named, context.pair),
    }),
  ]);
}

const fold = (title: string, content: readonly Node[]): Element =>
  h('details', { class: 'fold' }, [h('summary', title), ...content]);
