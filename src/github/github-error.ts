import { parseRetryAfter } from '../http/retry.ts';
import { onErrorOf } from '../runtime/errors.ts';
import { cleanLine } from '../text/clean.ts';
import { parseTime } from '../text/format.ts';

/** Reason why GitHub did not do what it was asked for. */
export type GitHubErrorKind =
  | 'bad-token'
  /** The token lacks the permission: that of a fork's workflow run is read-only. */
  | 'no-permission'
  /** A 403 for another reason, which GitHub's own words say. */
  | 'denied'
  | 'locked'
  | 'not-found'
  | 'too-long'
  /** Any other refusal that asking again does not change. */
  | 'refused'
  | 'rate-limited'
  | 'unavailable'
  | 'out-of-time';

type Overload = 'error' | 'timeout';

/** A request to GitHub that failed. The message is a clause for people: "GitHub answered 403 (…) to POST /…". */
export class GitHubError extends Error {
  override name = 'GitHubError';
  readonly kind: GitHubErrorKind;
  /** Time that GitHub wants to be left alone, in milliseconds, if it said so. */
  readonly retryAfterMs: number | undefined;
  /**
   * Sign that GitHub may have been asked for more at once than it can give, so that a smaller page may be answered: an error,
   * or no answer in time.
   */
  readonly overload: Overload | undefined;

  constructor(
    kind: GitHubErrorKind,
    message: string,
    {
      retryAfterMs,
      overload,
      cause,
    }: { retryAfterMs?: number | undefined; overload?: Overload | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
    this.overload = overload;
  }

  /** True if the same request may succeed later. */
  get isRetryable(): boolean {
    return this.kind === 'rate-limited' || this.kind === 'unavailable';
  }
}

/** For `catch`: what stands in for something that GitHub did not do. */
export const onGitHubError = onErrorOf(GitHubError);

/** For an answer that is not what GitHub says it would be: a proxy's page, or half of it. */
export function unexpectedResponse(): GitHubError {
  return new GitHubError('unavailable', 'GitHub answered something else than it documents');
}

/** An answer that says no, reduced to what decides. Header names in lower case. */
interface GitHubErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  /** GitHub's words. */
  readonly message: string;
}

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
    retryAfterMs,
    overload: status >= 500 ? 'error' : undefined,
  });
}

/** GitHub's words for too many requests; `submitted too quickly` also with 422. */
const RATE_LIMITED = /rate limit|submitted too quickly|abuse detection/i;

function kindOf({ status, message }: GitHubErrorResponse, retryAfterMs: number | undefined): GitHubErrorKind {
  if (status === 403 && /resource not accessible by integration/i.test(message)) return 'no-permission';
  if (status === 429 || ([403, 422].includes(status) && RATE_LIMITED.test(message))) return 'rate-limited';
  if (status === 403 && retryAfterMs !== undefined) return 'rate-limited';
  if (status === 403) return /\b(issue|conversation) is locked\b/i.test(message) ? 'locked' : 'denied';
  if (status === 401) return 'bad-token';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 422 && /too long|maximum/i.test(message)) return 'too-long';
  return status === 408 || status >= 500 ? 'unavailable' : 'refused';
}

/** `Retry-After`; else the end of the primary limit, if that is what was used up. Both are about GitHub's own time. */
function retryAfter({ headers }: GitHubErrorResponse, epoch: number): number | undefined {
  const now = parseTime(String(headers['date'])) ?? epoch;
  const given = headers['retry-after'];
  const wait = given === undefined ? undefined : parseRetryAfter(String(given), now);
  if (wait !== undefined) return wait;
  const reset = Number(headers['x-ratelimit-reset']);
  if (String(headers['x-ratelimit-remaining']) !== '0' || Number.isNaN(reset)) return undefined;
  // Seconds are rounded down in the header.
  return Math.max(0, reset * 1_000 + 1_000 - now);
}
