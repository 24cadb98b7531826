import * as http from 'node:http';
import { pipeline } from 'node:stream';
import type { Answer, Fetch } from './whole-answer.ts';

/**
 * Sends one request with Node's own HTTP client, in the form of `fetch`: with the proxies of the environment, with
 * connections that are used again, and with answers that may be compressed. It follows no redirect and reads no body by
 * itself. Rejects with Node's own error where there is no answer, or with an `AbortError` when the signal comes; the body
 * fails in the same way. Node takes about 25 ms to load `fetch` itself: docs/adr/0008.
 */
export const send: Fetch = async (url, { method, headers, body, signal }) => {
  const { request } = url.startsWith('https:') ? await import('node:https') : http;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method, headers: { 'accept-encoding': 'gzip, br', ...headers }, signal });
    sent.once('response', resolve);
    // Also after the answer has begun: an error without a listener would end the process.
    sent.on('error', reject);
    sent.end(body);
  });
  response.on('error', () => undefined);
  const named = Object.entries(response.headersDistinct).map(([name, values = []]): [string, string] => [
    name,
    values.join(', '),
  ]);
  return { status: response.statusCode ?? 0, headers: new Map(named), body: await bodyOf(response) };
};

/** The bytes as they were before they were compressed. A body that breaks off fails while it is read. */
async function bodyOf(response: http.IncomingMessage): Promise<Answer['body']> {
  const encoding = response.headers['content-encoding']?.toLowerCase();
  if (encoding !== 'gzip' && encoding !== 'br') return response;
  const { constants, createBrotliDecompress, createGunzip } = await import('node:zlib');
  // An answer without a body may have the header as well, and is no broken one.
  const plain =
    encoding === 'gzip'
      ? createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
      : createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
  pipeline(response, plain, () => undefined);
  return plain;
}
