import { describe, expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import {
  badGatewayPage,
  type Fault,
  pageInsteadOfJson,
  rateLimited,
  redirectTo,
} from '../emulators/faults.ts';
import { startRetell } from '../emulators/retell.ts';
import { KITS } from '../kits/kits.ts';
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
test.concurrent('faults rain on every other request of a batch that fails late: the verdict of the batch', async () => {
  const kinds = Object.values(EVENTS);
  await using bland = await startBland({
    batches: [{ id: 'b1', runs: [{}, { endsAt: 1_500, outcome: 'failed' }, { endsAt: 2_500 }] }],
    faults: (_, n) => (n % 2 === 1 ? kinds[(n >> 1) % kinds.length]?.() : undefined),
  });
  expect(endingOf(await runStep({ inputs: gateOn('bland', bland) }))).toEqual(red('failed'));
});

describe.concurrent('an answer nested deeply', () => {
  test('that is an error at Bland is an error like any other', async () => {
    const levels = 50_000;
    const body = `{"errors":[`.repeat(levels) + 1 + ']}'.repeat(levels);
    const deep = answer(503, body, { 'content-type': 'application/json' });
    await using bland = await startBland({ batches: [{ id: 'b1', runs: [{}] }], faults: [deep] });
    expect(endingOf(await runStep({ inputs: gateOn('bland', bland) }))).toEqual(green);
  });

  test('in an expected value does not hide what failed', async () => {
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
    // Nothing says how many runs there must be, so a pass needs two looks.
    ['elevenlabs', 'passed', red('inconclusive')],
  ] as const)('leaves one last look at %s, %s', async (name, outcome, expected) => {
    await using emulator = await KITS[name].start({ batches: [{ id: 'b1', runs: [{ outcome }] }] });
    const ended = await runStep({ inputs: gateOn(name, emulator, { 'timeout-minutes': '0.00001' }) });
    expect(endingOf(ended)).toEqual(expected);
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

  test('redirected to another host: the key never arrives there', async () => {
    await using elsewhere = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
    await using retell = await startRetell({
      batches: [{ id: 'b1', runs: [{}] }],
      faults: ({ path }) => redirectTo(`${elsewhere.url}${path}`, 302),
    });
    const ended = await runStep({ inputs: gateOn('retell', retell) });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(ended.outputs['reason']).toContain(`redirects to ${elsewhere.url}; the key is not sent there`);
    expect(elsewhere.requests).toEqual([]);
  });

  test('redirected to itself with a user: a clear ending', async () => {
    await using retell = await startRetell({
      batches: [{ id: 'b1', runs: [{}] }],
      faults: ({ headers }, n) =>
        n === 1 ? redirectTo(`http://user:secret@${headers['host']}/get-batch-test/b1`) : undefined,
    });
    const { outputs } = await runStep({ inputs: gateOn('retell', retell) });
    expect(outputs['reason']).not.toContain('The action itself failed');
  });
});

test.concurrent('a certificate that nobody has signed: red at once, and the key stays here', async () => {
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
  await using tls = await forwardTo(retell.url, { certificate: makeCertificate() });
  const ended = await runStep({ inputs: gateOn('retell', tls) });
  expect(endingOf(ended)).toEqual(red('inconclusive'));
  expect(ended.outputs['reason']).toMatch(/certificate is not trusted: check api-url/);
  expect(retell.requests).toEqual([]);
});

describe.concurrent('a clock that jumps in the middle of the waiting', () => {
  const jumpingBy = (ms: number) => ({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
      `const real = Date.now, start = real(); Date.now = () => { const now = real(); return now - start < 600 ? now : now + ${ms}; };`,
    )}`,
  });

  test('a day ahead does not end it', async () => {
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}, { endsAt: 1_500 }] }] });
    const ended = await runStep({ inputs: gateOn('retell', retell), env: jumpingBy(86_400_000) });
    expect(endingOf(ended)).toEqual(green);
  });

  test('a day back does not prolong it', async () => {
    const batch = { id: 'b1', runs: [endless], settlesAt: Number.POSITIVE_INFINITY };
    await using retell = await startRetell({ batches: [batch] });
    const inputs = gateOn('retell', retell, { 'timeout-minutes': '0.03' });
    const ended = await runStep({ inputs, env: jumpingBy(-86_400_000) });
    expect(endingOf(ended)).toEqual(red('timed-out'));
  });
});
