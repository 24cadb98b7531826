import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ProviderError, ProviderTimeout } from '../../src/runtime/errors.ts';
import { USER_AGENT } from '../../src/runtime/version.ts';
import { forwardTo, freePort } from '../e2e/forwarding.ts';
import { startBland } from '../emulators/bland.ts';
import {
  badGatewayPage,
  type Fault,
  pageInsteadOfJson,
  rateLimited,
  redirectTo,
} from '../emulators/faults.ts';
import { startRetell } from '../emulators/retell.ts';
import { stalled } from '../emulators/stalled.ts';
import { asking } from '../providers/asking.ts';

const batches = [{ id: 'b1', runs: [{}] }];

const complaintOf = async (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'it was read',
    (error: unknown) => {
      expect(error).toBeInstanceOf(ProviderError);
      return (error as ProviderError).message;
    },
  );

const answer = (status: number, body?: unknown): Fault => ({
  kind: 'answer',
  status,
  ...(body === undefined ? {} : { body }),
});

/** Reads a batch from an emulator with these faults: it, or why it could not be read, and what was asked. */
async function read(
  faults: readonly (Fault | undefined)[] | (() => Fault),
  { id = 'b1', ms = 600_000, noRetries = false, key = 'test-key', apiKey = 'test-key' } = {},
) {
  await using retell = await startRetell({ batches, faults, apiKey });
  const { provider, deadline, clock, logged, traced } = asking('retell', retell.url, key);
  const reading = provider.fetchBatch(id, { ...deadline(ms), noRetries });
  const outcome = await reading.catch((error: unknown) => {
    expect(error).toBeInstanceOf(ProviderError);
    return (error as ProviderError).message;
  });
  return { outcome, requests: retell.requests, took: clock.now(), logged, traced };
}

describe('what may pass is survived', () => {
  test.each<[string, Fault]>([
    ['408', answer(408)],
    ['429', rateLimited()],
    ['429 with a Retry-After that is nonsense', rateLimited('soon')],
    ['429 with a Retry-After after the deadline', rateLimited('86400')],
    ['429 with a Retry-After date after the deadline', rateLimited('Fri, 31 Dec 2099 23:59:59 GMT')],
    ['429 with a Retry-After date that is over', rateLimited('Mon, 14 Sep 2026 08:00:00 GMT')],
    ['429 with a negative Retry-After', rateLimited('-5')],
    ['429 with a Retry-After of no time at all', rateLimited('0')],
    ['500', answer(500)],
    ['502 as HTML', badGatewayPage()],
    ['503', answer(503)],
    ['504', answer(504)],
    ['529', answer(529)],
    ['200 with HTML', pageInsteadOfJson()],
    ['JSON that is broken', { kind: 'broken-json' }],
    ['a body cut short', { kind: 'cut' }],
    ['a reset before the answer', { kind: 'reset', when: 'before' }],
    ['a reset in the middle of the body', { kind: 'reset', when: 'middle' }],
    ['an answer that never begins', { kind: 'hang', when: 'before' }],
    ['a body that never ends', { kind: 'hang', when: 'middle' }],
    ['gzip', { kind: 'gzip' }],
    ['an empty object', { kind: 'rewrite', change: () => ({}) }],
    ['null', { kind: 'rewrite', change: () => null }],
  ])('%s, once', async (_, fault) => {
    const { outcome, requests } = await read([fault]);
    expect(outcome).toMatchObject({ settled: true, announced: { total: 1, passed: 1 } });
    expect(requests.length).toBe(fault.kind === 'gzip' ? 1 : 2);
  });

  test('one after the other, all in one reading', async () => {
    const faults: Fault[] = [
      answer(503),
      { kind: 'reset', when: 'before' },
      { kind: 'cut' },
      badGatewayPage(),
      rateLimited(),
      { kind: 'hang', when: 'middle' },
      { kind: 'reset', when: 'middle' },
      answer(500),
    ];
    const { outcome, requests, logged } = await read(faults);
    expect(outcome).toMatchObject({ settled: true });
    expect(requests.length).toBe(faults.length + 1);
    expect(logged).toEqual([
      expect.stringMatching(
        /^GET 127\.0\.0\.1:\d+\/get-batch-test\/b1 has failed 3 times in a row: .+ Still trying, for at most 10 min more\.$/,
      ),
      expect.stringMatching(/has failed 6 times in a row: no answer within 15 s\. Still trying/),
      expect.stringMatching(/ answers again\.$/),
    ]);
  });

  test('a Retry-After that ends in time is obeyed', async () => {
    expect((await read([rateLimited('1')], { ms: 5_000 })).took).toBe(1_000);
  });

  test('errors inside a 2xx answer of Bland', async () => {
    const inside = answer(200, {
      data: null,
      errors: [{ error: 'INTERNAL', message: 'Failed to load batch' }],
    });
    await using bland = await startBland({ batches, faults: [inside, inside] });
    const { provider, deadline } = asking('bland', bland.url);
    expect(await provider.fetchBatch('b1', deadline())).toMatchObject({
      settled: true,
      conclusion: 'passed',
    });
  });

  test('429 alone never ends the reading before the deadline', async () => {
    const { outcome, requests, took } = await read(() => rateLimited(), { ms: 70_000 });
    expect(outcome).toMatch(
      /did not answer in time \(HTTP 429 \(Account rate limited, please throttle your requests\)\)\. Raise timeout-minutes, or run the job again\.$/,
    );
    expect(took).toBe(70_000);
    expect(requests.length).toBeGreaterThan(5);
  });
});

describe('what cannot pass fails at once and says what to do', () => {
  test.each<[number, string]>([
    [400, 'answered 400 (Invalid request format, please check API reference). Check batch-id and api-url.'],
    [401, 'answered 401 (API key is missing or invalid). Check api-key: Retell does not accept it.'],
    [402, 'answered 402 (Trial has ended, please add payment method). Check the Retell account'],
    [403, 'answered 403 (Forbidden). Check api-key: it may not read this batch.'],
    [
      404,
      'answered 404 (The requested resource was not found). Check batch-id: it must be the id of a batch test',
    ],
    [422, 'answered 422 (Cannot find requested asset under given api key). Check batch-id'],
    [410, 'answered 410'],
  ])('%i', async (status, expected) => {
    const { outcome, requests } = await read(() => answer(status));
    expect(outcome).toContain(expected);
    expect(requests.length).toBe(1);
  });

  test('a refused key inside a 2xx answer of Bland', async () => {
    const refused = answer(200, { data: null, errors: [{ error: 'AUTH_FAILURE', message: 'Unauthorized' }] });
    await using bland = await startBland({ batches, faults: () => refused });
    const { provider, deadline } = asking('bland', bland.url);
    expect(await complaintOf(provider.fetchBatch('b1', deadline()))).toContain(
      'answered with an error (Unauthorized). Check batch-id and api-key.',
    );
    expect(bland.requests.length).toBe(1);
  });

  const without: Fault = {
    kind: 'rewrite',
    change: (body) => ({ ...(body as object), status: undefined }),
  };
  test.each<[string, Fault, RegExp, number]>([
    [
      'that is never JSON names its beginning, after a few attempts',
      pageInsteadOfJson(),
      /^GET 127\.0\.0\.1:\d+\/get-batch-test\/b1 answered with something that is not JSON: "<!doctype html>/,
      7,
    ],
    [
      'without a field that we need names the field',
      without,
      /get-batch-test\/b1 answered with JSON without a usable "status" field\. Check provider and api-url/,
      4,
    ],
    [
      'that is larger than the limit is asked for once',
      { kind: 'flood', gzip: true, bytes: 33 * 1024 * 1024 },
      /answered with more than 32 MiB, /,
      1,
    ],
  ])('an answer %s', async (_, fault, expected, tries) => {
    const { outcome, requests } = await read(() => fault);
    expect(outcome).toMatch(expected);
    expect(requests.length).toBe(tries);
  });

  test('a port at which nobody listens is not asked to the deadline', async () => {
    const port = await freePort();
    const { provider, deadline, clock } = asking('retell', `http://127.0.0.1:${port}`);
    const reading = provider.fetchBatch('b1', deadline());
    await expect(reading).rejects.not.toBeInstanceOf(ProviderTimeout);
    expect(await complaintOf(reading)).toBe(
      `GET 127.0.0.1:${port}/get-batch-test/b1 failed: ECONNREFUSED. Check that this machine can reach it (a proxy is taken from HTTPS_PROXY or HTTP_PROXY), and api-url if it is set.`,
    );
    expect(clock.now()).toBe(0.75 * (500 + 1_000 + 2_000 + 4_000 + 8_000 + 16_000));
  });

  test('an address that is most likely wrong is what a short deadline advises to check, until the host has answered', async () => {
    await using retell = await startRetell({ batches });
    const port = await freePort();
    const { provider, deadline } = asking('retell', `http://127.0.0.1:${port}`);
    const complaint = `GET 127.0.0.1:${port}/get-batch-test/b1 did not answer in time (ECONNREFUSED).`;
    expect(await complaintOf(provider.fetchBatch('b1', deadline(2_000)))).toBe(
      `${complaint} Check that this machine can reach it (a proxy is taken from HTTPS_PROXY or HTTP_PROXY), and api-url if it is set.`,
    );

    const there = await forwardTo(retell.url, { port });
    await provider.fetchBatch('b1', deadline());
    await there[Symbol.asyncDispose]();
    expect(await complaintOf(provider.fetchBatch('b1', deadline(2_000)))).toBe(
      `${complaint} Raise timeout-minutes, or run the job again.`,
    );
  });

  test('a host that does not exist', async () => {
    const { provider, deadline } = asking('retell', 'http://nowhere.invalid');
    expect(await complaintOf(provider.fetchBatch('b1', deadline()))).toMatch(
      /^GET nowhere\.invalid\/get-batch-test\/b1 (failed: ENOTFOUND\. Check that this machine|did not answer in time \(EAI_AGAIN\)\.)/,
    );
  });

  test('a port that does not speak TLS', async () => {
    await using retell = await startRetell({ batches });
    const { provider, deadline } = asking('retell', retell.url.replace('http:', 'https:'));
    expect(await complaintOf(provider.fetchBatch('b1', deadline()))).toMatch(
      /failed: .+ Check that this machine .+ api-url/,
    );
  });
});

describe('a host that has answered properly is waited out, whatever it answers then', () => {
  const emptied: Fault = { kind: 'rewrite', change: () => ({}) };
  test.each<[string, Fault]>([
    ['an empty object', emptied],
    ['a page', pageInsteadOfJson()],
    ['JSON that is broken', { kind: 'broken-json' }],
    ...[408, 409, 421, 423, 425, 429, 500, 503].map((status): [string, Fault] => [
      String(status),
      answer(status),
    ]),
  ])('%s, 30 times', async (_, fault) => {
    const faults = [undefined, ...Array.from({ length: 30 }, () => fault)];
    await using retell = await startRetell({ batches, faults });
    const { provider, deadline } = asking('retell', retell.url);
    await provider.fetchBatch('b1', deadline());
    expect(await provider.fetchBatch('b1', deadline(3_600_000))).toMatchObject({ settled: true });
    expect(retell.requests.length).toBe(32);
  });

  test('nobody listens for a minute', async () => {
    await using retell = await startRetell({ batches });
    const port = await freePort();
    const { provider, deadline, clock } = asking('retell', `http://127.0.0.1:${port}`);
    const before = await forwardTo(retell.url, { port });
    await provider.fetchBatch('b1', deadline());
    await before[Symbol.asyncDispose]();
    const reading = provider.fetchBatch('b1', deadline(3_600_000));
    while (clock.now() < 60_000) await new Promise((resolve) => setImmediate(resolve));
    const release = clock.hold(() => true);
    await using _ = await forwardTo(retell.url, { port });
    release();
    expect(await reading).toMatchObject({ settled: true });
  });
});

describe('a host that never lets anybody in', () => {
  test('a connection that is accepted and never answered ends at the deadline', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const { provider, deadline } = asking('retell', `http://127.0.0.1:${port}`);
    stalled.count += 1;
    expect(await complaintOf(provider.fetchBatch('b1', deadline()))).toMatch(/did not answer in time/);
    stalled.count -= 1;
    silent.close();
  });
});

describe('an answer that cannot be used', () => {
  test.each<[string, Fault, RegExp]>([
    ['a teapot', answer(418), /b1 answered 418/],
    ['a status that no one has heard of', answer(999, ''), /b1 answered 999/],
    ['a redirect to nowhere', redirectTo('http://'), /redirects to an address that is no URL/],
    ['a redirect without an address', answer(302, ''), /b1 answered 302\. Set api-url/],
    [
      'a redirect to another scheme',
      redirectTo('ftp://127.0.0.1/'),
      /redirects to .+; the key is not sent there/,
    ],
  ])('%s ends the reading with the reason', async (_, fault, reason) => {
    expect((await read(() => fault)).outcome).toMatch(reason);
  });
});

describe('the key', () => {
  test('goes along within the origin', async () => {
    const { outcome, requests } = await read([redirectTo('/get-batch-test/b1')]);
    expect(outcome).toMatchObject({ settled: true });
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer test-key',
      'Bearer test-key',
    ]);
  });

  test.each([301, 302, 303, 307, 308])('does not follow a %i to another host', async (status) => {
    await using elsewhere = await startRetell({ batches });
    const { outcome } = await read(() => redirectTo(`${elsewhere.url}/get-batch-test/b1`, status));
    expect(outcome).toContain(
      `redirects to ${elsewhere.url}; the key is not sent there. If that is right, set api-url to it.`,
    );
    expect(elsewhere.requests.length).toBe(0);
  });

  test('goes round in circles only so often', async () => {
    const { outcome, requests } = await read(() => redirectTo('/get-batch-test/b1'));
    expect(outcome).toContain('redirects more than 5 times.');
    expect(requests.length).toBe(6);
  });

  test('is in no message and no line of the log', async () => {
    const keys = { key: 'sk_very_secret', apiKey: 'another' };
    const { outcome, logged, traced } = await read([answer(503), answer(503), answer(503)], keys);
    expect(outcome).toContain('answered 401');
    expect([outcome, ...logged, ...traced].join('\n')).not.toContain('sk_very_secret');
    expect(traced.length).toBeGreaterThan(0);
  });
});

test.each(['../v2/list-test-runs/x', 'a/b', 'a?b=c', 'a#b', '%2e%2e', 'ä', '👍', 'a\\b', 'a\nb'])(
  'no id can reach another path: %j',
  async (id) => {
    const { outcome, requests } = await read([], { id });
    expect(outcome).toContain('answered 404');
    expect(requests.map(({ path }) => path)).toEqual([`/get-batch-test/${encodeURIComponent(id)}`]);
  },
);

test('every request says who asks', async () => {
  const { requests } = await read([]);
  expect(requests[0]?.headers).toMatchObject({
    'user-agent': USER_AGENT,
    accept: 'application/json',
  });
});

test('a reading that is stopped ends at once', async () => {
  await using retell = await startRetell({ batches, faults: () => ({ kind: 'hang', when: 'before' }) });
  const { provider, deadline } = asking('retell', retell.url);
  const stop = new AbortController();
  const reading = complaintOf(provider.fetchBatch('b1', deadline(60_000, stop.signal)));
  await retell.seen(() => true);
  stop.abort();
  expect(await reading).toBe('The request was stopped.');
});

test.each([304, 204, 205])('an answer %i without a body is no answer', async (status) => {
  expect((await read(() => answer(status, ''))).outcome).toMatch(
    status === 304
      ? /answered 304\. Check api-url\.$/
      : /answered with something that is not JSON: an empty body/,
  );
});

test('the deadline that ends is told apart from a refusal', async () => {
  await using retell = await startRetell({ batches, faults: () => rateLimited() });
  const { provider, deadline } = asking('retell', retell.url);
  await expect(provider.fetchBatch('b1', deadline(100))).rejects.toBeInstanceOf(ProviderTimeout);
});

test('a reading that is to be made once is made once', async () => {
  const { outcome, requests } = await read([answer(503)], { noRetries: true });
  expect(outcome).toContain(
    'answered 503 (Service Unavailable). The provider is in trouble: run this job again later.',
  );
  expect(requests.length).toBe(1);
});

test('at most four requests are under way at once', async () => {
  const many = Array.from({ length: 12 }, (_, index) => ({ id: `b${index}`, runs: [{}] }));
  await using retell = await startRetell({ batches: many });
  const { provider, deadline } = asking('retell', retell.url);
  await Promise.all(many.map(({ id }) => provider.fetchBatch(id, deadline())));
  expect(Math.max(...retell.requests.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(4);
});
