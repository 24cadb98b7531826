import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROVIDER_NAMES } from '../../src/providers/registry.ts';
import { startBland } from '../emulators/bland.ts';
import {
  badGatewayPage,
  type Fault,
  pageInsteadOfJson,
  rateLimited,
  redirectTo,
} from '../emulators/faults.ts';
import { startRetell } from '../emulators/retell.ts';
import { EACH_KIT, KITS } from '../kits/kits.ts';
import { endingOf, endless, gateOn, green, red } from './bad-day.ts';
import { makeCertificate } from './certificates.ts';
import { forwardTo, freePort } from './forwarding.ts';
import { prepareStep, runStep } from './runner.ts';

const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  status,
  headers,
  ...(body === undefined ? {} : { body }),
});

/** What may happen on the way, by name. */
const EVENTS: Readonly<Record<string, () => Fault | undefined>> = {
  'a right answer': () => undefined,
  'a 408': () => answer(408),
  'a 429': () => rateLimited(),
  'a 429 for a second': () => rateLimited('1'),
  'a 429 until a date': () => rateLimited(new Date(Date.now() + 2_000).toUTCString()),
  'a 429 for ever': () => rateLimited('999999999999999999999'),
  'a 500': () => answer(500),
  'a 502 as HTML': badGatewayPage,
  'a 503': () => answer(503),
  'a 504': () => answer(504),
  'a page instead of JSON': pageInsteadOfJson,
  'broken JSON': () => ({ kind: 'broken-json' }),
  'a reset': () => ({ kind: 'reset', when: 'before' }),
  'a reset in the middle': () => ({ kind: 'reset', when: 'middle' }),
  'a body cut short': () => ({ kind: 'cut' }),
  'a compressed answer': () => ({ kind: 'gzip' }),
};
// Sequences of them, at every provider: test/fuzz/fault-sequences.test.ts.
describe.concurrent('a batch after faults', () => {
  test('an answer that never begins costs a quarter of the time: the verdict of the batch', async () => {
    await using vapi = await KITS.vapi.start({
      batches: [{ id: 'b1', runs: [{}, { outcome: 'errored' }] }],
      faults: [{ kind: 'hang', when: 'before' }],
    });
    const ended = await runStep({ inputs: gateOn('vapi', vapi, { 'timeout-minutes': '0.1' }) });
    expect(endingOf(ended)).toEqual(red('errored'));
  });

  test('faults rain on every other request of a batch that fails late', async () => {
    const kinds = Object.values(EVENTS);
    await using bland = await startBland({
      batches: [{ id: 'b1', runs: [{}, { endsAt: 1_500, outcome: 'failed' }, { endsAt: 2_500 }] }],
      faults: (_, n) => (n % 2 === 1 ? kinds[(n >> 1) % kinds.length]?.() : undefined),
    });
    expect(endingOf(await runStep({ inputs: gateOn('bland', bland) }))).toEqual(red('failed'));
  });
});

describe.concurrent('an answer that cannot be used', () => {
  test.each<[string, Fault, RegExp]>([
    ['a status that no one has heard of', answer(999, ''), /b1 answered 999/],
  ])('%s: red with the reason', async (_, fault, reason) => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }], faults: () => fault });
    const ended = await runStep({ inputs: gateOn('retell', retell) });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(ended.outputs['reason']).toMatch(reason);
    expect(ended.outputs['reason']).not.toContain('The action itself failed');
  });

  test('never JSON: at the deadline, with the beginning of what there was', async () => {
    await using retell = await startRetell({ batches: [], faults: () => pageInsteadOfJson() });
    const ended = await runStep({ inputs: gateOn('retell', retell, { 'timeout-minutes': '0.02' }) });
    expect(endingOf(ended)).toEqual(red('timed-out'));
    expect(ended.outputs['reason']).toMatch(/something that is not JSON: "<!doctype html>/);
  });

  test.each([
    ['nested deeply', 'message'],
    ['nested deeply in what Bland calls errors', 'errors'],
  ])('an error %s is an error like any other', async (_, field) => {
    const levels = 50_000;
    const open = field === 'message' ? '{"message":' : '{"errors":[';
    const close = field === 'message' ? '}' : ']}';
    const deep = answer(503, `${open.repeat(levels)}1${close.repeat(levels)}`, {
      'content-type': 'application/json',
    });
    await using bland = await startBland({ batches: [{ id: 'b1', runs: [{}] }], faults: [deep] });
    expect(endingOf(await runStep({ inputs: gateOn('bland', bland) }))).toEqual(green);
  });

  test('an expected value nested deeply does not hide what failed', async () => {
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const assertion = `{"passed":false,"expected":${nested}}`;
    const run = `{"id":"r1","status":"FAILED","assertion_results":[${assertion}]}`;
    const body = `{"id":"b1","status":"FAILED","total_scenarios":1,"runs":[${run}]}`;
    await using bland = await startBland({
      batches: [{ id: 'b1', runs: [{}] }],
      faults: () => answer(200, body, { 'content-type': 'application/json' }),
    });
    expect(endingOf(await runStep({ inputs: gateOn('bland', bland) }))).toEqual(red('failed'));
  });
});

describe.concurrent('a deadline that is over at once', () => {
  test.each([
    ['retell', 'passed', green],
    ['bland', 'failed', red('failed')],
    // Nothing says how many runs there must be, so a pass needs two looks.
    ['elevenlabs', 'passed', red('inconclusive')],
  ] as const)('leaves one last look at %s, %s', async (name, outcome, expected) => {
    await using emulator = await KITS[name].start({ batches: [{ id: 'b1', runs: [{ outcome }] }] });
    const ended = await runStep({ inputs: gateOn(name, emulator, { 'timeout-minutes': '0.00001' }) });
    expect(endingOf(ended)).toEqual(expected);
  });
});

describe.concurrent('a list that never ends', () => {
  test('Bland gives full pages for ever: red long before the deadline', async () => {
    const row = (id: number) => ({ id: `r${id}`, status: 'PASSED', scenario_id: 's' });
    const batch = {
      id: 'b1',
      status: 'PASSED',
      total_scenarios: 200,
      passed_scenarios: 200,
      failed_scenarios: 0,
      runs: Array.from({ length: 50 }, (_, id) => row(id)),
    };
    const page = { runs: Array.from({ length: 100 }, (_, id) => row(id)) };
    await using bland = await startBland({
      batches: [{ id: 'b1', looks: [batch], listings: [page] }],
    });
    const ended = await runStep({ inputs: gateOn('bland', bland, { 'timeout-minutes': '0.1' }) });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(bland.count(/agent-testing\/runs$/)).toBeLessThan(100);
  });
});

describe.concurrent('a connection', () => {
  test('refused at first, until the server comes up: green', async () => {
    const port = await freePort();
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    using step = prepareStep({
      inputs: gateOn('retell', { url: `http://127.0.0.1:${port}` }),
      env: { RUNNER_DEBUG: '1' },
    });
    const started = step.main();
    await started.line(/failed \(2 in a row\): ECONNREFUSED/);
    await using _ = await forwardTo(retell.url, { port });
    expect(endingOf(await started.ended)).toEqual(green);
  });

  test('refused for ever: at the deadline, with what to check', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const ended = await runStep({ inputs: gateOn('retell', { url }, { 'timeout-minutes': '0.1' }) });
    expect(endingOf(ended)).toEqual(red('timed-out'));
    expect(ended.outputs['reason']).toMatch(
      /ECONNREFUSED\. Check that this machine can reach it .*, and api-url if it is set\./,
    );
    expect(ended.log).toMatch(/has failed 3 times in a row: ECONNREFUSED\. Still trying, a few times more/);
  });

  test('to a host that does not exist: red with its name', async () => {
    const inputs = gateOn('retell', { url: 'http://nowhere.invalid' }, { 'timeout-minutes': '0.05' });
    const ended = await runStep({ inputs });
    expect(ended.exitCode).toBe(1);
    expect(ended.outputs['reason']).toMatch(/GET nowhere\.invalid\/.+(ENOTFOUND|EAI_AGAIN)/);
  });

  test.each(EACH_KIT)('of %s redirected to another host: the key never arrives there', async (name, kit) => {
    const status = [301, 302, 307, 308][PROVIDER_NAMES.indexOf(name)];
    await using elsewhere = await kit.start({ batches: [{ id: 'b1', runs: [{}] }] });
    await using emulator = await kit.start({
      batches: [{ id: 'b1', runs: [{}] }],
      faults: ({ path }) => redirectTo(`${elsewhere.url}${path}`, status),
    });
    const ended = await runStep({ inputs: gateOn(name, emulator) });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(ended.outputs['reason']).toContain(`redirects to ${elsewhere.url}; the key is not sent there`);
    expect(elsewhere.requests).toEqual([]);
  });

  test.each([
    ['itself', (host: string) => `http://${host}/get-batch-test/b1`, green],
    ['itself with a user', (host: string) => `http://user:secret@${host}/get-batch-test/b1`, undefined],
  ])('redirected to %s: a clear ending', async (_, target, expected) => {
    await using retell = await startRetell({
      batches: [{ id: 'b1', runs: [{}] }],
      faults: ({ headers }, n) => (n === 1 ? redirectTo(target(headers['host'] ?? '')) : undefined),
    });
    const ended = await runStep({ inputs: gateOn('retell', retell) });
    expect(ended.outputs['reason']).not.toContain('The action itself failed');
    if (expected !== undefined) expect(endingOf(ended)).toEqual(expected);
  });
});

describe.concurrent('TLS', () => {
  test('a certificate that nobody has signed: red at once, and the key stays here', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    await using tls = await forwardTo(retell.url, { certificate: makeCertificate() });
    const ended = await runStep({ inputs: gateOn('retell', tls) });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(ended.outputs['reason']).toMatch(/certificate is not trusted: check api-url/);
    expect(retell.requests).toEqual([]);
  });

  test('the same certificate in NODE_EXTRA_CA_CERTS: green', async () => {
    const certificate = makeCertificate();
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    await using tls = await forwardTo(retell.url, { certificate });
    using step = prepareStep({ inputs: gateOn('retell', tls), env: { NODE_EXTRA_CA_CERTS: 'ca.pem' } });
    writeFileSync(join(step.workspace, 'ca.pem'), certificate.cert);
    expect(endingOf(await step.main().ended)).toEqual(green);
  });

  test('plain HTTP where TLS is due: red with what to check', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    const url = retell.url.replace('http:', 'https:');
    const ended = await runStep({ inputs: gateOn('retell', { url }, { 'timeout-minutes': '0.02' }) });
    expect(ended.exitCode).toBe(1);
    expect(ended.outputs['reason']).toMatch(
      /Check that this machine can reach it .*, and api-url if it is set\./,
    );
  });
});

describe.concurrent('a clock that jumps', () => {
  test.each([
    ['a day ahead', 86_400_000],
    ['a day back', -86_400_000],
  ])('%s in the middle of the waiting neither ends nor prolongs it', async (_, jump) => {
    const env = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
        `const real = Date.now, start = real(); Date.now = () => { const now = real(); return now - start < 600 ? now : now + ${jump}; };`,
      )}`,
    };
    await using retell = await startRetell({
      batches: [
        { id: 'b1', runs: [{}, { endsAt: 1_500 }] },
        { id: 'b2', runs: [endless], settlesAt: Number.POSITIVE_INFINITY },
      ],
    });
    const [good, stuck] = await Promise.all([
      runStep({ inputs: gateOn('retell', retell), env }),
      runStep({ inputs: gateOn('retell', retell, { 'batch-id': 'b2', 'timeout-minutes': '0.03' }), env }),
    ]);
    expect(endingOf(good)).toEqual(green);
    expect(endingOf(stuck)).toEqual(red('timed-out'));
  });
});
