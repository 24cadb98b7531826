import * as z from 'zod/mini';
import type { AvailableTestCase, Refused } from '../../domain/selectors.ts';
import type { Target, Version } from '../../domain/target.ts';
import { HttpStatusError, InvalidResponse } from '../../http/failure.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import { createAdvice, id, parseAs } from '../fields.ts';
import { batchListsOf, type ListedBatch } from '../started.ts';
import type { BatchStarter, Subject } from '../starter.ts';
import {
  describeEngine,
  ENGINES,
  type Engine,
  type EngineType,
  engineFields,
  engineSchema,
  isEngineType,
  toEngine,
} from './engine.ts';
import { readList } from './lists.ts';

/** `create-batch-test` takes so many test cases. */
const MOST_TEST_CASES = 1_000;
/** How much of an agent's name is shown, in characters. */
const SHOWN_NAME = 80;

const agentSchema = z.object({
  agent_id: z.string(),
  agent_name: lenient(z.string()),
  version: lenient(z.number()),
  response_engine: engineSchema,
});

const agentVersionSchema = z.object({ version: z.number(), is_published: lenient(z.boolean()) });
const engineVersionSchema = z.object({ version: lenient(z.number()) });
const definitionSchema = z.object({ test_case_definition_id: id, name: lenient(z.string()) });
const startedSchema = z.object({ test_case_batch_job_id: id, response_engine: lenient(engineSchema) });
const listedSchema = z.object({
  test_case_batch_job_id: id,
  total_count: z.optional(z.unknown()),
  creation_timestamp: lenient(z.number()),
  response_engine: lenient(engineSchema),
});
const runSchema = z.object({ test_case_definition_id: lenient(z.string()) });

/** What to do where the key or the account is the trouble. */
export const ACCESS = {
  401: 'Check api-key: Retell does not accept it.',
  402: "Check the Retell account's billing: the trial has ended or a payment is due.",
};

const CHECK = 'Check target, version and test-cases: a key sees only its own workspace.';

/** What to do about a refusal of a request that comes before a batch, or starts one. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read the target or start batches.',
  404: CHECK,
  others: CHECK,
});

const refused = (problem: string): Refused => ({ kind: 'refused', problem });

/** Starts Retell's batches: an engine in one version, and up to 1,000 of its test cases. */
export function createRetellStarter(http: HttpClient): BatchStarter {
  const api = createApi(http, { under: [], advice });
  return {
    title: 'Retell',
    batchSize: MOST_TEST_CASES,

    async resolve({ target, version = { kind: 'latest' } }, deadline) {
      if (target === undefined) return refused('target is missing: Retell needs one to start a batch.');
      try {
        if (target.kind === 'agent') return await resolveAgent(target, version, deadline);
        if (isEngineType(target.kind)) return await resolveEngine(target.kind, target.id, version, deadline);
      } catch (error) {
        if (isMissing(error)) return refused(notFound(target, version));
        throw error;
      }
      return refused(`target: Retell has no ${target.kind} to test.`);
    },

    async testCases({ subject }, deadline) {
      const engine = engineOf(subject);
      const list = { path: ['v2', 'list-test-case-definitions'], items: 'test cases', of: engine.id };
      const query = engineFields(engine);
      const { items } = await readList(
        api,
        { ...list, query, schema: definitionSchema, toItem: toAvailableTestCase },
        deadline,
      );
      return items;
    },

    startBatch: (subject, testCases, deadline) =>
      api.postOnce(
        {
          path: ['create-batch-test'],
          body: { test_case_definition_ids: testCases, ...subject.request },
          schema: startedSchema,
          to: (body) => toStarted(body, subject),
        },
        deadline,
      ),

    recentBatches(subject, testCases) {
      const engine = engineOf(subject);
      const query = { ...engineFields(engine), ...queryOf(engine.version) };
      return batchListsOf({
        testCases,
        async list(deadline) {
          const list = { path: ['v2', 'list-batch-tests'], items: 'batches', of: engine.id };
          const { items, date } = await readList(
            api,
            { ...list, query, schema: listedSchema, toItem: toListed },
            deadline,
          );
          return { batches: items, isComplete: true, date };
        },
        async testCasesOf(batchId, total, deadline) {
          const list = {
            path: ['v2', 'list-test-runs', batchId],
            items: 'runs',
            of: `batch ${batchId}`,
            total,
          };
          const { items } = await readList(api, { ...list, schema: runSchema }, deadline);
          return items.flatMap((each) => each.test_case_definition_id ?? []);
        },
      });
    },

    async resolveTestedVersion({ id: batchId, tested }) {
      if (tested === undefined) return refused(`Retell does not say what batch ${batchId} tested.`);
      const body = parseAs(engineSchema, tested);
      const engine = toEngine(body);
      if (engine === undefined) {
        return refused(
          `Batch ${batchId} tested a custom LLM, and Retell starts batches only on a Retell LLM or a conversation flow.`,
        );
      }
      if (engine.version === undefined) {
        return refused(
          `Retell does not say which version batch ${batchId} tested: start the batch with a version, or with test-cases.`,
        );
      }
      return toSubject({ ...engine, version: engine.version });
    },
  };

  async function resolveAgent(
    target: Target,
    version: Version,
    deadline: Deadline,
  ): Promise<Subject | Refused> {
    let number: number | undefined;
    switch (version.kind) {
      case 'latest':
        break;
      case 'number':
        number = version.number;
        break;
      case 'published':
        number = await publishedVersion(target.id, deadline);
        if (number === undefined) {
          return refused(
            `version is published, and no version of agent ${target.id} is published: publish one, or set version to latest or a number.`,
          );
        }
        break;
      default:
        return refused(notAVersion('agent'));
    }
    const agent = await readAgent(target.id, number, deadline);
    const engine = toEngine(agent.response_engine);
    const name = describeAgent(agent);
    if (engine === undefined) {
      return refused(
        `target: ${name} runs on a custom LLM, and Retell tests only agents on a Retell LLM or a conversation flow.`,
      );
    }
    // The latest agent uses the latest engine, unless it names another. What an older one used, nothing tells then.
    const engineVersion =
      engine.version ?? (version.kind === 'latest' ? await engineVersionOf(engine, deadline) : undefined);
    return engineVersion === undefined
      ? refused(
          `version: Retell does not say which version of ${engine.type} ${engine.id} ${name} uses. Set target to ${engine.type}/${engine.id} and version to its number.`,
        )
      : toSubject({ ...engine, version: engineVersion }, { title: name, name: agent.agent_name });
  }

  async function resolveEngine(
    type: EngineType,
    engineId: string,
    version: Version,
    deadline: Deadline,
  ): Promise<Subject | Refused> {
    if (version.kind !== 'latest' && version.kind !== 'number') return refused(notAVersion(type));
    const wanted = version.kind === 'number' ? version.number : undefined;
    const number = await engineVersionOf({ type, id: engineId, version: wanted }, deadline);
    return number === undefined
      ? refused(
          `version: Retell does not say which version of ${type} ${engineId} is the latest. Set version to a number.`,
        )
      : toSubject({ type, id: engineId, version: number });
  }

  function readAgent(agentId: string, version: number | undefined, deadline: Deadline) {
    return api.get(
      {
        path: ['get-agent', agentId],
        query: queryOf(version),
        size: 'small',
        schema: agentSchema,
        to: (agent) => {
          if (agent.agent_id !== agentId) {
            throw new InvalidResponse(`answered for another agent: ${agent.agent_id}.`, { isJson: true });
          }
          requireVersion(version, agent.version);
          return agent;
        },
      },
      deadline,
    );
  }

  /** The number of the version that is asked for, or of the latest; `undefined` if the answer has none. */
  function engineVersionOf({ type, id: engineId, version }: Engine, deadline: Deadline) {
    return api.get(
      {
        path: [ENGINES[type].path, engineId],
        query: queryOf(version),
        schema: engineVersionSchema,
        to: ({ version: found }) => {
          requireVersion(version, found);
          return version ?? found;
        },
      },
      deadline,
    );
  }

  /** The newest of an agent's published versions. */
  async function publishedVersion(agentId: string, deadline: Deadline): Promise<number | undefined> {
    const list = { path: ['list-agent-versions', agentId], items: 'versions', of: `agent ${agentId}` };
    const query = { sort_order: 'descending' };
    const { items: versions } = await readList(api, { ...list, query, schema: agentVersionSchema }, deadline);
    const published = versions.filter((each) => each.is_published === true);
    return published.length === 0 ? undefined : Math.max(...published.map(({ version }) => version));
  }
}

const queryOf = (version: number | undefined): Record<string, string> =>
  version === undefined ? {} : { version: String(version) };

/** Where one version was asked for, an answer about another would make the report say what is not true. */
function requireVersion(wanted: number | undefined, found: number | undefined): void {
  if (wanted !== undefined && found !== undefined && found !== wanted) {
    throw new InvalidResponse(`answered for version ${found} when asked for version ${wanted}.`, {
      isJson: true,
    });
  }
}

/** Whether Retell says that there is no such thing. */
const isMissing = (error: unknown): boolean =>
  error instanceof ProviderError &&
  error.cause instanceof HttpStatusError &&
  [404, 422].includes(error.cause.status);

function notFound({ kind, id: targetId }: Target, version: Version): string {
  const what = isEngineType(kind) ? ENGINES[kind].title : kind;
  return version.kind === 'number'
    ? `target: Retell has no ${what} ${targetId} with a version ${version.number} in the workspace of this api-key. Check target and version.`
    : `target: Retell has no ${what} ${targetId} in the workspace of this api-key. Check target, and that the key is of the same workspace.`;
}

const notAVersion = (kind: string): string =>
  `version: a target ${kind}/ has only ${kind === 'agent' ? 'latest, published' : 'latest'} and numbers at Retell.`;

function describeAgent({ agent_id, agent_name, version }: z.infer<typeof agentSchema>): string {
  const letters = [...(agent_name ?? '').slice(0, 2 * SHOWN_NAME + 2)];
  const shown = letters.length > SHOWN_NAME ? `${letters.slice(0, SHOWN_NAME).join('')}…` : agent_name;
  const numbered = version === undefined ? agent_id : `${agent_id}, version ${version}`;
  return shown ? `${shown} (${numbered})` : `agent ${numbered}`;
}

function toSubject(
  engine: Engine & { readonly version: number },
  agent?: Pick<Subject, 'title' | 'name'>,
): Subject {
  const fields = { ...engineFields(engine), version: engine.version };
  const name = describeEngine({ ...fields, type: engine.type });
  return {
    title: agent === undefined ? name : `${agent.title}: ${name}`,
    name: agent?.name,
    key: keyOf(engine),
    request: { response_engine: fields },
  };
}

/** `undefined` without a version, since nothing tells then which was tested. */
const keyOf = ({ type, id: engineId, version }: Engine): string | undefined =>
  version === undefined ? undefined : `${type} ${engineId} ${version}`;

function engineOf({ request }: Subject): Engine {
  const engine = toEngine(parseAs(engineSchema, request['response_engine']));
  if (engine === undefined) throw new TypeError('no engine');
  return engine;
}

const toAvailableTestCase = ({
  test_case_definition_id,
  name,
}: z.infer<typeof definitionSchema>): AvailableTestCase => ({
  id: test_case_definition_id,
  name: name ?? test_case_definition_id,
});

/** The id of the batch. One that tests something else is not what was asked for. */
function toStarted(
  { test_case_batch_job_id, response_engine }: z.infer<typeof startedSchema>,
  { key }: Subject,
): string {
  const engine = response_engine && toEngine(response_engine);
  const found = engine && keyOf(engine);
  if (found !== undefined && found !== key) {
    throw new InvalidResponse(
      `started batch ${test_case_batch_job_id} on ${found}, which was not asked for.`,
      {
        isJson: true,
      },
    );
  }
  return test_case_batch_job_id;
}

function toListed(body: z.infer<typeof listedSchema>): ListedBatch {
  const tested = body.response_engine && toEngine(body.response_engine);
  return {
    id: body.test_case_batch_job_id,
    total: body.total_count,
    createdAt: body.creation_timestamp,
    subject: tested && keyOf(tested),
  };
}
