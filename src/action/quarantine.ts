import type { QuarantineFiles } from '../domain/quarantine.ts';
import type { GitHubContext } from '../github/context.ts';
import { readQuarantine } from '../github/quarantine-source.ts';
import type { Deadline } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CommentInputs } from './comment-inputs.ts';
import { clientFor } from './pull-request-comment.ts';

/** Reads the quarantine file of the input `quarantine` at the commits that decide. Never throws. */
export async function readQuarantineFiles(
  path: string,
  deadline: Deadline,
  {
    context,
    commentInputs,
    runtime,
  }: { context: GitHubContext; commentInputs: CommentInputs; runtime: Runtime },
): Promise<QuarantineFiles> {
  const { client } = clientFor(commentInputs, context, runtime);
  return readQuarantine(
    { path, context, client },
    { clock: runtime.clock, random: runtime.random, ...deadline },
  );
}
