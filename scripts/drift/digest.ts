import type { Client } from './clients.ts';
import { pythonModels } from './python-models.ts';
import { typescriptModels } from './typescript-models.ts';

/** One client as it was read. */
export interface ClientDigest {
  /** `pypi retell-sdk` */
  readonly client: string;
  readonly version: string;
  /** `Model.field: type`, sorted. */
  readonly lines: readonly string[];
}

/** What changed in one client between two versions. */
export interface ClientDrift {
  readonly client: string;
  readonly from: string;
  readonly to: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Digest of one client; `read` gives the text of a file of the package, or `undefined` where it is missing. */
export function digestOf(
  { registry, name, folder, form, models }: Client,
  version: string,
  read: (path: string) => string | undefined,
): ClientDigest {
  const lines =
    form === 'endpoints'
      ? models.flatMap((file) => endpointLines(file, read(`${folder}/${file}`)))
      : models.flatMap((model) => {
          const [file = '', modelName = '', ...fields] = model.split(' ');
          const source = read(`${folder}/${file}${form === 'python' ? '.py' : '.d.ts'}`);
          const found = source === undefined ? undefined : modelsIn(form, source).get(modelName);
          return modelLines(modelName, found, fields);
        });
  return { client: `${registry} ${name}`, version, lines: [...new Set(lines)].sort() };
}

const modelsIn = (form: 'python' | 'typescript', source: string): Map<string, Map<string, string>> =>
  form === 'python' ? pythonModels(source) : typescriptModels(source);

/** A model that is missing has a line too: its absence is a change as any other. */
function modelLines(
  model: string,
  found: ReadonlyMap<string, string> | undefined,
  fields: readonly string[],
): string[] {
  if (found === undefined) return [`${model}: missing`];
  const names = fields.length > 0 ? fields : [...found.keys()];
  return names.map((name) =>
    name === '' ? `${model} = ${found.get(name)}` : `${model}.${name}: ${found.get(name) ?? 'missing'}`,
  );
}

/** The endpoints of tests and of pathway versions that a program of Bland's asks, and the status words that it knows. */
function endpointLines(file: string, source: string | undefined): string[] {
  if (source === undefined) return [`${file}: missing`];
  const paths = [...source.matchAll(/["'`](\/v\d\/[^"'`\s]+)/g)].map(([, path = '']) =>
    path.replaceAll(/\$\{[^}]*\}/g, ':x').replace(/\?.*$/, ''),
  );
  const words = [...source.matchAll(/["'](PENDING|QUEUED|RUNNING|PASSED|FAILED|ERROR|CANCELLED)["']/g)];
  return [
    ...paths.filter((path) => ENDPOINT.test(path)).map((path) => `endpoint ${path}`),
    ...words.map(([, word = '']) => `status ${word}`),
  ];
}

const ENDPOINT =
  /^\/v\d\/(agent-testing\/|pathway\/[^/]+\/version|convo_pathway\/(create-version|update|publish))/;

const TITLE =
  '# What the providers\' clients say of the models that are read here. Written by "npm run drift -- --write".';

/** The digest as it is committed. */
export function formatDigest(digests: readonly ClientDigest[]): string {
  const sections = digests.map(({ client, version, lines }) =>
    [`[${client} ${version}]`, ...lines].join('\n'),
  );
  return `${[TITLE, ...sections].join('\n\n')}\n`;
}

/** Reads what `formatDigest` wrote. */
export function parseDigest(text: string): ClientDigest[] {
  return text
    .split('\n\n')
    .slice(1)
    .map((section) => {
      const [head = '', ...lines] = section.trimEnd().split('\n');
      const [, client = '', version = ''] = /^\[(.+) (\S+)\]$/.exec(head) ?? [];
      if (client === '') throw new Error(`The digest has no head of a section where it says "${head}".`);
      return { client, version, lines };
    });
}

/** What changed, client by client. A new version in which nothing changed that is read is no change. */
export function compareDigests(
  committed: readonly ClientDigest[],
  newest: readonly ClientDigest[],
): ClientDrift[] {
  const clients = [...new Set([...committed, ...newest].map(({ client }) => client))];
  return clients
    .map((client) => {
      const before = committed.find((digest) => digest.client === client);
      const after = newest.find((digest) => digest.client === client);
      return {
        client,
        from: before?.version ?? 'not in the digest',
        to: after?.version ?? 'not read any more',
        removed: (before?.lines ?? []).filter((line) => after?.lines.includes(line) !== true),
        added: (after?.lines ?? []).filter((line) => before?.lines.includes(line) !== true),
      };
    })
    .filter(({ removed, added }) => removed.length + added.length > 0);
}

/** The change as lines that begin with `-` and `+`; a field whose type changed has both beside each other. */
export function formatDrift(drift: readonly ClientDrift[]): string {
  return drift
    .map(({ client, from, to, removed, added }) => {
      const changes = [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
      const keyOf = (line: string): string => line.slice(2).replace(/(: | = ).*$/, '');
      const sorted = changes.toSorted(
        (one, other) => keyOf(one).localeCompare(keyOf(other)) || other.charCodeAt(0) - one.charCodeAt(0),
      );
      return [`${client} ${from} -> ${to}`, ...sorted].join('\n');
    })
    .join('\n\n');
}
