import { ok, type Result, refused } from '../domain/result.ts';
import { errorCodeOf, readRegularFile, UnsuitableFile } from '../runtime/regular-file.ts';

const MAX_BYTES = 1024 * 1024;
/** Names of fields under which strings are taken for secrets. */
const SECRET_NAME = /key|token|secret|password|authorization/i;
/** A shorter text is no secret, and taking it out of other words would garble them. */
const MIN_SECRET = 8;
/** Every text that is shown is searched for each of them. */
const MAX_SECRETS = 1_000;

/** File of the input `target-config`, or why it cannot be used, as a clause. */
export type ConfigFile = Result<{
  readonly json: Readonly<Record<string, unknown>>;
  /** Values in it that must appear nowhere. */
  readonly secrets: readonly string[];
}>;

/** Reads the file at the path as the user gave it; `undefined` where none was given. Never rejects. */
export async function readConfigFile(path: string): Promise<ConfigFile | undefined> {
  if (path.trim() === '') return undefined;
  try {
    return parseConfig(await readRegularFile(path.trim(), MAX_BYTES));
  } catch (error) {
    return refused(whyUnread(error));
  }
}

function whyUnread(error: unknown): string {
  if (error instanceof UnsuitableFile) return error.message;
  const code = errorCodeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? 'there is no such file'
    : `it cannot be read (${typeof code === 'string' ? code : error})`;
}

/** Reads the bytes of a configuration. Nothing of a text that is no JSON is quoted: there may be a secret in it. */
function parseConfig(bytes: Uint8Array): ConfigFile {
  let json: unknown;
  try {
    // The decoder leaves out a byte order mark.
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const [place] = /line \d+ column \d+/.exec(String(error)) ?? [];
    return refused(`it is not JSON${place === undefined ? '' : `, from ${place} on`}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return refused('it must hold a JSON object');
  const secrets = secretsIn(json);
  return secrets.length > MAX_SECRETS
    ? refused(
        `it has ${secrets.length} texts under names with key, token, secret, password or authorization in it, and ${MAX_SECRETS} can be masked`,
      )
    : ok({ json: json as Readonly<Record<string, unknown>>, secrets });
}

/** Every string of 8 or more characters at or under a name that says it is a secret, each once. */
export function secretsIn(json: unknown): string[] {
  const found = new Set<string>();
  // A list of what is left to do, since JSON may be nested more deeply than calls can be.
  const open = [{ part: json, isSecret: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { part, isSecret } = next;
    if (typeof part === 'string') {
      if (isSecret && part.trim().length >= MIN_SECRET) found.add(part);
    } else if (typeof part === 'object' && part !== null) {
      for (const [name, value] of Object.entries(part)) {
        open.push({ part: value, isSecret: isSecret || (!Array.isArray(part) && SECRET_NAME.test(name)) });
      }
    }
  }
  return [...found];
}
