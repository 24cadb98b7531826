/** JSON with something else in some places, for the tests of what adapters make of any JSON. */
import fc from 'fast-check';

/** A field that is `undefined` is not there. */
export type Json =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
/** A JSON object. */
export type Body = Readonly<Record<string, Json>>;
/** Keys and indices from the outside to the inside; empty for the whole document. */
export type Path = readonly (string | number)[];

/** What is done to one place. `place` is a number that the number of places is taken of. */
export type Mutation =
  | { readonly kind: 'put'; readonly place: number; readonly value: Json }
  | { readonly kind: 'delete'; readonly place: number }
  /** A list so deep that code which calls itself for each level runs out of stack. */
  | { readonly kind: 'deepen'; readonly place: number }
  /** What stands in another place stands here too. */
  | { readonly kind: 'copy'; readonly place: number; readonly from: number }
  /** An item of a list stands there twice; elsewhere nothing happens. */
  | { readonly kind: 'repeat'; readonly place: number };

/** Values that a schema may take for something, or that code may stumble over. */
const TRICKY: readonly Json[] = [
  ...[null, true, false, 0, 1, 2, 3, 4, 5, 6, -1, 0.5, 1e308, -1e308, 2 ** 53, 8.64e15 + 1],
  ...['', ' ', 'pass', 'fail', 'PASSED', 'passed', 'FAILED', 'complete', 'in_progress', 'PENDING', 'skipped'],
  ...['__proto__', 'constructor', '\ud800', '\0', '-1', 'NaN', '2026-99-99', '+275760-09-13T00:00:00.001Z'],
  [],
  [[]],
  [null],
  ['x'],
  {},
  { status: 'pass' },
  { id: 1, status: 'PASSED' },
  { errors: [{ message: 'no' }] },
  { toString: 'x', length: -1 },
  { message: { message: { message: null } } },
];

const place = fc.nat();

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put'), place, value: fc.constantFrom(...TRICKY) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('put'),
      place,
      value: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete'), place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deepen'), place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy'), place, from: place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat'), place }) },
) as fc.Arbitrary<Mutation>;

/** Every place of a document, the document itself first; not the depths of what is nested deeper than any answer. */
export function placesIn(json: Json, path: Path = []): Path[] {
  if (typeof json !== 'object' || json === null || path.length > 20) return [path];
  return [path, ...Object.entries(json).flatMap(([key, value]) => placesIn(value, [...path, key]))];
}

/** The document with the mutation done to it, and where that was. */
export function mutate(json: Json, mutation: Mutation): { json: Json; path: Path } {
  const places = placesIn(json);
  const path = at(places, mutation.place);
  switch (mutation.kind) {
    case 'put':
      return { json: putAt(json, path, mutation.value), path };
    case 'delete':
      return { json: without(json, path), path };
    case 'deepen':
      return { json: putAt(json, path, DEEP), path };
    case 'copy':
      return { json: putAt(json, path, valueAt(json, at(places, mutation.from))), path };
    case 'repeat':
      return { json: replace(json, path, (value) => [value, value]), path };
  }
}

export function valueAt(json: Json, path: Path): Json {
  const [key, ...rest] = path;
  if (key === undefined) return json;
  if (typeof json !== 'object' || json === null) return null;
  return valueAt((json as Record<string, Json>)[key] ?? null, rest);
}

/** The document with another value in that place. */
export const putAt = (json: Json, path: Path, value: Json): Json => replace(json, path, () => [value]);

/** The document without that place. */
export const without = (json: Json, path: Path): Json => replace(json, path, () => []);

/** Puts none, one or two values in the place of one; an object or the whole document takes the last of them. */
function replace(json: Json, path: Path, by: (value: Json) => readonly Json[]): Json {
  const [key, ...rest] = path;
  if (key === undefined) return by(json).at(-1) ?? null;
  if (Array.isArray(json)) {
    return json.flatMap((item, index) => {
      if (index !== Number(key)) return [item];
      return rest.length === 0 ? by(item) : [replace(item, rest, by)];
    });
  }
  return Object.fromEntries(
    Object.entries(json as Record<string, Json>).flatMap(([name, value]): [string, Json][] => {
      if (name !== key) return [[name, value]];
      if (rest.length > 0) return [[name, replace(value, rest, by)]];
      return by(value)
        .slice(-1)
        .map((made) => [name, made]);
    }),
  );
}

const DEEP = Array.from({ length: 20_000 }).reduce<Json>((inside) => [inside], 'deep');

const at = <T>(items: readonly T[], index: number): T => items[index % items.length] as T;
