import type { ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { readSample } from './samples.ts';
import { stalled } from './stalled.ts';

/** One way to answer badly. Whatever is not said here is as in the right answer. */
export type Fault =
  /**
   * Another answer. Anything but a string is sent as JSON; a string is sent as it is, as HTML unless the headers say
   * otherwise. Without a body: the provider's documented one for that status.
   */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  /** The right answer with its JSON changed. */
  | { readonly kind: 'rewrite'; readonly change: (body: unknown) => unknown }
  /** The right answer once the promise resolves. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  /** The right answer, compressed. */
  | { readonly kind: 'gzip' }
  /** The first half of the right body, as if it were all: the length is right and the JSON is not. */
  | { readonly kind: 'broken-json' }
  /** The connection is closed in order after half of the announced body. */
  | { readonly kind: 'cut' }
  /** The connection is reset, before the first byte or after half of the body. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'middle' }
  /** What was asked for is done, and then the answer is lost or another, as `then` says. */
  | { readonly kind: 'done-but'; readonly then: SimpleFault }
  /** The answer stops for ever, before the first byte or after half of the body. */
  | { readonly kind: 'hang'; readonly when: 'before' | 'middle' }
  /** JSON of at least this many bytes (default: without end), also as a small gzip stream that unpacks to them. */
  | { readonly kind: 'flood'; readonly bytes?: number; readonly gzip?: boolean };

/** What can come after a request was carried out. */
export type SimpleFault = Exclude<Fault, { kind: 'rewrite' | 'done-but' }>;

/** 429, with a `Retry-After` of seconds, a date or nonsense if one is given. */
export function rateLimited(retryAfter?: string): Fault {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  return { kind: 'answer', status: 429, headers };
}

export function redirectTo(url: string, status = 302): Fault {
  return { kind: 'answer', status, headers: { location: url }, body: '' };
}

/** A proxy's own error page. */
export function badGatewayPage(): Fault {
  const { body } = readSample<{ body: string }>('any__error__502-html');
  return { kind: 'answer', status: 502, body };
}

/** A web page where JSON was due, with a status that says all is well. */
export function pageInsteadOfJson(): Fault {
  return { kind: 'answer', status: 200, body: '<!doctype html><title>Log in</title><p>Please log in.' };
}

/** An answer ready to be sent, headers without the length. */
export interface Payload {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

/**
 * Sends `payload`, or what the fault makes of it. The right answer is made only when it is needed, so that a fault in
 * its place changes nothing on the server. Resolves when there is nothing more to send.
 */
export async function send(
  response: ServerResponse,
  payload: () => Payload,
  fault: Exclude<Fault, { kind: 'answer' | 'rewrite' | 'done-but' }> | undefined,
): Promise<void> {
  switch (fault?.kind) {
    case undefined:
      return sendWhole(response, payload());
    case 'hold':
      await fault.until;
      return sendWhole(response, payload());
    case 'gzip': {
      const { status, headers, bytes } = payload();
      return sendWhole(response, {
        status,
        headers: { ...headers, 'content-encoding': 'gzip' },
        bytes: gzipSync(bytes),
      });
    }
    case 'broken-json': {
      const right = payload();
      return sendWhole(response, { ...right, bytes: right.bytes.subarray(0, half(right.bytes)) });
    }
    case 'cut':
      await sendHalf(response, payload());
      response.socket?.end();
      return;
    case 'reset':
      if (fault.when === 'middle') {
        await sendHalf(response, payload());
        // A reset overtakes bytes that the other side has not read yet, and would look like one before the answer.
        await delay(25);
        await nextTurn();
      }
      response.socket?.resetAndDestroy();
      return;
    case 'hang':
      if (fault.when === 'middle') await sendHalf(response, payload());
      stalled.count += 1;
      response.once('close', () => {
        stalled.count -= 1;
      });
      return;
    case 'flood':
      return sendFlood(response, fault);
    default:
      return fault satisfies never;
  }
}

function sendWhole(response: ServerResponse, { status, headers, bytes }: Payload): void {
  if (status === 204) response.writeHead(status, headers).end();
  else response.writeHead(status, { ...headers, 'content-length': bytes.length }).end(bytes);
}

function sendHalf(response: ServerResponse, { status, headers, bytes }: Payload): Promise<void> {
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  return new Promise((resolve) => response.write(bytes.subarray(0, half(bytes)), () => resolve()));
}

const half = (bytes: Buffer): number => Math.ceil(bytes.length / 2);

async function sendFlood(
  response: ServerResponse,
  { bytes = Infinity, gzip = false }: FloodFault,
): Promise<void> {
  const headers = { 'content-type': 'application/json', ...(gzip ? { 'content-encoding': 'gzip' } : {}) };
  response.writeHead(200, headers);
  // A client that has had enough closes the connection, and the rest of the flood goes nowhere.
  await pipeline(Readable.from(padding(bytes)), gzip ? createGzip() : new PassThrough(), response).catch(
    () => {},
  );
}

type FloodFault = Extract<Fault, { kind: 'flood' }>;

function* padding(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  yield Buffer.from('{"padding":[');
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
  yield Buffer.from(']}');
}
