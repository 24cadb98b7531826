import * as z from 'zod/mini';
import type { Claims } from '../../src/domain/claims.ts';
import { refused } from '../../src/domain/result.ts';
import type { HttpClient } from '../../src/http/json-client.ts';
import { lenient } from '../../src/json.ts';
import { createApi } from '../../src/providers/api.ts';
import { claimsOf, createAdvice, formatClaim, id, parseAs } from '../../src/providers/fields.ts';
import { batchListsOf } from '../../src/providers/started.ts';
import type { BatchStarter, Subject } from '../../src/providers/starter.ts';

const testCaseListSchema = z.object({ test_cases: z.array(z.object({ id, name: z.string() })) });
const batchListSchema = z.object({
  batches: z.array(z.object({ id, created_at: lenient(z.number()), total: z.optional(z.unknown()) })),
});
const runListSchema = z.object({ runs: z.array(z.object({ test_case_id: z.string() })) });
/** The fields of a batch that say what it tests. */
export const saidFields = { agent_id: z.optional(z.unknown()), version: z.optional(z.unknown()) };
const startedSchema = z.object({ id, ...saidFields });
const requestSchema = z.object({ agent: z.string(), version: z.number() });
const testedSchema = z.object({ agent: lenient(z.string()), version: lenient(z.number()) });

/** Advice where the key or the account is the trouble. */
export const ACCESS = {
  401: 'Check api-key: Acme does not accept it.',
  402: "Check the Acme account's billing.",
};

const CHECK = 'Check target, version and test-cases: they must belong to the workspace of this api-key.';
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not start batches.',
  404: CHECK,
  others: CHECK,
});

export function createAcmeStarter(http: HttpClient): BatchStarter {
  const api = createApi(http, { under: ['v1'], advice });
  return {
    title: 'Acme',
    batchSize: 500,

    // Resolved: words become numbers here, so that what is sent is what is shown.
    async resolve({ target, version }) {
      if (target === undefined) return refused('target is missing: Acme needs one to start a batch.');
      if (version?.kind !== 'number') return refused('version: Acme needs a number.');
      return toSubject(target.id, version.number);
    },

    async testCases({ subject }, deadline) {
      const { agent } = requestOf(subject);
      const path = ['agents', agent, 'test-cases'];
      const to = ({ test_cases }: z.infer<typeof testCaseListSchema>) => test_cases;
      const testCases = await api.get({ path, schema: testCaseListSchema, to }, deadline);
      return { testCases, warnings: [] };
    },

    // Sent once, whatever comes back.
    startBatch: (subject, testCases, deadline) =>
      api.postOnce(
        {
          path: ['batches'],
          body: { ...subject.request, test_case_ids: testCases },
          schema: startedSchema,
          to: ({ id: batchId, ...said }) => ({ id: batchId, claims: testedClaims(said) }),
        },
        deadline,
      ),

    // Where a batch is looked for whose start was not answered; a list must be complete or say that it is not.
    recentBatches(subject, testCases, since) {
      const { agent } = requestOf(subject);
      return batchListsOf({
        testCases,
        list: (deadline) =>
          api.get(
            {
              path: ['batches'],
              query: { agent, since: String(since) },
              schema: batchListSchema,
              to: ({ batches }, { date }) => ({
                batches: batches.map(({ created_at: createdAt, ...batch }) => ({ ...batch, createdAt })),
                isComplete: true,
                date,
              }),
            },
            deadline,
          ),
        testCasesOf: (batchId, _total, deadline) =>
          api.get(
            {
              path: ['batches', batchId, 'runs'],
              schema: runListSchema,
              to: ({ runs }) => runs.map((run) => run.test_case_id),
            },
            deadline,
          ),
      });
    },

    async resolveTestedVersion({ id: batchId, tested }) {
      const { agent, version } = parseAs(testedSchema, tested ?? {});
      return agent === undefined || version === undefined
        ? refused(`Acme does not say which version batch ${batchId} tested: start it with a version.`)
        : toSubject(agent, version);
    },

    // `false` where the lists do not say what a batch tests: then one that is found there is never green.
    isListed: () => false,

    compareVersions: (left, right) => (left.key === right.key ? 'same' : 'different'),
  };
}

/** Every answer is heard: the one to the start, each look at the batch, and each run that says what it tested. */
export const testedClaims = (said: Partial<Record<keyof typeof saidFields, unknown>>): Claims =>
  claimsOf({ agent: formatClaim('agent', said.agent_id), version: formatClaim('version', said.version) });

const requestOf = ({ request }: Subject): z.infer<typeof requestSchema> => parseAs(requestSchema, request);

const toSubject = (agent: string, version: number): Subject => ({
  title: `agent ${agent} version ${version}`,
  key: `${agent} ${version}`,
  claims: testedClaims({ agent_id: agent, version }),
  request: { agent, version },
});
