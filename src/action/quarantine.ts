import type { QuarantineFiles } from '../domain/quarantine.ts';
import { readContext } from '../github/context.ts';
import { readQuarantine } from '../github/quarantine-source.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { Outside } from '../runtime/runtime.ts';
import type { CommentTarget } from './comment-target.ts';
import { clientFor } from './pull-request-comment.ts';

/** Reads the quarantine file of the input `quarantine` at the commits that decide. Never throws. */
export async function readQuarantineFiles(
  path: string,
  deadline: Deadline,
  { target, outside }: { target: CommentTarget; outside: Outside },
): Promise<QuarantineFiles> {
  const context = await readContext(outside.env);
  const { client } = clientFor(target, context, outside);
  return readQuarantine(
    { path, context, client },
    { clock: outside.clock, random: outside.random, ...deadline },
  );
}
