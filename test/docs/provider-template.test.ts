/** The template of `docs/provider-template/`: what somebody copies must work before it is changed. */
import { expect, test } from 'vitest';
import { acme as kit } from '../../docs/provider-template/kit.ts';
import { acme } from '../../docs/provider-template/read.ts';
import { createHttpClient } from '../../src/http/json-client.ts';
import { many } from '../emulators/timeline.ts';
import { onLoopback } from '../loopback.ts';
import { gate } from '../providers/asking.ts';
import { virtualClock } from '../virtual-clock.ts';

/** Starts all test cases of the emulator, of which the last one ends so, and judges them. */
async function verdictOn(outcome: 'passed' | 'failed') {
  const clock = virtualClock();
  await using emulator = await kit.start({
    ...{ now: clock.now, epoch: clock.epoch },
    created: (ids) => ({
      runs: many(ids.length, (index) => (index === ids.length - 1 ? { endsAt: 9_000, outcome } : {})),
    }),
  });
  const http = createHttpClient({
    ...{ baseUrl: emulator.url, headers: acme.headers('test-key'), advice: acme.advice, clock },
    ...{ fetch: onLoopback(clock), random: () => 0.5, redact: (text) => text },
    ...{ log: () => undefined, trace: () => undefined },
  });
  const deadline = { until: 600_000, signal: new AbortController().signal };
  const starter = acme.createBatchStarter(http, {});
  const { target, version } = kit.starting;
  const subject = await starter.resolveTarget({ target, version }, deadline);
  if ('problem' in subject) throw new Error(subject.problem);
  const { testCases } = await starter.listTestCases({ target, subject, selectors: [] }, deadline);
  const ids = testCases.map(({ id }) => id);
  const started = await starter.startBatch(subject, ids, deadline);
  if (started.kind !== 'accepted') throw new Error(started.problem);
  const provider = { title: acme.title, ...acme.createAdapter(http) };
  const { verdict, reason } = await gate({ provider, clock }, { batchId: started.value.id });
  return { verdict, reason };
}

test('the template starts a batch at its emulator and proves that it passed', async () => {
  expect(await verdictOn('passed')).toEqual({
    verdict: 'passed',
    reason: 'All 3 test cases passed.',
  });
});

test('the template shows that a test case failed', async () => {
  expect(await verdictOn('failed')).toEqual({
    verdict: 'failed',
    reason: '1 of 3 test cases failed.',
  });
});

test("the template's kit takes its own first answer for a proof, and the second for none", () => {
  expect(kit.scenes.map((scene) => kit.isProof(scene))).toEqual([true, false]);
});
