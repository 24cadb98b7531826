import { type Assertion, countsAsNotPassed, type Run } from '../../domain/run.ts';
import { clip } from '../../text/clean.ts';
import { formatDuration } from '../../text/format.ts';
import {
  type Block,
  code,
  heading,
  type Inline,
  joinLines,
  joinWithCommas,
  list,
  md,
  paragraph,
  smallPrint,
  strong,
  trusted,
  untrusted,
  untrustedHtml,
  untrustedLines,
} from '../markdown.ts';
import { fold, render } from '../markdown-writer.ts';
import type { Report, ReportedCase, ReportedRun } from '../report.ts';
import { failedAssertions, hasText, STATUS_WORDS } from '../run-text.ts';
import { conversationBlock, keyTurnsBlock } from './conversation.ts';
import { EVIDENCE, type EvidenceLimits, foldedConversations } from './evidence.ts';
import { idOf, MAX_NAME, nameOf, sentenceCase, signOf, statusRemarks } from './names.ts';
import { runHistory } from './run-history.ts';

/** A longer explanation shows its beginning, and the whole of it folded. */
const LONG = 500;
const BEGINNING = 320;

/** A test case that did not pass, open: its name, what is known of it, why, the turns that prove it; the rest folded. */
export function renderCase(result: ReportedCase, report: Report, evidence: EvidenceLimits): string {
  const title = heading(3, md`${signOf(result)} ${nameOf(result)}`);
  return `${render(title)}\n\n${renderEvidence(result, report, { evidence })}`;
}

/** The same folded under its name, with a few words of ours beside it. */
export function renderFolded(
  result: ReportedCase,
  report: Report,
  { evidence, suffix }: { evidence: EvidenceLimits; suffix: string },
): string {
  const title = `${signOf(result)} <b>${untrustedHtml(result.testCase.name, MAX_NAME)}</b>${suffix}`;
  return fold(title, { open: false }, renderEvidence(result, report, { evidence }));
}

/** The same without its name; without its reason where that is said already (`isReasonShown`). */
export function renderEvidence(
  result: ReportedCase,
  report: Report,
  { evidence, isReasonShown = false }: { evidence: EvidenceLimits; isReasonShown?: boolean },
): string {
  const run = result.decisive;
  // The title of a folded flaky test case says how its runs went.
  const history = result.outcome === 'flaky' ? [] : runHistory(result, report);
  const explanation = isReasonShown ? NO_EXPLANATION : explanationOf(run, evidence);
  const assertions = isReasonShown ? [] : assertionBlocks(run, evidence);
  const reasons = [...explanation.shown, ...assertions];
  const isSilent = !isReasonShown && reasons.length === 0 && countsAsNotPassed(run);
  const provider = untrusted(report.providerTitle, 50);
  const blocks = [
    ...(history.length === 0 ? [] : [paragraph(history)]),
    ...(isSilent ? [paragraph(md`${provider} gave no reason.`)] : []),
    ...faults(result, evidence),
    ...reasons,
    ...guardrails(run),
    ...(run.excerpt.turns.length === 0 ? [] : [keyTurnsBlock(run, evidence)]),
  ];
  const more = details(result, report, { evidence, whole: explanation.whole });
  return blocks.length === 0 ? more : `${render(...blocks)}\n\n${more}`;
}

/** Faults that the provider itself sees in the test. */
function faults({ testFaults }: ReportedCase, { text }: EvidenceLimits): Block[] {
  if (testFaults.length === 0) return [];
  const faultsText = untrusted(testFaults.join('; '), Math.min(text, 1_000));
  return [paragraph(md`${strong(md`Broken test:`)} ${faultsText}.`)];
}

function guardrails({ guardrails: names = [] }: Run): Block[] {
  if (names.length === 0) return [];
  const listed = joinWithCommas(names.map((name) => [code(name, 100)]));
  return [paragraph(md`${strong(md`Guardrails triggered:`)} ${listed}`)];
}

const NO_EXPLANATION = { shown: [], whole: [] };

/** The explanation, or the beginning of a long one with the whole of it for the fold. */
function explanationOf(
  { explanation, status }: Run,
  { text }: EvidenceLimits,
): { shown: Block[]; whole: Block[] } {
  if (!hasText(explanation)) return NO_EXPLANATION;
  const label = strong(status === 'errored' ? md`Error:` : md`Why:`);
  if (explanation.length <= LONG || text <= BEGINNING) {
    return { shown: [paragraph(md`${label} ${untrustedLines(explanation, text)}`)], whole: [] };
  }
  const start = untrustedLines(beginningOf(explanation), BEGINNING);
  const all = md`${strong(md`The whole reason:`)} ${untrustedLines(explanation, text)}`;
  return { shown: [paragraph(md`${label} ${start}`)], whole: [paragraph(all)] };
}

/** The first sentences of a long text, or its first words where a sentence is too long. */
function beginningOf(text: string): string {
  const start = text.slice(0, BEGINNING - 20);
  const sentence = Math.max(start.lastIndexOf('. '), start.lastIndexOf('。'));
  const end = sentence > BEGINNING / 3 ? sentence + 1 : start.lastIndexOf(' ');
  return end > BEGINNING / 3 ? `${start.slice(0, end).trimEnd()} …` : clip(text, BEGINNING);
}

function assertionBlocks(run: Run, evidence: EvidenceLimits): Block[] {
  const { assertions } = run;
  const failed = failedAssertions(run);
  if (failed.length === 0) return [];
  const noun = assertions.length === 1 ? 'assertion' : 'assertions';
  const items = failed.map((assertion) => assertionItem(assertion, evidence));
  return [
    paragraph(md`${failed.length} of ${assertions.length} ${noun} failed:`),
    list(items, { ordered: false }),
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

/** Criteria, conversations and ids, folded under a title that says what is there; a line where there is only one id. */
function details(
  result: ReportedCase,
  report: Report,
  { evidence, whole }: { evidence: EvidenceLimits; whole: readonly Block[] },
): string {
  const { runs, decisive } = result;
  const criteria = evidence === EVIDENCE.minimal ? [] : decisive.criteria;
  const conversations = new Set(foldedConversations(result, report).slice(0, evidence.conversations));
  const areWhole = report.transcripts === 'full';
  const parts = [
    ...(whole.length > 0 ? ['the whole reason'] : []),
    ...(criteria.length > 0 ? [criteria.length === 1 ? '1 criterion' : `${criteria.length} criteria`] : []),
    ...(conversations.size > 0 && areWhole
      ? [conversations.size === 1 ? 'whole conversation' : `${conversations.size} whole conversations`]
      : []),
  ];
  if (parts.length === 0 && runs.length === 1)
    return render(smallPrint(runLine(runs[0], { result, report, index: 0 })));
  const title = [...parts, runs.length === 1 ? 'run id' : 'run ids'].join(', ');
  const ofRuns = runs.flatMap((run, index): Block[] => {
    const line = paragraph(runLine(run, { result, report, index }));
    if (!conversations.has(run)) return [line];
    return [line, areWhole ? conversationBlock(run, evidence) : keyTurnsBlock(run, evidence)];
  });
  const content = render(...whole, ...criteriaBlocks(criteria, evidence), ...ofRuns);
  return fold(sentenceCase(title), { open: false }, content);
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
      : md`${strong(md`Run ${index + 1}:`)} ${trusted(ending.toLowerCase())}`;
  const batch = batches.length < 2 || run.batchId === undefined ? '' : md` of batch ${idOf(run.batchId)}`;
  return md`${start}${statusRemarks(run)}, run ${idOf(run.id)}${batch}`;
}

/** Numbered, since the judge's words refer to "criterion 2". */
function criteriaBlocks(criteria: readonly string[], { text }: EvidenceLimits): Block[] {
  if (criteria.length === 0) return [];
  const items = criteria.map((criterion) => [untrusted(criterion, text)]);
  return [paragraph(md`Judged by:`), list(items, { ordered: true })];
}
