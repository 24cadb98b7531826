/**
 * Takes the pictures of the README: what `npm run demo` wrote to `demo-output/`, light and dark, by the Chromium that
 * `npm ci` brings.
 * Run it after the demo: `npm run demo && npm run screenshots`
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../test/browser/browser.ts';
import { renderGitHubPage } from './github-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join(root, 'demo-output');
const images = join(root, 'docs/images');

interface Picture {
  readonly name: string;
  /** The file of the demo that it shows. */
  readonly file: string;
  /** What the address of the page ends in. */
  readonly hash?: string;
  readonly width: number;
  /** All of the page, if none is given. */
  readonly height?: number;
}

const PICTURES: readonly Picture[] = [
  { name: 'comment', file: 'retell-third-push-comment.md', width: 880 },
  { name: 'summary', file: 'bland-summary.md', width: 880 },
  { name: 'jobs', file: 'three-agents-comment.md', width: 880 },
  { name: 'html', file: 'retell-third-push-report.html', width: 1_180, height: 900 },
  {
    name: 'html-runs',
    file: 'retell-third-push-report.html',
    hash: '#test-case-test_case_5e1f00d00000',
    width: 1_180,
    height: 1_100,
  },
];
const THEMES = ['light', 'dark'] as const;

/** Pixels of the picture for each of the page. */
const SCALE = 1.5;

for (const { file } of PICTURES) {
  if (!existsSync(join(output, file))) stop('There is nothing to show yet: run "npm run demo" first.');
}
const launched = await launchBrowser();
if (launched.kind === 'none') stop(`There is no browser: ${launched.why}. Set CHROMIUM to the path of one.`);

const folder = await mkdtemp(join(tmpdir(), 'agent-test-gate-screenshots-'));
try {
  await mkdir(images, { recursive: true });
  for (const { name, file, hash = '', width, height } of PICTURES) {
    for (const theme of THEMES) {
      const context = await launched.browser.newContext({
        viewport: { width, height: height ?? 600 },
        deviceScaleFactor: SCALE,
        colorScheme: theme,
      });
      const page = await context.newPage();
      await page.goto(`${pathToFileURL(await pageOf(file, theme)).href}${hash}`);
      const png = squeeze(await shoot(page, height === undefined));
      await writeFile(join(images, `${name}-${theme}.png`), png);
      console.log(`docs/images/${name}-${theme}.png: ${Math.round(png.length / 1024)} KiB`);
      await context.close();
    }
  }
} finally {
  await launched.browser.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The file itself, or its Markdown as GitHub shows it. */
async function pageOf(file: string, theme: (typeof THEMES)[number]): Promise<string> {
  if (file.endsWith('.html')) return join(output, file);
  const markdown = await readFile(join(output, file), 'utf8');
  const html = join(folder, `${file}-${theme}.html`);
  await writeFile(html, await renderGitHubPage({ title: file, markdown, theme }));
  return html;
}

/** A picture of the page. On a busy machine Chromium may have no frame to capture yet; then it is asked again. */
async function shoot(page: Page, fullPage: boolean): Promise<Buffer> {
  for (let triesLeft = 5; ; triesLeft -= 1) {
    try {
      return await page.screenshot({ fullPage });
    } catch (error) {
      if (triesLeft === 0) throw error;
      await page.evaluate('new Promise(requestAnimationFrame)');
    }
  }
}

/** A third of the size by a palette, where `pngquant` is installed; otherwise as it is. */
function squeeze(png: Buffer): Buffer {
  const { status, stdout } = spawnSync('pngquant', ['--strip', '--quality', '60-95', '--speed', '1', '-'], {
    input: png,
    maxBuffer: 2 * png.length,
  });
  return status === 0 ? stdout : png;
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
