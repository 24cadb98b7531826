import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type DefaultTreeAdapterMap, parse } from 'parse5';
import { describe, expect, test } from 'vitest';
import { shownText } from '../../../src/report/files/html/text.ts';
import { caseOf, fullReport, hardReport, reportOnCases } from '../../browser/sample-report.ts';
import { EXAMPLES } from '../examples.ts';
import { HOSTILE } from '../hostile-texts.ts';
import { agent, batch, reportOn, run } from '../reports.ts';
import { anyReport, reportOfEachState } from './file-reports.ts';
import { htmlPage } from './html-page.ts';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

const elements = (node: Node): Element[] => [
  ...('tagName' in node ? [node] : []),
  ...('childNodes' in node ? node.childNodes.flatMap(elements) : []),
];
const attribute = ({ attrs }: Element, name: string) => attrs.find((one) => one.name === name)?.value;
const textOf = (node: Node): string =>
  'value' in node ? node.value : 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';

/** All elements that a page can have. */
const ELEMENTS = [
  ...['html', 'head', 'meta', 'title', 'style', 'script', 'body', 'header', 'main', 'section', 'footer'],
  ...[
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'p',
    'div',
    'pre',
    'ol',
    'ul',
    'li',
    'dl',
    'dt',
    'dd',
    'details',
    'summary',
  ],
  ...['a', 'b', 'bdi', 'br', 'code', 'mark', 'span', 'strong', 'svg', 'rect', 'text'],
  ...['form', 'fieldset', 'legend', 'label', 'input', 'select', 'option', 'button'],
];

/** Fails unless the page has our elements alone, one script and one style, and links that lead to HTTP or into it. */
function expectHarmless(html: string): void {
  const all = elements(parse(html));
  expect(all.map(({ tagName }) => tagName).filter((name) => !ELEMENTS.includes(name))).toEqual([]);
  const names = all.flatMap(({ attrs }) => attrs.map(({ name }) => name));
  expect(names.filter((name) => /^on|^style$|^src|^srcset$|^action$|^formaction$|^xlink/.test(name))).toEqual(
    [],
  );
  const [script, ...scripts] = all.filter(({ tagName }) => tagName === 'script');
  const [style, ...styles] = all.filter(({ tagName }) => tagName === 'style');
  expect([...scripts, ...styles]).toEqual([]);
  const policy = all.find((one) => attribute(one, 'http-equiv') !== undefined);
  const hash = (node: Element | undefined) =>
    createHash('sha256')
      .update(node === undefined ? '' : textOf(node))
      .digest('base64');
  expect(attribute(policy!, 'content')).toBe(
    `default-src 'none'; style-src 'sha256-${hash(style)}'; script-src 'sha256-${hash(script)}'; base-uri 'none'; form-action 'none'`,
  );
  const addresses = all.map((one) => attribute(one, 'href') ?? '#');
  expect(addresses.filter((address) => !/^(#|https?:\/\/)/.test(address))).toEqual([]);
  const ids = all.flatMap((one) => attribute(one, 'id') ?? []);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index || /\s/.test(id))).toEqual([]);
}

describe('the page has nothing in it but what is ours', () => {
  test.each([...reportOfEachState, ...Object.entries(EXAMPLES)])('%s', (_, report) => {
    expectHarmless(htmlPage(report));
  });

  test('whatever the report holds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        expectHarmless(htmlPage(report));
      }),
      { numRuns: 60 },
    );
  });

  const places = ['name', 'reason', 'label', 'expected', 'criterion', 'speech', 'answer'] as const;
  const hostilePage = (textIn: (place: (typeof places)[number]) => string): string =>
    htmlPage(
      reportOnCases([
        caseOf(textIn('name'), 'F', {
          name: textIn('name'),
          run: () => ({
            explanation: textIn('reason'),
            assertions: [{ label: textIn('label'), result: 'failed', expected: textIn('expected') }],
            criteria: [textIn('criterion')],
            turns: [
              agent(textIn('speech')),
              { kind: 'tool-result', output: textIn('answer'), succeeded: false },
            ],
          }),
        }),
      ]),
    );

  test.each(Object.entries(HOSTILE))('%s is text wherever it stands', (_, text) => {
    const html = hostilePage((place) => `${place} begins ${text} ${place} ends`);
    expectHarmless(html);
    const whole = textOf(parse(html));
    for (const place of places) {
      const shown = shownText(`${place} begins ${text} ${place} ends`, 10_000).text;
      // What stands on one line is cut: its beginning is there.
      const isCut = place === 'name' || place === 'label' || place === 'answer';
      const start = isCut ? shown.split('\n', 1)[0]!.slice(0, 80) : shown;
      expect(whole.includes(start), `${place}: ${start}`).toBe(true);
    }
  });
});

/** What there is to read in the page, a line for each piece, without style and script. */
function proseOf(html: string): string {
  const inline = ['a', 'b', 'bdi', 'code', 'mark', 'span', 'strong', 'h4'];
  const lines: string[] = [''];
  const walk = (node: Node): void => {
    if ('value' in node) lines[lines.length - 1] += node.value;
    if (!('childNodes' in node) || ('tagName' in node && ['style', 'script'].includes(node.tagName))) return;
    const isInline = 'tagName' in node && inline.includes(node.tagName);
    if (!isInline) lines.push('');
    const place = 'tagName' in node ? attribute(node, 'data-n') : undefined;
    if (place !== undefined) lines.push(`${place}. `);
    for (const child of node.childNodes) walk(child);
    if (!isInline) lines.push('');
  };
  walk(parse(html));
  return lines
    .map((line) => line.replace(/[ \t]+$/gm, ''))
    .filter((line) => line.trim() !== '')
    .join('\n');
}

test('the page tells everything about a red report', async () => {
  await expect(`${proseOf(htmlPage(fullReport()))}\n`).toMatchFileSnapshot('../../golden/report.html.txt');
});

test('where the repository is public the page says why it has no conversations, and not what no input says', () => {
  const html = htmlPage(EXAMPLES['retell-public']!);
  expect(html).toContain('Conversations are left out, since this repository is public: set transcripts');
  expect(html).toContain('No conversation (transcripts: auto).');
  expect(html).not.toContain('transcripts: none');
});

test('without times the page says why there is no timeline, and offers no order by duration', () => {
  const timed = { durationMs: 7_000, startedAt: Date.UTC(2026, 8, 14, 8) };
  const reportOf = (more: typeof timed | Record<string, never>) =>
    reportOn([batch('b1', [run('passed', 'a', more), run('failed', 'b', more)])]);
  const [untimed, known] = [proseOf(htmlPage(reportOf({}))), proseOf(htmlPage(reportOf(timed)))];
  const why = 'Retell does not say when runs began or ended, so there is no timeline.';
  expect([untimed.includes(why), untimed.includes('Longest first')]).toEqual([true, false]);
  expect([known.includes(why), known.includes('Longest first')]).toEqual([false, true]);
});

test('the page has long conversations, long answers and other scripts whole', () => {
  const prose = proseOf(htmlPage(hardReport()));
  expect(prose).toContain('"id": 899');
  expect(prose).toContain('Question 100: is the office open on day 100?');
  expect(prose).toContain('113 turns, the same in both');
  expect(prose).toContain('来週火曜日の歯のクリーニングを予約する');
});

describe('a report that is too large for one page', () => {
  const answer = (id: number) =>
    JSON.stringify({ id, rows: Array.from({ length: 1_000 }, (_, at) => `row ${at} of ${id}, 空き`) });
  const cases = Array.from({ length: 400 }, (_, index) =>
    caseOf(`case_${index}`, index < 390 ? 'FF' : 'P', {
      run: (_, at) => ({
        explanation: `It failed for reason ${index}.`,
        turns: [
          agent('One moment.'),
          { kind: 'tool-call', tool: 'rows', input: '{}' },
          {
            kind: 'tool-result',
            output: index % 2 === 0 ? '{"small":true}' : answer(index * 2 + at),
            succeeded: false,
          },
        ],
      }),
    }),
  );
  const html = htmlPage(reportOnCases(cases));

  test('stays below 15 MB', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(15_000_000);
  });

  test('has every test case and every reason, shortens the longest alone, and says so', () => {
    const prose = proseOf(html);
    for (let index = 0; index < 390; index += 1) expect(prose).toContain(`It failed for reason ${index}.`);
    const shortened = Number(/The conversations of (\d+) test cases are shortened/.exec(prose)?.[1]);
    expect(shortened).toBeGreaterThan(50);
    expect(shortened).toBeLessThan(196);
    expect(prose.match(/more characters/g)?.length).toBe(2 * shortened);
  });
});
