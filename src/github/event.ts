/** The parts of an event's payload that we read. Each is looked at by itself: what is missing or odd is not there. */
import * as z from 'zod/mini';
import { lenient } from '../json.ts';

const repository = z.object({
  id: lenient(z.number()),
  visibility: lenient(z.enum(['public', 'private', 'internal'])),
  private: lenient(z.boolean()),
});

const pullRequest = z.object({
  number: z.int().check(z.positive()),
  head: lenient(z.object({ sha: lenient(z.string()), ref: lenient(z.string()) })),
  base: lenient(z.object({ ref: lenient(z.string()), repo: lenient(z.object({ id: lenient(z.number()) })) })),
});

const workflowRun = z.object({
  head_sha: lenient(z.string()),
  head_branch: lenient(z.string()),
  head_repository: lenient(z.object({ owner: z.object({ login: z.string() }) })),
  pull_requests: z.catch(z.array(pullRequest), []),
});

/** A check suite or a check run: both name the commit, and pull requests of this repository alone. */
const check = z.object({ head_sha: lenient(z.string()), pull_requests: z.catch(z.array(pullRequest), []) });

const payload = z.object({
  repository: lenient(repository),
  pull_request: lenient(pullRequest),
  workflow_run: lenient(workflowRun),
  check_suite: lenient(check),
  check_run: lenient(check),
  deployment: lenient(z.object({ sha: lenient(z.string()) })),
  /** Of the event `status`: the commit. */
  sha: lenient(z.string()),
  merge_group: lenient(
    z.object({ head_ref: z.string(), head_sha: lenient(z.string()), base_ref: lenient(z.string()) }),
  ),
  issue: lenient(z.object({ number: z.int().check(z.positive()), pull_request: lenient(z.object({})) })),
});

export type EventPayload = z.infer<typeof payload>;

/** Reads the payload of any event; what is not an object has nothing in it. */
export function readPayload(json: unknown): EventPayload {
  return z.catch(payload, {}).parse(json);
}

/** The commit that the event is about, where that is not the one of a pull request or `GITHUB_SHA`. */
export function commitOfEvent({
  workflow_run,
  check_suite,
  check_run,
  deployment,
  sha,
}: EventPayload): string | undefined {
  return workflow_run?.head_sha ?? check_suite?.head_sha ?? check_run?.head_sha ?? deployment?.sha ?? sha;
}

/** The name of the branch that a ref like `refs/heads/main` is; a name stays as it is. */
export const branchNameOf = (ref: string): string => ref.replace(/^refs\/heads\//, '');

/** Parses the ref of a merge queue's branch: `refs/heads/gh-readonly-queue/BASE/pr-NUMBER-SHA`. */
export function parseQueueBranch(
  ref: string | undefined,
): { readonly base: string; readonly pullNumber: number } | undefined {
  const [, base, number] =
    /^gh-readonly-queue\/(.+)\/pr-(\d+)-[0-9a-f]+$/.exec(branchNameOf(ref ?? '')) ?? [];
  return base === undefined ? undefined : { base, pullNumber: Number(number) };
}
