import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { error, setOutput, summary } from '@actions/core';
import { passRate, type Report } from '../report/report.ts';
import { logLine } from '../text/clean.ts';

/** Writes the outputs that the verdict and the counts make. */
export function writeOutputs({ judgement, tally }: Report): void {
  setOutput('verdict', judgement?.verdict ?? 'inconclusive');
  setOutput('reason', logLine(judgement?.reason ?? ''));
  for (const [name, count] of Object.entries(tally)) setOutput(name, count);
  setOutput('pass-rate', passRate(tally) ?? '');
}

/** Puts the text in place of the step's job summary. Rejects when the runner has no place for it. */
export async function writeSummary(markdown: string): Promise<void> {
  summary.emptyBuffer().addRaw(markdown);
  await summary.write({ overwrite: true });
}

/** One error annotation on the workflow run. */
export function annotate({ title, message }: { title: string; message: string }): void {
  error(message, { title });
}

/** Writes a report file, making its folders, and the output of the same name. Rejects when that cannot be done. */
export async function writeReportFile(output: string, path: string, content: string): Promise<void> {
  await makeFolder(dirname(path));
  await writeFile(path, content);
  setOutput(output, path);
}

/** One level at a time: Node.js 24 never comes back from a recursive `mkdir` below `/proc`. */
async function makeFolder(path: string): Promise<void> {
  const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/** The address of the comment, as an output. */
export function setCommentUrl(url: string): void {
  setOutput('comment-url', url);
}
