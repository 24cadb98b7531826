import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { ErrorResponse } from '../../src/http/failure.ts';
import type { PostResult } from '../../src/http/json-client.ts';
import { makeCertificate } from '../e2e/certificates.ts';
import { freePort } from '../e2e/forwarding.ts';
import { stalled } from '../emulators/stalled.ts';
import { onLoopback } from '../loopback.ts';
import { virtualClock } from '../virtual-clock.ts';
import { httpClient } from './http-client.ts';

const EPOCH = Date.UTC(2026, 8, 14, 8);
const OK = 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"id":"b1"}';
const status = (line: string, body = '', headers = '') =>
  `HTTP/1.1 ${line}\r\ncontent-type: application/json\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;

/** What the server does with the n-th POST that arrived whole. */
type Answer = (socket: Socket) => void;

const say =
  (text: string): Answer =>
  (socket) =>
    void socket.write(text);
const hang: Answer = (socket) => {
  stalled.count += 1;
  socket.once('close', () => {
    stalled.count -= 1;
  });
};

/** A server that counts the POSTs that arrived, whole or in part, and answers as it is told. */
async function startServer(...answers: readonly Answer[]) {
  const posts: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      if (!heard.includes('\r\n\r\n{"cases":["c1"]}')) return;
      posts.push(heard);
      heard = '';
      answers[Math.min(posts.length, answers.length) - 1]?.(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    posts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function httpTo(baseUrl: string, random = () => 0.5) {
  const clock = virtualClock(EPOCH);
  const headers = { authorization: 'Bearer key' };
  return { http: httpClient({ baseUrl, headers, fetch: onLoopback(clock), clock, random }), clock };
}

/** Makes a name resolve to these addresses for this process, as a resolver would. */
function resolving(name: string, ...addresses: readonly string[]): Disposable {
  const { lookup } = dns;
  const found = addresses.map((address) => ({ address, family: 4 }));
  const standIn = (
    host: string,
    options: dns.LookupAllOptions,
    done: (...result: unknown[]) => void,
  ): void => {
    if (host === name) setImmediate(() => done(null, found));
    else lookup(host, options, done);
  };
  Object.assign(dns, { lookup: standIn });
  return { [Symbol.dispose]: () => void Object.assign(dns, { lookup }) };
}

/** Posts once, and says what is known then; ports are left out of the sentences. */
async function post(
  url: string,
  { ms = 600_000, read = (json: unknown) => (json as { id: string }).id } = {},
): Promise<PostResult<string>> {
  const { http } = httpTo(url);
  const result = await http.postJsonOnce(
    { path: ['start'], body: { cases: ['c1'] }, read },
    { until: ms, signal: new AbortController().signal },
  );
  if (result.kind === 'accepted') return result;
  return { ...result, problem: result.problem.replace(/127\.0\.0\.1:\d+/, 'HOST') };
}

test('an accepted POST carries the JSON and the key, and its answer is read', async () => {
  await using server = await startServer(say(OK));
  expect(await post(server.url)).toEqual({ kind: 'accepted', value: 'b1' });
  expect(server.posts).toEqual([
    expect.stringMatching(
      /^POST \/start HTTP\/1\.1\r\n[\s\S]*authorization: Bearer key\r\n[\s\S]*content-type: application\/json\r\n/,
    ),
  ]);
});

describe('nobody can know whether it was accepted: it is sent once', () => {
  const TROUBLE = 'The provider is in trouble: run this job again later.';
  const NOT_HTTP = 'Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/)';
  const UNREACHED =
    'Check that this machine can reach it (a proxy is taken from HTTPS_PROXY or HTTP_PROXY), and api-url if it is set.';
  test.each<[string, Answer, string]>([
    [
      'the connection is reset before the answer',
      (s) => s.resetAndDestroy(),
      `failed: ECONNRESET. ${UNREACHED}`,
    ],
    ['the connection is closed before the answer', (s) => s.end(), `failed: other side closed. ${UNREACHED}`],
    ['something else than HTTP', (s) => s.end('hello\r\n\r\n'), `failed: ${NOT_HTTP}. ${UNREACHED}`],
    ['407, which fetch does not hand on', say(status('407 No')), `failed: fetch failed. ${UNREACHED}`],
    [
      'a 201 in an encoding that nobody knows',
      say(status('201 Created', 'xyz', 'content-encoding: compress\r\n')),
      'answered in the content encoding "compress", which cannot be read. Check api-url, and any proxy or gateway in between.',
    ],
    ['no answer comes', hang, `failed: no answer within 60 s. ${UNREACHED}`],
    ['500', say(status('500 Oops')), `answered 500. ${TROUBLE}`],
    ['502', say(status('502 Bad Gateway', '<h1>')), `answered 502. ${TROUBLE}`],
    ['503 with Retry-After', say(status('503 Later', '', 'retry-after: 1\r\n')), `answered 503. ${TROUBLE}`],
    ['408', say(status('408 Request Timeout')), `answered 408. ${TROUBLE}`],
    [
      '303',
      say(status('303 See Other', '', 'location: /made\r\n')),
      'answered 303. Set api-url to the address that answers directly.',
    ],
    [
      'a 201 without a body',
      say(status('201 Created')),
      'answered with something that is not JSON: an empty body. Check api-url if this persists.',
    ],
    [
      'a 201 with a page',
      say(status('201 Created', '<h1>')),
      'answered with something that is not JSON: "<h1>". Check api-url if this persists.',
    ],
    ['a 201 whose body is cut', (s) => s.end(OK.slice(0, -4)), `failed: other side closed. ${UNREACHED}`],
    [
      'a 201 whose body is reset',
      (s) => s.write(OK.slice(0, -4), () => setTimeout(() => s.resetAndDestroy(), 25)),
      `failed: ECONNRESET. ${UNREACHED}`,
    ],
    [
      'a 201 whose body hangs',
      (s) => s.write(OK.slice(0, -4), () => hang(s)),
      `failed: no answer within 60 s. ${UNREACHED}`,
    ],
  ])('%s', async (_, answer, problem) => {
    await using server = await startServer(answer, say(OK));
    expect(await post(server.url)).toEqual({
      kind: 'unknown',
      problem: `POST HOST/start ${problem}`,
      at: EPOCH,
    });
    expect(server.posts.length).toBe(1);
  });

  test('the deadline comes before the answer', async () => {
    await using server = await startServer(hang);
    expect(await post(server.url, { ms: 5_000 })).toEqual({
      kind: 'unknown',
      problem: 'POST HOST/start did not answer in time. Raise timeout-minutes, or run the job again.',
      at: EPOCH,
    });
    expect(server.posts.length).toBe(1);
  });

  test('an error inside a 201 that may pass', async () => {
    await using server = await startServer(say(OK));
    const read = () => {
      throw new ErrorResponse('answered with an error (INTERNAL).', { isRetryable: true });
    };
    expect(await post(server.url, { read })).toMatchObject({ kind: 'unknown' });
    expect(server.posts.length).toBe(1);
  });

  test('a 503 after a 429: the moment is that of the second POST', async () => {
    await using server = await startServer(
      say(status('429 Slow down', '', 'retry-after: 20\r\n')),
      say(status('503 Later')),
    );
    expect(await post(server.url)).toMatchObject({ kind: 'unknown', at: EPOCH + 20_000 });
    expect(server.posts.length).toBe(2);
  });
});

describe('it was certainly not accepted', () => {
  test.each([400, 401, 402, 403, 404, 409, 413, 421, 422, 425])('%i: refused at once', async (code) => {
    await using server = await startServer(say(status(`${code} No`, '{"message":"No."}')), say(OK));
    expect(await post(server.url)).toMatchObject({
      kind: 'refused',
      problem: expect.stringContaining(`POST HOST/start answered ${code} (No). `),
    });
    expect(server.posts.length).toBe(1);
  });

  test.each([
    ['/elsewhere', 'POST HOST/start redirects. Set api-url to the address that answers directly.'],
    [
      'https://other.test/start',
      'POST HOST/start redirects to https://other.test; the key is not sent there. If that is right, set api-url to it.',
    ],
  ])('a redirect to %s: refused, and nothing is sent there', async (location, problem) => {
    await using server = await startServer(
      say(status('307 There', '', `location: ${location}\r\n`)),
      say(OK),
    );
    expect(await post(server.url)).toEqual({ kind: 'refused', problem });
    expect(server.posts.length).toBe(1);
  });

  test('429 is sent again after Retry-After', async () => {
    await using server = await startServer(say(status('429 Slow down', '', 'retry-after: 7\r\n')), say(OK));
    expect(await post(server.url)).toEqual({ kind: 'accepted', value: 'b1' });
    expect(server.posts.length).toBe(2);
  });

  test('429 to the end: refused', async () => {
    await using server = await startServer(say(status('429 Slow down')));
    expect(await post(server.url, { ms: 10_000 })).toEqual({
      kind: 'refused',
      problem:
        'POST HOST/start did not answer in time (HTTP 429). Raise timeout-minutes, or run the job again.',
    });
  });

  test('400 in an encoding that nobody knows: refused, since the status says it', async () => {
    await using server = await startServer(
      say(status('400 No', 'xyz', 'content-encoding: compress\r\n')),
      say(OK),
    );
    expect(await post(server.url)).toMatchObject({
      kind: 'refused',
      problem: expect.stringContaining('POST HOST/start answered 400. '),
    });
    expect(server.posts.length).toBe(1);
  });

  test('a port that fetch does not ask: some tries, and refused', async () => {
    expect(await post('http://127.0.0.1:6000')).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(
        /^POST HOST\/start failed: bad port\. Check that this machine can reach it/,
      ),
    });
  });

  test('a name with two addresses at which nobody listens: some tries, and refused', async () => {
    using _ = resolving('two.test', '127.0.0.1', '127.0.0.2');
    const port = await freePort();
    const result = await post(`http://two.test:${port}`);
    expect(result).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(
        /^POST two\.test:\d+\/start failed: ECONNREFUSED\. Check that this machine can reach it/,
      ),
    });
  });

  test('a name with two addresses of which one listens: it is sent there, once', async () => {
    await using server = await startServer(say(OK));
    using _ = resolving('two.test', '127.0.0.2', '127.0.0.1');
    expect(await post(server.url.replace('127.0.0.1', 'two.test'))).toEqual({
      kind: 'accepted',
      value: 'b1',
    });
    expect(server.posts.length).toBe(1);
  });

  test('nobody listens: some tries, and refused', async () => {
    expect(await post(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(
        /^POST HOST\/start failed: ECONNREFUSED\. Check that this machine can reach it/,
      ),
    });
  });

  test('nobody listens at first: it is sent when somebody does', async () => {
    const port = await freePort();
    const { http, clock } = httpTo(`http://127.0.0.1:${port}`);
    const answer = http.postJsonOnce(
      { path: ['start'], body: {}, read: () => 'read' },
      { until: 600_000, signal: new AbortController().signal },
    );
    while (clock.now() === 0) await new Promise((resolve) => setImmediate(resolve));
    const release = clock.hold(() => true);
    const server = createServer((socket) => socket.once('data', () => socket.write(OK)));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    release();
    expect(await answer).toEqual({ kind: 'accepted', value: 'read' });
    server.close();
  });

  test('a certificate that nobody trusts: refused at once', async () => {
    const server = createTlsServer({ ...makeCertificate() }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await post(`https://127.0.0.1:${port}`)).toMatchObject({
      kind: 'refused',
      problem: expect.stringContaining("The server's certificate is not trusted"),
    });
    server.close();
  });

  test.each([
    ['does not speak TLS', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['closes the connection in the middle of the TLS handshake', ''],
  ])('a port that %s: refused', async (_, said) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(said));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await post(`https://127.0.0.1:${port}`, { ms: 60_000 })).toMatchObject({ kind: 'refused' });
    server.close();
  });

  test('an error inside a 201 that cannot pass: refused', async () => {
    await using server = await startServer(say(OK));
    const read = () => {
      throw new ErrorResponse('answered with an error (AUTH).', { isRetryable: false });
    };
    expect(await post(server.url, { read })).toEqual({
      kind: 'refused',
      problem: 'POST HOST/start answered with an error (AUTH).',
    });
  });
});

test('a cancellation is thrown', async () => {
  await using server = await startServer(hang);
  const { http } = httpTo(server.url);
  const stop = new AbortController();
  const answer = http.postJsonOnce(
    { path: ['start'], body: { cases: ['c1'] }, read: (json) => json },
    { until: Number.POSITIVE_INFINITY, signal: stop.signal },
  );
  while (server.posts.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await expect(answer).rejects.toThrow('The request was stopped.');
});

test('a cancellation in the pause after a 429: refused, since nothing was accepted', async () => {
  await using server = await startServer(say(status('429 Too Many Requests')));
  const stop = new AbortController();
  // The length of the pause is drawn when it begins.
  const { http } = httpTo(server.url, () => {
    stop.abort();
    return 0.5;
  });
  const answer = await http.postJsonOnce(
    { path: ['start'], body: { cases: ['c1'] }, read: (json) => json },
    { until: Number.POSITIVE_INFINITY, signal: stop.signal },
  );
  expect(answer).toEqual({ kind: 'refused', problem: 'The request was stopped.' });
  expect(server.posts).toHaveLength(1);
});
