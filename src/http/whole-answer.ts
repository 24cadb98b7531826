import { AnswerTooLarge, MalformedAnswer, Refusal, TransportFailure } from './failure.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_REDIRECTS = 5;
/** A response with one of these cannot be made with a body. */
const BODILESS = [204, 205, 304];

/** The global `fetch`, passed in. */
export type Fetch = (
  request: Request,
  init: { redirect: 'manual'; signal: AbortSignal },
) => Promise<Response>;

/** An answer with its whole body. */
export interface WholeAnswer {
  readonly response: Response;
  readonly body: string;
}

/**
 * Asks and reads the answer to its end, in at most `ms` milliseconds. Redirects are followed within the origin only:
 * the key must not travel to another host. Throws `TransportFailure` or `Refusal`.
 */
export async function readWhole(fetch: Fetch, request: Request, ms: number): Promise<WholeAnswer> {
  const overdue = AbortSignal.timeout(ms);
  const signal = AbortSignal.any([request.signal, overdue]);
  try {
    const response = await fetchWithinOrigin(fetch, request, signal);
    const body = await readBody(response);
    if (!response.ok && (BODILESS.includes(response.status) || response.status > 599)) {
      throw new Refusal(`answered ${response.status}. Check api-url.`);
    }
    return { response, body };
  } catch (error) {
    if (error instanceof Refusal || request.signal.aborted) throw error;
    throw new TransportFailure(overdue.aborted ? `no answer within ${Math.round(ms / 100) / 10} s` : error);
  }
}

async function fetchWithinOrigin(fetch: Fetch, request: Request, signal: AbortSignal): Promise<Response> {
  let current = request;
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(current, { redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const target = URL.parse(location, current.url);
    if (target === null || target.origin !== new URL(current.url).origin) {
      const where = target === null ? 'an address that is no URL' : target.origin;
      throw new Refusal(
        `redirects to ${where}; the key is not sent there. If that is right, set api-url to it.`,
      );
    }
    if (redirects === MAX_REDIRECTS) {
      throw new Refusal(`redirects more than ${MAX_REDIRECTS} times. Check api-url.`);
    }
    current = new Request(target, current);
  }
}

async function readBody(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      throw new AnswerTooLarge(
        `answered with more than ${MAX_BODY_BYTES / 1024 / 1024} MiB. That is no batch; check api-url.`,
      );
    }
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join('');
}

/** The JSON of a body; throws `MalformedAnswer` that quotes its beginning, without a secret in it. */
export function parseJson(body: string, redact: (text: string) => string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    const text = redact(body.trimStart().slice(0, 10_000));
    const start = text.slice(0, 60);
    const what = start === '' ? 'an empty body' : `"${start}${text.length > start.length ? '…' : ''}"`;
    throw new MalformedAnswer(
      `answered with something that is not JSON: ${what}. Check api-url if this persists.`,
      {
        isJson: false,
      },
    );
  }
}

/**
 * The headers that the retries look at. A `Retry-After` that ends behind the deadline is dropped, and so is one under
 * a second: both leave the pause to the backoff, which neither gives up nor runs hot.
 */
export function keptHeaders(
  { headers }: Response,
  { leftMs, epoch }: { leftMs: number; epoch: number },
): Headers {
  const kept = new Headers({ 'content-type': headers.get('content-type') ?? 'text/plain' });
  const retryAfter = headers.get('retry-after')?.trim();
  if (retryAfter === undefined) return kept;
  const seconds = /^\d+(\.\d+)?$/.test(retryAfter)
    ? Math.ceil(Number(retryAfter))
    : Math.ceil((Date.parse(retryAfter) - epoch) / 1_000);
  if (seconds >= 1 && seconds * 1_000 < leftMs) kept.set('retry-after', String(seconds));
  return kept;
}
