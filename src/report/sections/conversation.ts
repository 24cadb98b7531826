import type { Run, Turn } from '../../domain/run.ts';
import { toolNames } from '../key-turns.ts';
import {
  type Block,
  blockquote,
  code,
  type Inline,
  joinLines,
  md,
  paragraph,
  strong,
  untrusted,
  untrustedWithBold,
} from '../markdown.ts';
import type { ReportedRun } from '../report.ts';
import type { EvidenceLimits } from './evidence.ts';
import { MAX_NAME } from './names.ts';

/** A turn among those that prove a judgement. */
const MAX_KEY_TURN = 600;
/** An answer of a tool among them; the whole conversation has more of it. */
const MAX_KEY_ANSWER = 160;

/** The turns that prove how a run ended, with what the reason quotes in bold. */
export function keyTurnsBlock(
  { excerpt: { turns, quotations } }: ReportedRun,
  limits: EvidenceLimits,
): Block {
  const lines = turns.flatMap(({ turn, tool, isAfterGap }) => {
    const max = Math.min(limits.turn, turn.kind === 'tool-result' ? MAX_KEY_ANSWER : MAX_KEY_TURN);
    return [...(isAfterGap ? [md`…`] : []), turnLine(turn, { max, tool, quotations })];
  });
  return quoteLines(lines);
}

/** A whole conversation, or the last turns of one that is longer than the limit. */
export function conversationBlock({ turns }: Run, limits: EvidenceLimits): Block {
  const names = toolNames(turns);
  const offset = Math.max(0, turns.length - limits.turns);
  const lines = turns
    .slice(offset)
    .map((turn, index) => turnLine(turn, { max: limits.turn, tool: names.get(index + offset) }));
  const before = offset === 0 ? [] : [md`… ${offset} earlier ${offset === 1 ? 'turn' : 'turns'}`];
  return quoteLines([...before, ...lines]);
}

const quoteLines = (lines: readonly Inline[][]): Block => blockquote(paragraph(joinLines(lines)));

function turnLine(
  turn: Turn,
  { max, tool, quotations = [] }: { max: number; tool?: string | undefined; quotations?: readonly string[] },
): Inline[] {
  switch (turn.kind) {
    case 'speech': {
      const speaker = strong(turn.speaker === 'agent' ? md`Agent:` : md`Caller:`);
      return md`${speaker} ${untrustedWithBold(turn.text, quotations, max)}`;
    }
    case 'tool-call':
      return md`Tool call: ${code(turn.tool, 100)} ${code(turn.input, max)}`;
    case 'tool-result': {
      const name = tool === undefined ? '' : md` ${code(tool, 100)}`;
      return md`Tool${name}${turn.succeeded === false ? ' failed: ' : ' answered: '}${code(turn.output, max)}`;
    }
    case 'transition': {
      const from = turn.from === undefined ? '' : md`${untrusted(turn.from, MAX_NAME)} `;
      return md`Node: ${from}→ ${untrusted(turn.to, MAX_NAME)}`;
    }
  }
}
