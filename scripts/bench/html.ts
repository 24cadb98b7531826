/**
 * The HTML report of 10,000 test cases, of which 500 did not pass: how large it is, what it takes to write it in a process
 * of its own, and in a browser the time to the first paint and that of a keystroke in the search.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../test/browser/browser.ts';
import { createFigures, type Measurements, median } from './figures.ts';

const ROUNDS = 5;
const LIMITS = { bytes: 15_000_000, writeMs: 1_500, memoryMiB: 250, paintMs: 2_000, keystrokeMs: 100 };

/** Renders and writes the report of `manyCases`; prints how long that took and how much memory it took. */
const WRITER = `
import { renderHtml } from ${JSON.stringify(new URL('../../src/report/files/html/page.ts', import.meta.url).href)};
import { manyCases } from ${JSON.stringify(new URL('../../test/browser/sample-report.ts', import.meta.url).href)};
import { writeRegularFile } from ${JSON.stringify(new URL('../../src/runtime/regular-file.ts', import.meta.url).href)};
const report = manyCases(10_000, 500);
const peak = () => process.resourceUsage().maxRSS / 1024;
const before = peak();
const started = performance.now();
await writeRegularFile(process.argv[1], renderHtml(report));
console.log(JSON.stringify({ ms: performance.now() - started, memoryMiB: peak() - before }));
`;

/** Measures everything and compares it with the limits. Median of several rounds. */
export async function benchHtml(): Promise<Measurements> {
  const figures = createFigures();
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-html-'));
  const file = join(folder, 'report.html');
  try {
    const written = Array.from({ length: ROUNDS }, () => write(file));
    figures.add('bytes', statSync(file).size, LIMITS.bytes);
    figures.add('ms to render and write it', median(written.map(({ ms }) => ms)), LIMITS.writeMs);
    figures.add('MiB for that', median(written.map(({ memoryMiB }) => memoryMiB)), LIMITS.memoryMiB);
    const launched = await launchBrowser();
    if (launched.kind === 'none') {
      figures.lines.push(`not opened, no browser: ${launched.why}`);
      return figures;
    }
    const opened: Opened[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      opened.push(await open(launched.browser, pathToFileURL(file).href));
    await launched.browser.close();
    const medianOf = (key: keyof Opened): number => median(opened.map((times) => times[key]));
    figures.add('ms to the first paint', medianOf('paintMs'), LIMITS.paintMs);
    figures.add('ms until its script has run', medianOf('readyMs'), LIMITS.paintMs);
    figures.add(
      'ms of the slowest of ten keystrokes in the search',
      medianOf('keystrokeMs'),
      LIMITS.keystrokeMs,
    );
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(file: string): { ms: number; memoryMiB: number } {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', WRITER, file], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  });
  try {
    return JSON.parse(stdout) as { ms: number; memoryMiB: number };
  } catch {
    throw new Error(`The report was not written:\n${stderr}`);
  }
}

interface Opened {
  readonly paintMs: number;
  readonly readyMs: number;
  readonly keystrokeMs: number;
}

async function open(browser: Browser, url: string): Promise<Opened> {
  const page = await browser.newPage();
  await page.goto(url);
  const { paintMs, readyMs } = (await page.evaluate(`(async () => {
    const painted = await new Promise((done) => {
      new PerformanceObserver((list) => {
        const paint = list.getEntriesByName('first-contentful-paint')[0];
        if (paint !== undefined) done(paint.startTime);
      }).observe({ type: 'paint', buffered: true });
    });
    return { paintMs: painted, readyMs: performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd };
  })()`)) as { paintMs: number; readyMs: number };
  // From the input event to the frame after it, as the browser sees it.
  const keystrokeMs = (await page.evaluate(`(async () => {
    const search = document.getElementById('search');
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    let slowest = 0;
    for (const text of ['v', 'va', 'variant', 'variant 7', 'variant 77', 'slot', 'slot taken', 'zzz', 'calendar', '']) {
      await frame();
      const started = performance.now();
      search.value = text;
      search.dispatchEvent(new Event('input'));
      await frame();
      slowest = Math.max(slowest, performance.now() - started);
    }
    return slowest;
  })()`)) as number;
  await page.close();
  return { paintMs, readyMs, keystrokeMs };
}
