import { defaultOf, INPUTS, type InputDefinition, type InputName, type Inputs } from '../inputs/inputs.ts';
import { PROVIDERS, providerNamed } from '../providers/registry.ts';

/** The inputs that it takes to find and write the comment. */
export interface CommentInputs extends Pick<Inputs, 'comment' | 'pullRequest'> {
  /** `undefined` where the name is wrong, or follows from a provider that is: the comment tells which it is. */
  readonly name?: string | undefined;
  readonly matrix?: string | undefined;
  /** The user's name for this job where several share the comment. */
  readonly label?: string | undefined;
  /** The input `target`, which tells apart jobs that are otherwise equal. */
  readonly target?: string | undefined;
  readonly checkRunId?: number | undefined;
  /** Other jobs may write the same comment: this one has a matrix, or the user has set `name` or `label`. */
  readonly isShared?: boolean | undefined;
  /** Empty when the user passed an empty one: then there is no comment. */
  readonly githubToken: string;
}

/** Reads each of these inputs by itself, for a step that failed because some input is wrong. */
export function readCommentInputs(read: (name: string) => string): CommentInputs {
  const providerName = providerNamed(read('provider'));
  const provider = providerName && PROVIDERS[providerName];
  const valid = <T>(name: InputName, entry: InputDefinition<T>): T | undefined => {
    const given = read(name).trim();
    return entry.schema.safeParse(given === '' ? defaultOf(entry, provider) : given).data;
  };
  const matrix = valid('matrix', INPUTS.matrix);
  return {
    name: valid('name', INPUTS.name),
    comment: valid('comment', INPUTS.comment) ?? 'always',
    pullRequest: valid('pull-request', INPUTS['pull-request']),
    matrix,
    label: valid('label', INPUTS.label),
    target: read('target').trim() || undefined,
    checkRunId: valid('check-run-id', INPUTS['check-run-id']),
    isShared: [matrix ?? '', read('name'), read('label')].some((given) => given.trim() !== ''),
    githubToken: read('github-token').trim(),
  };
}
