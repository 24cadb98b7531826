/** The most that a rendering may take: GitHub counts a comment in characters and a summary in UTF-8 bytes. */
export interface SizeLimit {
  readonly max: number;
  readonly unit: 'bytes' | 'characters';
}

/** Number of test cases of which the evidence, a part of the evidence (`details`) or the name is left out. */
export type Omissions = Readonly<Record<'evidence' | 'details' | 'names', number>>;

/** One way to show a piece of the report, made when it is asked for. */
export interface Variant {
  /** Order of the forms where there is not room for all: 0 before 1. */
  readonly rank: number;
  readonly text: () => string;
  readonly omissions?: Partial<Omissions> | undefined;
  /** Fewer characters than this it never has: what cannot fit is not rendered. */
  readonly minSize?: number | undefined;
}

/** The forms of one piece, from the least, which always stays, to the most that a reader could want. */
export type FlexibleBlock = readonly [Variant, ...Variant[]];

/** Blocks of Markdown that fit, one for each piece, and what they leave out. */
export interface Fitted {
  readonly blocks: readonly string[];
  readonly omissions: Omissions;
}

const SEPARATOR = '\n\n';
/** After so many forms of one rank that do not fit, the others of the rank are not tried. */
const MAX_MISSES = 3;

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

/** The same pieces, of which each form is rendered once, however often its text is asked for. */
export const renderedOnce = (pieces: readonly FlexibleBlock[]): FlexibleBlock[] =>
  pieces.map(([least, ...richer]) => [once(least), ...richer.map(once)]);

function once(variant: Variant): Variant {
  let rendered: string | undefined;
  const text = () => {
    rendered ??= variant.text();
    return rendered;
  };
  return { ...variant, text };
}

/**
 * Chooses a form for each piece: the richest of all where they fit; else the least of all, and then richer ones in the
 * order of their ranks as long as there is room. `undefined` if not even the least fit.
 */
export const chooseVariants = (pieces: readonly FlexibleBlock[], limit: SizeLimit): Fitted | undefined =>
  fitRichest(pieces, limit) ?? fitByRank(pieces, limit);

/** Every piece in its richest form; stops at the one that is too much. */
function fitRichest(pieces: readonly FlexibleBlock[], limit: SizeLimit): Fitted | undefined {
  const richest = pieces.map((variants) => variants.at(-1) ?? variants[0]);
  if (richest.reduce((sum, { minSize = 0 }) => sum + minSize, 0) > limit.max) return undefined;
  const blocks: string[] = [];
  let size = -SEPARATOR.length;
  for (const { text } of richest) {
    const block = text();
    size += sizeOf(block, limit);
    if (size > limit.max) return undefined;
    blocks.push(block);
  }
  return { blocks, omissions: sumOmissions(richest) };
}

/** The least of every piece, and richer forms in the order of their ranks. */
function fitByRank(pieces: readonly FlexibleBlock[], limit: SizeLimit): Fitted | undefined {
  const chosen: Variant[] = pieces.map(([least]) => least);
  const size = ({ text }: Variant) => sizeOf(text(), limit);
  let free = limit.max - chosen.reduce((sum, variant) => sum + size(variant), 0);
  if (free < 0) return undefined;

  const upgrades = pieces
    .flatMap(([least, ...richer], index) => richer.map((variant) => ({ variant, index, least })))
    .toSorted((a, b) => a.variant.rank - b.variant.rank);
  const misses = new Map<number, number>();
  for (const { variant, index, least } of upgrades) {
    const { rank, minSize = 0 } = variant;
    const missed = misses.get(rank) ?? 0;
    if (missed >= MAX_MISSES) continue;
    const room = free + size(chosen[index] ?? least);
    if (minSize > room || size(variant) > room) {
      misses.set(rank, missed + 1);
    } else {
      free = room - size(variant);
      chosen[index] = variant;
    }
  }
  return { blocks: chosen.map(({ text }) => text()), omissions: sumOmissions(chosen) };
}

function sumOmissions(variants: readonly Variant[]): Omissions {
  const sum = { evidence: 0, details: 0, names: 0 };
  for (const { omissions = {} } of variants) {
    sum.evidence += omissions.evidence ?? 0;
    sum.details += omissions.details ?? 0;
    sum.names += omissions.names ?? 0;
  }
  return sum;
}
