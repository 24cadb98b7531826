/** ElevenLabs' test cases: the tests that are attached to an agent, by themselves or in folders, or that selectors name. */
import { normalize } from '../../domain/pattern.ts';
import type { Selector } from '../../domain/selectors.ts';
import { joinFirst } from '../../domain/wording.ts';
import type { TestCaseList } from '../starter.ts';
import type { ElevenLabsRequest } from './subject.ts';
import type { Workspace } from './workspace.ts';

/** The ids of the tests and folders that are attached to the agent. */
export const attachedTo = ({ placements }: ElevenLabsRequest): string[] => [
  ...new Set(placements.map(({ id }) => id)),
];

/** The test cases to select from. A pattern chooses among the attached tests; an id or a whole name may be any test. */
export function selectable(
  request: ElevenLabsRequest,
  selectors: readonly Selector[],
  workspace: Workspace,
): TestCaseList {
  const { agent } = request;
  const { tests, isFolder, testsIn, revisionOf } = workspace;
  const attached = attachedTo(request);
  const expanded = attached
    .flatMap((id) => (isFolder(id) ? testsIn(id) : [id]))
    .filter((id) => tests.has(id));
  const named = [...tests].flatMap(([id, name]) =>
    selectors.some((selector) => isNamed(selector, id, name)) ? id : [],
  );
  return {
    testCases: [...new Set([...expanded, ...named])].map((id) => ({
      id,
      name: tests.get(id) ?? id,
      revision: revisionOf(id),
    })),
    warnings: selectors.some(({ match }) => match.value.includes('*'))
      ? warningsAbout({ agent, attached, workspace })
      : [],
    adviceIfEmpty: `Attach tests to agent ${agent} at ElevenLabs, or write ids or names of tests.`,
  };
}

/** The workflow nodes that a test is placed at, by itself or in a folder; `undefined` is no node. */
export function nodesOf(
  test: string,
  { placements }: ElevenLabsRequest,
  workspace: Workspace | undefined,
): (string | undefined)[] {
  const isIn = (place: string): boolean => place === test || workspace?.isIn(test, place) === true;
  return [...new Set(placements.filter(({ id }) => isIn(id)).map(({ node }) => node))];
}

/** Most ids that one warning names. */
const MAX_NAMED = 5;

/** Warnings about what is attached to an agent and cannot be started: deleted tests, and folders without tests. */
function warningsAbout({
  agent,
  attached,
  workspace: { tests, isFolder, testsIn },
}: {
  agent: string;
  attached: readonly string[];
  workspace: Workspace;
}): string[] {
  const empty = attached.filter((attachedId) => isFolder(attachedId) && testsIn(attachedId).length === 0);
  const deleted = attached.filter((attachedId) => !isFolder(attachedId) && !tests.has(attachedId));
  return [
    ...(deleted.length === 0
      ? []
      : [
          `Left out, since they were deleted: ${listFirst(deleted)}. Detach them from agent ${agent} at ElevenLabs.`,
        ]),
    ...(empty.length === 0
      ? []
      : [`Folders that are attached to agent ${agent} and show no tests: ${listFirst(empty)}.`]),
  ];
}

const listFirst = (ids: readonly string[]): string => joinFirst(ids, { most: MAX_NAMED });

/** True if a line names a test by its id or its whole name. */
const isNamed = ({ isExclusion, match }: Selector, testId: string, name: string): boolean =>
  !isExclusion && (match.value === testId || match.value === normalize(name));
