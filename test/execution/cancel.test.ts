import { expect, test } from 'vitest';
import type { WatchedBatch } from '../../src/domain/batch.ts';
import { cancelStartedBatches } from '../../src/execution/cancel.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { startRetell } from '../emulators/retell.ts';
import { startVapi } from '../emulators/vapi.ts';
import { EACH_KIT } from '../kits/kits.ts';
import { asking } from '../providers/asking.ts';
import { placed } from '../run.ts';

const endless = (id: string) => ({ id, runs: [{ endsAt: Number.POSITIVE_INFINITY }] });
const atProvider = [endless('started'), endless('given'), endless('ended'), endless('unseen')];
const batches = placed([
  { id: 'started', requestedTestCases: ['t1'], batch: { id: 'started', settled: false, announced: {} } },
  { id: 'given', batch: { id: 'given', settled: false, announced: {} } },
  { id: 'ended', requestedTestCases: ['t1'], batch: { id: 'ended', settled: true, announced: {} } },
  { id: 'unseen', requestedTestCases: ['t1'] },
]);

test.each(EACH_KIT.filter(([name]) => PROVIDERS[name].capabilities.cancel))(
  '%s: what this step started and has not ended is cancelled, and nothing else',
  async (name, kit) => {
    await using emulator = await kit.start({ batches: atProvider });
    const { provider, clock } = asking(name, emulator.url);
    expect(await cancelStartedBatches(batches, { provider, clock })).toEqual([
      { id: 'started' },
      { id: 'unseen' },
    ]);
    expect([...emulator.cancelled].toSorted()).toEqual(['started', 'unseen']);
  },
);

test('what is not accepted says why', async () => {
  await using emulator = await startVapi({ batches: [endless('started')] });
  const { provider, clock } = asking('vapi', emulator.url);
  const [first, , , unseen] = batches as [WatchedBatch, WatchedBatch, WatchedBatch, WatchedBatch];
  expect(await cancelStartedBatches([first, unseen], { provider, clock })).toEqual([
    { id: 'started' },
    {
      id: 'unseen',
      problem: expect.stringMatching(/^PATCH .+answered 404 \(.+\)\. Cancel it at Vapi\.$/),
    },
  ]);
});

test('a provider that does not answer costs 1.5 s and no more', async () => {
  await using emulator = await startVapi({ faults: () => ({ kind: 'hang', when: 'before' }) });
  const { provider, clock } = asking('vapi', emulator.url);
  const before = clock.now();
  expect(await cancelStartedBatches(batches.slice(0, 1), { provider, clock })).toEqual([
    { id: 'started', problem: expect.stringContaining('did not answer in time') },
  ]);
  expect(clock.now() - before).toBeLessThanOrEqual(1_500);
});

test('one that cannot cancel is not asked', async () => {
  await using emulator = await startRetell({ batches: atProvider });
  const { provider, clock } = asking('retell', emulator.url);
  expect(await cancelStartedBatches(batches, { provider, clock })).toEqual([]);
  expect(emulator.requests).toEqual([]);
});
