/**
 * The script of the HTML report: search, filters, order and deep links in a page that is complete without it. It never
 * makes HTML of text. `npm run generate` puts it into `page-source.ts`.
 */

interface Item {
  readonly node: HTMLElement;
  readonly outcome: string;
  readonly tags: readonly string[];
  /** Shared cause of the test case, if it has one. */
  readonly group: string | undefined;
  readonly name: string;
  readonly ms: number;
  /** Its place in the page as it was written: worst first. */
  readonly place: number;
  /** Everything that is written in it, in small letters; made when it is first searched. */
  text: string | undefined;
}

interface List {
  readonly section: HTMLElement;
  readonly count: HTMLElement;
  readonly chunks: readonly HTMLElement[];
  items: Item[];
}

/** About the height of a line, for parts of a long list that are not laid out. */
const ROW_PX = 37;
const CHUNK = 50;
/** So many test cases are read for the search at a time, so that the page stays quick. */
const SLICE = 250;

const byId = (id: string): HTMLElement | null => document.getElementById(id);

let place = 0;
const lists: readonly List[] = [...document.querySelectorAll<HTMLElement>('section.list')].map((section) => ({
  section,
  count: section.querySelector<HTMLElement>('h3 .count') ?? section,
  chunks: [...section.querySelectorAll<HTMLElement>('ul.cases')],
  items: [...section.querySelectorAll<HTMLElement>('ul.cases > li')].map((node) => ({
    node,
    outcome: node.dataset['outcome'] ?? 'passed',
    tags: node.dataset['tags']?.split(' ') ?? [],
    group: node.dataset['group'],
    name: node.querySelector('.name')?.textContent ?? '',
    ms: Number(node.dataset['ms'] ?? -1),
    place: place++,
    text: undefined,
  })),
}));
const items = lists.flatMap((list) => list.items);

const toolbar = byId('toolbar') as HTMLFormElement | null;
const search = byId('search') as HTMLInputElement | null;
const order = byId('order') as HTMLSelectElement | null;
const boxes = [
  ...document.querySelectorAll<HTMLInputElement>(
    '.toolbar input[type=checkbox], .causes input[type=checkbox]',
  ),
];

function textOf(item: Item): string {
  item.text ??=
    `${item.node.textContent}\n${item.node.querySelector('[id]')?.id ?? item.node.id}`.toLowerCase();
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
  let shown = 0;
  for (const list of lists) {
    let inList = 0;
    const perChunk = new Map<Element | null, number>();
    for (const item of list.items) {
      const isShown =
        (outcomes.length === 0 || outcomes.includes(item.outcome)) &&
        (tags.length === 0 || tags.some((tag) => item.tags.includes(tag))) &&
        (groups.length === 0 || (item.group !== undefined && groups.includes(item.group))) &&
        (words.length === 0 || words.every((word) => textOf(item).includes(word)));
      if (item.node.hidden === isShown) item.node.hidden = !isShown;
      if (isShown) {
        inList += 1;
        const chunk = item.node.parentElement;
        perChunk.set(chunk, (perChunk.get(chunk) ?? 0) + 1);
      }
    }
    for (const chunk of list.chunks) {
      const left = perChunk.get(chunk) ?? 0;
      chunk.hidden = left === 0;
      if (chunk.classList.contains('chunk')) {
        chunk.style.containIntrinsicBlockSize = `auto ${left * ROW_PX}px`;
      }
    }
    list.section.hidden = inList === 0;
    const all = list.items.length.toLocaleString('en');
    list.count.textContent = inList === list.items.length ? all : `${inList.toLocaleString('en')} of ${all}`;
    shown += inList;
  }
  const nothing = byId('nothing');
  if (nothing !== null) nothing.hidden = shown > 0;
  const found = byId('found');
  if (found !== null) {
    const all = items.length.toLocaleString('en');
    found.textContent =
      shown === items.length ? `${all} test cases` : `${shown.toLocaleString('en')} of ${all} test cases`;
  }
}

/** Puts each list into the chosen order. */
function sort(): void {
  const by = order?.value ?? 'worst';
  const collator = new Intl.Collator(undefined, { numeric: true });
  const compare = (a: Item, b: Item): number => {
    if (by === 'name') return collator.compare(a.name, b.name) || a.place - b.place;
    if (by === 'time') return b.ms - a.ms || a.place - b.place;
    return a.place - b.place;
  };
  for (const list of lists) {
    list.items = [...list.items].sort(compare);
    for (const [index, chunk] of list.chunks.entries()) {
      const own = list.items.slice(index * CHUNK, (index + 1) * CHUNK);
      chunk.append(...own.map(({ node }) => node));
    }
  }
  filter();
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

const rows = (): HTMLElement[] =>
  lists.flatMap((list) =>
    list.section.hidden
      ? []
      : list.items.flatMap(({ node }) =>
          node.hidden ? [] : (node.querySelector<HTMLElement>(':scope > details > summary') ?? []),
        ),
  );

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
