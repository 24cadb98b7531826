import type { Report } from '../report.ts';
import { renderCtrf } from './ctrf.ts';
import { renderHtml } from './html/page.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';

/** Paths of the report files that the user asked for, by the input. */
export interface ReportPaths {
  readonly reportJson?: string | undefined;
  readonly reportCtrf?: string | undefined;
  readonly reportJunit?: string | undefined;
  readonly reportHtml?: string | undefined;
}

/** One report file to write. */
export interface ReportFile {
  /** The input that names its path, and the output that says that it was written. */
  readonly name: 'report-json' | 'report-ctrf' | 'report-junit' | 'report-html';
  readonly path: string;
  /** Makes its text, in pieces if it is long. */
  readonly render: (report: Report) => string | Iterable<string>;
}

/** The report files to write, in the order in which they are written. */
export function reportFilesOf(paths: ReportPaths): ReportFile[] {
  const files = [
    { name: 'report-json', path: paths.reportJson, render: renderJson },
    { name: 'report-ctrf', path: paths.reportCtrf, render: renderCtrf },
    { name: 'report-junit', path: paths.reportJunit, render: renderJunit },
    { name: 'report-html', path: paths.reportHtml, render: renderHtml },
  ] as const;
  return files.flatMap(({ path, ...file }) => (path === undefined ? [] : [{ ...file, path }]));
}
