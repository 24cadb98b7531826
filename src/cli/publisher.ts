import type { Publisher } from '../gate.ts';
import { readBaseline } from '../inputs/baseline.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { buildReport } from '../report/build-report.ts';
import { reportFilesOf } from '../report/files/report-files.ts';
import type { Report } from '../report/report.ts';
import { DeadlineExceeded, withDeadline } from '../runtime/deadline.ts';
import { errorMessageOf } from '../runtime/errors.ts';
import { WRITE_FILE_MS } from '../runtime/limits.ts';
import { writeRegularFile } from '../runtime/regular-file.ts';
import type { Environment } from './environment.ts';
import { STDOUT } from './gate-inputs.ts';

/** Result of `run`. */
export interface Published {
  /** `undefined` only if the gate never got so far. */
  readonly report: Report | undefined;
  /** The paths of the files that were written. */
  readonly files: readonly string[];
  /** Reasons why others were not: sentences. */
  readonly warnings: readonly string[];
}

/** Keeps the report and writes its files. Nothing is printed here: the result is told once, when all is over. */
export function createPublisher(
  inputs: Inputs,
  { clock, redact }: Pick<Environment, 'clock' | 'redact'>,
): Publisher & { published(): Published } {
  let published: Published = { report: undefined, files: [], warnings: [] };
  // What goes to standard output is no file.
  const reportFiles = reportFilesOf(inputs).filter(({ path }) => path !== STDOUT);
  return {
    published: () => published,

    async readHistory(within) {
      return inputs.baseline === undefined ? {} : readBaseline(inputs.baseline, within, clock);
    },

    showWaiting: () => undefined,

    async publish(findings, { until, signal }) {
      const report = buildReport(
        {
          ...findings,
          transcripts: inputs.transcripts === 'auto' ? 'full' : inputs.transcripts,
          origin: {},
          reportFile: reportFiles[0]?.path,
        },
        redact,
      );
      const files: string[] = [];
      const warnings: string[] = [];
      published = { report, files, warnings };
      for (const { path, render } of reportFiles) {
        try {
          const deadline = { until: Math.min(until, clock.now() + WRITE_FILE_MS), signal };
          await withDeadline(() => writeRegularFile(path, render(report)), deadline, clock);
          files.push(path);
        } catch (error) {
          warnings.push(`${path} could not be written: ${whyNot(error)}`);
        }
      }
    },
  };
}

function whyNot(error: unknown): string {
  if (error instanceof DeadlineExceeded) return 'it took too long.';
  return `${errorMessageOf(error).replace(/\.$/, '')}.`;
}
