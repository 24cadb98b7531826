import * as z from 'zod/mini';
import { idKey } from '../../domain/evidence.ts';
import type { Assertion } from '../../domain/run.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { onProviderError } from '../../runtime/errors.ts';
import type { Api } from '../api.ts';
import { MAX_DETAILS, readEntries, textOrUndefined } from '../fields.ts';
import { resultOf } from '../runs.ts';

/** Two shapes: `passed`, `expected`, … as documented; `status`, `reasoning` as seen live. */
const assertionSchema = z.object({
  assertion_id: lenient(z.string()),
  name: lenient(z.string()),
  type: lenient(z.string()),
  target: lenient(z.string()),
  field: lenient(z.string()),
  passed: lenient(z.boolean()),
  status: lenient(z.string()),
  expected: lenient(z.unknown()),
  actual: lenient(z.unknown()),
  reasoning: lenient(z.string()),
  reason: lenient(z.string()),
  explanation: lenient(z.string()),
  message: lenient(z.string()),
  error: lenient(z.string()),
});

type AssertionBody = z.infer<typeof assertionSchema>;

/** The words of `status` in the live shape. */
const PASSED_BY_STATUS: ReadonlyMap<string, boolean> = new Map([
  ['PASSED', true],
  ['FAILED', false],
]);

/** Assertions of a scenario: their results in a run have only the ids. */
const scenarioSchema = z.object({ assertions: lenient(z.array(z.unknown())) });
const namedSchema = z.object({ id: z.string(), name: z.string() });

/** The names of a scenario's assertions, by id. */
type Names = ReadonlyMap<string, string>;

/** Assertions of a run, as far as the run itself names them. */
export const toAssertions = (results: readonly unknown[] | undefined): Assertion[] =>
  bodiesOf(results).map((body) => toAssertion(body));

/** Creates the reader of a run's assertions with the names that they have in its scenario, each of which is read once. */
export function createAssertionReader(api: Api) {
  const scenarios = new Map<string, Promise<Names>>();

  function namesOf(scenarioId: string, deadline: Deadline): Promise<Names> {
    const key = idKey(scenarioId);
    const names = scenarios.get(key) ?? readNames(api, scenarioId, deadline);
    scenarios.set(key, names);
    return names;
  }

  return async (
    results: readonly unknown[] | undefined,
    scenarioId: string | undefined,
    deadline: Deadline,
  ): Promise<Assertion[]> => {
    const bodies = bodiesOf(results);
    const needsNames = scenarioId !== undefined && bodies.some(isUnnamed);
    const names = needsNames ? await namesOf(scenarioId, deadline) : undefined;
    return bodies.map((body) => toAssertion(body, names));
  };
}

/** Without names the assertions are shown by their type or id. */
const readNames = (api: Api, scenarioId: string, deadline: Deadline): Promise<Names> =>
  api
    .get(
      { path: ['scenarios', scenarioId], size: 'small', schema: scenarioSchema, toValue: toNames },
      deadline,
    )
    .catch(onProviderError((): Names => new Map()));

const bodiesOf = (results: readonly unknown[] | undefined): AssertionBody[] =>
  readEntries(assertionSchema, results?.slice(0, MAX_DETAILS));

const toNames = ({ assertions }: z.infer<typeof scenarioSchema>): Names =>
  new Map(
    readEntries(namedSchema, assertions)
      .filter(({ name }) => name.trim() !== '')
      .map(({ id, name }) => [idKey(id), name]),
  );

/** True if an assertion's result leaves its name to the scenario. */
const isUnnamed = ({ assertion_id, name }: AssertionBody): boolean =>
  assertion_id !== undefined && name === undefined;

function toAssertion(body: AssertionBody, names?: Names): Assertion {
  const words = [body.type, body.target, body.field].filter((word) => word !== undefined);
  return {
    label:
      body.name ??
      names?.get(idKey(body.assertion_id ?? '')) ??
      // The whole id: a secret is only found in a text that was not cut.
      (words.join(' ') || `assertion ${body.assertion_id ?? 'without id'}`),
    result: resultOf(body.passed ?? PASSED_BY_STATUS.get(body.status?.toUpperCase() ?? '')),
    expected: textOrUndefined(body.expected),
    actual: textOrUndefined(body.actual),
    explanation: body.reasoning ?? body.reason ?? body.explanation ?? body.message ?? body.error,
  };
}
