import * as z from 'zod/mini';
import { MalformedAnswer } from './http.ts';

/** Reads JSON by a schema; throws `MalformedAnswer` with the path of the first field that does not fit. */
export function readAs<T>(schema: z.ZodMiniType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'the body' : `"${issue.path.join('.')}"`;
  throw new MalformedAnswer(
    `answered with JSON in which ${field} is missing or not as documented (${issue?.message ?? 'unknown'}).`,
    {
      isJson: true,
    },
  );
}

/** A field that we show and never judge by: anything unexpected in it counts as absent. */
export function lenient<T>(schema: z.ZodMiniType<T>): z.ZodMiniType<T | undefined> {
  return z.catch(z.optional(schema), undefined) as unknown as z.ZodMiniType<T | undefined>;
}

/** A whole number of runs. */
export const count = z.int().check(z.nonnegative());
