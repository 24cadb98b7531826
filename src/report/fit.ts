/** The most that a rendering may take: GitHub counts a comment in characters and a summary in UTF-8 bytes. */
export interface SizeLimit {
  readonly max: number;
  readonly unit: 'bytes' | 'characters';
}

/** Content that a form leaves out, and of how many test cases. */
export interface Omission {
  readonly what: 'evidence' | 'details' | 'names';
  readonly count: number;
}

/** One way to show a piece of the report, made when it is asked for. */
export interface Variant {
  /** Order of the forms where there is not room for all: 0 before 1. */
  readonly rank: number;
  readonly text: () => string;
  readonly omissions?: Omission | undefined;
  /** Fewer characters than this it never has: what cannot fit is not rendered. */
  readonly minSize?: number | undefined;
}

/** The forms of one piece, from the least, which always stays, to the most that a reader could want. */
export type FlexibleBlock = readonly [Variant, ...Variant[]];

const SEPARATOR = '\n\n';
/** After so many forms of one rank that do not fit, the others of the rank are not tried. */
const MAX_MISSES = 3;

/** Renders each form once, however often it is asked for. */
export function memoizeTexts(): (variant: Variant) => string {
  const texts = new Map<Variant, string>();
  return (variant) => {
    const text = texts.get(variant) ?? variant.text();
    texts.set(variant, text);
    return text;
  };
}

/** Size of a block of Markdown, with the empty line after it. */
function sizeOf(block: string, { unit }: Pick<SizeLimit, 'unit'>): number {
  // UTF-16 units are never fewer than characters, whichever way GitHub counts those.
  return block === '' ? 0 : (unit === 'bytes' ? Buffer.byteLength(block) : block.length) + SEPARATOR.length;
}

/** Joins blocks of Markdown with empty lines; `undefined` if they are over the limit. */
export function joinWithin(blocks: readonly string[], limit: SizeLimit): string | undefined {
  const size = blocks.reduce((sum, block) => sum + sizeOf(block, limit), -SEPARATOR.length);
  return size > limit.max ? undefined : blocks.filter((block) => block !== '').join(SEPARATOR);
}

/**
 * Chooses a form for each piece: the richest of all where they fit; else the least of all, and then richer ones in the
 * order of their ranks as long as there is room. `undefined` if not even the least fit.
 */
export function chooseVariants(
  pieces: readonly FlexibleBlock[],
  limit: SizeLimit,
  textOf: (variant: Variant) => string = (variant) => variant.text(),
): { readonly blocks: readonly string[]; readonly omissions: readonly Omission[] } | undefined {
  const richest = takeRichest(pieces, limit, textOf);
  if (richest !== undefined)
    return { blocks: richest, omissions: omissionsOf(pieces.map((variants) => variants.at(-1))) };

  const chosen = pieces.map(([least]) => ({ variant: least, text: textOf(least) }));
  const sizes = chosen.map(({ text }) => sizeOf(text, limit));
  let remaining = limit.max - sizes.reduce((sum, size) => sum + size, 0);
  if (remaining < 0) return undefined;

  const upgrades = pieces
    .flatMap((variants, index) =>
      variants.slice(1).map((variant, step) => ({ variant, index, step: step + 1 })),
    )
    .toSorted((a, b) => a.variant.rank - b.variant.rank);
  const refused = new Map<number, number>();
  for (const { variant, index } of upgrades) {
    if ((refused.get(variant.rank) ?? 0) >= MAX_MISSES) continue;
    const free = remaining + (sizes[index] ?? 0);
    const text = (variant.minSize ?? 0) > free ? undefined : textOf(variant);
    if (text === undefined || sizeOf(text, limit) > free) {
      refused.set(variant.rank, (refused.get(variant.rank) ?? 0) + 1);
      continue;
    }
    sizes[index] = sizeOf(text, limit);
    remaining = free - sizeOf(text, limit);
    chosen[index] = { variant, text };
  }
  return {
    blocks: chosen.map(({ text }) => text),
    omissions: omissionsOf(chosen.map(({ variant }) => variant)),
  };
}

/** Every piece in its richest form; stops at the one that is too much. */
function takeRichest(
  pieces: readonly FlexibleBlock[],
  limit: SizeLimit,
  textOf: (variant: Variant) => string,
): string[] | undefined {
  const least = pieces.reduce((sum, variants) => sum + (variants.at(-1)?.minSize ?? 0), 0);
  if (least > limit.max) return undefined;
  const blocks: string[] = [];
  let size = -SEPARATOR.length;
  for (const variants of pieces) {
    const text = textOf(variants.at(-1) ?? variants[0]);
    size += sizeOf(text, limit);
    if (size > limit.max) return undefined;
    blocks.push(text);
  }
  return blocks;
}

function omissionsOf(variants: readonly (Variant | undefined)[]): Omission[] {
  const counts = new Map<Omission['what'], number>();
  for (const variant of variants) {
    if (variant?.omissions !== undefined && variant.omissions.count > 0) {
      counts.set(variant.omissions.what, (counts.get(variant.omissions.what) ?? 0) + variant.omissions.count);
    }
  }
  return [...counts].map(([what, count]) => ({ what, count }));
}
