import type { Element } from 'hast';
import { h } from 'hastscript';
import type { Run, Turn } from '../../../domain/run.ts';
import { cleanLine } from '../../../text/clean.ts';
import { toolNames } from '../../key-turns.ts';
import { markQuotations } from '../../quotations.ts';
import type { Report } from '../../report.ts';
import { MAX_NAME } from '../../sections/names.ts';
import type { Limits } from './budget.ts';
import { keyTurnsOf, nearestStretches, type Parting, type Stretch, stretchesOf } from './conversation.ts';
import { code, glyph, leftOut, untrusted } from './elements.ts';
import { layOutJson } from './json-layout.ts';
import { shownText } from './text.ts';
import type { Node } from './tree.ts';

const MAX_PEEK = 90;
/** A text that may be higher than its box, which then scrolls. */
const SCROLLS = 300;

/** The conversations that a run is shown beside, and how much of each is shown. */
interface ConversationOptions {
  readonly report: Report;
  readonly limits: Limits;
  /** Point from which it differs from the one that it is compared with. */
  readonly parting: Parting | undefined;
  /** The run that decided, where two are compared. */
  readonly comparedRun: Run | undefined;
}

/** The conversation of a run, turn by turn; or why there is none. */
export function conversationOf(run: Run, options: ConversationOptions): Element {
  const { limits, report, parting, comparedRun } = options;
  const { turns } = run;
  if (turns.length === 0) return h('p', { class: 'muted none' }, whyNoConversation(report));
  const { turnIndices, quotations, isProof } = keyTurnsOf(run);
  // Of a conversation that is not whole, every turn is there because it shows something, and none has its number.
  const isExcerpt = report.transcripts === 'excerpt';
  // Of a run that ended with an error, the last turns show how far it came, and prove nothing.
  const isShownAsKey = isProof || run.status !== 'errored';
  const keyTurns = new Set(isShownAsKey ? (isExcerpt ? turns.keys() : turnIndices) : []);
  const tools = toolNames(turns);
  const partsAt = parting?.kind === 'at' ? parting.place : undefined;
  const item = (place: number): Node[] => {
    const turn = turns[place];
    if (turn === undefined) return [];
    const isKeyTurn = keyTurns.has(place);
    const state = {
      ...{ isKeyTurn, limits, tool: tools.get(place) },
      number: isExcerpt ? undefined : place + 1,
      isSame: partsAt !== undefined && place < partsAt,
      quotations: isKeyTurn ? quotations : [],
    };
    return [
      ...(place === partsAt && place > 0 ? [partingMark('Here the runs part')] : []),
      turnItem(turn, state),
    ];
  };
  // What matters in one of two runs is open in the other too, so that they can be read line by line.
  const beside =
    comparedRun === undefined || partsAt === undefined ? [] : keyTurnsOf(comparedRun).turnIndices;
  const matters = [...turnIndices, ...beside, ...(partsAt === undefined ? [] : [partsAt])];
  const isCut = turns.length > limits.turns;
  const stretches = isCut
    ? nearestStretches(turns.length, matters, limits.turns)
    : stretchesOf(turns.length, matters);
  const items = stretches.flatMap((stretch): Node[] => {
    if (!stretch.isFolded) return placesIn(stretch).flatMap(item);
    const count = stretch.to - stretch.from;
    const label = `${count} ${count === 1 ? 'turn' : 'turns'}`;
    if (isCut) return [h('li', { class: 'gap' }, h('p', `… ${label} left out`))];
    const isSame = partsAt !== undefined && stretch.to <= partsAt;
    const title = isSame ? `${label}, the same in both` : label;
    const list = h('ol', { class: 'turns' }, placesIn(stretch).flatMap(item));
    return [h('li', { class: 'gap' }, h('details', [h('summary', title), list]))];
  });
  const ended = partsAt === turns.length ? [partingMark('Here this run ends, and the other goes on')] : [];
  return h('ol', { class: 'turns' }, [...items, ...ended]);
}

function whyNoConversation({ transcripts, providerTitle, withheldFor }: Report): string {
  return transcripts === 'full'
    ? `${cleanLine(providerTitle, 50) || 'The provider'} gave no conversation, or it was not kept.`
    : `No conversation (transcripts: ${withheldFor === undefined ? transcripts : 'auto'}).`;
}

const partingMark = (text: string): Element => h('li', { class: 'part' }, text);

const placesIn = ({ from, to }: Stretch): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

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
