/** Schemas of inputs. The message of an error ends the sentence `timeout-minutes is "…": `. */
import * as z from 'zod/mini';
import { joinWithOr } from '../domain/wording.ts';

/** Shortest key or token: redacting a shorter one would garble ordinary words, and no provider issues one. */
export const MIN_KEY_CHARACTERS = 8;

/** One of these words. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `it must be ${joinWithOr(values)}` });
}

/** A text on one line. */
export function oneLine(max: number) {
  return z
    .string()
    .check(
      z.maxLength(max, { error: `it must have at most ${max} characters` }),
      z.regex(/^[^\n\r]*$/, { error: 'it must be one line' }),
    );
}

/** A decimal number above 0. */
export function positiveNumber(unit: string, max: number) {
  const error = `it must be a positive number of ${unit}, like 5 or 0.5`;
  return decimal(unit, max, error).check(z.positive({ error }));
}

/** A decimal number, or 0. */
export function nonNegativeNumber(unit: string, max: number) {
  return decimal(unit, max, `it must be a number of ${unit}, like 12 or 0.5`);
}

function decimal(unit: string, max: number, error: string) {
  return z.pipe(
    z.string().check(z.regex(/^(\d+(\.\d+)?|\.\d+)$/, { error })),
    z.pipe(z.transform(Number), z.number().check(z.lte(max, { error: `it must be at most ${max} ${unit}` }))),
  );
}

/** YAML 1.2 core schema, as `core.getBooleanInput` reads it. */
export function yamlBoolean() {
  return z.pipe(
    z.string().check(z.regex(/^(true|True|TRUE|false|False|FALSE)$/, { error: 'it must be true or false' })),
    z.transform((value) => value.toLowerCase() === 'true'),
  );
}

/** An http(s) address with nothing in it that a base address cannot have. */
export function webAddress() {
  const isPlain = (value: string): boolean => {
    const { protocol = '', username, password, search, hash } = URL.parse(value) ?? {};
    return /^https?:$/.test(protocol) && !(username || password || search || hash);
  };
  const error = 'it must be an http(s) address without user, query or fragment, like https://api.example.com';
  return z.string().check(z.refine(isPlain, { error }));
}

/** Ids, one per line or separated by commas, each once. */
export function batchIds(): z.ZodMiniType<readonly string[]> {
  return z.pipe(
    z.transform((value: string) =>
      [...new Set(value.split(/[\n,]/).map((id) => id.trim()))].filter((id) => id !== ''),
    ),
    z.array(z.string()).check(
      z.minLength(1, { error: 'it must name at least one batch: one id per line, or separated by commas' }),
      z.refine((ids) => !ids.some((id) => /[\s"'`“”‘’()[\]{}<>]/.test(id)), {
        error:
          'it must be ids alone, one per line or separated by commas, without spaces, quotes or brackets',
      }),
      z.refine((ids) => !ids.some((id) => id === '.' || id === '..'), {
        error: 'a batch id cannot be "." or ".."',
      }),
    ),
  );
}

/** A whole number above 0. */
export function positiveWholeNumber(error: string) {
  return z.pipe(z.string().check(z.regex(/^[1-9]\d{0,8}$/, { error })), z.transform(Number));
}

/** The name of a variable or of a secret: no provider issues keys that look like it. */
const NAME_OF_SECRET = /^\$?\{?(secrets\.|env\.)?[A-Z]+(_[A-Z]+)+\}?$/;

/** A value for an HTTP header: one word, or `Bearer` and one. */
export function credential() {
  return z.string().check(
    z.refine((value) => !NAME_OF_SECRET.test(value), {
      error: `it is the name of a secret and not its value: write it as $\{{ secrets.NAME }}`,
      abort: true,
    }),
    z.regex(/^(Bearer )?[\x21-\x7e]+$/i, {
      error:
        'it must be one word of plain characters, without spaces, line breaks or letters that no key has',
      abort: true,
    }),
    z.refine((value) => withoutBearer(value).length >= MIN_KEY_CHARACTERS, {
      error: `it must have at least ${MIN_KEY_CHARACTERS} characters`,
    }),
  );
}

/** True if the whole value stands in quotes that YAML or a shell should have removed. */
export function isQuoted(value: string): boolean {
  return /^(["'`]).*\1$|^[“‘].*[”’]$/s.test(value) && value.length > 1;
}

/** The bare key of a `Bearer …` one. */
export function withoutBearer(value: string): string {
  return value.replace(/^Bearer\s+/i, '');
}

/** An input whose value is the empty text where it is not given. */
export function optionalText(schema: z.ZodMiniType<string>) {
  return z.pipe(
    z.optional(schema),
    z.transform((value) => value ?? ''),
  );
}

/** K of N, as in `reruns` and `repeat`. */
export interface KOfN {
  readonly need: number;
  readonly of: number;
}

/** The most runs that one test case may take. */
const MAX_RUNS_PER_CASE = 20;

/** `K/N`; `undefined` for the word `none`. */
export function kOfN(none: string) {
  const error = `it must be ${none}, or K/N like 3/5 with K from 1 to N, and N at most ${MAX_RUNS_PER_CASE}`;
  return z.pipe(
    z.string().check(
      z.refine(
        (value) => {
          const { need, of } = parseKOfN(value);
          return value === none || (need >= 1 && need <= of && of <= MAX_RUNS_PER_CASE);
        },
        { error },
      ),
    ),
    z.transform((value): KOfN | undefined => (value === none ? undefined : parseKOfN(value))),
  );
}

function parseKOfN(value: string): KOfN {
  const [, need, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(value) ?? [];
  return { need: Number(need), of: Number(of) };
}

/** A number of test cases, or a share of them from 0 to 1. */
export type CountOrPercent =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'share'; readonly share: number };

/** A whole number, or a share like `15%`. */
export function countOrPercent() {
  const error = 'it must be a number of test cases like 2, or a share like 15%';
  return z.pipe(
    z.string().check(
      z.regex(/^(\d{1,9}|\d{1,3}(\.\d+)?%)$/, { error }),
      z.refine((value) => !value.endsWith('%') || Number(value.slice(0, -1)) <= 100, {
        error: 'a share must be at most 100%',
      }),
    ),
    z.transform(
      (value): CountOrPercent =>
        value.endsWith('%')
          ? { kind: 'share', share: Number(value.slice(0, -1)) / 100 }
          : { kind: 'count', count: Number(value) },
    ),
  );
}

/** The count that `max` is of `total` test cases; a share is rounded up. */
export function resolveCount(max: CountOrPercent, total: number): number {
  // 15 % of 20 is 3, and not 4 for the sake of a rounding error.
  return max.kind === 'count' ? max.count : Math.ceil(max.share * total - 1e-9);
}
