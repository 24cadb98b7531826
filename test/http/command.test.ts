import { describe, expect, test } from 'vitest';
import { rateLimited } from '../emulators/faults.ts';
import { startVapi } from '../emulators/vapi.ts';
import { asking } from '../providers/asking.ts';

const batches = [{ id: 'b1', runs: [{ endsAt: Number.POSITIVE_INFINITY }] }];

describe('a request that may be carried out twice', () => {
  test.each<[string, number, unknown]>([
    ['an empty body', 200, ''],
    ['no content', 204, ''],
    ['a page', 200, '<p>Done.'],
    ['null', 202, null],
  ])('is a yes with %s', async (_, status, body) => {
    await using emulator = await startVapi({ faults: [{ kind: 'answer', status, body }] });
    const { provider, deadline } = asking('vapi', emulator.url);
    await expect(provider.cancel?.('b1', deadline())).resolves.toBeUndefined();
    expect(emulator.requests.map(({ method, body: sent }) => [method, sent])).toEqual([['PATCH', '']]);
  });

  test('is sent again after what may pass', async () => {
    const faults = [{ kind: 'reset', when: 'before' } as const, rateLimited(), { kind: 'cut' } as const];
    await using emulator = await startVapi({ batches, faults });
    const { provider, deadline } = asking('vapi', emulator.url);
    await provider.cancel?.('b1', deadline());
    expect(emulator.requests.length).toBe(4);
  });

  test('never goes to another place after a redirect', async () => {
    await using elsewhere = await startVapi({ batches });
    const location = `${elsewhere.url}/eval/simulation/run/b1`;
    await using emulator = await startVapi({
      faults: () => ({ kind: 'answer', status: 307, headers: { location }, body: '' }),
    });
    const { provider, deadline } = asking('vapi', emulator.url);
    await expect(provider.cancel?.('b1', deadline())).rejects.toThrow('the key is not sent there');
    expect(elsewhere.requests).toEqual([]);
  });

  test('says so when the deadline comes first', async () => {
    await using emulator = await startVapi({ faults: () => ({ kind: 'answer', status: 503 }) });
    const { provider, deadline } = asking('vapi', emulator.url);
    await expect(provider.cancel?.('b1', deadline(1_500))).rejects.toThrow(
      'did not answer in time (HTTP 503',
    );
  });
});
