import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';

/**
 * A Chromium for tests and screenshots: `CHROMIUM`, if that is set; on Linux the one that `npm ci` brings along;
 * else an installed Chrome.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A browser, or why there is none. */
export type Launched =
  | { readonly kind: 'browser'; readonly browser: Browser }
  | { readonly kind: 'none'; readonly why: string };

/** Starts a browser. A workflow must not pass because it has none: where `CI` is set, this rejects. */
export async function launchBrowser(): Promise<Launched> {
  try {
    return { kind: 'browser', browser: await launch() };
  } catch (error) {
    if (process.env['CI']) throw error;
    return {
      kind: 'none',
      why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    };
  }
}

async function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? (await packagedChromium());
  return await chromium.launch({
    ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
    timeout: 120_000,
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', '--hide-scrollbars'],
  });
}

/** The Chromium of `@sparticuz/chromium`, unpacked once; `undefined` where it cannot run. */
async function packagedChromium(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = join(root, 'node_modules/@sparticuz/chromium');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const path = join(root, 'node_modules/.cache/agent-test-gate', `chromium-${version}`);
  if (existsSync(path)) return path;
  // Another process may be doing the same: only a whole file gets the name.
  const partial = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(
      createReadStream(join(folder, 'bin/chromium.br')),
      createBrotliDecompress(),
      createWriteStream(partial),
    );
    await chmod(partial, 0o755);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}
