import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { httpClient } from './http-client.ts';

const TEXT = '{"name":"é"}';

/** The JSON of an answer with this body and `Content-Encoding`, or why there is none. */
async function jsonOf(encoding: string | undefined, body: Uint8Array | string): Promise<unknown> {
  const server = createServer((_, response) => {
    if (encoding !== undefined) response.setHeader('content-encoding', encoding);
    response.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = httpClient({ baseUrl, fetch, clock: systemClock });
  const deadline = { until: systemClock.now() + 30_000, signal: new AbortController().signal };
  try {
    return await http.getJson({ path: ['x'], size: 'small', read: (json) => json }, deadline);
  } catch (error) {
    return (error as Error).message.replace(/127\.0\.0\.1:\d+/, 'HOST');
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test.each<[string | undefined, Uint8Array | string]>([
  [undefined, TEXT],
  ['identity', TEXT],
  ['gzip', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['GZIP', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
  ['deflate, gzip', gzipSync(deflateSync(TEXT))],
])('an answer in the encoding %s is read', async (encoding, body) => {
  expect(await jsonOf(encoding, body)).toEqual({ name: 'é' });
});

test.each([
  ['compress', TEXT],
  ['gzip, aes128gcm', gzipSync(TEXT)],
])('an answer in the encoding %s is refused at once, with its name', async (encoding, body) => {
  const unknown = encoding.split(', ').at(-1);
  expect(await jsonOf(encoding, body)).toBe(
    `GET HOST/x answered in the content encoding "${unknown}", which cannot be read. Check api-url, and any proxy or gateway in between.`,
  );
});

test('an answer may begin with a byte order mark', async () => {
  expect(await jsonOf(undefined, `\ufeff${TEXT}`)).toEqual({ name: 'é' });
});
