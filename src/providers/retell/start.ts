import * as z from 'zod/mini';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { type Api, createApi } from '../api.ts';
import { createAdvice, id, parseAs, readRunCount } from '../fields.ts';
import type { Candidate, Listing, StarterAdapter, SubjectSnapshot } from '../starter.ts';
import { compareSubjectKeys } from '../starting.ts';
import {
  type Engine,
  engineClaims,
  engineFields,
  engineSchema,
  engineVersionFields,
  subjectKey,
  toEngine,
} from './engine.ts';
import { readList } from './lists.ts';
import {
  type RetellRequest,
  type RetellSubject,
  readEngine,
  resolveTarget,
  resolveTested,
  versionQuery,
} from './subject.ts';
import { readTestCases } from './test-cases.ts';

/** Most test cases that `create-batch-test` takes. */
const MAX_TEST_CASES = 1_000;

const startedSchema = z.object({ test_case_batch_job_id: id, response_engine: z.optional(z.unknown()) });
const listedSchema = z.object({
  test_case_batch_job_id: id,
  total_count: z.optional(z.unknown()),
  creation_timestamp: lenient(z.number()),
  response_engine: lenient(engineSchema),
});

/** Advice where the key or the account is the trouble. */
export const ACCESS_ADVICE = {
  401: 'Check api-key: Retell does not accept it.',
  402: "Check the Retell account's billing: the trial has ended or a payment is due.",
};

/** Advice about a refusal of a request that comes before a batch, or starts one. */
const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read the target or start batches.',
  others: 'Check target, version and test-cases: a key sees only its own workspace.',
});

/** Starts Retell's batches: an engine in one version, and up to 1,000 of its test cases. */
export function createRetellStarter(http: HttpClient): StarterAdapter<RetellRequest> {
  const api = createApi(http, { basePath: [], advice });
  return {
    batchSize: MAX_TEST_CASES,
    resolveTarget: (wanted, deadline) => resolveTarget(api, wanted, deadline),
    listTestCases: ({ subject: { request }, selectors }, deadline) =>
      readTestCases(api, request.engine, selectors, deadline),
    startBatch: ({ request: { engine } }, testCases, deadline) =>
      api.postOnce(
        {
          path: ['create-batch-test'],
          body: { test_case_definition_ids: testCases, response_engine: engineVersionFields(engine) },
          schema: startedSchema,
          toValue: ({ test_case_batch_job_id, response_engine }) => ({
            id: test_case_batch_job_id,
            claims: engineClaims(response_engine),
          }),
        },
        deadline,
      ),
    listBatches: ({ subject: { request } }, deadline) => listBatches(api, request.engine, deadline),
    resolveTested,
    compareVersions: compareSubjectKeys,
    readRevision: ({ request }, deadline) => readRevision(api, request, deadline),
    readSnapshot: (subject, deadline) => readSnapshot(api, subject, deadline),
  };
}

async function listBatches(api: Api, engine: Engine, deadline: Deadline): Promise<Listing> {
  const list = { path: ['v2', 'list-batch-tests'], itemNoun: 'batches', of: engine.id };
  const query = { ...engineFields(engine), ...versionQuery(engine.version) };
  const { items, date } = await readList(
    api,
    { ...list, query, schema: listedSchema, toItem: toListed },
    deadline,
  );
  return { batches: items, isComplete: true, date };
}

function toListed(body: z.infer<typeof listedSchema>): Candidate {
  const tested = body.response_engine && toEngine(body.response_engine);
  return {
    id: body.test_case_batch_job_id,
    runCount: readRunCount(body.total_count),
    createdAt: body.creation_timestamp,
    subject: tested && subjectKey(tested),
  };
}

async function readRevision(
  api: Api,
  { engine, isPublished }: RetellRequest,
  deadline: Deadline,
): Promise<number | undefined> {
  if (isPublished === true) return undefined;
  const { is_published, last_modification_timestamp } = await readEngine(api, engine, deadline);
  return is_published === true ? undefined : last_modification_timestamp;
}

/** Reads a published version too: a batch may have tested it when it was a draft. */
async function readSnapshot(
  api: Api,
  { key, request: { engine } }: RetellSubject,
  deadline: Deadline,
): Promise<SubjectSnapshot> {
  const { last_modification_timestamp: editedAt } = await readEngine(api, engine, deadline);
  return {
    editedAt,
    compare({ tested }) {
      const testedEngine = tested && toEngine(parseAs(engineSchema, tested));
      const testedKey = testedEngine && subjectKey(testedEngine);
      if (testedKey === undefined) return { kind: 'unknown', why: 'does not say which version it tested' };
      if (testedKey !== key) return { kind: 'other' };
      return editedAt === undefined
        ? { kind: 'unknown', why: 'may be older than the last edit of what is under test' }
        : { kind: 'same' };
    },
  };
}
