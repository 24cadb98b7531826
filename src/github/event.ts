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

const payload = z.object({
  repository: lenient(repository),
  pull_request: lenient(pullRequest),
  workflow_run: lenient(workflowRun),
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
