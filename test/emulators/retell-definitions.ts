import { engineIn, isEngine } from './retell-engine.ts';
import { pageOf, pageRequest } from './retell-paging.ts';
import { Refusal, type Route } from './server.ts';
import type { Fields, WrongPages } from './timeline.ts';

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
  definitions: ReadonlyMap<string, Definition>,
  { wrong, longestPage }: { wrong?: WrongPages | undefined; longestPage?: number } = {},
): Route[] {
  const known = (id: string): Definition => {
    const definition = definitions.get(id);
    if (definition === undefined) throw new Refusal(404);
    return definition;
  };
  return [
    { method: 'GET', path: '/get-test-case-definition/:id', answer: ({ id }) => known(id) },
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
