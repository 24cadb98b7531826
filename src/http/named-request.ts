import { ProviderError } from '../runtime/errors.ts';
import type { HttpRequest } from './fetch-text.ts';

/** A request with its name for people: "GET HOST/PATH". */
export interface NamedRequest extends HttpRequest {
  readonly name: string;
}

/** One thing of an API. */
export interface Resource {
  /** Segments of the path; each is encoded, so that no id can reach another path. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

/** Builds a request; `body` is sent as JSON. Throws a `ProviderError` for an id that no path can hold. */
export function buildRequest(
  method: 'GET' | 'POST' | 'PATCH',
  { path, query }: Resource,
  { baseUrl, headers }: { baseUrl: string; headers: Readonly<Record<string, string>> },
  body?: unknown,
): NamedRequest {
  const url = buildUrl(new URL(baseUrl), { path, query: query ?? {} });
  const request = { name: `${method} ${url.host}${url.pathname}`, url: url.href, method };
  if (body === undefined) return { ...request, headers: { ...headers } };
  const contentType = { 'content-type': 'application/json' };
  return { ...request, headers: { ...headers, ...contentType }, body: JSON.stringify(body) };
}

/** The base URL's own path is kept: a proxy may serve the API under a prefix. */
function buildUrl(base: URL, { path, query }: Required<Resource>): URL {
  const segments = path.map((segment) => {
    // These two cannot be encoded: a URL parser resolves `%2e%2e` like `..`.
    if (segment === '.' || segment === '..')
      throw new ProviderError(`"${segment}" cannot be an id. Check batch-id.`);
    return encodeURIComponent(segment.toWellFormed());
  });
  const url = new URL(base);
  url.pathname = [url.pathname.replace(/\/+$/, ''), ...segments].join('/');
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url;
}
