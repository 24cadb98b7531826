import * as z from 'zod/mini';
import { type Refused, refused } from '../../domain/result.ts';
import type { AvailableTestCase, Selector } from '../../domain/selectors.ts';
import type { Target, Version } from '../../domain/target.ts';
import { InvalidResponse } from '../../http/failure.ts';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError } from '../../runtime/errors.ts';
import { createApi } from '../api.ts';
import { createAdvice, id, isNotFound, parseAs, requireSame, shortName } from '../fields.ts';
import { batchListsOf, type ListedBatch } from '../started.ts';
import type { BatchStarter, Subject, TestCaseList } from '../starter.ts';
import {
  describeEngine,
  ENGINES,
  type Engine,
  type EngineBody,
  type EngineType,
  engineClaims,
  engineFields,
  engineSchema,
  isEngineType,
  keyOf,
  ownerClaims,
  toEngine,
} from './engine.ts';
import { readList } from './lists.ts';

/** `create-batch-test` takes so many test cases. */
const MOST_TEST_CASES = 1_000;
/** So many test cases are read one by one where each line is an id; with more, the list is read. */
const MAX_READ_ONE_BY_ONE = 10;

const agentSchema = z.object({
  agent_id: z.string(),
  agent_name: lenient(z.string()),
  version: lenient(z.number()),
  is_published: lenient(z.boolean()),
  response_engine: engineSchema,
});

const agentVersionSchema = z.object({ version: z.number(), is_published: lenient(z.boolean()) });
/** A conversation flow does not say whether it is published. */
const engineVersionSchema = z.object({
  version: lenient(z.number()),
  is_published: lenient(z.boolean()),
  last_modification_timestamp: lenient(z.number()),
});
const definitionSchema = z.object({
  test_case_definition_id: id,
  name: lenient(z.string()),
  user_modified_timestamp: lenient(z.number()),
  response_engine: lenient(engineSchema),
});
const startedSchema = z.object({ test_case_batch_job_id: id, response_engine: z.optional(z.unknown()) });
const listedSchema = z.object({
  test_case_batch_job_id: id,
  total_count: z.optional(z.unknown()),
  creation_timestamp: lenient(z.number()),
  response_engine: lenient(engineSchema),
});
const runSchema = z.object({ test_case_definition_id: lenient(z.string()) });

/** Advice where the key or the account is the trouble. */
export const ACCESS = {
  401: 'Check api-key: Retell does not accept it.',
  402: "Check the Retell account's billing: the trial has ended or a payment is due.",
};

const CHECK = 'Check target, version and test-cases: a key sees only its own workspace.';

/** Advice about a refusal of a request that comes before a batch, or starts one. */
const advice = createAdvice({
  ...ACCESS,
  403: 'Check api-key: it may not read the target or start batches.',
  404: CHECK,
  others: CHECK,
});

/** Starts Retell's batches: an engine in one version, and up to 1,000 of its test cases. */
export function createRetellStarter(http: HttpClient): BatchStarter {
  const api = createApi(http, { under: [], advice });
  /** The keys of engines in versions that are published: they cannot be edited any more. */
  const published = new Set<string>();
  return {
    title: 'Retell',
    batchSize: MOST_TEST_CASES,

    async resolve({ target, version = { kind: 'latest' } }, deadline) {
      if (target === undefined) return refused('target is missing: Retell needs one to start a batch.');
      try {
        if (target.kind === 'agent') return await resolveAgent(target, version, deadline);
        if (isEngineType(target.kind)) return await resolveEngine(target.kind, target.id, version, deadline);
      } catch (error) {
        if (isNotFound(error)) return refused(notFound(target, version));
        throw error;
      }
      return refused(`target: Retell has no ${target.kind} to test.`);
    },

    async testCases({ subject, selectors }, deadline) {
      const engine = engineOf(subject);
      const ids = [...new Set(selectors.map(({ match }) => match.value))];
      const areIds = selectors.every(({ match }) => TEST_CASE_ID.test(match.value));
      return areIds && ids.length <= MAX_READ_ONE_BY_ONE
        ? readOneByOne(engine, selectors, deadline)
        : { testCases: await listTestCases(engine, deadline), warnings: [] };
    },

    startBatch: (subject, testCases, deadline) =>
      api.postOnce(
        {
          path: ['create-batch-test'],
          body: { test_case_definition_ids: testCases, ...subject.request },
          schema: startedSchema,
          to: ({ test_case_batch_job_id, response_engine }) => ({
            id: test_case_batch_job_id,
            claims: engineClaims(response_engine),
          }),
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
          return items.flatMap((run) => run.test_case_definition_id ?? []);
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
      // Which engine its test cases are kept with, nobody has looked up.
      return { ...toSubject({ ...engine, version: engine.version }), claims: engineClaims(body) };
    },

    isListed: ({ key }) => key !== undefined,

    compareVersions(left, right) {
      if (left.key === undefined || right.key === undefined) return 'unknown';
      return left.key === right.key ? 'same' : 'different';
    },

    async revisionOf(subject, deadline) {
      if (published.has(subject.key ?? '')) return undefined;
      const { is_published, last_modification_timestamp } = await readEngine(engineOf(subject), deadline);
      return is_published === true ? undefined : last_modification_timestamp;
    },

    async readForReuse(subject, deadline) {
      // Of a published version too: a batch may have tested it when it was a draft.
      const { last_modification_timestamp: editedAt } = await readEngine(engineOf(subject), deadline);
      return {
        editedAt,
        compare({ tested }) {
          const engine = tested && toEngine(parseAs(engineSchema, tested));
          const key = engine && keyOf(engine);
          if (key === undefined) return { kind: 'unknown', why: 'does not say which version it tested' };
          if (key !== subject.key) return { kind: 'other' };
          return editedAt === undefined
            ? { kind: 'unknown', why: 'may be older than the last edit of what is under test' }
            : { kind: 'same' };
        },
      };
    },
  };

  async function listTestCases(engine: Engine, deadline: Deadline): Promise<readonly AvailableTestCase[]> {
    const list = { path: ['v2', 'list-test-case-definitions'], items: 'test cases', of: engine.id };
    const { items } = await readList(
      api,
      { ...list, query: engineFields(engine), schema: definitionSchema, toItem: toAvailableTestCase },
      deadline,
    );
    return items;
  }

  /** The test cases that the selectors name by id, one request for each: Retell says of each whether and where it is. */
  async function readOneByOne(
    engine: Engine,
    selectors: readonly Selector[],
    deadline: Deadline,
  ): Promise<TestCaseList> {
    const chosen = new Set(selectors.flatMap(({ isExclusion, match }) => (isExclusion ? [] : match.value)));
    const ids = [...new Set(selectors.map(({ match }) => match.value))];
    const found = await Promise.all(
      ids.map(async (testCaseId) => ({ testCaseId, body: await readDefinition(testCaseId, deadline) })),
    );
    const missing = found.flatMap(({ testCaseId, body }) =>
      body === undefined && chosen.has(testCaseId) ? testCaseId : [],
    );
    if (missing.length > 0) {
      const listed = await listTestCases(engine, deadline);
      // A name may look like an id.
      if (listed.some(({ name }) => missing.includes(name.normalize().trim()))) {
        return { testCases: listed, warnings: [] };
      }
      throw new ProviderError(
        `test-cases: Retell has no test case ${missing.join(', ')} in the workspace of this api-key.`,
      );
    }
    const bodies = found.flatMap(({ body }) => body ?? []);
    const foreign = bodies.filter(({ response_engine: own }) => own !== undefined && !isOf(own, engine));
    const wrong = foreign.filter((body) => chosen.has(body.test_case_definition_id));
    if (wrong.length > 0) {
      const clauses = wrong.map(
        ({ test_case_definition_id: testCaseId, response_engine: own }) =>
          `${testCaseId} belongs to ${own === undefined ? 'another engine' : engineName(own)}`,
      );
      throw new ProviderError(
        `test-cases: ${clauses.join(', ')}, and ${nameOf({ ...engine, version: undefined })} is under test.`,
      );
    }
    return {
      testCases: bodies.filter((body) => !foreign.includes(body)).map(toAvailableTestCase),
      warnings: [],
    };
  }

  async function readDefinition(testCaseId: string, deadline: Deadline) {
    try {
      return await api.get(
        {
          path: ['get-test-case-definition', testCaseId],
          size: 'small',
          schema: definitionSchema,
          to: (body) => {
            requireSame('test case', testCaseId, body.test_case_definition_id);
            return body;
          },
        },
        deadline,
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

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
      engine.version ??
      (version.kind === 'latest' ? (await readEngine(engine, deadline)).version : undefined);
    if (engineVersion === undefined) {
      return refused(
        `version: Retell does not say which version of ${engine.type} ${engine.id} ${name} uses. Set target to ${engine.type}/${engine.id} and version to its number.`,
      );
    }
    const subject = toSubject(
      { ...engine, version: engineVersion },
      { title: name, name: agent.agent_name, version: wordsOf(agent) },
    );
    if (agent.is_published === true && subject.key !== undefined) published.add(subject.key);
    return {
      ...subject,
      note: version.kind === 'latest' ? draftNote(agent.version, agent.is_published) : undefined,
    };
  }

  async function resolveEngine(
    type: EngineType,
    engineId: string,
    version: Version,
    deadline: Deadline,
  ): Promise<Subject | Refused> {
    if (version.kind !== 'latest' && version.kind !== 'number') return refused(notAVersion(type));
    const wanted = version.kind === 'number' ? version.number : undefined;
    const body = await readEngine({ type, id: engineId, version: wanted }, deadline);
    const number = wanted ?? body.version;
    if (number === undefined) {
      return refused(
        `version: Retell does not say which version of ${type} ${engineId} is the latest. Set version to a number.`,
      );
    }
    const note = version.kind === 'latest' ? draftNote(number, body.is_published) : undefined;
    return { ...toSubject({ type, id: engineId, version: number }), note };
  }

  function readAgent(agentId: string, version: number | undefined, deadline: Deadline) {
    return api.get(
      {
        path: ['get-agent', agentId],
        query: queryOf(version),
        size: 'small',
        schema: agentSchema,
        to: (agent) => {
          requireSame('agent', agentId, agent.agent_id);
          requireVersion(version, agent.version);
          return agent;
        },
      },
      deadline,
    );
  }

  /** The engine in the version that is asked for, or in the latest. */
  function readEngine({ type, id: engineId, version }: Engine, deadline: Deadline) {
    return api.get(
      {
        path: [ENGINES[type].path, engineId],
        query: queryOf(version),
        schema: engineVersionSchema,
        to: (body) => {
          requireVersion(version, body.version);
          return body;
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
    const numbers = versions.flatMap(({ version, is_published }) => (is_published === true ? version : []));
    return numbers.length === 0 ? undefined : Math.max(...numbers);
  }
}

const queryOf = (version: number | undefined): Record<string, string> =>
  version === undefined ? {} : { version: String(version) };

/** Throws where one version was asked for and the answer is about another: the report would name the wrong one. */
function requireVersion(wanted: number | undefined, found: number | undefined): void {
  if (wanted !== undefined && found !== undefined && found !== wanted) {
    throw new InvalidResponse(`answered for version ${found} when asked for version ${wanted}.`, {
      isJson: true,
    });
  }
}

/** The form of an id of a test case. */
const TEST_CASE_ID = /^test_case_[^*\s]+$/;

/** Remark about a latest version that is not published: everybody's newest draft is the latest. */
const draftNote = (version: number | undefined, isPublished: boolean | undefined): string | undefined =>
  isPublished === false && version !== undefined
    ? `The latest version, ${version}, is a draft that is not published.`
    : undefined;

/** "version 5", "version 5 (draft)" */
const wordsOf = ({ version, is_published }: z.infer<typeof agentSchema>): string | undefined =>
  version === undefined ? undefined : `version ${version}${is_published === false ? ' (draft)' : ''}`;

/** Whether a resource belongs to this engine, in whatever version. */
function isOf(body: EngineBody, { type, id: engineId }: Engine): boolean {
  const own = toEngine(body);
  return own?.type === type && own.id === engineId;
}

function engineName(body: EngineBody): string {
  const engine = toEngine(body);
  return engine === undefined ? body.type : nameOf({ ...engine, version: undefined });
}

/** "conversation-flow conversation_flow_… version 12" */
const nameOf = ({ type, id: engineId, version }: Engine): string =>
  version === undefined ? `${type} ${engineId}` : `${type} ${engineId} version ${version}`;

function notFound({ kind, id: targetId }: Target, version: Version): string {
  const what = isEngineType(kind) ? ENGINES[kind].title : kind;
  return version.kind === 'number'
    ? `target: Retell has no ${what} ${targetId} with a version ${version.number} in the workspace of this api-key. Check target and version.`
    : `target: Retell has no ${what} ${targetId} in the workspace of this api-key. Check target, and that the key is of the same workspace.`;
}

const notAVersion = (kind: string): string =>
  `version: a target ${kind}/ has only ${kind === 'agent' ? 'latest, published' : 'latest'} and numbers at Retell.`;

function describeAgent({ agent_id, agent_name, version }: z.infer<typeof agentSchema>): string {
  const numbered = version === undefined ? agent_id : `${agent_id}, version ${version}`;
  return agent_name ? `${shortName(agent_name)} (${numbered})` : `agent ${numbered}`;
}

function toSubject(
  engine: Engine & { readonly version: number },
  agent?: Pick<Subject, 'title' | 'name' | 'version'>,
): Subject {
  const fields = { ...engineFields(engine), version: engine.version };
  const name = describeEngine({ ...fields, type: engine.type });
  return {
    title: agent === undefined ? name : `${agent.title}: ${name}`,
    name: agent?.name,
    version: agent?.version,
    key: keyOf(engine),
    claims: { ...engineClaims(fields), ...ownerClaims(fields) },
    request: { response_engine: fields },
  };
}

function engineOf({ request }: Subject): Engine {
  const engine = toEngine(parseAs(engineSchema, request['response_engine']));
  if (engine === undefined) throw new TypeError('no engine');
  return engine;
}

const toAvailableTestCase = ({
  test_case_definition_id,
  name,
  user_modified_timestamp,
}: z.infer<typeof definitionSchema>): AvailableTestCase => ({
  id: test_case_definition_id,
  name: name ?? test_case_definition_id,
  revision: user_modified_timestamp,
});

function toListed(body: z.infer<typeof listedSchema>): ListedBatch {
  const tested = body.response_engine && toEngine(body.response_engine);
  return {
    id: body.test_case_batch_job_id,
    total: body.total_count,
    createdAt: body.creation_timestamp,
    subject: tested && keyOf(tested),
  };
}
