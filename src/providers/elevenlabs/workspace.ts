import * as z from 'zod/mini';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { onProviderError } from '../../runtime/errors.ts';
import type { Api } from '../api.ts';
import { fromSeconds, id, onNotFound } from '../fields.ts';
import { readList } from './lists.ts';

const rowSchema = z.object({
  id,
  name: lenient(z.string()),
  entity_type: lenient(z.string()),
  type: lenient(z.string()),
  folder_parent_id: lenient(z.string()),
  folder_path: lenient(z.array(z.object({ id: z.string() }))),
  children_count: lenient(z.number()),
  last_updated_at_unix_secs: lenient(z.number()),
});

type Row = z.infer<typeof rowSchema>;

/** With more tests than this, it is not read when each was last edited. */
const MAX_DATED_TESTS = 1_000;

const datedSchema = z.object({ id, last_updated_at_unix_secs: lenient(z.number()) });

/**
 * When each test of the workspace was last edited, in milliseconds since the epoch, by its id. Empty where the list cannot be
 * read at once or is very long: it decides nothing by itself.
 */
export async function readRevisions(api: Api, deadline: Deadline): Promise<ReadonlyMap<string, number>> {
  const list = {
    path: ['agent-testing'],
    field: 'tests',
    itemNoun: 'tests',
    of: 'the workspace',
    total: MAX_DATED_TESTS,
    schema: datedSchema,
    toItem: (row: z.infer<typeof datedSchema>) => row,
  };
  const { items } = await readList(api, list, { ...deadline, noRetries: true }).catch(
    onProviderError(() => ({ items: [] })),
  );
  return new Map(
    items.flatMap(({ id: testId, last_updated_at_unix_secs: seconds }): [string, number][] =>
      seconds === undefined ? [] : [[testId, seconds * 1_000]],
    ),
  );
}

/** The tests and the folders of a workspace. */
export interface Workspace {
  /** The name of each test by its id. */
  readonly tests: ReadonlyMap<string, string>;
  /** When a test was last edited, in milliseconds since the epoch, where the list says it. */
  revisionOf(test: string): number | undefined;
  /** True if a test lies in a folder, at whatever depth. */
  isIn(test: string, folder: string): boolean;
  /** The ids of the tests in a folder, however deep. */
  testsIn(folder: string): readonly string[];
  isFolder(id: string): boolean;
}

/**
 * Reads every test of the workspace. What lies in the folders of `attached` is asked for where the whole list does not show
 * it: that a list without a folder shows the tests of all folders is documented nowhere. Throws `ProviderError`.
 */
export async function readWorkspace(
  api: Api,
  attached: readonly string[],
  deadline: Deadline,
): Promise<Workspace> {
  const rows = new Map<string, Row>();
  /** The folders that something lies in: its parent and its path. */
  const parents = new Map<string, ReadonlySet<string>>();
  const add = (row: Row): void => {
    if (!rows.has(row.id)) rows.set(row.id, row);
    parents.set(row.id, new Set([...(parents.get(row.id) ?? []), ...foldersAbove(row)]));
  };
  // A folder that lies in itself ends the way up.
  const isIn = (rowId: string, folder: string, seen = new Set<string>()): boolean => {
    if (seen.has(rowId)) return false;
    seen.add(rowId);
    const above = [...(parents.get(rowId) ?? [])];
    return above.includes(folder) || above.some((parent) => isIn(parent, folder, seen));
  };
  const list = (query: Readonly<Record<string, string>>, of: string) =>
    readList(
      api,
      {
        path: ['agent-testing'],
        field: 'tests',
        itemNoun: 'tests',
        of,
        query,
        schema: rowSchema,
        toItem: (row: Row) => row,
      },
      deadline,
    );

  for (const row of (await list({}, 'the workspace')).items) add(row);

  const done = new Set<string>();
  async function completeFolder(folder: string): Promise<void> {
    if (done.has(folder)) return;
    done.add(folder);
    if (!isListedWhole(folder, rows)) {
      const { items } = await list({ parent_folder_id: folder }, `folder ${folder}`).catch(
        onNotFound(() => ({ items: [] })),
      );
      // A server that does not know the parameter lists everything.
      for (const row of items.filter((item) => foldersAbove(item).includes(folder))) add(row);
    }
    const inner = [...rows.values()].filter((row) => isFolderRow(row) && isIn(row.id, folder));
    for (const row of inner) await completeFolder(row.id);
  }
  const isFolder = (someId: string): boolean => isFolderRow(rows.get(someId) ?? { id: someId });
  for (const attachedId of attached) if (isFolder(attachedId)) await completeFolder(attachedId);

  const tests = new Map(
    [...rows.values()].filter((row) => !isFolderRow(row)).map((row) => [row.id, row.name ?? row.id]),
  );
  return {
    tests,
    revisionOf: (test) => fromSeconds(rows.get(test)?.last_updated_at_unix_secs),
    isIn: (test, folder) => isIn(test, folder),
    testsIn: (folder) => [...tests.keys()].filter((test) => isIn(test, folder)),
    isFolder,
  };
}

const isFolderRow = ({ id: rowId, entity_type, type }: Partial<Row> & Pick<Row, 'id'>): boolean =>
  entity_type === 'folder' || type === 'folder' || rowId.startsWith('tfld_');

const foldersAbove = ({ folder_parent_id: parent, folder_path = [] }: Row): string[] => [
  ...folder_path.map((folder) => folder.id),
  ...(parent === undefined ? [] : [parent]),
];

/** True if the list is known to show all of a folder, as far as it says how much there is. */
function isListedWhole(folder: string, rows: ReadonlyMap<string, Row>): boolean {
  const all = [...rows.values()];
  const count = rows.get(folder)?.children_count;
  if (count === undefined) return all.some((row) => foldersAbove(row).includes(folder));
  return all.filter((row) => parentOf(row) === folder).length >= count;
}

const parentOf = ({ folder_parent_id: parent, folder_path = [] }: Row): string | undefined =>
  parent ?? folder_path.at(-1)?.id;
