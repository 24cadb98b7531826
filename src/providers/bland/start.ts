import * as z from 'zod/mini';
import { refused } from '../../domain/result.ts';
import type { AvailableTestCase, Selector } from '../../domain/selectors.ts';
import type { Target, Version } from '../../domain/target.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError, RequestRefused } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import {
  claimsOf,
  createAdvice,
  formatClaim,
  id,
  isNotFound,
  parseIsoTime,
  requireSame,
  uuidKey,
} from '../fields.ts';
import type { ProviderAdapter } from '../provider.ts';
import { batchListsOf } from '../started.ts';
import type { BatchStarter, Candidate, Subject } from '../starter.ts';
import { readBlandList } from './lists.ts';
import { unwrapEnvelope } from './responses.ts';

/** With more runs of one scenario than this the list is not read to its end before a start. */
const MOST_RUNS = 3_000;

const scenarioSchema = z.object({
  id,
  name: lenient(z.string()),
  pathway_id: lenient(z.string()),
  persona_id: lenient(z.string()),
  category: lenient(z.string()),
  is_required_for_promotion: lenient(z.boolean()),
  enabled: lenient(z.boolean()),
});

type Scenario = z.infer<typeof scenarioSchema>;

/** `data` may be the bare array. */
const scenarioListSchema = z.union([
  z.array(scenarioSchema),
  z.object({ scenarios: z.array(scenarioSchema) }),
]);
const startedSchema = z.object({ batch_id: id });
const listedRunSchema = z.object({ batch_id: lenient(z.string()), created_at: lenient(z.string()) });

type RunBody = z.infer<typeof listedRunSchema>;

const versionListSchema = z.array(z.object({ version_number: z.number() }));

const CHECK = 'Check target, version and test-cases.';

/** Advice where the key or the account is the trouble. */
export const ACCESS = {
  401: 'Check api-key: Bland does not accept it.',
  402: "Check the Bland organisation's plan and billing.",
};

const CHECK_ALL =
  'Check target, version and test-cases: they must belong to the organisation of this api-key.';

/** Advice about a refusal of a request that comes before a batch, or starts one. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read the scenarios or start batches.',
  404: CHECK_ALL,
  others: CHECK_ALL,
});

/** Scenarios have UUIDs. */
const isScenarioId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/**
 * Starts Bland's batches: scenarios, on one version of their pathway or persona. `version` is the input, if it is set:
 * a batch does not say which it tested.
 */
export function createBlandStarter(
  http: HttpClient,
  { adapter, version: set }: { adapter: ProviderAdapter; version: Version | undefined },
): BatchStarter {
  const unwrap = (json: unknown): unknown => unwrapEnvelope(json, CHECK);
  const api = createApi(http, { under: ['v1', 'agent-testing'], advice, unwrap });
  const pathways = createApi(http, { under: ['v1', 'pathway'], advice, unwrap });
  return {
    title: 'Bland',
    batchSize: Number.MAX_SAFE_INTEGER,

    async resolve({ target, version = { kind: 'production' } }, deadline) {
      if (version.kind !== 'production' && version.kind !== 'number') {
        return refused('version: Bland has only production and numbers.');
      }
      if (version.kind === 'number' && target?.kind === 'pathway') {
        const known = await versionsOf(target.id, deadline);
        if (known !== undefined && !known.includes(version.number)) {
          return refused(
            `version: pathway ${target.id} has no version ${version.number}; its latest is ${Math.max(...known)}. Check target and version.`,
          );
        }
      }
      return toSubject(numberOf(version), target);
    },

    async testCases({ target, selectors }, deadline) {
      const testCases =
        target === undefined
          ? await readScenarios(selectors, deadline)
          : await listScenarios(target, deadline);
      return {
        testCases,
        warnings: [],
        whereNone: `Check the id in target, or create scenarios for this ${target?.kind ?? 'target'} at Bland.`,
      };
    },

    startBatch: (subject, testCases, deadline) =>
      api.postOnce(
        {
          path: ['batch-run'],
          body: { scenario_ids: testCases, ...subject.request },
          schema: startedSchema,
          to: ({ batch_id }) => ({ id: batch_id }),
        },
        deadline,
      ),

    /** Bland lists no batches: the runs of one of our scenarios name theirs. */
    recentBatches: (_, testCases) =>
      batchListsOf({
        testCases,
        idKey: uuidKey,
        async list(deadline) {
          const { items, total, date } = await readBlandList(
            api,
            {
              query: { scenario_id: testCases[0] ?? '' },
              of: `scenario ${testCases[0]}`,
              total: MOST_RUNS,
              schema: listedRunSchema,
              check: CHECK,
            },
            deadline,
          );
          return { batches: batchesOf(items), isComplete: items.length >= (total ?? 0), date };
        },
        async testCasesOf(batchId, _total, deadline) {
          const { runs = [], announced } = await adapter.fetchBatch(batchId, deadline);
          return {
            testCases: runs.flatMap(({ testCase }) => testCase.id ?? []),
            // None yet means nothing.
            total: announced.total || undefined,
          };
        },
      }),

    async resolveTestedVersion() {
      return set?.kind === 'number' || set?.kind === 'production'
        ? toSubject(numberOf(set), undefined)
        : refused('Bland does not say which version a batch tested: set version to what it was started on.');
    },

    isListed: ({ request }) => request['version_number'] === undefined,

    // Which number production has, no documented field tells.
    compareVersions(left, right) {
      const [leftNumber, rightNumber] = [left.request['version_number'], right.request['version_number']];
      if (leftNumber === rightNumber) return 'same';
      return leftNumber === undefined || rightNumber === undefined ? 'unknown' : 'different';
    },
  };

  async function listScenarios(
    { kind, id: targetId }: Target,
    deadline: Deadline,
  ): Promise<AvailableTestCase[]> {
    const field = kind === 'persona' ? 'persona_id' : 'pathway_id';
    const scenarios = await api.get(
      {
        path: ['scenarios'],
        query: { [field]: targetId, enabled: 'true' },
        schema: scenarioListSchema,
        to: (body) => (Array.isArray(body) ? body : body.scenarios),
      },
      deadline,
    );
    const isOther = (found: string | undefined): boolean =>
      found !== undefined && uuidKey(found) !== uuidKey(targetId);
    return scenarios
      .filter((scenario) => scenario.enabled !== false && !isOther(scenario[field]))
      .map(toAvailableTestCase);
  }

  /** The scenarios that the selectors name, one request for each: none that is chosen may be missing or disabled. */
  async function readScenarios(
    selectors: readonly Selector[],
    deadline: Deadline,
  ): Promise<AvailableTestCase[]> {
    const ids = [...new Set(selectors.map(({ match }) => match.value))];
    if (!ids.every(isScenarioId)) {
      throw new RequestRefused(
        'target is missing: Bland needs one unless every line of test-cases is an id.',
      );
    }
    const chosen = new Set(selectors.flatMap(({ isExclusion, match }) => (isExclusion ? [] : match.value)));
    const found = await Promise.all(
      ids.map(async (scenarioId) => ({ id: scenarioId, scenario: await readScenario(scenarioId, deadline) })),
    );
    const needed = found.filter((entry) => chosen.has(entry.id));
    const missing = needed.filter(({ scenario }) => scenario === undefined).map((entry) => entry.id);
    if (missing.length > 0) {
      throw new RequestRefused(
        `test-cases: Bland has no scenario ${missing.join(', ')} in the organisation of this api-key.`,
      );
    }
    const disabled = needed.filter(({ scenario }) => scenario?.enabled === false).map((entry) => entry.id);
    if (disabled.length > 0) {
      throw new RequestRefused(
        `test-cases: scenario ${disabled.join(', ')} is disabled at Bland. Enable it, or take it out.`,
      );
    }
    // In the spelling of the selector, which is compared letter by letter.
    return found.flatMap(({ id: scenarioId, scenario }) =>
      scenario === undefined ? [] : [{ ...toAvailableTestCase(scenario), id: scenarioId }],
    );
  }

  async function readScenario(scenarioId: string, deadline: Deadline): Promise<Scenario | undefined> {
    const to = (scenario: Scenario): Scenario => {
      requireSame('scenario', scenarioId, scenario.id, uuidKey);
      return scenario;
    };
    try {
      return await api.get(
        { path: ['scenarios', scenarioId], size: 'small', schema: scenarioSchema, to },
        deadline,
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /**
   * The numbers of a pathway's versions; `undefined` where Bland does not tell them: it then refuses a wrong number
   * itself.
   */
  async function versionsOf(pathwayId: string, deadline: Deadline): Promise<number[] | undefined> {
    try {
      const versions = await pathways.get(
        { path: [pathwayId, 'versions'], size: 'small', schema: versionListSchema, to: (body) => body },
        { ...deadline, noRetries: true },
      );
      return versions.length === 0 ? undefined : versions.map(({ version_number }) => version_number);
    } catch (error) {
      if (error instanceof ProviderError && !deadline.signal.aborted) return undefined;
      throw error;
    }
  }
}

const numberOf = (version: Version): number | undefined =>
  version.kind === 'number' ? version.number : undefined;

/** `undefined` is the production version. */
function toSubject(version: number | undefined, target: Target | undefined): Subject {
  const words = version === undefined ? 'production version' : `version ${version}`;
  return {
    title: target === undefined ? words : `${target.kind} ${target.id}, ${words}`,
    // Neither batches nor runs say which version they test.
    key: undefined,
    claims: claimsOf(
      target === undefined ? {} : { [target.kind]: formatClaim(target.kind, uuidKey(target.id)) },
    ),
    request: version === undefined ? {} : { version_number: version },
  };
}

function toAvailableTestCase(scenario: Scenario): AvailableTestCase {
  const { category, is_required_for_promotion: isRequired } = scenario;
  return {
    id: scenario.id,
    name: scenario.name ?? scenario.id,
    labels: [
      ...(category === undefined ? [] : [`category:${category}`]),
      ...(isRequired === true ? ['required:true'] : []),
    ],
  };
}

/** Each batch once. A run that was started alone has none. */
function batchesOf(runs: readonly RunBody[]): Candidate[] {
  const batches = runs.flatMap(({ batch_id, created_at }): Candidate[] =>
    batch_id ? [{ id: batch_id, createdAt: parseIsoTime(created_at) }] : [],
  );
  return [...new Map(batches.map((batch) => [batch.id, batch])).values()];
}
