import type * as z from 'zod/mini';
import type { HttpClient, JsonRequest, PostResult, ResponseInfo } from '../http/json-client.ts';
import type { Deadline } from '../runtime/clock.ts';
import { parseAs } from './fields.ts';

/** Common parts of the requests to one part of a provider's API. */
export interface ApiPart {
  /** The first segments of every path. */
  readonly basePath: readonly string[];
  /** Advice about a refusal, by its HTTP status; the provider's own advice if absent. */
  readonly advice?: ((status: number) => string) | undefined;
  /** Takes the payload out of an answer; throws `ErrorResponse` for an error in it. The whole answer if absent. */
  readonly unwrap?: ((json: unknown) => unknown) | undefined;
}

/** A request whose answer is parsed by a schema and turned into a value. */
export interface Read<Body, Value> extends Pick<JsonRequest<Value>, 'query' | 'advice'> {
  readonly path: readonly string[];
  readonly schema: z.ZodMiniType<Body>;
  readonly toValue: (body: Body, about: ResponseInfo) => Value;
  /** `small` answers get less time. Default `large`. */
  readonly size?: 'small' | 'large';
}

export interface Api extends ApiPart {
  readonly unwrap: (json: unknown) => unknown;
  readonly http: HttpClient;
  get<Body, Value>(request: Read<Body, Value>, deadline: Deadline): Promise<Value>;
  /** Sent once: see `HttpClient.postJsonOnce`. */
  postOnce<Body, Value>(
    request: Omit<Read<Body, Value>, 'size'> & { readonly body: unknown },
    deadline: Deadline,
  ): Promise<PostResult<Value>>;
}

/** Binds the path prefix, the advice and the envelope of one part of a provider's API. */
export function createApi(http: HttpClient, { basePath, advice, unwrap = (json) => json }: ApiPart): Api {
  const requestOf = <Body, Value>({ path, schema, toValue, ...rest }: Omit<Read<Body, Value>, 'size'>) => ({
    advice,
    ...rest,
    path: [...basePath, ...path],
    read: (json: unknown, about: ResponseInfo): Value => toValue(parseAs(schema, unwrap(json)), about),
  });
  return {
    http,
    basePath,
    advice,
    unwrap,
    get: (request, deadline) => http.getJson({ size: 'large', ...requestOf(request) }, deadline),
    postOnce: ({ body, ...request }, deadline) =>
      http.postJsonOnce({ ...requestOf(request), body }, deadline),
  };
}
