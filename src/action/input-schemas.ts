/** What values of inputs must be. The message of an error ends the sentence `timeout-minutes is "…": `. */
import * as z from 'zod/mini';
import { listOr } from '../text/format.ts';

/** A shorter key or token would be taken out of ordinary words when it is redacted. No provider issues one. */
export const MIN_KEY = 8;

/** One of these words. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `it must be ${listOr(values)}` });
}

/** A decimal number above 0. */
export function positive(unit: string, most: number) {
  const error = `it must be a positive number of ${unit}, like 5 or 0.5`;
  return z.pipe(
    z.string().check(z.regex(/^(\d+(\.\d+)?|\.\d+)$/, { error })),
    z.pipe(
      z.transform(Number),
      z.number().check(z.positive({ error }), z.lte(most, { error: `it must be at most ${most} ${unit}` })),
    ),
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
    const url = URL.parse(value);
    return (
      url !== null &&
      /^https?:$/.test(url.protocol) &&
      [url.username, url.password, url.search, url.hash].every((part) => part === '')
    );
  };
  const error = 'it must be an http(s) address without user, query or fragment, like https://api.example.com';
  return z.string().check(z.refine(isPlain, { error }));
}

/** Ids, one per line or separated by commas, each once. */
export function batchIds() {
  return z.pipe(
    z.transform((value: string) =>
      [...new Set(value.split(/[\n,]/).map((id) => id.trim()))].filter((id) => id !== ''),
    ),
    z
      .array(
        z
          .string()
          .check(z.refine((id) => id !== '.' && id !== '..', { error: 'a batch id cannot be "." or ".."' })),
      )
      .check(
        z.minLength(1, { error: 'it must name at least one batch: one id per line, or separated by commas' }),
      ),
  );
}

/** A whole number above 0. */
export function pullRequestNumber() {
  return z.pipe(
    z
      .string()
      .check(z.regex(/^[1-9]\d{0,14}$/, { error: 'it must be the number of a pull request, like 12' })),
    z.transform(Number),
  );
}

/** What can stand in an HTTP header: one word, or `Bearer` and one. */
export function credential() {
  return z.string().check(
    z.regex(/^(Bearer )?[\x21-\x7e]+$/i, {
      error:
        'it must be one word of plain characters, without spaces, line breaks or letters that no key has',
      abort: true,
    }),
    z.refine((value) => withoutBearer(value).length >= MIN_KEY, {
      error: `it must have at least ${MIN_KEY} characters`,
    }),
  );
}

/** The bare key of a `Bearer …` one. */
export function withoutBearer(value: string): string {
  return value.replace(/^Bearer\s+/i, '');
}

/** The empty text where nothing is given. */
export function orNothing(schema: z.ZodMiniType<string>) {
  return z.pipe(
    z.optional(schema),
    z.transform((value) => value ?? ''),
  );
}
