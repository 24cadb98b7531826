/** The most that a rendering may take: GitHub counts a comment in characters and a summary in UTF-8 bytes. */
export interface Limit {
  readonly max: number;
  readonly unit: 'bytes' | 'characters';
}

/** What a form leaves out, and of how many test cases. */
export interface Lack {
  readonly what: 'evidence' | 'details' | 'names';
  readonly count: number;
}

/** One way to show a piece of the report, made when it is asked for. */
export interface Form {
  /** Which forms come first where there is not room for all: 0 before 1. */
  readonly rank: number;
  readonly text: () => string;
  readonly lacks?: Lack | undefined;
  /** Fewer characters than this it never has: what cannot fit is not rendered. */
  readonly atLeast?: number | undefined;
}

/** The forms of one piece, from the least, which always stays, to the most that a reader could want. */
export type Piece = readonly [Form, ...Form[]];

const SEPARATOR = '\n\n';
/** After so many forms of one rank that do not fit, the others of the rank are not tried. */
const TRIES = 3;

/** Renders each form once, however often it is asked for. */
export function rememberTexts(): (form: Form) => string {
  const texts = new Map<Form, string>();
  return (form) => {
    const text = texts.get(form) ?? form.text();
    texts.set(form, text);
    return text;
  };
}

/** What a block of Markdown takes, with the empty line after it. */
function sizeOf(block: string, { unit }: Pick<Limit, 'unit'>): number {
  // UTF-16 units are never fewer than characters, whichever way GitHub counts those.
  return block === '' ? 0 : (unit === 'bytes' ? Buffer.byteLength(block) : block.length) + SEPARATOR.length;
}

/** Joins blocks of Markdown with empty lines; `undefined` if they are over the limit. */
export function joinWithin(blocks: readonly string[], limit: Limit): string | undefined {
  const size = blocks.reduce((sum, block) => sum + sizeOf(block, limit), -SEPARATOR.length);
  return size > limit.max ? undefined : blocks.filter((block) => block !== '').join(SEPARATOR);
}

/**
 * Chooses a form for each piece: the richest of all where they fit; else the least of all, and then richer ones in the
 * order of their ranks as long as there is room. `undefined` if not even the least fit.
 */
export function chooseForms(
  pieces: readonly Piece[],
  limit: Limit,
  textOf: (form: Form) => string = (form) => form.text(),
): { readonly blocks: readonly string[]; readonly lacks: readonly Lack[] } | undefined {
  const richest = allRichest(pieces, limit, textOf);
  if (richest !== undefined) return { blocks: richest, lacks: lacksOf(pieces.map((forms) => forms.at(-1))) };

  const chosen = pieces.map(([least]) => ({ form: least, text: textOf(least) }));
  const sizes = chosen.map(({ text }) => sizeOf(text, limit));
  let room = limit.max - sizes.reduce((sum, size) => sum + size, 0);
  if (room < 0) return undefined;

  const upgrades = pieces
    .flatMap((forms, index) => forms.slice(1).map((form, step) => ({ form, index, step: step + 1 })))
    .toSorted((a, b) => a.form.rank - b.form.rank);
  const refused = new Map<number, number>();
  for (const { form, index } of upgrades) {
    if ((refused.get(form.rank) ?? 0) >= TRIES) continue;
    const free = room + (sizes[index] ?? 0);
    const text = (form.atLeast ?? 0) > free ? undefined : textOf(form);
    if (text === undefined || sizeOf(text, limit) > free) {
      refused.set(form.rank, (refused.get(form.rank) ?? 0) + 1);
      continue;
    }
    sizes[index] = sizeOf(text, limit);
    room = free - sizeOf(text, limit);
    chosen[index] = { form, text };
  }
  return { blocks: chosen.map(({ text }) => text), lacks: lacksOf(chosen.map(({ form }) => form)) };
}

/** Every piece in its richest form; stops at the one that is too much. */
function allRichest(
  pieces: readonly Piece[],
  limit: Limit,
  textOf: (form: Form) => string,
): string[] | undefined {
  const least = pieces.reduce((sum, forms) => sum + (forms.at(-1)?.atLeast ?? 0), 0);
  if (least > limit.max) return undefined;
  const blocks: string[] = [];
  let size = -SEPARATOR.length;
  for (const forms of pieces) {
    const text = textOf(forms.at(-1) ?? forms[0]);
    size += sizeOf(text, limit);
    if (size > limit.max) return undefined;
    blocks.push(text);
  }
  return blocks;
}

function lacksOf(forms: readonly (Form | undefined)[]): Lack[] {
  const counts = new Map<Lack['what'], number>();
  for (const form of forms) {
    if (form?.lacks !== undefined && form.lacks.count > 0) {
      counts.set(form.lacks.what, (counts.get(form.lacks.what) ?? 0) + form.lacks.count);
    }
  }
  return [...counts].map(([what, count]) => ({ what, count }));
}
