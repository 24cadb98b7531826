import * as z from 'zod/mini';

/** A field that need not be there: anything unexpected in it counts as absent. */
export function lenient<T>(schema: z.ZodMiniType<T>) {
  return z.catch(z.optional(schema), undefined);
}

/** A whole number from 0. */
export const whole = z.int().check(z.nonnegative());

/** JSON from outside; `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads JSON from outside by a schema. `toError` makes what is thrown where it does not fit, from the first field that is
 * missing or wrong (`"runs.0.id"`, or `known` for the whole).
 */
export function parseAs<T>(schema: z.ZodMiniType<T>, json: unknown, toError: (field: string) => Error): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw toError(issue === undefined || issue.path.length === 0 ? 'known' : `"${issue.path.join('.')}"`);
}
