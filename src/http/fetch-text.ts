import type { Clock, Deadline } from '../runtime/clock.ts';
import { DeadlineExceeded, withDeadline } from '../runtime/deadline.ts';
import { ConnectionError, TryTimeout } from './connection-error.ts';
import { RedirectNotFollowed, ResponseTooLarge, UnusableResponse } from './failure.ts';

const MIB = 1024 * 1024;
/** A page of 500 runs of 64 KB each. Text, JSON and what is read of it take about eight times as much memory. */
const MAX_BODY_BYTES = 32 * MIB;
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
/** The content encodings that `fetch` undoes. With any other among them it undoes none. */
const ENCODINGS = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/** The global `fetch`, passed in. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One request as it goes over the wire. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** Options of one try. */
interface TryOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Time limit in milliseconds, from the connection to the last byte. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** True if a redirect within the origin is followed. One to another origin never is: the key would go there. */
  readonly followsRedirects: boolean;
}

/** An answer with its whole body. */
interface TextResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Sends a request and reads the answer to its end, in at most `timeoutMs` and 32 MiB. Throws `ConnectionError`
 * (`TryTimeout` among them) or `UnusableResponse` (`ResponseTooLarge` and `RedirectNotFollowed` among them); and
 * `DeadlineExceeded` once the signal has come.
 */
export async function fetchText(request: HttpRequest, options: TryOptions): Promise<TextResponse> {
  const { clock, timeoutMs, signal: given } = options;
  const send = async ({ signal }: Deadline): Promise<TextResponse> => {
    const response = await fetchFollowingRedirects(request, { ...options, signal });
    return { status: response.status, headers: response.headers, body: await readBody(response) };
  };
  try {
    return await withDeadline(send, { until: clock.now() + timeoutMs, signal: given }, clock);
  } catch (error) {
    if (error instanceof UnusableResponse || given.aborted) throw error;
    throw error instanceof DeadlineExceeded ? new TryTimeout(timeoutMs) : new ConnectionError(error);
  }
}

async function fetchFollowingRedirects(
  { url: first, method, headers, body }: HttpRequest,
  { fetch, signal, followsRedirects }: TryOptions,
): Promise<Response> {
  const { origin } = new URL(first);
  let url = first;
  for (let redirects = 0; ; redirects += 1) {
    const unread = new AbortController();
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && singleUseBody(body, headers)),
      redirect: 'manual',
      signal: AbortSignal.any([signal, unread.signal]),
    });
    const location = response.headers.get('location') ?? undefined;
    // To a write, 303 says that it was carried out.
    const isRedirect = REDIRECTS.includes(response.status) && (response.status !== 303 || method === 'GET');
    if (!isRedirect || location === undefined) return response;
    unread.abort();
    const target = URL.parse(location, url);
    if (target?.origin !== origin) {
      const to = target?.origin ?? 'an address that is no URL';
      throw new RedirectNotFollowed(
        to,
        `redirects to ${to}; the key is not sent there. If that is right, set api-url to it.`,
      );
    }
    if (!followsRedirects) {
      throw new RedirectNotFollowed(origin, 'redirects. Set api-url to the address that answers directly.');
    }
    if (redirects === MAX_REDIRECTS) {
      throw new RedirectNotFollowed(origin, `redirects more than ${MAX_REDIRECTS} times. Check api-url.`);
    }
    url = target.href;
  }
}

/**
 * A body that can be sent once. After a 421 `fetch` itself sends a request again if it can, and one that starts
 * something is not to be sent twice.
 */
function singleUseBody(body: string, headers: HttpRequest['headers']): RequestInit {
  const bytes = new TextEncoder().encode(body);
  return {
    body: ReadableStream.from([bytes]),
    duplex: 'half',
    headers: { ...headers, 'content-length': String(bytes.length) },
  };
}

/** The content encoding of an answer, if `fetch` cannot undo it. */
function unknownEncoding(headers: Headers): string | undefined {
  const encodings = (headers.get('content-encoding') ?? '').toLowerCase().split(',');
  const named = encodings.map((encoding) => encoding.trim()).filter((encoding) => encoding !== '');
  if (named.length === 1 && named[0] === 'identity') return undefined;
  return named.find((encoding) => !ENCODINGS.includes(encoding));
}

async function readBody({ status, headers, body }: Response): Promise<string> {
  const encoding = unknownEncoding(headers);
  if (encoding !== undefined) {
    await body?.cancel();
    // Such a status says enough.
    if (status < 200 || status > 299) return '';
    throw new UnusableResponse(
      `answered in the content encoding "${encoding.slice(0, 40)}", which cannot be read. Check api-url, and any proxy or gateway in between.`,
    );
  }
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      throw new ResponseTooLarge(
        `answered with more than ${MAX_BODY_BYTES / MIB} MiB, and so much is not read. Check api-url, or run fewer test cases at once.`,
      );
    }
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join('');
}
