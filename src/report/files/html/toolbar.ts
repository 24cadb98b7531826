import type { Element } from 'hast';
import { h } from 'hastscript';
import { formatCount } from '../../../text/format.ts';
import { CATEGORY_TITLES } from '../../classify.ts';
import type { Report, SharedCause } from '../../report.ts';
import { STATUS_WORDS } from '../../run-text.ts';
import { sumOfTimes } from '../test-suites.ts';
import { outcomeOf, tagsOf } from './cases.ts';
import { code, untrusted } from './elements.ts';
import type { Node } from './tree.ts';

/** Search, filters and order of the list. They need the script, which shows them. */

/** Outcomes that the list can be filtered by, worst first. */
const OUTCOMES = {
  failed: STATUS_WORDS.failed,
  errored: STATUS_WORDS.errored,
  cancelled: STATUS_WORDS.cancelled,
  unfinished: CATEGORY_TITLES.unfinished,
  flaky: CATEGORY_TITLES.flaky,
  tolerated: CATEGORY_TITLES.tolerated,
  passed: CATEGORY_TITLES.passed,
};

/** Tags that the list can be filtered by. */
const TAGS = {
  regression: 'New',
  'new-test-case': 'New test case',
  'pre-existing': 'Not new',
  quarantined: 'Quarantined',
  'broken-test': 'Broken test',
  fixed: 'Fixed',
};

/** The form above the list; none where there is nothing to choose from. */
export function toolbar({ cases }: Report): Node[] {
  if (cases.length < 2) return [];
  const counts = new Map<string, number>();
  for (const key of cases.flatMap((result) => [outcomeOf(result), ...tagsOf(result)])) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const outcomes = chips('outcome', OUTCOMES, counts);
  const tags = chips('tag', TAGS, counts);
  return [
    h(
      'p',
      { class: ['unscripted', 'muted'] },
      'Search and filters need JavaScript. Everything else is here.',
    ),
    h('form', { class: ['toolbar', 'scripted'], id: 'toolbar', role: 'search', 'aria-label': 'Test cases' }, [
      h('label', { class: 'search' }, [
        h('span', { class: 'hidden-text' }, 'Search names, ids, reasons and conversations'),
        h('input', {
          type: 'search',
          id: 'search',
          placeholder: 'Search everything',
          autocomplete: 'off',
          spellcheck: 'false',
        }),
      ]),
      ...(outcomes.length > 1 ? [group('Outcome', outcomes)] : []),
      ...(tags.length > 0 ? [group('Kind', tags)] : []),
      orderChoice(cases.some(({ runs }) => sumOfTimes(runs) !== undefined)),
      h('p', { class: 'found', id: 'found', role: 'status' }),
    ]),
  ];
}

/** A box to check for each of these values that test cases have. */
function chips(
  name: string,
  labels: Readonly<Record<string, string>>,
  counts: ReadonlyMap<string, number>,
): Element[] {
  return Object.entries(labels).flatMap(([value, label]) => {
    const count = counts.get(value);
    if (count === undefined) return [];
    return h('label', { class: ['chip', value] }, [
      h('input', { type: 'checkbox', name, value }),
      ` ${label} `,
      h('span', { class: 'count' }, formatCount(count)),
    ]);
  });
}

const group = (legend: string, boxes: readonly Element[]): Element =>
  h('fieldset', [h('legend', { class: 'hidden-text' }, legend), ...boxes]);

function orderChoice(hasTimes: boolean): Element {
  const option = (value: string, label: string) => h('option', { value }, label);
  return h('label', { class: 'order' }, [
    'Order ',
    h('select', { id: 'order' }, [
      option('worst', 'Worst first'),
      option('name', 'Name'),
      ...(hasTimes ? [option('time', 'Longest first')] : []),
    ]),
  ]);
}

const MAX_GROUPS = 20;

/** Causes that failures exactly share, the most frequent first. With the script they filter the list. */
export function sharedCauses({ grouping }: Report): Node[] {
  const groups = grouping.groups.slice(0, MAX_GROUPS);
  if (groups.length === 0) return [];
  const left = grouping.groups.length - groups.length;
  return [
    h('section', { class: 'causes', 'aria-labelledby': 'title-causes' }, [
      h('h3', { id: 'title-causes' }, 'What failures share, exactly'),
      h('ul', [
        ...groups.map(({ shared, cases }, index) =>
          h('li', [
            h('label', [
              h('input', { type: 'checkbox', name: 'group', value: String(index), hidden: true }),
              h('span', { class: 'count' }, formatCount(cases.length)),
              h('span', inSentence(shared)),
            ]),
          ]),
        ),
        ...(left === 0 ? [] : [h('li', { class: 'muted' }, `${formatCount(left)} more`)]),
      ]),
    ]),
  ];
}

function inSentence(shared: SharedCause): Node[] {
  switch (shared.kind) {
    case 'error':
      return ['Error: ', untrusted(shared.text, 200)];
    case 'reason':
      return ['Reason: ', untrusted(shared.text, 200)];
    case 'tool':
      return ['Tool ', code(shared.tool, 100), ' failed: ', code(shared.answer, 200)];
    case 'assertion':
      return [
        'Assertion failed: ',
        untrusted(shared.label, 200),
        ...(shared.expected === undefined ? [] : [', expected ', code(shared.expected, 100)]),
      ];
  }
}
