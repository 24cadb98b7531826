import * as z from 'zod/mini';
import type { HttpClient } from '../../src/http/json-client.ts';
import { lenient } from '../../src/json.ts';
import { type Api, createApi } from '../../src/providers/api.ts';
import { createAdvice, id, readRunCount } from '../../src/providers/fields.ts';
import type { Listing, RecentBatches, StarterAdapter } from '../../src/providers/starter.ts';
import { compareSubjectKeys } from '../../src/providers/starting.ts';
import type { Deadline } from '../../src/runtime/clock.ts';
import { type AcmeRequest, resolveTarget, resolveTested, saidFields, testedClaims } from './subject.ts';

const testCaseListSchema = z.object({ test_cases: z.array(z.object({ id, name: z.string() })) });
const batchListSchema = z.object({
  batches: z.array(z.object({ id, created_at: lenient(z.number()), total: z.optional(z.unknown()) })),
});
const startedSchema = z.object({ id, ...saidFields });

/** Advice where the key or the account is the trouble. */
export const ACCESS_ADVICE = {
  401: 'Check api-key: Acme does not accept it.',
  402: "Check the Acme account's billing.",
};

const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not start batches.',
  others: 'Check target, version and test-cases: they must belong to the workspace of this api-key.',
});

/** A step of more than one request is a function of its own; at the other providers the test cases have a file of their own. */
export function createAcmeStarter(http: HttpClient): StarterAdapter<AcmeRequest> {
  const api = createApi(http, { basePath: ['v1'], advice });
  return {
    batchSize: 500,
    resolveTarget: async (wanted) => resolveTarget(wanted),
    listTestCases: ({ subject: { request } }, deadline) =>
      api.get(
        {
          path: ['agents', request.agent, 'test-cases'],
          schema: testCaseListSchema,
          toValue: ({ test_cases }) => ({ testCases: test_cases, warnings: [] }),
        },
        deadline,
      ),
    // Sent once, whatever comes back.
    startBatch: ({ request }, testCases, deadline) =>
      api.postOnce(
        {
          path: ['batches'],
          body: { ...request, test_case_ids: testCases },
          schema: startedSchema,
          toValue: ({ id: batchId, ...said }) => ({ id: batchId, claims: testedClaims(said) }),
        },
        deadline,
      ),
    listBatches: (wanted, deadline) => listBatches(api, wanted, deadline),
    resolveTested,
    compareVersions: compareSubjectKeys,
  };
}

/**
 * Where a batch is looked for whose start was not answered; a list must be complete or say that it is not. `subject` of a
 * batch is compared with `Subject.key`: without it, one that is found here is never green.
 */
function listBatches(
  api: Api,
  { subject: { request }, since }: RecentBatches<AcmeRequest>,
  deadline: Deadline,
): Promise<Listing> {
  return api.get(
    {
      path: ['batches'],
      query: { agent: request.agent, since: String(since) },
      schema: batchListSchema,
      toValue: ({ batches }, { date }) => ({
        batches: batches.map((batch) => ({
          id: batch.id,
          createdAt: batch.created_at,
          runCount: readRunCount(batch.total),
        })),
        isComplete: true,
        date,
      }),
    },
    deadline,
  );
}
