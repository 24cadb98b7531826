import type { Assertion, Run, Turn } from '../../domain/run.ts';
import { type CaseResult, decisiveRun } from '../../domain/test-case.ts';
import { formatDuration } from '../../text/format.ts';
import {
  type Block,
  code,
  dotted,
  fold,
  foreign,
  foreignLines,
  heading,
  type Inline,
  list,
  onLines,
  paragraph,
  quote,
  render,
  small,
  strong,
  words,
} from '../markdown.ts';
import { STATUS_WORDS, turnText } from '../run-text.ts';
import { SIGNS, type Sign } from './headline.ts';

/** How much of what explains one run is shown: code points, and the number of turns. */
export interface Evidence {
  /** Explanations and criteria. */
  readonly text: number;
  /** Expected and actual values. */
  readonly value: number;
  readonly turns: number;
  /** Each turn. */
  readonly turn: number;
}

/** From all that a reader could want to the least that still explains a run. */
export const FULL: Evidence = { text: 4_000, value: 1_000, turns: 8, turn: 1_000 };
export const SHORTER: Evidence = { text: 1_000, value: 300, turns: 6, turn: 300 };
export const SHORTEST: Evidence = { text: 300, value: 100, turns: 3, turn: 120 };

/** Each text that explains a run, with the most that is shown of it. */
function limitedTexts(result: CaseResult, evidence: Evidence): [text: string, max: number][] {
  const { assertions, criteria, explanation, turns } = decisiveRun(result);
  const limited = (max: number, texts: readonly (string | undefined)[]): [string, number][] =>
    texts.flatMap((text) => (text === undefined ? [] : [[text, max]]));
  return [
    ...limited(evidence.text, [explanation, ...criteria, ...assertions.map((one) => one.explanation)]),
    ...limited(
      evidence.value,
      assertions.flatMap(({ expected, actual }) => [expected, actual]),
    ),
    ...limited(evidence.turn, turns.slice(-evidence.turns).map(turnText)),
  ];
}

/** Whether the test case has more to tell than this evidence shows. */
export function isCut(result: CaseResult, evidence: Evidence): boolean {
  return limitedTexts(result, evidence).some(([text, max]) => text.length > max);
}

/** About the least that the rendered test case takes, in characters: for knowing what cannot fit without rendering it. */
export function leastSize(result: CaseResult, evidence: Evidence): number {
  const markup = 60;
  return limitedTexts(result, evidence).reduce(
    (sum, [text, max]) => sum + Math.min(text.length, max),
    markup,
  );
}

const MAX_NAME = 200;
const MAX_ID = 100;

const nameOf = ({ testCase }: CaseResult): Inline => foreign(testCase.name, MAX_NAME);

export const idOf = (id: string): Inline => code(id, MAX_ID);

/**
 * A test case that did not pass: what it was, why it did not, and the evidence of its decisive run. Compact, among
 * many others, it folds what the first look does not need.
 */
export function renderCase(
  result: CaseResult,
  { evidence, isCompact }: { evidence: Evidence; isCompact: boolean },
): string {
  const run = decisiveRun(result);
  const title = heading(4, words(`${SIGNS[stateOf(result)]} `), nameOf(result));
  const reasons = [...explanation(run, evidence), ...failedAssertions(run.assertions, evidence)];
  const why =
    reasons.length > 0 || run.status === 'cancelled'
      ? reasons
      : [paragraph(words('The provider gave no reason.'))];
  const judgedBy = run.assertions.length === 0 ? criteria(run.criteria, evidence) : [];
  const turns = run.turns.slice(-evidence.turns);
  const said = turns.length === 0 ? [] : [conversation(turns, evidence)];
  const whichTurns =
    turns.length < run.turns.length ? `last ${turns.length} of ${run.turns.length} turns` : 'conversation';

  const parts =
    isCompact && judgedBy.length + said.length > 0
      ? [
          render(title, ...why),
          fold(
            [
              ...(judgedBy.length > 0 ? ['Criteria'] : []),
              ...(said.length > 0 ? [whichTurns] : []),
              'run id',
            ].join(', '),
            { open: false },
            render(...judgedBy, ...said, small(...details(result))),
          ),
        ]
      : [
          render(title, ...why, ...judgedBy),
          ...(said.length === 0 ? [] : [fold(`The ${whichTurns}`, { open: true }, render(...said))]),
          render(small(...details(result))),
        ];
  return parts.join('\n\n');
}

/** A test case in a list: its name and the little that fits beside it. */
export function renderCaseItem(result: CaseResult): string {
  const { unknownStatus, conflict, durationMs } = decisiveRun(result);
  const hasPassed = result.outcome === 'passed';
  const beside: Inline[] = [];
  if (unknownStatus !== undefined) beside.push(words(', status '), code(unknownStatus, MAX_ID));
  if (conflict !== undefined) beside.push(words(', contradicting statuses: '), foreign(conflict, MAX_ID));
  const duration = hasPassed ? formatDuration(durationMs) : undefined;
  if (duration !== undefined) beside.push(words(`, ${duration}`));
  // What did not pass stands out in a list; in the list of passed test cases there is nothing to tell apart.
  const sign = hasPassed ? [] : [words(`${SIGNS[stateOf(result)]} `)];
  return render(list([[...sign, nameOf(result), ...beside]], { ordered: false }));
}

const stateOf = ({ outcome }: CaseResult): Sign => (outcome === 'unfinished' ? 'waiting' : outcome);

function explanation({ explanation, status }: Run, { text }: Evidence): Block[] {
  if (!hasText(explanation)) return [];
  const label = status === 'errored' ? 'Error:' : 'Why:';
  return [paragraph(strong(words(label)), words(' '), foreignLines(explanation, text))];
}

function failedAssertions(assertions: readonly Assertion[], evidence: Evidence): Block[] {
  const failed = assertions.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return [];
  const title = `${failed.length} of ${assertions.length} ${assertions.length === 1 ? 'assertion' : 'assertions'} failed:`;
  return [
    paragraph(words(title)),
    list(
      failed.map((one) => assertionItem(one, evidence)),
      { ordered: false },
    ),
  ];
}

function assertionItem(
  { label, expected, actual, explanation }: Assertion,
  { text, value }: Evidence,
): Inline[] {
  return onLines([
    [strong(foreign(label, MAX_NAME))],
    ...(expected === undefined ? [] : [[words('Expected: '), code(expected, value)]]),
    ...(actual === undefined ? [] : [[words('Actual: '), code(actual, value)]]),
    ...(hasText(explanation) ? [[foreign(explanation, text)]] : []),
  ]);
}

function criteria(all: readonly string[], { text }: Evidence): Block[] {
  if (all.length === 0) return [];
  // Numbered, since the judge's words refer to "criterion 2".
  return [
    paragraph(words('Judged by:')),
    list(
      all.map((one) => [foreign(one, text)]),
      { ordered: true },
    ),
  ];
}

function conversation(turns: readonly Turn[], { turn }: Evidence): Block {
  return quote(paragraph(...onLines(turns.map((one) => turnLine(one, turn)))));
}

function turnLine(turn: Turn, max: number): Inline[] {
  switch (turn.kind) {
    case 'speech':
      return [
        strong(words(turn.speaker === 'agent' ? 'Agent:' : 'Caller:')),
        words(' '),
        foreign(turn.text, max),
      ];
    case 'tool-call':
      return [words('Tool call: '), code(turn.tool, MAX_NAME), words(' '), code(turn.input, max)];
    case 'tool-result':
      return [words(turn.succeeded === false ? 'Tool failed: ' : 'Tool result: '), code(turn.output, max)];
    case 'transition':
      return [
        words('Node: '),
        ...(turn.from === undefined ? [] : [foreign(turn.from, MAX_NAME), words(' ')]),
        words('→ '),
        foreign(turn.to, MAX_NAME),
      ];
  }
}

function details(result: CaseResult): Inline[] {
  const run = decisiveRun(result);
  const others = result.runs.filter((one) => one !== run);
  const duration = formatDuration(run.durationMs);
  const ending = STATUS_WORDS[run.status];
  return dotted([
    [words(duration === undefined ? ending : `${ending} after ${duration}`)],
    [words('run '), idOf(run.id)],
    ...others.map((one) => [
      words(`run `),
      idOf(one.id),
      words(` ${STATUS_WORDS[one.status].toLowerCase()}`),
    ]),
  ]);
}

function hasText(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}
