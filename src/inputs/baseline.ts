import type { Base } from '../domain/comparison.ts';
import { baselineOf } from '../report/files/baseline.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded, withDeadline } from '../runtime/deadline.ts';
import { readTextFile, UnsuitableFile } from '../runtime/regular-file.ts';

/** More than a JSON report of 10,000 runs with their conversations. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads the outcome of each test case from an earlier JSON report of this action, or why there is none, as a clause. It
 * labels and never decides, so nothing is wrong with a file that is not there, or is not read in time. Never rejects.
 */
export async function readBaseline(
  path: string,
  within: Deadline,
  clock: Clock,
): Promise<{ readonly base?: Base | undefined; readonly baseUnavailableReason?: string | undefined }> {
  try {
    const text = await withDeadline(() => readTextFile(path, MAX_BYTES), within, clock);
    const base = baselineOf(text);
    return base === undefined
      ? { baseUnavailableReason: `the baseline ${path} is no JSON report of this action with test cases` }
      : { base };
  } catch (error) {
    if (error instanceof DeadlineExceeded) {
      return { baseUnavailableReason: `the baseline ${path} could not be read in time` };
    }
    const why = error instanceof UnsuitableFile ? `: ${error.message}` : '';
    return { baseUnavailableReason: `the baseline ${path} cannot be read${why}` };
  }
}
