import type { CaseResult } from '../../../domain/test-case.ts';
import { cleanLine, LINE_BREAKS } from '../../../text/clean.ts';

/** Foreign text for the HTML report: as words that show what they are, and as anchors and addresses that lead nowhere else. */

/** A text with what was cut off its end, in characters. */
export interface Shown {
  readonly text: string;
  readonly cut: number;
}

/**
 * Foreign text with its lines and their indentation, of which nothing is invisible. The first `max` UTF-16 code units
 * are shown.
 */
export function shownText(text: string, max: number): Shown {
  const whole = text.trimEnd();
  const shown = whole
    .slice(0, max)
    .toWellFormed()
    .split(LINE_BREAKS)
    .map(cleanKeepingIndent)
    .join('\n')
    .replace(/^\n+/, '');
  return { text: shown, cut: Math.max(0, whole.length - max) };
}

function cleanKeepingIndent(line: string): string {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
  return `${indent.replaceAll('\t', '  ')}${cleanLine(line, line.length + 1)}`;
}

/** An address that a link may lead to: HTTP or HTTPS without a user name. */
export function linkUrl(url: string | undefined): string | undefined {
  if (url === undefined || !/^https?:\/\/[^\s<>]+$/.test(url)) return undefined;
  const parsed = URL.parse(url);
  return parsed === null || parsed.username !== '' || parsed.password !== '' ? undefined : parsed.href;
}

/** The beginning of the id of every test case in the page. */
const ANCHOR = 'test-case-';

/**
 * The ids of test cases in the page: `test-case-` and the provider's id as a URL writes it. Without an id it is that of
 * the first run. Where two test cases have the same, the later ones end in `~2`, `~3`.
 */
export function anchorsOf<Case extends CaseResult>(cases: readonly Case[]): ReadonlyMap<Case, string> {
  const anchors = new Map<Case, string>();
  const used = new Map<string, number>();
  const taken = new Set<string>();
  for (const result of cases) {
    const { testCase, runs } = result;
    const base = `${ANCHOR}${encodeURI((testCase.id || runs[0].id).toWellFormed())}`;
    let count = (used.get(base) ?? 0) + 1;
    let anchor = count === 1 ? base : `${base}~${count}`;
    while (taken.has(anchor)) {
      count += 1;
      anchor = `${base}~${count}`;
    }
    used.set(base, count);
    taken.add(anchor);
    anchors.set(result, anchor);
  }
  return anchors;
}
