import type { Push } from '../../domain/comparison.ts';
import { type Assertion, countsAsNotPassed, type Run, type Turn } from '../../domain/run.ts';
import { joinWithAnd } from '../../domain/wording.ts';
import { clip } from '../../text/clean.ts';
import { formatDuration } from '../../text/format.ts';
import { toolNames } from '../key-turns.ts';
import {
  type Block,
  blockquote,
  code,
  fold,
  heading,
  type Inline,
  joinLines,
  list,
  md,
  paragraph,
  render,
  sentences,
  smallPrint,
  strong,
  trusted,
  untrusted,
  untrustedHtml,
  untrustedLines,
  untrustedWithBold,
} from '../markdown.ts';
import type { Report, ReportedCase, ReportedRun } from '../report.ts';
import { STATUS_WORDS } from '../run-text.ts';
import { linkPush } from './links.ts';
import { baseName, describeRuns, idOf, MAX_NAME, nameOf, sentenceCase, signOf } from './names.ts';

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
export const COMPLETE_EVIDENCE: EvidenceLimits = {
  text: 20_000,
  value: 5_000,
  turn: 20_000,
  conversations: 20,
  turns: 2_000,
};
export const FULL_EVIDENCE: EvidenceLimits = {
  text: 4_000,
  value: 1_000,
  turn: 2_000,
  conversations: 9,
  turns: 500,
};
export const SHORT_EVIDENCE: EvidenceLimits = {
  text: 1_000,
  value: 300,
  turn: 300,
  conversations: 1,
  turns: 40,
};
export const MINIMAL_EVIDENCE: EvidenceLimits = {
  text: 300,
  value: 100,
  turn: 120,
  conversations: 0,
  turns: 0,
};

/** A longer explanation shows its beginning, and the whole of it folded. */
const LONG = 500;
const BEGINNING = 320;
/** An answer of a tool in the quoted turns; the whole conversation has more of it. */
const MAX_QUOTED_ANSWER = 160;

/** Whether the test case has more to tell than this evidence shows. */
export function isTruncated(result: ReportedCase, report: Report, evidence: EvidenceLimits): boolean {
  const { decisive } = result;
  const runs = evidence.conversations > 1 ? result.runs : [decisive];
  if (foldedConversations(result, report).length > evidence.conversations) return true;
  return runs.some(
    (run) =>
      run.turns.length > evidence.turns ||
      [run.explanation, ...run.criteria, ...run.assertions.map(({ explanation }) => explanation)].some(
        (text) => (text?.length ?? 0) > evidence.text,
      ) ||
      run.assertions.some(({ expected, actual }) =>
        [expected, actual].some((text) => (text?.length ?? 0) > evidence.value),
      ) ||
      run.turns.some((turn) => turnLength(turn) > evidence.turn),
  );
}

/**
 * The runs whose conversation stands in the fold: those that did not pass. Where only excerpts may be shown, that of the
 * decisive run stands open already.
 */
const foldedConversations = ({ runs, decisive }: ReportedCase, { transcripts }: Report): ReportedRun[] =>
  runs.filter(
    (run) => run.status !== 'passed' && run.turns.length > 0 && (transcripts === 'full' || run !== decisive),
  );

/** About the least that the test case takes with this evidence, in characters. */
export function minSizeOf({ decisive }: ReportedCase, { text, turn: max }: EvidenceLimits): number {
  const { explanation = '', turns } = decisive;
  return turns.reduce(
    (sum, turn) => sum + Math.min(max, turnLength(turn)),
    Math.min(text, explanation.length),
  );
}

const turnLength = (turn: Turn): number =>
  turn.kind === 'speech'
    ? turn.text.length
    : turn.kind === 'tool-call'
      ? turn.input.length
      : turn.kind === 'tool-result'
        ? turn.output.length
        : 0;

/** A test case that did not pass, open: its name, what is known of it, why, the turns that prove it; the rest folded. */
export function renderCase(result: ReportedCase, report: Report, evidence: EvidenceLimits): string {
  const title = heading(3, ...md`${signOf(result)} ${nameOf(result)}`);
  return [render(title), ...content(result, report, evidence)].join('\n\n');
}

/** The same folded under its name, with a few words of ours beside it. */
export function renderFolded(
  result: ReportedCase,
  report: Report,
  { evidence, suffix }: { evidence: EvidenceLimits; suffix: string },
): string {
  const title = `${signOf(result)} <b>${untrustedHtml(result.testCase.name, MAX_NAME)}</b>${suffix}`;
  return fold(title, { open: false }, content(result, report, evidence).join('\n\n'));
}

/** An example of several failures: without its name, and without what they share where that is said already. */
export function renderExample(
  result: ReportedCase,
  report: Report,
  { evidence, isReasonShown }: { evidence: EvidenceLimits; isReasonShown: boolean },
): string {
  return content(result, report, evidence, isReasonShown).join('\n\n');
}

function content(
  result: ReportedCase,
  report: Report,
  evidence: EvidenceLimits,
  isReasonShown = false,
): string[] {
  const run = result.decisive;
  // The title of a folded flaky test case says how its runs went.
  const story = result.outcome === 'flaky' ? [] : runHistory(result, report);
  const { shown, whole } = explanationOf(run, evidence);
  const reasons = isReasonShown ? [] : [...shown, ...failedAssertions(run.assertions, evidence)];
  const isSilent = !isReasonShown && reasons.length === 0 && countsAsNotPassed(run);
  const provider = untrusted(report.providerTitle, 50);
  // One call: each costs as much as a short text.
  const blocks = [
    ...(story.length === 0 ? [] : [paragraph(...story)]),
    ...(isSilent ? [paragraph(...md`${provider} gave no reason.`)] : []),
    ...faults(result, evidence),
    ...reasons,
    ...guardrails(run),
    ...(run.excerpt.turns.length === 0 ? [] : [keyTurnsBlock(run, evidence)]),
  ];
  return [
    ...(blocks.length === 0 ? [] : [render(...blocks)]),
    ...details(result, { evidence, report, whole: isReasonShown ? [] : whole }),
  ];
}

/** Faults that the provider itself sees in the test. */
function faults({ testFaults }: ReportedCase, { text }: EvidenceLimits): Block[] {
  if (testFaults.length === 0) return [];
  return [
    paragraph(
      ...md`${strong(...md`Broken test:`)} ${untrusted(testFaults.join('; '), Math.min(text, 1_000))}.`,
    ),
  ];
}

function guardrails({ guardrails: names = [] }: Run): Block[] {
  if (names.length === 0) return [];
  const listed = names.flatMap((name, index) => md`${index === 0 ? '' : ', '}${code(name, 100)}`);
  return [paragraph(...md`${strong(...md`Guardrails triggered:`)} ${listed}`)];
}

/** Sentences about its runs, earlier pushes and the quarantine. */
export function runHistory(result: ReportedCase, report: Report): Inline[] {
  const runs = describeRuns(result);
  return sentences(
    runs === undefined ? [] : md`${trusted(sentenceCase(runs))}.`,
    comparisonSentence(result, report),
    earlierPushesSentence(result, report),
    editSentence(result, report),
    quarantineSentence(result),
  );
}

function comparisonSentence(result: ReportedCase, { comparedWith, base }: Report): Inline[] {
  if (result.comparison === undefined || comparedWith === undefined) return [];
  const version = untrusted(comparedWith, 60);
  const { passes, runs } = result.comparison;
  const count = md`${passes} of ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`;
  switch (result.comparison.outcome) {
    // Without a base the overview has a column for these.
    case 'passed':
    case 'flaky':
      return base !== undefined ? md`Passes on ${version} (${count}).` : [];
    case 'failed':
      return base !== undefined ? md`Fails on ${version} too (passed ${count}).` : [];
    default:
      return md`Could not be compared with ${version}.`;
  }
}

function earlierPushesSentence({ testCase, outcome }: ReportedCase, { history, origin }: Report): Inline[] {
  const pushes = history?.pushes ?? [];
  if (history === undefined || pushes.length === 0 || testCase.id === undefined || outcome === 'flaky')
    return [];
  const failedIn = history.failedPushIndices.get(testCase.id) ?? [];
  if (failedIn.length === 0) return md`First failed in this push.`;
  const streak = streakBefore(failedIn, pushes.length);
  const first: Push | undefined = pushes[pushes.length - streak];
  if (streak === 0 || first === undefined || streak < failedIn.length) {
    return md`Failed in ${failedIn.length + 1} of the last ${pushes.length + 1} pushes.`;
  }
  if (streak === pushes.length) return md`Failed in each of the last ${pushes.length + 1} pushes.`;
  return md`First failed in ${streak === 1 ? 'the previous push, ' : ''}${linkPush(first, origin)}.`;
}

/** Says that the test itself may be the cause. */
function editSentence({ edit }: ReportedCase, { base }: Report): Inline[] {
  if (edit === undefined) return [];
  const since = edit === 'base' && base !== undefined ? [baseName(base)] : md`the last push`;
  return md`The test case was edited since ${since}: the failure may come from that edit.`;
}

/** Length of the unbroken streak of failed pushes that ends with the last one before this. */
function streakBefore(failedIn: readonly number[], count: number): number {
  const failed = new Set(failedIn);
  let streak = 0;
  while (streak < count && failed.has(count - 1 - streak)) streak += 1;
  return streak;
}

/** Remark about a quarantine of a test case that counts all the same. */
function quarantineSentence({ quarantine }: ReportedCase): Inline[] {
  if (quarantine === undefined || quarantine.state === 'in-force') return [];
  const until = untrusted(quarantine.entry.until, 20);
  const who = md` (owner: ${untrusted(quarantine.entry.owner, 100)})`;
  return quarantine.state === 'expired'
    ? md`Its quarantine ended on ${until}${who}, so it counts again.`
    : md`Its quarantine until ${until}${who} is in force after the merge.`;
}

function explanationOf(
  { explanation, status }: Run,
  { text }: EvidenceLimits,
): { shown: Block[]; whole: Block[] } {
  if (!hasText(explanation)) return { shown: [], whole: [] };
  const label = strong(...(status === 'errored' ? md`Error:` : md`Why:`));
  if (explanation.length <= LONG || text <= BEGINNING) {
    return { shown: [paragraph(...md`${label} ${untrustedLines(explanation, text)}`)], whole: [] };
  }
  const start = untrustedLines(beginningOf(explanation), BEGINNING);
  const all = md`${strong(...md`The whole reason:`)} ${untrustedLines(explanation, text)}`;
  return { shown: [paragraph(...md`${label} ${start}`)], whole: [paragraph(...all)] };
}

/** The first sentences of a long text, or its first words where a sentence is too long. */
function beginningOf(text: string): string {
  const start = text.slice(0, BEGINNING - 20);
  const sentence = Math.max(start.lastIndexOf('. '), start.lastIndexOf('。'));
  const end = sentence > BEGINNING / 3 ? sentence + 1 : start.lastIndexOf(' ');
  return end > BEGINNING / 3 ? `${start.slice(0, end).trimEnd()} …` : clip(text, BEGINNING);
}

function failedAssertions(assertions: readonly Assertion[], evidence: EvidenceLimits): Block[] {
  const failed = assertions.filter(({ result }) => result === 'failed');
  if (failed.length === 0) return [];
  const noun = assertions.length === 1 ? 'assertion' : 'assertions';
  return [
    paragraph(...md`${failed.length} of ${assertions.length} ${noun} failed:`),
    list(
      failed.map((assertion) => assertionItem(assertion, evidence)),
      { ordered: false },
    ),
  ];
}

function assertionItem(
  { label, expected, actual, explanation }: Assertion,
  { text, value }: EvidenceLimits,
): Inline[] {
  return joinLines([
    [strong(untrusted(label, MAX_NAME))],
    ...(expected === undefined ? [] : [md`Expected: ${code(expected, value)}`]),
    ...(actual === undefined ? [] : [md`Actual: ${code(actual, value)}`]),
    ...(hasText(explanation) ? [[untrusted(explanation, text)]] : []),
  ]);
}

/** The turns that prove it, with what the reason quotes in bold. */
function keyTurnsBlock({ excerpt: { turns, quotations } }: ReportedRun, evidence: EvidenceLimits): Block {
  const max = Math.min(evidence.turn, 600);
  const lines = turns.flatMap(({ turn, tool, isAfterGap }) => {
    const line =
      turn.kind === 'tool-result'
        ? answerLine(turn, { tool, max: Math.min(max, MAX_QUOTED_ANSWER) })
        : turnLine(turn, max, quotations);
    return [...(isAfterGap ? [md`…`] : []), line];
  });
  return blockquote(paragraph(...joinLines(lines)));
}

/** Criteria, conversations and ids, folded under a title that says what is there. */
function details(
  result: ReportedCase,
  { evidence, report, whole }: { evidence: EvidenceLimits; report: Report; whole: readonly Block[] },
): string[] {
  const { criteria } = result.decisive;
  const judgedBy =
    criteria.length === 0 || evidence === MINIMAL_EVIDENCE ? [] : criteriaOf(criteria, evidence);
  const conversations = new Set(foldedConversations(result, report).slice(0, evidence.conversations));
  const ids = result.runs.length === 1 ? 'run id' : 'run ids';
  const parts = [
    ...(whole.length > 0 ? ['the whole reason'] : []),
    ...(judgedBy.length > 0 ? [criteria.length === 1 ? '1 criterion' : `${criteria.length} criteria`] : []),
    ...(conversations.size > 0 && report.transcripts === 'full'
      ? [conversations.size === 1 ? 'whole conversation' : `${conversations.size} whole conversations`]
      : []),
  ];
  const runs = result.runs.flatMap((run, index): Block[] => [
    paragraph(...runLine(run, { result, report, index })),
    ...(conversations.has(run)
      ? [report.transcripts === 'full' ? conversation(run, evidence) : keyTurnsBlock(run, evidence)]
      : []),
  ]);
  if (parts.length === 0 && result.runs.length === 1)
    return [render(smallPrint(...runLine(result.runs[0], { result, report, index: 0 })))];
  const title = [...parts, ids].join(', ');
  return [fold(sentenceCase(title), { open: false }, render(...whole, ...judgedBy, ...runs))];
}

/** End of one run, its time and its id; with its batch where there are several. */
function runLine(
  run: ReportedRun,
  { result: { runs }, report: { batches }, index }: { result: ReportedCase; report: Report; index: number },
): Inline[] {
  const took = formatDuration(run.durationMs);
  const ending = took === undefined ? STATUS_WORDS[run.status] : `${STATUS_WORDS[run.status]} after ${took}`;
  const start =
    runs.length === 1
      ? md`${trusted(ending)}`
      : md`${strong(...md`Run ${index + 1}:`)} ${trusted(ending.toLowerCase())}`;
  const status = run.unknownStatus === undefined ? '' : md`, status ${code(run.unknownStatus, 100)}`;
  const conflict =
    run.conflict === undefined
      ? ''
      : md`, contradicting statuses: ${untrusted(joinWithAnd(run.conflict), 100)}`;
  const unproven =
    run.unproven === undefined ? '' : md`, proves nothing: ${untrusted(run.unproven.why, 200)}`;
  const batch = batches.length < 2 || run.batchId === undefined ? '' : md` of batch ${idOf(run.batchId)}`;
  return md`${start}${status}${conflict}${unproven}, run ${idOf(run.id)}${batch}`;
}

function criteriaOf(all: readonly string[], { text }: EvidenceLimits): Block[] {
  // Numbered, since the judge's words refer to "criterion 2".
  return [
    paragraph(...md`Judged by:`),
    list(
      all.map((criterion) => [untrusted(criterion, text)]),
      { ordered: true },
    ),
  ];
}

function conversation({ turns }: Run, { turn: max, turns: most }: EvidenceLimits): Block {
  const shown = turns.slice(-most);
  const names = toolNames(turns);
  const offset = turns.length - shown.length;
  const lines = shown.map((turn, index) =>
    turn.kind === 'tool-result'
      ? answerLine(turn, { tool: names.get(index + offset), max })
      : turnLine(turn, max, []),
  );
  const before = offset === 0 ? [] : [md`… ${offset} earlier ${offset === 1 ? 'turn' : 'turns'}`];
  return blockquote(paragraph(...joinLines([...before, ...lines])));
}

function answerLine(
  turn: Extract<Turn, { kind: 'tool-result' }>,
  { tool, max }: { tool: string | undefined; max: number },
): Inline[] {
  const name = tool === undefined ? '' : md` ${code(tool, 100)}`;
  return md`Tool${name}${turn.succeeded === false ? ' failed: ' : ' answered: '}${code(turn.output, max)}`;
}

function turnLine(
  turn: Exclude<Turn, { kind: 'tool-result' }>,
  max: number,
  quotations: readonly string[],
): Inline[] {
  switch (turn.kind) {
    case 'speech': {
      const speaker = strong(...(turn.speaker === 'agent' ? md`Agent:` : md`Caller:`));
      return md`${speaker} ${untrustedWithBold(turn.text, quotations, max)}`;
    }
    case 'tool-call':
      return md`Tool call: ${code(turn.tool, 100)} ${code(turn.input, max)}`;
    case 'transition': {
      const from = turn.from === undefined ? '' : md`${untrusted(turn.from, MAX_NAME)} `;
      return md`Node: ${from}→ ${untrusted(turn.to, MAX_NAME)}`;
    }
  }
}

function hasText(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}
