import { once } from 'node:events';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { badGatewayPage, type Fault, pageInsteadOfJson, rateLimited, redirectTo } from './faults.ts';
import { type RetellEmulator, startRetell } from './retell.ts';
import { readSample } from './samples.ts';
import { many } from './timeline.ts';

const PATH = '/get-batch-test/batch';
const headers = { authorization: 'Bearer test-key' };

let emulator: RetellEmulator;
beforeEach(async () => {
  emulator = await startRetell({ batches: [{ id: 'batch', runs: many(2) }] });
});
afterEach(() => emulator.close());

const look = (): Promise<Response> => fetch(emulator.url + PATH, { headers, redirect: 'manual' });

/** The right answer, to compare with. */
const rightBody = async (): Promise<string> => (await look()).text();

/** An answer as Node's own client gets it, which unpacks and follows nothing. */
async function rawLook(): Promise<IncomingMessage> {
  const request = openRequest(emulator.url + PATH, { headers }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // What happens to the connection from here on, the reader of the body hears.
  request.on('error', () => undefined);
  return response;
}

/** The error that ends a request or its body. */
async function failure(): Promise<string> {
  try {
    return await text(await rawLook());
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

describe('another answer', () => {
  const limit = readSample('retell__error__429');

  test.each<[string, Fault, number, Record<string, string>, unknown]>([
    ['429', rateLimited(), 429, { 'content-type': 'application/json' }, limit],
    ['429 with seconds', rateLimited('7'), 429, { 'retry-after': '7' }, limit],
    ['429 with nonsense', rateLimited('soon'), 429, { 'retry-after': 'soon' }, limit],
    ['402', { kind: 'answer', status: 402 }, 402, {}, readSample('retell__error__402')],
    ['503', { kind: 'answer', status: 503 }, 503, {}, { status: 'error', message: 'Service Unavailable' }],
    [
      "JSON of one's own",
      { kind: 'answer', status: 200, body: { a: null } },
      200,
      { 'content-type': 'application/json' },
      { a: null },
    ],
  ])('%s', async (_, fault, status, expected, body) => {
    emulator.fail(fault);
    const response = await look();

    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject(expected);
    expect(await response.json()).toEqual(body);
  });

  test("a proxy's error page", async () => {
    emulator.fail(badGatewayPage());
    const response = await look();

    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await response.text()).toContain('<h1>502 Bad Gateway</h1>');
  });

  test('a page that says 200', async () => {
    emulator.fail(pageInsteadOfJson());
    const response = await look();

    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(await response.text()).toContain('Please log in.');
  });

  test('a redirect', async () => {
    emulator.fail(redirectTo('http://127.0.0.2:1/elsewhere', 307));
    const response = await look();

    expect([response.status, response.headers.get('location')]).toEqual([
      307,
      'http://127.0.0.2:1/elsewhere',
    ]);
  });

  test('the right one, rewritten, without a trace in the next', async () => {
    const right = JSON.parse(await rightBody());
    emulator.fail({
      kind: 'rewrite',
      change: (body) => Object.assign(body as object, { pass_count: 'two' }),
    });

    expect(await (await look()).json()).toEqual({ ...right, pass_count: 'two' });
    expect(await (await look()).json()).toEqual(right);
  });
});

describe('a right answer on a bad way', () => {
  test('compressed', async () => {
    const right = await rightBody();
    emulator.fail({ kind: 'gzip' });
    const response = await rawLook();
    const chunks = await response.toArray();

    expect(response.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(right);
  });

  test('broken, with a length that is right', async () => {
    const right = await rightBody();
    emulator.fail({ kind: 'broken-json' });
    const response = await look();
    const body = await response.text();

    expect(response.headers.get('content-length')).toBe(String(body.length));
    expect(right.startsWith(body)).toBe(true);
    expect(() => JSON.parse(body)).toThrow(SyntaxError);
  });

  test.each<[string, Fault]>([
    ['cut in the middle', { kind: 'cut' }],
    ['reset before the answer', { kind: 'reset', when: 'before' }],
    ['reset in the middle', { kind: 'reset', when: 'middle' }],
  ])('%s', async (_, fault) => {
    emulator.fail(fault);

    expect(await failure()).toBe('ECONNRESET');
    expect((await look()).status).toBe(200);
  });

  test.each<[string, Fault]>([
    ['cut in the middle', { kind: 'cut' }],
    ['reset in the middle', { kind: 'reset', when: 'middle' }],
    ['hanging in the middle', { kind: 'hang', when: 'middle' }],
  ])('half of the body comes when it is %s', async (_, fault) => {
    const right = await rightBody();
    emulator.fail(fault);
    const response = await rawLook();
    const [chunk] = (await once(response, 'data')) as [Buffer];
    response.on('error', () => undefined).destroy();

    expect(response.headers['content-length']).toBe(String(right.length));
    expect(chunk.toString()).toBe(right.slice(0, Math.ceil(right.length / 2)));
  });

  test('hanging before the first byte, until the client gives up', async () => {
    emulator.fail({ kind: 'hang', when: 'before' });
    const giveUp = new AbortController();
    const answer = fetch(emulator.url + PATH, { headers, signal: giveUp.signal });
    await emulator.seen(({ path }) => path === PATH);
    giveUp.abort();

    await expect(answer).rejects.toThrow('aborted');
  });

  test('held until it is let go', async () => {
    const { promise: until, resolve: letGo } = Promise.withResolvers<void>();
    emulator.fail({ kind: 'hold', until }, { kind: 'hold', until });
    const answers = [look(), look()];
    await emulator.seen(({ inFlight }) => inFlight === 2);
    letGo();

    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('a flood', () => {
  test('of so many bytes', async () => {
    emulator.fail({ kind: 'flood', bytes: 1_000_000 });
    const body = await (await look()).text();

    expect(body.length).toBeGreaterThanOrEqual(1_000_000);
    expect(JSON.parse(body)).toEqual({ padding: [] });
  });

  test('packed small', async () => {
    emulator.fail({ kind: 'flood', bytes: 1_000_000, gzip: true });
    const packed = Buffer.concat(await (await rawLook()).toArray());

    expect(packed.length).toBeLessThan(10_000);
    expect(gunzipSync(packed).length).toBeGreaterThanOrEqual(1_000_000);
  });

  test('without end, until the client has had enough', async () => {
    emulator.fail({ kind: 'flood' });
    const response = await rawLook();
    let read = 0;
    for await (const chunk of response) {
      read += (chunk as Buffer).length;
      if (read > 5_000_000) break;
    }

    expect(read).toBeGreaterThan(5_000_000);
    expect((await look()).status).toBe(200);
  });
});

describe('which request gets a fault', () => {
  const statuses = async (count: number): Promise<number[]> => {
    const found: number[] = [];
    for (let i = 0; i < count; i += 1) found.push((await look()).status);
    return found;
  };

  test('those of a queue, in order, and then none', async () => {
    emulator.fail({ kind: 'answer', status: 500 }, undefined, rateLimited());

    expect(await statuses(4)).toEqual([500, 200, 429, 200]);
  });

  test('those that a rule names, by what they are and by their number', async () => {
    await using ruled = await startRetell({
      batches: [{ id: 'batch', runs: many(1) }],
      faults: ({ path, nth }, n) =>
        path === PATH && nth === 2 ? { kind: 'answer', status: n === 3 ? 503 : 504 } : undefined,
    });
    const found: number[] = [];
    for (const path of ['/v2/list-test-runs/batch', PATH, PATH, PATH]) {
      found.push((await fetch(ruled.url + path, { headers })).status);
    }

    expect(found).toEqual([200, 200, 503, 200]);
  });

  test('a fault in place of the answer leaves the batch as it was', async () => {
    const created = {
      test_case_definition_ids: ['test_case_f56fca6cd173'],
      response_engine: { type: 'retell-llm', llm_id: 'llm' },
    };
    const create = () =>
      fetch(`${emulator.url}/create-batch-test`, { method: 'POST', headers, body: JSON.stringify(created) });
    emulator.fail({ kind: 'answer', status: 500 });
    const statusesOfCreate = [(await create()).status, (await create()).status];
    const list = await fetch(`${emulator.url}/v2/list-batch-tests?type=retell-llm&llm_id=llm`, { headers });

    expect(statusesOfCreate).toEqual([500, 201]);
    expect(((await list.json()) as { items: unknown[] }).items).toHaveLength(1);
  });
});

test('every request is logged as it was sent', async () => {
  let time = 100;
  await using timed = await startRetell({ now: () => time });
  await fetch(`${timed.url}/get-batch-test/a%2F..%2Fb?x=1%202`, { headers: { 'X-Trace': 'yes' } });
  time = 250;
  await fetch(`${timed.url}/create-batch-test`, { method: 'POST', body: '{"a":1}' });

  expect(timed.requests).toMatchObject([
    {
      method: 'GET',
      path: '/get-batch-test/a%2F..%2Fb',
      query: { x: '1 2' },
      headers: { 'x-trace': 'yes' },
      at: 100,
    },
    { method: 'POST', path: '/create-batch-test', query: {}, body: '{"a":1}', at: 250, nth: 1, inFlight: 1 },
  ]);
  expect([timed.count(), timed.count(/^POST /), timed.count(/batch-test\/a/)]).toEqual([2, 1, 1]);
});

test('closing ends what hangs, and may be done twice', async () => {
  emulator.fail({ kind: 'hang', when: 'before' });
  const answer = failure();
  await emulator.seen(() => true);
  await emulator.close();
  await emulator.close();

  expect(await answer).toBe('ECONNRESET');
  expect(await failure()).toBe('ECONNREFUSED');
});
