import { makeRetellId } from './retell-bodies.ts';
import { engineIn, isEngine } from './retell-engine.ts';
import { pageOf, pageRequest, type WrongPages } from './retell-paging.ts';
import { fieldsOf, Refusal, type Route, type SeenRequest } from './server.ts';
import type { Fields } from './timeline.ts';

/** A test case definition as a client made it; nothing but its id is looked at here. */
export type Definition = Fields & { readonly test_case_definition_id: string };

/** `count` test cases of the recorded engine: `test_case_000000000001` and so on, named as `nameOf` says. */
export function manyDefinitions(
  count: number,
  nameOf: (index: number) => string = (index) => `Test case ${index}`,
): Definition[] {
  return Array.from({ length: count }, (_, index) => ({
    test_case_definition_id: `test_case_${String(index + 1).padStart(12, '0')}`,
    name: nameOf(index),
  }));
}

/** The endpoints of test case definitions, on `definitions` by id. */
export function definitionRoutes(
  definitions: Map<string, Definition>,
  { wrong, longestPage }: { wrong?: WrongPages | undefined; longestPage?: number } = {},
): Route[] {
  const known = (id: string): Definition => {
    const definition = definitions.get(id);
    if (definition === undefined) throw new Refusal(404);
    return definition;
  };
  const keep = (definition: Definition): Definition => {
    definitions.set(definition.test_case_definition_id, definition);
    return definition;
  };
  let made = 0;

  return [
    {
      method: 'POST',
      path: '/create-test-case-definition',
      status: 201,
      answer: ({ request }) => {
        const fields = definitionFields(request);
        const missing = REQUIRED.filter((name) => !(name in fields));
        if (missing.length > 0)
          throw new Refusal(
            400,
            missing.map((name) => `${name} is required.`),
          );
        made += 1;
        const createdAt = Date.now();
        return keep({
          dynamic_variables: {},
          tool_mocks: [],
          llm_model: 'gpt-5-mini',
          ...fields,
          test_case_definition_id: makeRetellId('test case', `created ${made}`),
          type: 'simulation',
          creation_timestamp: createdAt,
          user_modified_timestamp: createdAt,
        });
      },
    },
    { method: 'GET', path: '/get-test-case-definition/:id', answer: ({ id }) => known(id) },
    {
      method: 'PUT',
      path: '/update-test-case-definition/:id',
      answer: ({ id, request }) =>
        keep({
          ...known(id),
          ...definitionFields(request),
          user_modified_timestamp: Date.now(),
        }),
    },
    {
      method: 'DELETE',
      path: '/delete-test-case-definition/:id',
      status: 204,
      answer: ({ id }) => {
        definitions.delete(known(id).test_case_definition_id);
      },
    },
    {
      method: 'GET',
      path: '/v2/list-test-case-definitions',
      answer: ({ request }) => {
        const wanted = engineIn(request.query);
        const found = [...definitions.values()].filter((each) => isEngine(each['response_engine'], wanted));
        return pageOf(found, 'definitions', pageRequest(request, 'definitions', longestPage), wrong);
      },
    },
  ];
}

const REQUIRED = ['name', 'response_engine', 'user_prompt', 'metrics'];
const ALLOWED = [...REQUIRED, 'dynamic_variables', 'llm_model', 'tool_mocks'];

function definitionFields(request: SeenRequest): Record<string, unknown> {
  const fields = Object.entries(fieldsOf(request)).filter(([name]) => ALLOWED.includes(name));
  return Object.fromEntries(fields);
}
