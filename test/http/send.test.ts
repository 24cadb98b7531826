import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { send } from '../../src/http/send.ts';

/** One request to a server that answers in this way: what became of it. */
async function sent(
  answer: (response: ServerResponse) => void,
  { signal = new AbortController().signal, body = undefined as string | undefined } = {},
) {
  const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const init = { method: body === undefined ? 'GET' : 'POST', headers: { accept: 'text/plain' } };
  try {
    const {
      status,
      headers,
      body: bytes,
    } = await send(url, {
      ...init,
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal,
    });
    return { status, headers: new Map(headers), text: bytes === null ? '' : await text(bytes) };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a body', () => {
  test.each([
    ['as it is', {}, Buffer.from('Grüße')],
    ['in gzip', { 'content-encoding': 'gzip' }, gzipSync('Grüße')],
    ['in gzip, in capitals', { 'Content-Encoding': 'GZIP' }, gzipSync('Grüße')],
    ['in Brotli', { 'content-encoding': 'br' }, brotliCompressSync('Grüße')],
  ])('%s', async (_, headers, bytes) => {
    const { status, text } = await sent((response) => response.writeHead(200, headers).end(bytes));
    expect([status, text]).toEqual([200, 'Grüße']);
  });

  test.each(['gzip', 'br'])('that is empty and said to be in %s', async (encoding) => {
    const { status, text } = await sent((response) =>
      response.writeHead(401, { 'content-encoding': encoding }).end(),
    );
    expect([status, text]).toEqual([401, '']);
  });

  test('that breaks off', async () => {
    const breaking = sent((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setImmediate(() => response.destroy());
    });
    await expect(breaking).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('that is no gzip', async () => {
    const wrong = sent((response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'));
    await expect(wrong).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
  });
});

test('a header that comes twice', async () => {
  const { headers } = await sent((response) => response.writeHead(204, { Link: ['<a>', '<b>'] }).end());
  expect(headers.get('link')).toBe('<a>, <b>');
});

test('what is sent has its length', async () => {
  const { text } = await sent((response) => response.end(`${response.req.headers['content-length']}`), {
    body: 'Grüße',
  });
  expect(text).toBe('7');
});

test.each([
  ['before the answer', () => undefined],
  ['in the body', (response: ServerResponse) => void response.writeHead(200).write('half')],
])('a signal %s', async (_, answer) => {
  const stop = new AbortController();
  const stopped = sent(
    (response) => {
      answer(response);
      setImmediate(() => stop.abort());
    },
    { signal: stop.signal },
  );
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
});
