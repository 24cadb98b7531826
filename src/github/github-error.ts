import { parseRetryAfter } from '../http/retry.ts';
import { cleanLine } from '../text/clean.ts';

/** Why GitHub did not do what it was asked for. */
export type GitHubErrorKind =
  | 'bad-token'
  | 'forbidden'
  | 'locked'
  | 'not-found'
  | 'too-long'
  | 'refused'
  | 'rate-limited'
  | 'unavailable'
  | 'out-of-time';

/** A request to GitHub that failed. The message is a clause for people: "GitHub answered 403 (…) to POST /…". */
export class GitHubError extends Error {
  override name = 'GitHubError';
  readonly kind: GitHubErrorKind;
  /** How long GitHub wants to be left alone, in milliseconds, if it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: GitHubErrorKind,
    message: string,
    { retryAfterMs, cause }: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get isRetryable(): boolean {
    return this.kind === 'rate-limited' || this.kind === 'unavailable';
  }
}

/** For an answer that is not what GitHub says it would be: a proxy's page, or half of it. */
export function unexpectedResponse(): GitHubError {
  return new GitHubError('unavailable', 'GitHub answered something else than it documents');
}

/** An answer that says no, reduced to what decides. Header names in lower case. */
export interface GitHubErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  /** GitHub's words. */
  readonly message: string;
}

/** GitHub asks for at least a minute after a secondary rate limit that does not say how long it lasts. */
const DEFAULT_LIMIT_MS = 60_000;

/** Makes an error of an answer. `request` names it for people; `epoch` is the time now, in milliseconds. */
export function toGitHubError(
  answer: GitHubErrorResponse,
  { request, epoch }: { request: string; epoch: number },
): GitHubError {
  const { status, message } = answer;
  const retryAfterMs = retryAfter(answer, epoch);
  const kind = kindOf(answer, retryAfterMs);
  const said = cleanLine(message, 160);
  return new GitHubError(kind, `GitHub answered ${status}${said === '' ? '' : ` (${said})`} to ${request}`, {
    retryAfterMs: retryAfterMs ?? (kind === 'rate-limited' ? DEFAULT_LIMIT_MS : undefined),
  });
}

function kindOf({ status, message }: GitHubErrorResponse, retryAfterMs: number | undefined): GitHubErrorKind {
  if (status === 429) return 'rate-limited';
  if (status === 403 && (retryAfterMs !== undefined || /rate limit/i.test(message))) return 'rate-limited';
  if (status === 403) return /\blocked\b/i.test(message) ? 'locked' : 'forbidden';
  if (status === 401) return 'bad-token';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 422 && /too long|maximum/i.test(message)) return 'too-long';
  return status === 408 || status >= 500 ? 'unavailable' : 'refused';
}

/** `Retry-After`; else the end of the primary limit, if that is what was used up. */
function retryAfter({ headers }: GitHubErrorResponse, epoch: number): number | undefined {
  const given = headers['retry-after'];
  const wait = given === undefined ? undefined : parseRetryAfter(String(given), epoch);
  if (wait !== undefined) return wait;
  const reset = Number(headers['x-ratelimit-reset']);
  if (String(headers['x-ratelimit-remaining']) !== '0' || Number.isNaN(reset)) return undefined;
  // Seconds are rounded down in the header.
  return Math.max(0, reset * 1_000 + 1_000 - epoch);
}
