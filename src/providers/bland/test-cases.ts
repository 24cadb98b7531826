/** Bland's test cases ("scenarios"). */
import * as z from 'zod/mini';
import { idKey } from '../../domain/evidence.ts';
import type { AvailableTestCase, Selector } from '../../domain/selectors.ts';
import type { Target } from '../../domain/target.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { RequestRefused } from '../../runtime/errors.ts';
import type { Api } from '../api.ts';
import { id, onNotFound, requireSame } from '../fields.ts';
import type { TestCaseList } from '../starter.ts';
import { readNamed, valuesOf } from '../starting.ts';

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

/** Scenarios have UUIDs. */
const SCENARIO_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The test cases to select from: those of the target; without one, those that the selectors name by id. */
export async function readTestCases(
  api: Api,
  { target, selectors }: { target: Target | undefined; selectors: readonly Selector[] },
  deadline: Deadline,
): Promise<TestCaseList> {
  return {
    testCases:
      target === undefined
        ? await readByIds(api, selectors, deadline)
        : await listOfTarget(api, target, deadline),
    warnings: [],
    adviceIfEmpty: `Check the id in target, or create scenarios for this ${target?.kind ?? 'target'} at Bland.`,
  };
}

async function listOfTarget(
  api: Api,
  { kind, id: targetId }: Target,
  deadline: Deadline,
): Promise<AvailableTestCase[]> {
  const field = kind === 'persona' ? 'persona_id' : 'pathway_id';
  const scenarios = await api.get(
    {
      path: ['scenarios'],
      query: { [field]: targetId, enabled: 'true' },
      schema: scenarioListSchema,
      toValue: (body) => (Array.isArray(body) ? body : body.scenarios),
    },
    deadline,
  );
  const isOther = (found: string | undefined): boolean =>
    found !== undefined && idKey(found) !== idKey(targetId);
  return scenarios
    .filter((scenario) => scenario.enabled !== false && !isOther(scenario[field]))
    .map(toAvailableTestCase);
}

/** The scenarios that the selectors name: none that is chosen may be missing or disabled. */
async function readByIds(
  api: Api,
  selectors: readonly Selector[],
  deadline: Deadline,
): Promise<AvailableTestCase[]> {
  if (!valuesOf(selectors).every((value) => SCENARIO_ID.test(value))) {
    throw new RequestRefused('target is missing: Bland needs one unless every line of test-cases is an id.');
  }
  const named = await readNamed(selectors, (scenarioId) => readScenario(api, scenarioId, deadline));
  const chosen = named.filter(({ isChosen }) => isChosen);
  const missing = chosen.filter(({ body }) => body === undefined).map((scenario) => scenario.id);
  if (missing.length > 0) {
    throw new RequestRefused(
      `test-cases: Bland has no scenario ${missing.join(', ')} in the organisation of this api-key.`,
    );
  }
  const disabled = chosen.filter(({ body }) => body?.enabled === false).map((scenario) => scenario.id);
  if (disabled.length > 0) {
    throw new RequestRefused(
      `test-cases: scenario ${disabled.join(', ')} is disabled at Bland. Enable it, or take it out.`,
    );
  }
  // In the spelling of the selector, which is compared letter by letter.
  return named.flatMap(({ id: scenarioId, body }) =>
    body === undefined ? [] : { ...toAvailableTestCase(body), id: scenarioId },
  );
}

function readScenario(api: Api, scenarioId: string, deadline: Deadline): Promise<Scenario | undefined> {
  const toValue = (scenario: Scenario): Scenario => {
    requireSame('scenario', scenarioId, scenario.id, idKey);
    return scenario;
  };
  return api
    .get({ path: ['scenarios', scenarioId], size: 'small', schema: scenarioSchema, toValue }, deadline)
    .catch(onNotFound(() => undefined));
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
