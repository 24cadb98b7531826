/**
 * Compares the newest clients that the providers publish with the committed digest of the models that are read here.
 *
 *   npm run drift                 prints what changed
 *   npm run drift -- --write      writes the newest digest, after the adapters were looked at
 *   npm run drift -- --from DIR   reads packages that are in DIR/REGISTRY/NAME instead of the registries' newest
 *
 * Exit code: 0 nothing changed, 1 something changed, 2 a registry could not be read, and then nothing is compared.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CLIENTS, type Client } from './drift/clients.ts';
import { compareDigests, digestOf, formatDigest, formatDrift, parseDigest } from './drift/digest.ts';

const DIGEST = fileURLToPath(new URL('drift/digest.txt', import.meta.url));
const MINUTES = 5;

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    from: { type: 'string' },
    digest: { type: 'string' },
  },
});
const digestFile = values.digest ?? DIGEST;
const folder = values.from ?? mkdtempSync(join(tmpdir(), 'agent-test-gate-drift-'));
try {
  const newest = CLIENTS.map((client) => {
    const unpacked = join(folder, client.registry, client.name);
    if (values.from === undefined) download(client, unpacked);
    return digestOf(client, versionOf(client, unpacked), (path) => textOf(join(unpacked, path)));
  });
  const drift = compareDigests(parseDigest(readFileSync(digestFile, 'utf8')), newest);
  if (values.write) writeFileSync(digestFile, formatDigest(newest));
  console.log(drift.length === 0 ? 'Nothing that is read here has changed.' : formatDrift(drift));
  process.exitCode = drift.length === 0 || values.write ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
} finally {
  if (values.from === undefined) rmSync(folder, { recursive: true, force: true });
}

/** Gets the newest release and unpacks it. Runs no code of the package: npm only packs, pip takes only wheels. */
function download({ registry, name }: Client, to: string): void {
  const packed = `${to}-packed`;
  mkdirSync(to, { recursive: true });
  mkdirSync(packed, { recursive: true });
  if (registry === 'npm') {
    run(
      'npm',
      ['pack', `${name}@latest`, '--silent', '--ignore-scripts', '--pack-destination', packed],
      name,
    );
    run('tar', ['-xzf', onlyFileIn(packed, name), '--strip-components=1', '-C', to], name);
  } else {
    run(
      'python3',
      ['-m', 'pip', 'download', name, '--no-deps', '--only-binary=:all:', '-q', '-d', packed],
      name,
    );
    run('python3', ['-m', 'zipfile', '-e', onlyFileIn(packed, name), to], name);
  }
}

function run(program: string, args: readonly string[], name: string): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: MINUTES * 60_000 });
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: Buffer };
    const reason = (stderr ?? '').toString().trim().split('\n').at(-1) || message;
    throw new Error(`${name} could not be read, so nothing was compared: ${reason}`, { cause: error });
  }
}

function onlyFileIn(packed: string, name: string): string {
  const [file, ...others] = readdirSync(packed);
  if (file === undefined || others.length > 0)
    throw new Error(`The registry sent no single file for ${name}.`);
  return join(packed, file);
}

/** The version that the package itself says. */
function versionOf({ registry, name }: Client, unpacked: string): string {
  const missing = `There is no package ${name} in ${unpacked}, so nothing was compared.`;
  if (registry === 'npm') {
    const text = textOf(join(unpacked, 'package.json'));
    const version = text === undefined ? undefined : (JSON.parse(text) as { version?: unknown }).version;
    if (typeof version !== 'string') throw new Error(missing);
    return version;
  }
  const info = existsSync(unpacked)
    ? readdirSync(unpacked).find((entry) => entry.endsWith('.dist-info'))
    : undefined;
  const [, version] = /-([^-]+)\.dist-info$/.exec(info ?? '') ?? [];
  if (version === undefined) throw new Error(missing);
  return version;
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
