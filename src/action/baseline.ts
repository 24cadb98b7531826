import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Base } from '../domain/comparison.ts';
import { baselineOf } from '../report/files/baseline.ts';

/** More than a JSON report of 10,000 runs with their conversations. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * What an earlier JSON report of this action knows of each test case; or why it is none, as a clause. It labels and
 * never decides, so nothing is wrong with a file that is not there. Never rejects.
 */
export async function readBaseline(
  path: string,
): Promise<{ readonly base?: Base | undefined; readonly baseUnavailableReason?: string | undefined }> {
  try {
    const { size } = await stat(resolve(path));
    if (size > MAX_BYTES) return { baseUnavailableReason: `the baseline ${path} is larger than 64 MiB` };
    const base = baselineOf(await readFile(resolve(path), 'utf8'));
    return base === undefined
      ? { baseUnavailableReason: `the baseline ${path} is no JSON report of this action with test cases` }
      : { base };
  } catch {
    return { baseUnavailableReason: `the baseline ${path} cannot be read` };
  }
}
