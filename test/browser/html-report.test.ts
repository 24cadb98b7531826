import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/report.ts';
import { EXAMPLES } from '../report/examples.ts';
import { htmlPage } from '../report/files/html-page.ts';
import { HOSTILE } from '../report/hostile-texts.ts';
import { launchBrowser } from './browser.ts';
import { fullReport, hardReport, hostileReport, manyCases } from './sample-report.ts';

const launched = await launchBrowser();
const folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-html-'));
const without = launched.kind === 'none' ? ` (skipped, no browser: ${launched.why})` : '';

afterAll(async () => {
  if (launched.kind === 'browser') await launched.browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A page with what it did besides showing itself. */
interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Requests beyond the file, dialogs, new windows, errors: should stay empty. */
  readonly deeds: readonly string[];
}

let files = 0;

/** Opens the report from disk, as somebody does who has downloaded it. */
async function open(
  report: Report,
  options: BrowserContextOptions & { hash?: string } = {},
): Promise<Opened> {
  if (launched.kind === 'none') throw new Error('There is no browser.');
  const { hash = '', ...more } = options;
  const context = await launched.browser.newContext({ viewport: { width: 1400, height: 900 }, ...more });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const deeds: string[] = [];
  files += 1;
  const file = join(folder, `${files}.html`);
  writeFileSync(file, htmlPage(report));
  const url = pathToFileURL(file).href;
  context.on('request', (request) => {
    if (request.url().split('#')[0] !== url) deeds.push(`request: ${request.url()}`);
  });
  context.on('page', () => deeds.push('another page'));
  page.on('dialog', (dialog) => {
    deeds.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => deeds.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => deeds.push(`error: ${error.message}`));
  page.on('framenavigated', (frame) => {
    if (frame.url().split('#')[0] !== url) deeds.push(`navigation: ${frame.url()}`);
  });
  await page.goto(`${url}${hash}`);
  return { page, deeds, [Symbol.asyncDispose]: () => context.close() };
}

/** The names of the test cases that the list shows, in its order. */
const names = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.cases > li')]
      .filter((row) => row.closest('[hidden]') === null)
      .map((row) => row.querySelector('.name')?.textContent ?? ''),
  );

/** What axe finds by these rules, or by all that it has for everybody; one line for each. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const { violations: found } = await page.evaluate(
    (runOnly) =>
      (window as unknown as { axe: typeof axe }).axe.run(document, {
        resultTypes: ['violations'],
        ...(runOnly !== undefined && { runOnly }),
      }),
    rules,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html)}`);
}

const openAll = (page: Page) =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });

/** Example reports by their names. */
const pick = (...wanted: readonly string[]): Record<string, Report> =>
  Object.fromEntries(wanted.map((name) => [name, EXAMPLES[name]!]));

const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe.skipIf(launched.kind === 'none')(
  `the HTML report in a browser${without}`,
  { timeout: 180_000 },
  () => {
    test('the list is found by every word of a search, in names, ids, reasons and conversations', async () => {
      await using opened = await open(fullReport());
      const { page } = opened;
      expect(await names(page)).toHaveLength(12);
      const search = page.getByRole('searchbox');
      await search.fill('crown number');
      expect(await names(page)).toEqual(['Declines to quote a price that is not published']);
      expect(await page.getByRole('status').textContent()).toBe('1 of 12 test cases');
      await search.fill('test_case_51b1');
      expect(await names(page)).toEqual(['Books two siblings in one call']);
      await search.fill('nowhere');
      expect(await names(page)).toEqual([]);
      expect(await page.getByText('No test case matches.').isVisible()).toBe(true);
      await search.press('Escape');
      expect(await names(page)).toHaveLength(12);
      expect(opened.deeds).toEqual([]);
    });

    test('filters of one kind add up, and both kinds must hold', async () => {
      await using opened = await open(fullReport());
      const { page } = opened;
      await page.getByLabel('Failed 2').check();
      expect(await names(page)).toEqual([
        'Declines to quote a price that is not published',
        'Offers another time when the slot is taken',
      ]);
      await page.getByLabel('Errored 1').check();
      expect(await names(page)).toHaveLength(3);
      await page.getByLabel('Not new 2').check();
      expect(await names(page)).toEqual(['Transfers an angry caller to the office manager']);
      await page.getByLabel('Failed 2').uncheck();
      await page.getByLabel('Errored 1').uncheck();
      await page.getByLabel('Not new 2').uncheck();
      await page.getByLabel('Quarantined 1').check();
      expect(await names(page)).toEqual(["Spells the caller's surname"]);
    });

    test('a shared cause shows its failures alone', async () => {
      await using opened = await open(EXAMPLES['twelve-runs']!);
      const { page } = opened;
      const cause = page.locator('.causes label').first();
      const count = Number(await cause.locator('.count').textContent());
      await cause.click();
      expect(await names(page)).toHaveLength(count);
    });

    test('the order is that of names or of times in each part of the list', async () => {
      await using opened = await open(fullReport());
      const { page } = opened;
      const passed = () => page.locator('#list-passed .name').allInnerTexts();
      await page.getByLabel('Order').selectOption('Name');
      const byName = await passed();
      expect(byName).toEqual(byName.toSorted());
      await page.getByLabel('Order').selectOption('Longest first');
      const times = await page
        .locator('#list-passed li')
        .evaluateAll((rows) => rows.map((row) => Number(row.dataset['ms'])));
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      await page.getByLabel('Order').selectOption('Worst first');
      expect((await names(page))[0]).toBe('Declines to quote a price that is not published');
    });

    test('a deep link opens its test case and leads there, also past filters', async () => {
      await using opened = await open(hardReport(), { hash: '#test-case-test_case_big' });
      const { page } = opened;
      const row = page.locator('li.case', { hasText: 'nine hundred slots' });
      expect(await row.locator('> details').getAttribute('open')).not.toBeNull();
      await page.keyboard.press('Tab');
      expect(await row.evaluate((node) => node.contains(document.activeElement))).toBe(true);
      const toolbar = await page.locator('#toolbar').boundingBox();
      const summary = await row.locator('> details > summary').boundingBox();
      expect(summary?.y).toBeGreaterThanOrEqual((toolbar?.y ?? 0) + (toolbar?.height ?? 0) - 1);
      await page.getByRole('searchbox').fill('Japanese');
      await page.evaluate(() => {
        location.hash = '#test-case-test_case_long';
      });
      await page.locator('#test-case-test_case_long').waitFor();
      expect(await names(page)).toHaveLength(5);
      // A link works in both spellings of an id that a URL encodes.
      await page.goto(`${page.url().split('#')[0]}#test-case-test_case_ja`);
      await page.locator('#test-case-test_case_ja').waitFor();
      expect(opened.deeds).toEqual([]);
    });

    test('the keyboard reaches the list from the search, walks through it and folds', async () => {
      await using opened = await open(fullReport());
      const { page } = opened;
      const focused = () => page.evaluate(() => document.activeElement?.querySelector('.name')?.textContent);
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the test cases');
      await page.getByRole('searchbox').focus();
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe('Declines to quote a price that is not published');
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe('Offers another time when the slot is taken');
      const details = page.locator('li.case', { hasText: 'slot is taken' }).first().locator('> details');
      const before = await details.evaluate((node: HTMLDetailsElement) => node.open);
      await page.keyboard.press('Enter');
      expect(await details.evaluate((node: HTMLDetailsElement) => node.open)).toBe(!before);
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('search');
    });

    test('everything can be opened and closed at once', async () => {
      await using opened = await open(fullReport());
      const { page } = opened;
      const openCases = page.locator('.case > details[open]');
      await page.getByRole('button', { name: 'Open all' }).click();
      expect(await openCases.count()).toBe(await page.locator('.case').count());
      await page.getByRole('button', { name: 'Close all' }).click();
      expect(await openCases.count()).toBe(0);
    });

    test('a failed and a passed run stand side by side, and the turn at which they part is marked in both', async () => {
      await using opened = await open(fullReport());
      const { page } = opened;
      const evidence = page.locator('.evidence', { hasText: 'part at turn 4' });
      const cards = evidence.locator('.run');
      const [failed, passed] = [await cards.nth(0).boundingBox(), await cards.nth(1).boundingBox()];
      expect(failed?.y).toBe(passed?.y);
      expect((failed?.x ?? 0) + (failed?.width ?? 0)).toBeLessThanOrEqual(passed?.x ?? 0);
      const after = await evidence
        .locator('.part + li')
        .evaluateAll((rows) => rows.map((row) => row.dataset['n']));
      expect(after).toEqual(['4', '4', '4']);
    });

    test('printed, what did not pass is open with its conversations, dark on white, and the controls are gone', async () => {
      await using opened = await open(hardReport());
      const { page } = opened;
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(34, 32, 29)');
      expect(await page.getByText('Question 42: is the office open').first().isVisible()).toBe(true);
      expect(await page.locator('#toolbar').isVisible()).toBe(false);
      expect(await page.pdf()).toBeInstanceOf(Buffer);
    });

    test('without scripts the list and the evidence can be read', async () => {
      await using opened = await open(fullReport(), {
        javaScriptEnabled: false,
        hash: '#test-case-test_case_51b1',
      });
      const { page } = opened;
      expect(await page.locator('.cases > li').count()).toBe(12);
      expect(await page.locator('#toolbar').isVisible()).toBe(false);
      expect(await page.getByText('Search and filters need JavaScript').isVisible()).toBe(true);
      expect(await page.getByText("You're booked for a cleaning").first().isVisible()).toBe(true);
      // The browser itself opens what the address names.
      expect(await page.getByText('And her brother Tom, same time?').first().isVisible()).toBe(true);
      await page.locator('summary', { hasText: "Spells the caller's surname" }).click();
      expect(await page.getByText('umlauts in transcription').first().isVisible()).toBe(true);
    });

    const reports = {
      'fullReport()': fullReport(),
      'hardReport()': hardReport(),
      ...pick('twelve-runs', 'retell-public', 'green-plain', 'retell-waiting', 'bland-failed'),
      ...pick('retell-excerpts', 'elevenlabs-broken-tests', 'no-longer-run'),
    };
    test.each(Object.entries(reports))('axe finds nothing in %s, folded or open', async (_, report) => {
      await using opened = await open(report, { colorScheme: 'light' });
      const { page } = opened;
      await page.evaluate(axe.source);
      for (const unfold of [() => undefined, openAll]) {
        await page.emulateMedia({ colorScheme: 'light' });
        await unfold(page);
        expect(await violations(page)).toEqual([]);
        // Its colours alone are different.
        await page.emulateMedia({ colorScheme: 'dark' });
        expect(await violations(page, ['color-contrast', 'link-in-text-block'])).toEqual([]);
      }
      expect(opened.deeds).toEqual([]);
    });

    test.each(
      Object.entries({
        ...{ 'fullReport()': fullReport(), 'hardReport()': hardReport() },
        ...pick('long-texts', 'other-scripts'),
      }),
    )('%s is never wider than its window', async (_, report) => {
      await using opened = await open(report);
      const { page } = opened;
      await openAll(page);
      for (const width of [1400, 1000, 400]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await sideways(page), `${width} pixels`).toBe(0);
      }
    });

    describe('hostile texts', () => {
      const texts = [...Object.values(HOSTILE), Object.values(HOSTILE).join('\n')];
      let harmless: ReadonlySet<string>;

      /** Every kind of element in the page, with the names of its attributes. */
      const kinds = (page: Page): Promise<string[]> =>
        page.evaluate(() => [
          ...new Set(
            [...document.querySelectorAll('*')].map(
              (node) => `${node.tagName} ${node.getAttributeNames().toSorted()}`,
            ),
          ),
        ]);

      beforeAll(async () => {
        await using opened = await open(
          hostileReport([
            'harmless words',
            'harmless words '.repeat(8),
            'harmless words '.repeat(40),
            '{"a":[1]}',
          ]),
        );
        await openAll(opened.page);
        harmless = new Set(await kinds(opened.page));
      }, 180_000);

      test('do nothing, wherever they stand: no dialog, request, navigation, error or element of their own', async () => {
        await using opened = await open(hostileReport(texts));
        const { page, deeds } = opened;
        await openAll(page);
        expect((await kinds(page)).filter((kind) => !harmless.has(kind))).toEqual([]);
        expect(await sideways(page)).toBe(0);
        await page.locator('a[href^="#test-case-"]').evaluateAll(async (links: HTMLElement[]) => {
          for (const link of links) {
            link.click();
            await new Promise((done) => setTimeout(done));
          }
        });
        await page.getByRole('searchbox').fill('alert(1)');
        await page.getByRole('searchbox').fill('');
        expect(await page.getByRole('searchbox').isVisible()).toBe(true);
        expect(deeds).toEqual([]);
      });

      test('are found by their deep links, whatever is in their ids', async () => {
        const ids = ['a b', 'a/b?c', 'ä', '100%', '"><script>', '#', '日本', "it's"];
        await using opened = await open(hostileReport(texts, ids));
        const { page, deeds } = opened;
        for (const id of ids) {
          const found = await page.evaluate((wanted) => {
            location.hash = `#test-case-${wanted}`;
            return new Promise<string | undefined>((done) => {
              addEventListener(
                'hashchange',
                () => done(document.querySelector('.cases > .target .ids code')?.textContent ?? undefined),
                { once: true },
              );
            });
          }, id);
          expect(found).toBe(id);
        }
        expect(deeds).toEqual([]);
      });
    });

    test('a list of many parts, whose passed test cases have no evidence, can be searched, filtered and sorted', async () => {
      await using opened = await open(manyCases(1_200, 60));
      const { page } = opened;
      await page.getByRole('searchbox').fill('(variant 1199)');
      expect(await names(page)).toEqual(['Transfers an angry caller to the office manager (variant 1199)']);
      await page.getByRole('searchbox').fill('');
      await page.getByRole('checkbox', { name: 'Passed 1,140' }).check();
      expect(await page.getByRole('status').textContent()).toBe('1,140 of 1,200 test cases');
      await page.getByLabel('Order').selectOption('Name');
      const sorted = await names(page);
      expect(sorted).toEqual(sorted.toSorted(new Intl.Collator('en', { numeric: true }).compare));
      expect(opened.deeds).toEqual([]);
    });
  },
);
