import type { Report, ReportedCase, ReportedRun } from '../report.ts';
import { turnLength } from '../run-text.ts';

/** Limits of what explains one test case: code points, and the number of turns. */
export interface EvidenceLimits {
  /** Explanations and criteria. */
  readonly text: number;
  /** Expected and actual values. */
  readonly value: number;
  /** Each turn. */
  readonly turn: number;
  /** Number of runs that show their whole conversation, and the most turns of one. */
  readonly conversations: number;
  readonly turns: number;
}

/** From all that a reader could want to the least that still explains a test case. */
export const EVIDENCE = {
  complete: { text: 20_000, value: 5_000, turn: 20_000, conversations: 20, turns: 2_000 },
  full: { text: 4_000, value: 1_000, turn: 2_000, conversations: 9, turns: 500 },
  short: { text: 1_000, value: 300, turn: 300, conversations: 1, turns: 40 },
  minimal: { text: 300, value: 100, turn: 120, conversations: 0, turns: 0 },
} as const satisfies Record<string, EvidenceLimits>;

/** True if the test case has more to tell than this evidence shows. */
export function isTruncated(result: ReportedCase, report: Report, limits: EvidenceLimits): boolean {
  if (foldedConversations(result, report).length > limits.conversations) return true;
  const runs = limits.conversations > 1 ? result.runs : [result.decisive];
  return runs.some(({ explanation, criteria, assertions, turns }) => {
    const texts = [explanation, ...criteria, ...assertions.map((assertion) => assertion.explanation)];
    const values = assertions.flatMap(({ expected, actual }) => [expected, actual]);
    const isLonger = (max: number) => (text: string | undefined) => (text?.length ?? 0) > max;
    return (
      turns.length > limits.turns ||
      texts.some(isLonger(limits.text)) ||
      values.some(isLonger(limits.value)) ||
      turns.some((turn) => turnLength(turn) > limits.turn)
    );
  });
}

/**
 * The runs whose conversation stands in the fold: those that did not pass. Where only excerpts may be shown, that of the
 * decisive run stands open already.
 */
export const foldedConversations = (
  { runs, decisive }: ReportedCase,
  { transcripts }: Report,
): ReportedRun[] =>
  runs.filter(
    (run) => run.status !== 'passed' && run.turns.length > 0 && (transcripts === 'full' || run !== decisive),
  );

/** About the least that the test case takes with this evidence, in characters. */
export function minSizeOf({ decisive }: ReportedCase, { text, turn: max }: EvidenceLimits): number {
  const { explanation = '', turns } = decisive;
  const ofTurns = turns.reduce((sum, turn) => sum + Math.min(max, turnLength(turn)), 0);
  return ofTurns + Math.min(text, explanation.length);
}
