import * as z from 'zod/mini';
import type { Batch } from '../../domain/batch.ts';
import type { Run } from '../../domain/run.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import { createApi } from '../api.ts';
import { createAdvice, fromSeconds, requireSame, textOrUndefined } from '../fields.ts';
import type { AdapterOptions, BatchStatus, ProviderAdapter, ProviderDescriptor } from '../provider.ts';
import { mergeRuns, missingRepeats, missingStatus } from '../runs.ts';
import { createTextBudget } from '../text-budget.ts';
import { ACCESS_ADVICE, createElevenLabsStarter } from './start.ts';
import { isGiven, problemOfOverride, testedClaims, testedFields } from './subject.ts';
import { listElevenLabsTargets } from './targets.ts';
import { RUN_STATUS, type RunBody, runSchema, toRun, turnsOf } from './test-runs.ts';
import { readRevisions } from './workspace.ts';

/** The facts in this file: npm `@elevenlabs/elevenlabs-js` 2.73.0 (`GetTestSuiteInvocationResponseModel`). */

/** An invocation has no status: it has settled when none of its runs is pending. */
const BATCH_STATUS: ReadonlyMap<string, BatchStatus> = new Map();

const batchSchema = z.object({
  ...testedFields,
  id: z.string(),
  created_at: lenient(z.number()),
  repeat_count: lenient(z.int()),
  cancelled: z.optional(z.unknown()),
  test_runs: z.array(runSchema),
});

/** Advice about a refusal. */
const advice = createAdvice({
  ...ACCESS_ADVICE,
  403: 'Check api-key: it may not read this test invocation. A restricted key needs access to agents (ElevenLabs Agents).',
  404: 'Check batch-id: it must be the id of a test invocation (not of a test or a test run), in the workspace of this api-key.',
  others: 'Check batch-id and api-url.',
});

const CANCEL_ADVICE = 'Cancel it at ElevenLabs.';

/** The header that authorises a request to ElevenLabs. `fetch` would send it on to another host after a redirect. */
function headers(apiKey: string): Record<string, string> {
  return { 'xi-api-key': apiKey };
}

/** The invocation has every run with it; when each test was last edited is in the list of tests. */
function createAdapter(http: HttpClient, options: AdapterOptions = {}): ProviderAdapter {
  const api = createApi(http, { basePath: ['v1', 'convai'] });
  const textBudget = createTextBudget(options);
  /** When the tests were last edited, as it was listed when each batch had ended: where the runs do not say it. */
  const revisions = new Map<string, ReadonlyMap<string, number>>();
  return {
    fetchBatch: (batchId, deadline) => {
      const keep = textBudget.forBatch(batchId);
      const toKeptRun = (run: RunBody): Run => keep(toRun(run), () => turnsOf(run));
      return api.get(
        {
          path: ['test-invocations', batchId],
          schema: batchSchema,
          toValue: (body) => toBatch(batchId, body, toKeptRun),
        },
        deadline,
      );
    },

    async fetchRuns(batch, deadline) {
      const { id: batchId, settled, runs = [] } = batch;
      if (!settled || runs.every(({ testCase }) => testCase.revision !== undefined))
        return { ...batch, runs };
      const known = revisions.get(batchId) ?? (await readRevisions(api, deadline));
      revisions.set(batchId, known);
      const nth = [...revisions.keys()].indexOf(batchId);
      const dated = runs.map(({ testCase, ...run }) => {
        const editedAt = known.get(testCase.id ?? '');
        const revision = testCase.revision ?? revisionAt(batch.createdAt, { editedAt, nth });
        return { ...run, testCase: { ...testCase, revision } };
      });
      return { ...batch, runs: dated };
    },

    fetchFailureDetails: (batch, deadline, passedRunIds) =>
      textBudget.addConversations(batch, passedRunIds, (wanted) =>
        api.get(
          {
            path: ['test-invocations', batch.id],
            schema: batchSchema,
            toValue: ({ test_runs }) =>
              new Map(
                test_runs
                  .filter((run) => wanted.has(run.test_run_id))
                  .map((run) => [run.test_run_id, turnsOf(run)]),
              ),
          },
          deadline,
        ),
      ),

    cancel: (batchId, deadline) =>
      http.sendCommand(
        {
          method: 'POST',
          path: [...api.basePath, 'test-invocations', batchId, 'cancel'],
          advice: () => CANCEL_ADVICE,
        },
        deadline,
      ),
  };
}

/**
 * The revision that an invocation ran, after the list of tests, which was read later. A test that was edited since then ran as
 * it had been before, whenever that was; times are in whole seconds. Of two invocations in one second nobody knows whether that
 * was the same: `nth`, the place of this one among those that were read, tells them apart.
 */
function revisionAt(
  createdAt: number | undefined,
  { editedAt, nth }: { editedAt: number | undefined; nth: number },
): number | undefined {
  const isEdited = createdAt !== undefined && editedAt !== undefined && editedAt >= createdAt;
  return isEdited ? createdAt - 1 - nth : editedAt;
}

function toBatch(
  batchId: string,
  body: z.infer<typeof batchSchema>,
  toKeptRun: (run: RunBody) => Run,
): Batch {
  requireSame('batch', batchId, body.id);
  const runs = mergeRuns(body.test_runs.map(toKeptRun), RUN_STATUS);
  const isCancelled = body.cancelled === true;
  return {
    id: batchId,
    // "Cancels all pending runs": a cancelled invocation has ended, and a run that stays pending contradicts that.
    settled:
      isCancelled || runs.every(({ status, conflict }) => status !== 'pending' || conflict !== undefined),
    conclusion: isCancelled ? 'cancelled' : undefined,
    // No totals: only the same list in two looks shows that no run is missing.
    announced: {},
    inconsistencies: findInconsistencies(body, { batchId, runs }),
    runs,
    createdAt: fromSeconds(body.created_at),
    subject: describeSubject(body),
    tested: {
      agent_id: body.agent_id,
      branch_id: body.branch_id,
      version_id: versionIn(body),
      ran_against_draft: ranAgainstDraft(body),
      has_override: isGiven(body.agent_config_override) || undefined,
      placements: placementsIn(body.test_runs),
    },
    claims: testedClaims(body),
  };
}

/** The version that all of its runs tested; `undefined` where they do not agree. */
const versionIn = ({ version_id, test_runs }: z.infer<typeof batchSchema>): string | undefined =>
  test_runs.every((run) => (run.version_id ?? version_id) === version_id)
    ? textOrUndefined(version_id)
    : undefined;

const ranAgainstDraft = ({ ran_against_draft, test_runs }: z.infer<typeof batchSchema>) =>
  test_runs.some((run) => run.ran_against_draft === true) ? true : ran_against_draft;

/** Tests of the runs, each with each of its workflow nodes once. */
function placementsIn(runs: readonly RunBody[]): { id: string; node?: string }[] {
  const placements = runs.flatMap(({ test_id: test, workflow_node_id: node }) =>
    test === undefined ? [] : [{ id: test, ...(node === undefined ? {} : { node }) }],
  );
  return [...new Map(placements.map((placement) => [JSON.stringify(placement), placement])).values()];
}

function findInconsistencies(
  body: z.infer<typeof batchSchema>,
  { batchId, runs }: { batchId: string; runs: readonly Run[] },
): string[] {
  const { cancelled, test_runs } = body;
  const foreign = test_runs.find(
    ({ test_invocation_id: of }) => typeof of === 'string' && of !== '' && of !== batchId,
  );
  const ofRuns = runs.map(({ testCase }) => testCase.id);
  const tests = ofRuns.filter((test) => test !== undefined);
  return [
    ...missingStatus(test_runs.map(({ test_run_id, status }) => ({ id: test_run_id, status }))),
    ...([undefined, null, true, false].some((known) => known === cancelled)
      ? []
      : ['"cancelled" is neither true nor false']),
    ...(foreign === undefined ? [] : [`run ${foreign.test_run_id} belongs to another test invocation`]),
    ...missingRepeats(tests, ofRuns, { times: body.repeat_count ?? 1, field: 'repeat_count' }),
  ];
}

function describeSubject(body: z.infer<typeof batchSchema>): string | undefined {
  const { ran_against_draft, agent_config_override: override } = body;
  const { agent, branch, version } = testedClaims(body);
  const parts = [
    agent,
    branch,
    version,
    ran_against_draft === true ? 'with changes that are not published' : undefined,
    isGiven(override) ? 'with a configuration that was sent with its start' : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** ElevenLabs. */
export const elevenlabs: ProviderDescriptor = {
  name: 'elevenlabs',
  title: 'ElevenLabs',
  product: 'ElevenLabs',
  homepage: 'https://elevenlabs.io',
  url: 'https://api.elevenlabs.io',
  keyVariable: 'ELEVENLABS_API_KEY',
  headers,
  advice,
  statusWords: { batch: BATCH_STATUS, run: RUN_STATUS },
  capabilities: {
    start: {
      targetKinds: ['agent'],
      selectors: { labels: [] },
      isTargetOptional: false,
    },
    versions: { words: {}, hasNumbers: false, hasBranches: true, fallback: undefined },
    targetConfig: { problemOf: problemOfOverride },
    modes: false,
    reuse: true,
    cancel: true,
  },
  listTargets: listElevenLabsTargets,
  testCasesPage: 'https://elevenlabs.io/docs/agents-platform/customization/agent-testing',
  createAdapter,
  createBatchStarter: createElevenLabsStarter,
};
