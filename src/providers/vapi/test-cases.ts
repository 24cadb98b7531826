/** Vapi's test cases ("simulations"), by themselves or in suites. */
import * as z from 'zod/mini';
import type { Selector } from '../../domain/selectors.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError } from '../../runtime/errors.ts';
import type { Api } from '../api.ts';
import { id, onNotFound } from '../fields.ts';
import type { TestCaseList } from '../starter.ts';
import { readNamed, valuesOf } from '../starting.ts';
import { readVapiList } from './lists.ts';

const simulationSchema = z.object({ id, name: lenient(z.string()) });
const suiteSchema = z.object({ simulationIds: z.array(id) });

/** The test cases to select from: those of the suites that the selectors name, and all where another selector is there. */
export async function readTestCases(
  api: Api,
  selectors: readonly Selector[],
  deadline: Deadline,
): Promise<TestCaseList> {
  const suites = await readNamed(
    selectors.filter(({ match }) => match.kind === 'label'),
    (label, isChosen) => {
      const members = readSuite(api, label.slice('suite:'.length), deadline);
      // One that does not exist has none, where it is only to be excluded.
      return isChosen ? members : members.catch(onNotFound(() => []));
    },
  );
  // A suite names its simulations by id: without another selector no list of all is needed.
  const wanted = valuesOf(selectors.filter(({ match }) => match.kind !== 'label'));
  const names = new Map(wanted.length === 0 ? [] : await readNames(api, wanted, deadline));
  for (const simulation of suites.flatMap(({ body }) => body)) {
    if (!names.has(simulation)) names.set(simulation, simulation);
  }
  const labelsOf = (simulation: string): string[] =>
    suites.flatMap(({ id: label, body }) => (body.includes(simulation) ? label : []));
  return {
    testCases: [...names].map(([simulation, name]) => ({
      id: simulation,
      name,
      labels: labelsOf(simulation),
    })),
    warnings: [],
  };
}

function readSuite(api: Api, suite: string, deadline: Deadline): Promise<readonly string[]> {
  return api.get(
    { path: ['suite', suite], schema: suiteSchema, toValue: ({ simulationIds }) => simulationIds },
    deadline,
  );
}

/** The names of all simulations, by id. Refused if some may be missing, unless each that is wanted is there by its id. */
async function readNames(
  api: Api,
  wanted: readonly string[],
  deadline: Deadline,
): Promise<ReadonlyMap<string, string>> {
  const { items, inconsistencies } = await readVapiList(
    api,
    {
      path: [],
      itemNoun: 'simulations',
      of: 'the organisation',
      schema: simulationSchema,
      toItem: (simulation) => simulation,
    },
    deadline,
  );
  const names = new Map(items.map(({ id: simulation, name = simulation }) => [simulation, name]));
  const [doubt] = inconsistencies;
  if (doubt !== undefined && !wanted.every((value) => names.has(value))) {
    throw new ProviderError(
      `test-cases: Vapi does not list every simulation (${doubt}). Run the job again; if it stays so, write ids instead of names.`,
    );
  }
  return names;
}
