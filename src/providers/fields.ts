import * as z from 'zod/mini';
import type { Claims } from '../domain/claims.ts';
import { toText } from '../http/error-body.ts';
import { HttpStatusError, InvalidResponse } from '../http/failure.ts';
import { parseAs as parse, whole } from '../json.ts';
import { onProviderError } from '../runtime/errors.ts';
import { parseTime } from '../text/format.ts';

/** Reads a provider's JSON by a schema; throws `InvalidResponse` with the path of the first field that does not fit. */
export const parseAs = <T>(schema: z.ZodMiniType<T>, json: unknown): T =>
  parse(
    schema,
    json,
    (field) =>
      new InvalidResponse(
        `answered with JSON without a usable ${field} field. Check provider and api-url; if they are right, please report it.`,
      ),
  );

/** The entries that fit a schema; the others are left out. */
export const readEntries = <T>(schema: z.ZodMiniType<T>, entries: readonly unknown[] = []): T[] =>
  entries.flatMap((entry) => {
    const { success, data } = schema.safeParse(entry);
    return success ? [data] : [];
  });

/** Throws where an answer is about something else than was asked for. `keyOf` is the form in which the provider compares ids. */
export function requireSame(
  kind: string,
  asked: string | undefined,
  found: string | undefined,
  keyOf: (id: string) => string = (id) => id,
): void {
  if (asked === undefined || found === undefined || keyOf(found) === keyOf(asked)) return;
  throw new InvalidResponse(`answered for another ${kind}: ${found}.`);
}

/** The headers that authorise a request by a bearer token; the key may bring the word `Bearer` itself. */
export const bearerHeaders = (apiKey: string): Record<string, string> => ({
  authorization: `Bearer ${apiKey.replace(/^Bearer\s+/i, '')}`,
});

/** Advice about a refusal, as sentences by HTTP status; 422 is read like 404, which may be as `others`. */
export interface Advice {
  readonly 401: string;
  readonly 402: string;
  readonly 403: string;
  readonly 404?: string;
  readonly others: string;
}

export function createAdvice({ others, ...refusals }: Advice): (status: number) => string {
  const table: Readonly<Record<number, string | undefined>> = {
    ...refusals,
    422: refusals[404],
  };
  return (status) => table[status] ?? others;
}

/**
 * For `catch`: what stands in for something that the provider says is not there (404, or 422 for an id in a wrong form); any
 * other error is thrown on.
 */
export const onNotFound = <T>(instead: () => T): ((error: unknown) => T) =>
  onProviderError((error) => {
    const isThere = !(error.cause instanceof HttpStatusError) || ![404, 422].includes(error.cause.status);
    if (isThere) throw error;
    return instead();
  });

/** Most criteria or assertions of one run that are kept: more than anybody reads, and few enough to render at once. */
export const MAX_DETAILS = 1_000;

/** Id of a run, test case or batch. No provider's are longer than 64 characters. */
export const id = z.string().check(z.minLength(1), z.maxLength(1_000));

/** A run's status word. Nobody documents what stands here before the end, so it may be missing. */
export const statusWord = z.optional(z.nullable(z.string()));

/** A counter: `undefined` where it is null or absent, and `isUsable` is false where anything else stands that is no count. */
export function readCounter(value: unknown): { count: number | undefined; isUsable: boolean } {
  if (value === undefined || value === null) return { count: undefined, isUsable: true };
  const parsed = whole.safeParse(value);
  return { count: parsed.data, isUsable: parsed.success };
}

/** Number of runs that a list announces for a batch; `undefined` for none, as of a batch that was made just now. */
export const readRunCount = (value: unknown): number | undefined => readCounter(value).count || undefined;

/** Greatest length of a value that a claim repeats, in characters: more than any id has. A claim may stand in every run. */
const MAX_CLAIMED_VALUE = 200;

/**
 * A statement about one part of what is tested: "version 11". `undefined` where nothing is said; what is there and is no
 * text is said as it stands, so that it agrees with nothing.
 */
export function formatClaim(part: string, value: unknown): string | undefined {
  const text = textOrUndefined(value);
  if (text === undefined || text === '') return undefined;
  return text.length > MAX_CLAIMED_VALUE ? `${part} of ${text.length} characters` : `${part} ${text}`;
}

/** The parts of which something is said. */
export const claimsOf = (parts: Readonly<Record<string, string | undefined>>): Claims =>
  Object.fromEntries(
    Object.entries(parts).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

/** Any value as text; `undefined` where there is none. */
export const textOrUndefined = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : toText(value);

/** Seconds since the epoch as milliseconds. */
export const fromSeconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1_000;

/** ISO text as milliseconds since the epoch. A time without a zone is UTC, wherever the runner is. */
export const parseIsoTime = (iso: string | undefined): number | undefined =>
  iso === undefined ? undefined : parseTime(/(Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`);
