/** Facts about a job, kept in the comment, that a comment of several jobs shows beside its body. Pure. */
import * as z from 'zod/mini';
import { lenient } from '../json.ts';
import type { JobFacts } from './jobs.ts';

const whole = z.int().check(z.nonnegative());
const origin = z.object({
  commit: lenient(z.string()),
  repositoryUrl: lenient(z.string()),
  runId: lenient(whole),
  runNumber: lenient(whole),
  runAttempt: lenient(whole),
  jobUrl: lenient(z.string()),
  wordsUrl: lenient(z.string()),
});

/** Fields that an older version of this action did not write are absent. */
export const jobFactsSchema = z.object({
  result: z.string(),
  took: z.string(),
  providerTitle: z.string(),
  /** One text in older comments, which had them as small print. */
  footer: z.catch(z.readonly(z.array(z.string())), []),
  next: lenient(z.string()),
  hint: lenient(z.string()),
  startsBatch: lenient(z.boolean()),
  isReportOnly: lenient(z.boolean()),
  origin: lenient(origin),
}) satisfies z.ZodMiniType<JobFacts>;

/** The same facts in the same order, whoever writes them. */
export function withStableKeyOrder(facts: JobFacts): JobFacts {
  return jobFactsSchema.parse(facts);
}
