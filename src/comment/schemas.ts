/** Schemas that the formats of the comment share. Pure. */
import * as z from 'zod/mini';
import type { Tally } from '../domain/batch.ts';
import { whole } from '../json.ts';
import { PACKED } from './packed-json.ts';
import { MAX_RECORD } from './record.ts';

/** See `shortHash`. */
export const keySchema = z.string().check(z.regex(/^[0-9a-f]{16}$/));
export const recordSchema = z.string().check(z.maxLength(MAX_RECORD), z.regex(PACKED));
/** Passed, failed, errored, cancelled, unfinished, flaky, tolerated. */
export const countsSchema = z.tuple([whole, whole, whole, whole, whole, whole, whole]);

export type Counts = z.infer<typeof countsSchema>;

export function tallyOf(counts: Counts): Tally {
  const [passed, failed, errored, cancelled, unfinished, flaky, tolerated] = counts;
  const total = passed + failed + errored + cancelled + unfinished + tolerated;
  return { total, passed, flaky, failed, errored, cancelled, unfinished, tolerated };
}

export function countsOf(tally: Tally): Counts {
  const { passed, failed, errored, cancelled, unfinished, flaky, tolerated } = tally;
  return [passed, failed, errored, cancelled, unfinished, flaky, tolerated];
}
