import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Fault, type Payload, send } from './faults.ts';

/** A request as it arrived, before anything was decided about it. */
export interface SeenRequest {
  readonly method: string;
  /** As it was sent, still percent-encoded and not normalized. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `now()` when it came. */
  readonly at: number;
  /** 1 for the first request with this method and path. */
  readonly nth: number;
  /** How many requests were open when it came, this one included. */
  readonly inFlight: number;
}

/** Decides about the `n`th request (from 1); `undefined` lets the right answer through. */
export type FaultRule = (request: SeenRequest, n: number) => Fault | undefined;

export interface EmulatorOptions {
  /** The key that is accepted. Default `test-key`. */
  readonly apiKey?: string;
  /** Milliseconds. Default: the monotonic clock. */
  readonly now?: () => number;
  /** How many milliseconds of a script pass in one of `now`. Default 1. */
  readonly speed?: number;
  /** One for each request, in order (`undefined`: answer rightly), or a rule for all. */
  readonly faults?: readonly (Fault | undefined)[] | FaultRule;
  /** The time of day, in milliseconds since the epoch. Default: this machine's. */
  readonly epoch?: () => number;
  /** How far the `Date` header is ahead of this machine's clock, in milliseconds; `null` sends none. Default 0. */
  readonly dateAheadMs?: number | null;
}

/** A server on 127.0.0.1 that is closed, with all its connections, by `close` or by leaving an `await using` scope. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** How many requests had a `METHOD /path` that matches. */
  count(pattern?: RegExp): number;
  /** The first request, already there or still to come, that satisfies `match`. */
  seen(match: (request: SeenRequest) => boolean): Promise<SeenRequest>;
  /** Adds faults for the next requests; they come before a rule. */
  fail(...faults: readonly (Fault | undefined)[]): void;
  close(): Promise<void>;
}

/** The default of `EmulatorOptions.now`. */
export const monotonic = (): number => performance.now();

/** An answer that says no; thrown by a route. The provider's `error` makes the body. */
export class Refusal extends Error {
  readonly status: number;
  readonly details: readonly string[];

  constructor(status: number, details: readonly string[] = []) {
    super(details[0] ?? `HTTP ${status}`);
    this.status = status;
    this.details = details;
  }
}

/** `answer`, or a refusal with 404 where there is none. */
export function existing<T>(answer: T | undefined, ...details: readonly string[]): T {
  if (answer === undefined) throw new Refusal(404, details);
  return answer;
}

/** A request on its way through a route. */
export interface Call {
  readonly request: SeenRequest;
  /** The `:id` of the route's path, decoded. */
  readonly id: string;
}

/** One endpoint. The path may have one segment `:id`; the result is sent as JSON. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Default 200. */
  readonly status?: number;
  readonly answer: (call: Call) => unknown;
}

/** What makes an emulator one of a certain provider. */
export interface Vendor {
  /** The value of the header that goes with this key. */
  authorization(apiKey: string): string;
  /** The header's name in lower case. Default `authorization`. */
  readonly keyHeader?: string;
  /** The documented body of an error. */
  error(status: number, details: readonly string[]): unknown;
  readonly routes: readonly Route[];
}

/** The fields of a JSON body, or a refusal with 400. */
export function fieldsOf(request: SeenRequest): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(request.body);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  } catch {
    // Refused below, like every other body that is not an object.
  }
  throw new Refusal(400, ['The body must be a JSON object.']);
}

/** A whole number of the query, or `fallback` where it is absent; a refusal with 400 outside the range. */
export function wholeNumber(
  { query }: SeenRequest,
  name: string,
  { min, max, fallback }: { min: number; max: number; fallback: number },
): number {
  const given = query[name];
  if (given === undefined) return fallback;
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= min && number <= max) return number;
  throw new Refusal(400, [`${name} must be a whole number from ${min} to ${max}.`]);
}

/** Starts a provider's emulator on a free port. */
export async function startServer(
  vendor: Vendor,
  { apiKey = 'test-key', now = monotonic, faults = [], dateAheadMs = 0, epoch }: EmulatorOptions,
): Promise<Emulator> {
  const requests: SeenRequest[] = [];
  const waiting: { match: (request: SeenRequest) => boolean; resolve: (request: SeenRequest) => void }[] = [];
  const queue: (Fault | undefined)[] = typeof faults === 'function' ? [] : [...faults];
  const rule: FaultRule = typeof faults === 'function' ? faults : () => undefined;
  const encode = makeEncoder();
  const times = new Map<string, number>();
  let open = 0;

  const log = (request: SeenRequest): void => {
    requests.push(request);
    for (const each of waiting.splice(0)) {
      if (each.match(request)) each.resolve(request);
      else waiting.push(each);
    }
  };

  const respond = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = now();
    open += 1;
    response.once('close', () => {
      open -= 1;
    });
    const inFlight = open;
    const { method, path, query } = lineOf(incoming);
    const nth = 1 + (times.get(`${method} ${path}`) ?? 0);
    times.set(`${method} ${path}`, nth);
    if (dateAheadMs === null) response.sendDate = false;
    else if (dateAheadMs !== 0 || epoch !== undefined)
      response.setHeader('date', new Date((epoch ?? Date.now)() + dateAheadMs).toUTCString());
    const body = await text(incoming);
    const request = { method, path, query, headers: headersOf(incoming), body, at, nth, inFlight };
    log(request);

    const given = queue.length > 0 ? queue.shift() : rule(request, requests.length);
    const answer = (): Answer => answerOf(vendor, request, vendor.authorization(apiKey));
    const done = given?.kind === 'done-but' ? answer() : undefined;
    const fault = given?.kind === 'done-but' ? given.then : given;
    const right = (): Answer => done ?? answer();
    if (fault?.kind === 'answer') {
      const { status, headers = {}, body = vendor.error(status, []) } = fault;
      return send(response, () => encode({ status, body }, headers), undefined);
    }
    if (fault?.kind === 'rewrite') {
      const { status, body } = right();
      return send(response, () => encode({ status, body: fault.change(structuredClone(body)) }), undefined);
    }
    return send(response, () => encode(right()), fault);
  };

  const { url, close } = await listen(respond);
  return {
    url,
    requests,
    count: (pattern = /./) => requests.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length,
    seen: async (match) => requests.find(match) ?? new Promise((resolve) => waiting.push({ match, resolve })),
    fail: (...more) => {
      queue.push(...more);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(
  respond: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((incoming, response) => {
    respond(incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(500)
          .end(`The emulator is broken: ${error instanceof Error ? error.stack : error}`);
    });
  });
  // Longer than any pause between two looks: a connection that closes by itself just then is a fault nobody asked for.
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function answerOf(vendor: Vendor, request: SeenRequest, authorization: string): Answer {
  try {
    if (request.headers[vendor.keyHeader ?? 'authorization'] !== authorization) throw new Refusal(401);
    for (const route of vendor.routes) {
      const id = route.method === request.method ? idIn(request.path, route.path) : undefined;
      if (id !== undefined) return { status: route.status ?? 200, body: route.answer({ request, id }) };
    }
    throw new Refusal(404);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: vendor.error(error.status, error.details) };
  }
}

/** The decoded `:id` if the path is of this form, `''` if the form has none, `undefined` if it is another path. */
function idIn(path: string, form: string): string | undefined {
  const given = path.split('/');
  const wanted = form.split('/');
  const same =
    given.length === wanted.length && wanted.every((part, i) => part === ':id' || part === given[i]);
  if (!same) return undefined;
  try {
    return decodeURIComponent(given[wanted.indexOf(':id')] ?? '');
  } catch {
    throw new Refusal(400, ['The path is not encoded rightly.']);
  }
}

function lineOf({ method = '', url = '' }: IncomingMessage): Pick<SeenRequest, 'method' | 'path' | 'query'> {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  return { method, path, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The headers of a request, names in lower case. */
export function headersOf(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]),
  );
}

/** Turns answers into bytes. A body that is asked for again and again is turned only once. */
function makeEncoder(): (answer: Answer, headers?: Readonly<Record<string, string>>) => Payload {
  const encoded = new WeakMap<object, Buffer>();
  return ({ status, body }, headers = {}) => {
    if (typeof body === 'string') {
      return { status, headers: { 'content-type': 'text/html', ...headers }, bytes: Buffer.from(body) };
    }
    const known = typeof body === 'object' && body !== null ? encoded.get(body) : undefined;
    const bytes = known ?? Buffer.from(body === undefined ? '' : JSON.stringify(body));
    if (typeof body === 'object' && body !== null) encoded.set(body, bytes);
    return { status, headers: { 'content-type': 'application/json', ...headers }, bytes };
  };
}
