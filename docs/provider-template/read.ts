// A provider with counters in its batch and runs in a list with a cursor. README.md here has the steps.
import * as z from 'zod/mini';
import type { Batch } from '../../src/domain/batch.ts';
import type { Run, RunStatus, Turn } from '../../src/domain/run.ts';
import type { HttpClient } from '../../src/http/json-client.ts';
import { lenient } from '../../src/json.ts';
import { createApi } from '../../src/providers/api.ts';
import { cursorListsOf } from '../../src/providers/cursor-lists.ts';
import { createAdvice, id, readEntries, requireSame, statusWord } from '../../src/providers/fields.ts';
import type {
  AdapterOptions,
  BatchStatus,
  ProviderAdapter,
  ProviderDescriptor,
} from '../../src/providers/provider.ts';
import {
  mergeRuns,
  missingStatus,
  readBatchStatus,
  readCounters,
  readStatus,
  withRuns,
} from '../../src/providers/runs.ts';
import { createTextBudget } from '../../src/providers/text-budget.ts';
import { ACCESS_ADVICE, createAcmeStarter } from './start.ts';
import { saidFields, testedClaims } from './subject.ts';

/** A word that is not in here is `unknownStatus`, and never a pass. */
const BATCH_STATUS: ReadonlyMap<string, BatchStatus> = new Map([
  ['running', 'pending'],
  // `ended` where only the runs say how; `passed` and so on where the word itself judges the batch.
  ['done', 'ended'],
]);

const RUN_STATUS: ReadonlyMap<string, RunStatus> = new Map([
  ['queued', 'pending'],
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['error', 'errored'],
]);

/** Needed fields are strict; `lenient` is around what is only shown. The source of each fact stands beside it. */
const batchSchema = z.object({
  ...saidFields,
  id: z.string(),
  status: z.string(),
  total: z.optional(z.unknown()),
  passed: z.optional(z.unknown()),
  failed: z.optional(z.unknown()),
  created_at: lenient(z.number()),
});

const runSchema = z.object({
  id,
  status: statusWord,
  test_case_id: lenient(id),
  test_case_name: lenient(z.string()),
  reason: lenient(z.string()),
  turns: lenient(z.array(z.unknown())),
});

const readList = cursorListsOf({
  next: 'next_cursor',
  query: { size: 'limit', cursor: 'cursor' },
  sizes: [100, 25, 5],
});

const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read this batch.',
  404: 'Check batch-id: it must be the id of a batch, in the workspace of this api-key.',
  others: 'Check batch-id and api-url.',
});

function createAdapter(http: HttpClient, options: AdapterOptions = {}): ProviderAdapter {
  const api = createApi(http, { basePath: ['v1'] });
  const textBudget = createTextBudget(options);
  return {
    fetchBatch: (batchId, deadline) =>
      api.get(
        {
          path: ['batches', batchId],
          size: 'small',
          schema: batchSchema,
          toValue: (body) => toBatch(batchId, body),
        },
        deadline,
      ),

    async fetchRuns(batch, deadline) {
      const keep = textBudget.forBatch(batch.id);
      const { items } = await readList(
        api,
        {
          path: ['batches', batch.id, 'runs'],
          field: 'runs',
          itemNoun: 'runs',
          of: `batch ${batch.id}`,
          total: batch.announced.total,
          schema: runSchema,
          toItem: (body) => ({
            id: body.id,
            status: body.status,
            run: keep(toRun(body), () => readEntries(turnSchema, body.turns).map(toTurn)),
          }),
        },
        deadline,
      );
      const runs = mergeRuns(
        items.map(({ run }) => run),
        RUN_STATUS,
      );
      return withRuns(batch, runs, missingStatus(items));
    },
  };
}

function toBatch(batchId: string, body: z.infer<typeof batchSchema>): Batch {
  requireSame('batch', batchId, body.id);
  const claims = testedClaims(body);
  return {
    id: batchId,
    ...readBatchStatus(body.status, BATCH_STATUS),
    ...readCounters(body, { total: 'total', passed: 'passed', failed: 'failed' }),
    createdAt: body.created_at,
    subject: Object.values(claims).join(' ') || undefined,
    tested: { agent: body.agent_id, version: body.version },
    claims,
  };
}

function toRun(body: z.infer<typeof runSchema>): Run {
  const caseId = body.test_case_id;
  return {
    id: body.id,
    testCase: { id: caseId, name: body.test_case_name ?? caseId ?? body.id },
    ...readStatus(body.status, RUN_STATUS),
    explanation: body.reason,
    assertions: [],
    criteria: [],
    turns: [],
  };
}

const turnSchema = z.object({ role: z.enum(['agent', 'caller']), text: z.string() });

const toTurn = ({ role, text }: z.infer<typeof turnSchema>): Turn => ({
  kind: 'speech',
  speaker: role,
  text,
});

/** Acme. */
export const acme: ProviderDescriptor = {
  name: 'acme',
  title: 'Acme',
  product: 'Acme Voice',
  homepage: 'https://acme.example',
  url: 'https://api.acme.example',
  keyVariable: 'ACME_API_KEY',
  headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  advice,
  statusWords: { batch: BATCH_STATUS, run: RUN_STATUS },
  capabilities: {
    start: {
      targetKinds: ['agent'],
      selectors: { labels: [] },
      isTargetOptional: false,
    },
    versions: { words: {}, hasNumbers: true, hasBranches: false, fallback: undefined },
    targetConfig: { instead: 'Make a version and give its number as version.' },
    modes: false,
    reuse: { problem: 'nothing shows when its test cases were last edited' },
    cancel: false,
  },
  // What `init` of the command line lets a person choose from: see retell/targets.ts.
  listTargets: async () => [],
  testCasesPage: 'https://acme.example/docs/tests',
  createAdapter,
  createBatchStarter: createAcmeStarter,
};
