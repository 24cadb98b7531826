import { error, notice, summary, warning } from '@actions/core';
import { TALLY_KEYS } from '../domain/batch.ts';
import { countNewFailures } from '../domain/comparison.ts';
import { passRate, type Report } from '../report/report.ts';
import { logLine } from '../text/clean.ts';
import { setOutput } from './outputs.ts';

/** Writes the outputs of the verdict and the counts. `startedRuns` is empty where a fault leaves it unknown. */
export function writeOutputs(report: Report, startedRuns: number | '' = report.started?.runs ?? 0): void {
  const { judgement, tally, batches } = report;
  setOutput('verdict', judgement?.verdict ?? 'inconclusive');
  setOutput('reason', logLine(judgement?.reason ?? ''));
  for (const name of TALLY_KEYS) setOutput(name, tally[name]);
  setOutput('pass-rate', passRate(report) ?? '');
  setOutput('new-failures', countNewFailures(report.cases, report.base) ?? '');
  setOutput(
    'runs',
    batches.reduce((sum, { batch }) => sum + (batch?.runs?.length ?? 0), 0),
  );
  setOutput('started-runs', startedRuns);
}

/** Puts the text in place of the step's job summary. Rejects when the runner has no place for it. */
export async function writeSummary(markdown: string): Promise<void> {
  summary.emptyBuffer().addRaw(markdown);
  await summary.write({ overwrite: true });
}

/** Writes one annotation on the workflow run, at a line of a file if it is about one. */
export type Annotate = (annotation: {
  readonly title: string;
  readonly message: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}) => void;

/** One error annotation; a warning where the gate only reports. */
export const annotatorOf =
  ({ isReportOnly }: Pick<Report, 'isReportOnly'>): Annotate =>
  ({ title, message, file, line }) => {
    const write = isReportOnly === true ? warning : error;
    write(logLine(message), {
      title: logLine(title),
      ...(file === undefined ? {} : { file: logLine(file) }),
      ...(line === undefined ? {} : { startLine: line }),
    });
  };

/** Writes a notice on the workflow run. */
export function writeNotice(message: string): void {
  notice(logLine(message));
}
