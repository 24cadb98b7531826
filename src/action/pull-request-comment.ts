import type { Clock, Deadline } from '../clock.ts';
import { createClient } from '../github/client.ts';
import type { GitHubContext } from '../github/context.ts';
import { findPullRequest } from '../github/pull-request.ts';
import { createStickyComment, type StickyComment } from '../github/sticky-comment.ts';
import type { Fetch } from '../http/whole-answer.ts';
import { renderBody } from '../report/body.ts';
import type { Report } from '../report/report.ts';
import type { OwnSection } from '../shared-comment/merge.ts';
import type { Inputs } from './inputs.ts';

/** A section that is written again by the `post` step has room for this many characters. */
const MAX_REMEMBERED = 30_000;

/** What the `post` step is told of the comment: the last section that was to be written, and where. */
export interface RememberedComment {
  readonly id?: number | undefined;
  /** Whether it is known to stand there. */
  readonly isWritten: boolean;
  readonly section: Omit<OwnSection, 'render'> & { readonly markdown: string };
}

/** What it takes to reach GitHub. */
export interface CommentEdges {
  readonly githubToken: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly userAgent: string;
  readonly trace: (line: string) => void;
  /** Takes the secrets that the action knows out of a text. */
  readonly redact: (text: string) => string;
}

/** What became of a write: the comment's address, or why there is none, as a sentence; neither if none was wanted. */
export interface CommentResult {
  readonly url?: string | undefined;
  readonly warning?: string | undefined;
}

/** The comment of this gate, if there is to be one. */
export interface GateComment {
  write(report: Report, limits: Deadline): Promise<CommentResult>;
}

/** The comment, found when it is first written. */
export function createGateComment(
  inputs: Inputs,
  context: GitHubContext,
  edges: CommentEdges & { readonly remember: (comment: RememberedComment) => void },
): GateComment {
  let sticky: StickyComment | undefined;
  let id: number | undefined;

  return {
    async write(report, limits) {
      if (inputs.comment === 'never') return {};
      const found = sticky === undefined ? await findComment(inputs, context, { edges, limits }) : { sticky };
      sticky = found.sticky;
      if (sticky === undefined) return { warning: found.warning };
      const section = sectionOf(report);
      const verdict = report.judgement?.verdict;
      const create = inputs.comment === 'always' || (verdict !== undefined && verdict !== 'passed');
      const remembered = { ...section, markdown: section.render(MAX_REMEMBERED) };
      // Before it is written as well: whoever is killed while writing may have made a comment.
      edges.remember({ id, isWritten: false, section: remembered });
      const result = await sticky.write(section, { ...limits, create });
      id = 'id' in result ? result.id : id;
      edges.remember({ id, isWritten: result.status !== 'failed', section: remembered });
      return {
        url: 'url' in result ? result.url : undefined,
        warning: 'warning' in result ? result.warning : undefined,
      };
    },
  };
}

/** Finds the pull request, and with it the comment; a warning where that could not be done. */
export async function findComment(
  inputs: Inputs,
  context: GitHubContext,
  { edges, limits }: { edges: CommentEdges; limits: Deadline },
): Promise<{ sticky?: StickyComment; warning?: string | undefined }> {
  const { githubToken, clock, random } = edges;
  // Outside GitHub there is nothing to comment on.
  if (context.repository === undefined) return {};
  if (githubToken === '') {
    return {
      warning: "No comment: github-token is empty. Leave the input out, and it is the job's own token.",
    };
  }
  const { apiUrl, repository } = context;
  const client = createClient({ ...edges, token: githubToken, apiUrl, repository });
  const { pullRequest, warning } = await findPullRequest(
    { context, explicit: inputs.pullRequest, client },
    { clock, random, ...limits },
  );
  if (pullRequest === undefined) return { warning: warning ?? context.payloadProblem };
  const writer = { name: edges.redact(inputs.name), run: context.run };
  return { sticky: createStickyComment({ client, clock, random, issue: pullRequest.number, writer }) };
}

/** A report as one job's part of the comment. */
export function sectionOf(report: Report): OwnSection {
  const ids = report.batches.map(({ id }) => id);
  return {
    key: ids.toSorted().join('\n'),
    state: report.judgement?.verdict ?? 'waiting',
    tally: report.tally,
    label: ids.join(', '),
    render: (max) => renderBody(report, { max, unit: 'characters' }),
  };
}
