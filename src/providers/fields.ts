import * as z from 'zod/mini';
import type { Run } from '../domain/run.ts';
import { MalformedAnswer } from '../http/failure.ts';

/** Reads JSON by a schema; throws `MalformedAnswer` with the path of the first field that does not fit. */
export function readAs<T>(schema: z.ZodMiniType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'known' : `"${issue.path.join('.')}"`;
  throw new MalformedAnswer(
    `answered with JSON without a usable ${field} field. Check provider and api-url; if they are right, please report it.`,
    { isJson: true },
  );
}

/** What tells runs apart. */
export const id = z.string().check(z.minLength(1));

/** A whole number of runs. */
export const count = z.int().check(z.nonnegative());

/** Each run once. A run that is listed twice with two statuses is two facts: they contradict the announced total. */
export function withoutRepeats(runs: readonly Run[]): Run[] {
  return [...new Map(runs.map((run) => [`${run.id} ${run.unknownStatus ?? run.status}`, run])).values()];
}
