/** The test cases of a Retell engine ("test case definitions"). */
import * as z from 'zod/mini';
import { normalize } from '../../domain/pattern.ts';
import type { AvailableTestCase, Selector } from '../../domain/selectors.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError } from '../../runtime/errors.ts';
import type { Api } from '../api.ts';
import { id, onNotFound, requireSame } from '../fields.ts';
import type { TestCaseList } from '../starter.ts';
import { readNamed, valuesOf } from '../starting.ts';
import { type Engine, engineFields, engineName, engineSchema, toEngine } from './engine.ts';
import { readList } from './lists.ts';

/** So many test cases are read one by one where each line is an id; with more, the list is read. */
const MAX_READ_ONE_BY_ONE = 10;

/** The form of an id of a test case. */
const TEST_CASE_ID = /^test_case_[^*\s]+$/;

const definitionSchema = z.object({
  test_case_definition_id: id,
  name: lenient(z.string()),
  user_modified_timestamp: lenient(z.number()),
  response_engine: lenient(engineSchema),
});

type Definition = z.infer<typeof definitionSchema>;

/** The test cases to select from: those that the selectors name, where all are ids, or all of the engine. */
export async function readTestCases(
  api: Api,
  engine: Engine,
  selectors: readonly Selector[],
  deadline: Deadline,
): Promise<TestCaseList> {
  const values = valuesOf(selectors);
  const testCases =
    values.length <= MAX_READ_ONE_BY_ONE && values.every((value) => TEST_CASE_ID.test(value))
      ? await readByIds(api, engine, selectors, deadline)
      : await listAll(api, engine, deadline);
  return { testCases, warnings: [] };
}

async function listAll(api: Api, engine: Engine, deadline: Deadline): Promise<readonly AvailableTestCase[]> {
  const list = { path: ['v2', 'list-test-case-definitions'], itemNoun: 'test cases', of: engine.id };
  const { items } = await readList(
    api,
    { ...list, query: engineFields(engine), schema: definitionSchema, toItem: toAvailableTestCase },
    deadline,
  );
  return items;
}

/** The test cases that the selectors name by id: Retell says of each whether and where it is. */
async function readByIds(
  api: Api,
  engine: Engine,
  selectors: readonly Selector[],
  deadline: Deadline,
): Promise<readonly AvailableTestCase[]> {
  const named = await readNamed(selectors, (testCaseId) => readDefinition(api, testCaseId, deadline));
  const missing = named.flatMap(({ id: testCaseId, isChosen, body }) =>
    isChosen && body === undefined ? testCaseId : [],
  );
  if (missing.length > 0) {
    const listed = await listAll(api, engine, deadline);
    // A name may look like an id.
    if (listed.some(({ name }) => missing.includes(normalize(name)))) return listed;
    throw new ProviderError(
      `test-cases: Retell has no test case ${missing.join(', ')} in the workspace of this api-key.`,
    );
  }
  const foreign = named.flatMap(({ id: testCaseId, isChosen, body }) => {
    const owner = body && otherOwner(body, engine);
    return isChosen && owner !== undefined ? `${testCaseId} belongs to ${owner}` : [];
  });
  if (foreign.length > 0) {
    throw new ProviderError(`test-cases: ${foreign.join(', ')}, and ${engineName(engine)} is under test.`);
  }
  return named.flatMap(({ body }) =>
    body === undefined || otherOwner(body, engine) !== undefined ? [] : toAvailableTestCase(body),
  );
}

/** The other engine that a test case belongs to; `undefined` where it is this one, or nothing says which it is. */
function otherOwner({ response_engine: owner }: Definition, engine: Engine): string | undefined {
  if (owner === undefined) return undefined;
  const found = toEngine(owner);
  const name = found === undefined ? owner.type : engineName(found);
  return name === engineName(engine) ? undefined : name;
}

function readDefinition(api: Api, testCaseId: string, deadline: Deadline): Promise<Definition | undefined> {
  const toValue = (body: Definition): Definition => {
    requireSame('test case', testCaseId, body.test_case_definition_id);
    return body;
  };
  return api
    .get(
      { path: ['get-test-case-definition', testCaseId], size: 'small', schema: definitionSchema, toValue },
      deadline,
    )
    .catch(onNotFound(() => undefined));
}

const toAvailableTestCase = ({
  test_case_definition_id,
  name,
  user_modified_timestamp,
}: Definition): AvailableTestCase => ({
  id: test_case_definition_id,
  name: name ?? test_case_definition_id,
  revision: user_modified_timestamp,
});
