/**
 * The script of the HTML report: search, filters, order and deep links in a page that is complete without it. It never
 * makes HTML of text. `npm run generate` puts it into `page-source.ts`.
 */

interface Item {
  readonly node: HTMLElement;
  /** Id of the test case in the page. */
  readonly id: string;
  readonly outcome: string;
  readonly tags: readonly string[];
  /** Shared cause of the test case, if it has one. */
  readonly group: string | undefined;
  readonly ms: number;
  /** Everything that is written in it, in small letters; made when it is first searched. */
  text: string | undefined;
}

interface List {
  readonly section: HTMLElement;
  readonly count: HTMLElement;
  readonly chunks: readonly HTMLElement[];
  /** As they were written: worst first. */
  readonly items: readonly Item[];
}

/** About the height of a line, for parts of a long list that are not laid out. */
const ROW_PX = 37;
const CHUNK = 50;
/** So many test cases are read for the search at a time, so that the page stays quick. */
const SLICE = 250;

const byId = (id: string): HTMLElement | null => document.getElementById(id);

const formatCount = (count: number): string => count.toLocaleString('en');

const lists = [...document.querySelectorAll<HTMLElement>('section.list')].map((section): List => {
  const chunks = [...section.querySelectorAll<HTMLElement>('ul.cases')];
  return {
    section,
    count: section.querySelector<HTMLElement>('h3 .count') ?? section,
    chunks,
    items: chunks.flatMap((chunk) => [...chunk.children].map((row) => itemOf(row as HTMLElement))),
  };
});
const items = lists.flatMap((list) => list.items);

const toolbar = byId('toolbar') as HTMLFormElement | null;
const search = byId('search') as HTMLInputElement | null;
const order = byId('order') as HTMLSelectElement | null;
const boxes = [
  ...document.querySelectorAll<HTMLInputElement>(
    '.toolbar input[type=checkbox], .causes input[type=checkbox]',
  ),
];

function itemOf(node: HTMLElement): Item {
  const { outcome = 'passed', tags = '', group, ms = -1 } = node.dataset;
  const id = node.id || (node.querySelector('[id]')?.id ?? '');
  return { node, id, outcome, tags: tags.split(' '), group, ms: Number(ms), text: undefined };
}

function textOf(item: Item): string {
  item.text ??= `${item.node.textContent}\n${item.id}`.toLowerCase();
  return item.text;
}

function checked(name: string): string[] {
  return boxes.filter((box) => box.name === name && box.checked).map((box) => box.value);
}

/** Shows the test cases that the filters let through and that have every word of the search in them. */
function filter(): void {
  const words = (search?.value ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const outcomes = checked('outcome');
  const tags = checked('tag');
  const groups = checked('group');
  const isWanted = (item: Item): boolean =>
    (outcomes.length === 0 || outcomes.includes(item.outcome)) &&
    (tags.length === 0 || tags.some((tag) => item.tags.includes(tag))) &&
    (groups.length === 0 || (item.group !== undefined && groups.includes(item.group))) &&
    words.every((word) => textOf(item).includes(word));
  const shown = lists.reduce((sum, list) => sum + showOnly(list, isWanted), 0);
  const nothing = byId('nothing');
  if (nothing !== null) nothing.hidden = shown > 0;
  const found = byId('found');
  if (found !== null) found.textContent = `${ofAll(shown, items.length)} test cases`;
}

/** Shows these test cases of a list, and hides the others. Returns how many are shown. */
function showOnly({ section, count, chunks, items: all }: List, isWanted: (item: Item) => boolean): number {
  const perChunk = new Map<Element | null, number>();
  for (const item of all) {
    const { node } = item;
    const isShown = isWanted(item);
    if (node.hidden === isShown) node.hidden = !isShown;
    if (isShown) perChunk.set(node.parentElement, (perChunk.get(node.parentElement) ?? 0) + 1);
  }
  let shown = 0;
  for (const chunk of chunks) {
    const left = perChunk.get(chunk) ?? 0;
    chunk.hidden = left === 0;
    if (chunks.length > 1) chunk.style.containIntrinsicBlockSize = `auto ${left * ROW_PX}px`;
    shown += left;
  }
  section.hidden = shown === 0;
  count.textContent = ofAll(shown, all.length);
  return shown;
}

/** `12`, or `3 of 12` */
const ofAll = (shown: number, all: number): string =>
  shown === all ? formatCount(all) : `${formatCount(shown)} of ${formatCount(all)}`;

/** Puts each list into the chosen order. */
function sort(): void {
  for (const { items: all, chunks } of lists) {
    const sorted = inChosenOrder(all);
    for (const [index, chunk] of chunks.entries()) {
      const own = sorted.slice(index * CHUNK, (index + 1) * CHUNK);
      chunk.append(...own.map(({ node }) => node));
    }
  }
  filter();
}

function inChosenOrder(all: readonly Item[]): readonly Item[] {
  if (order?.value === 'time') return all.toSorted((a, b) => b.ms - a.ms);
  if (order?.value !== 'name') return all;
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const named = all.map((item) => ({ item, name: item.node.querySelector('.name')?.textContent ?? '' }));
  return named.sort((a, b) => compare(a.name, b.name)).map(({ item }) => item);
}

function reset(): void {
  if (search !== null) search.value = '';
  for (const box of boxes) box.checked = false;
  filter();
}

/** The test case that the address names, however its id is encoded. */
function targetOf(hash: string): HTMLElement | null {
  const raw = hash.slice(1);
  if (raw === '') return null;
  let plain = raw;
  try {
    plain = decodeURIComponent(raw);
  } catch {
    // It is no encoded text, so it is looked for as it is.
  }
  return byId(raw) ?? byId(plain) ?? byId(encodeURI(plain));
}

/** Opens the test case that the address names, and leads there. */
function follow(): void {
  const target = targetOf(location.hash);
  const row = target?.closest<HTMLElement>('.cases > li');
  if (row == null) return;
  if (row.closest('[hidden]') !== null) reset();
  const details = row.querySelector('details');
  if (details !== null) details.open = true;
  document.querySelector('.cases > .target')?.classList.remove('target');
  row.classList.add('target');
  row.scrollIntoView({ block: 'start' });
  row.querySelector<HTMLElement>('summary')?.focus({ preventScroll: true });
}

/** The lines of the test cases that are shown and can be opened. */
const rows = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>('.cases > .case:not([hidden]) > details > summary'),
];

/** Moves the focus to the next or previous test case of those that are shown. */
function step(from: Element | null, by: 1 | -1): void {
  const all = rows();
  const at = from === null ? -1 : all.indexOf(from as HTMLElement);
  const next = all[at + by];
  if (next !== undefined) next.focus();
  else if (by === -1) search?.focus();
}

function setOpen(isOpen: boolean): void {
  for (const summary of rows()) {
    const details = summary.parentElement as HTMLDetailsElement;
    if (details.open !== isOpen) details.open = isOpen;
  }
}

/** Reads the test cases for the search, a few at a time, before anybody has typed. */
function prepare(from: number): void {
  for (const item of items.slice(from, from + SLICE)) textOf(item);
  if (from + SLICE < items.length) setTimeout(prepare, 0, from + SLICE);
}

// For browsers that do not tell the style whether there are scripts.
document.documentElement.classList.add('scripting');
if (toolbar !== null) {
  toolbar.addEventListener('submit', (event) => event.preventDefault());
  search?.addEventListener('input', filter);
  order?.addEventListener('change', sort);
  for (const box of boxes) {
    box.hidden = false;
    box.addEventListener('change', filter);
  }
  search?.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && search.value !== '') {
      event.preventDefault();
      search.value = '';
      filter();
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      step(null, 1);
    }
  });
  // What a browser kept of an earlier visit.
  if (search?.value !== '' || boxes.some((box) => box.checked)) filter();
  if (order?.value !== 'worst') sort();
  // What is scrolled to must not lie behind it.
  const leaveRoom = (): void => {
    const isSticky = getComputedStyle(toolbar).position === 'sticky';
    document.documentElement.style.scrollPaddingTop = isSticky ? `${toolbar.offsetHeight}px` : '';
  };
  leaveRoom();
  new ResizeObserver(leaveRoom).observe(toolbar);
}
byId('open-all')?.addEventListener('click', () => setOpen(true));
byId('close-all')?.addEventListener('click', () => setOpen(false));
for (const { section } of lists) {
  section.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (!(target instanceof HTMLElement) || target.tagName !== 'SUMMARY') return;
    if (target.parentElement?.parentElement?.parentElement?.classList.contains('cases') !== true) return;
    if (key !== 'ArrowDown' && key !== 'ArrowUp') return;
    event.preventDefault();
    step(target, key === 'ArrowDown' ? 1 : -1);
  });
}
addEventListener('hashchange', follow);
follow();
setTimeout(prepare, 200, 0);

export {};
