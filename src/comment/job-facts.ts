/** Facts about a job, kept in the comment, that a comment of several jobs shows beside its body. Pure. */
import * as z from 'zod/mini';
import { lenient, whole } from '../json.ts';

/** As `Origin`. */
const origin = z.object({
  commit: lenient(z.string()),
  repositoryUrl: lenient(z.string()),
  runId: lenient(whole),
  runNumber: lenient(whole),
  runAttempt: lenient(whole),
  jobUrl: lenient(z.string()),
  wordsUrl: lenient(z.string()),
});

/** Facts of a job's report beside its body. Fields that an older version of this action did not write are absent. */
export const jobFactsSchema = z.readonly(
  z.object({
    /** Our words: "1 of 6 failed, new". */
    result: z.string(),
    /** Duration in our words; empty while it waits. */
    took: z.string(),
    /** The provider's title. */
    providerTitle: z.string(),
    /** The job's lines for the details of all jobs: Markdown, a line each. One text in older comments, as small print. */
    footer: z.catch(z.readonly(z.array(z.string())), []),
    /** Advice about it, as Markdown of one line; empty where there is nothing to do. */
    next: lenient(z.string()),
    /** Advice about what else may be wrong, as Markdown of one line: often the same for all jobs. */
    hint: lenient(z.string()),
    /** True if the job started its batches itself, so that a new attempt of it tests again. */
    startsBatch: lenient(z.boolean()),
    /** True if the job succeeds whatever its verdict is. */
    isReportOnly: lenient(z.boolean()),
    origin: lenient(origin),
  }),
);

export type JobFacts = z.infer<typeof jobFactsSchema>;

/** The same facts in the same order, whoever writes them. */
export function withStableKeyOrder(facts: JobFacts): JobFacts {
  return jobFactsSchema.parse(facts);
}
