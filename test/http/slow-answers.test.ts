import { describe, expect, test } from 'vitest';
import type { Fetch } from '../../src/http/fetch-text.ts';
import type { JsonRequest } from '../../src/http/json-client.ts';
import { type VirtualClock, virtualClock } from '../virtual-clock.ts';
import { httpClient } from './http-client.ts';

/** How long each answer takes in virtual time, in milliseconds; the last one for all that follow. */
function slow(clock: VirtualClock, ...took: readonly number[]): Fetch {
  let asked = 0;
  return async (_, { signal }) => {
    const ms = took[Math.min(asked, took.length - 1)] ?? 0;
    asked += 1;
    await clock.sleep(ms, signal ?? undefined);
    signal?.throwIfAborted();
    return Response.json({ ok: true });
  };
}

const request: JsonRequest<unknown> = { path: ['x'], size: 'small', read: (json) => json };

/** Asks so many times, and says when each answer was there, or why there was none. */
async function ask(
  took: readonly number[],
  { ms = 1_800_000, times = 1, noRetries = false, size = 'small' as 'small' | 'large' } = {},
) {
  const clock = virtualClock();
  const http = httpClient({ baseUrl: 'https://api.test', fetch: slow(clock, ...took), clock });
  const ends: (number | string)[] = [];
  const deadline = { until: ms, signal: new AbortController().signal, noRetries };
  for (let nth = 0; nth < times; nth += 1) {
    await http.getJson({ ...request, size }, deadline).then(
      () => ends.push(clock.now()),
      (error: Error) => ends.push(error.message),
    );
  }
  return ends;
}

describe('answers that take long', () => {
  test('17 seconds: the second try has the time, and the next request begins with it', async () => {
    expect(await ask([17_000], { times: 2 })).toEqual([15_000 + 375 + 17_000, 32_375 + 17_000]);
  });

  test('50 seconds: the third try has the time', async () => {
    expect(await ask([50_000])).toEqual([15_000 + 375 + 30_000 + 750 + 50_000]);
  });

  test('17 seconds with a minute left: a second try may take half of what is left', async () => {
    expect(await ask([17_000], { ms: 60_000 })).toEqual([15_000 + 375 + 17_000]);
  });

  test('a large one that takes 100 seconds', async () => {
    expect(await ask([100_000], { size: 'large' })).toEqual([60_000 + 375 + 100_000]);
  });

  test('after a quick answer the limit is short again', async () => {
    expect(await ask([17_000, 17_000, 1_000, 99_000, 1_000], { times: 3 })).toEqual([
      32_375,
      33_375,
      33_375 + 15_000 + 375 + 1_000,
    ]);
  });

  test('a try that is the only one gets all the time that there is', async () => {
    expect(await ask([9_000], { ms: 10_000, noRetries: true })).toEqual([9_000]);
    expect(await ask([99_000], { ms: 10_000, noRetries: true })).toEqual([
      'GET api.test/x did not answer in time. Raise timeout-minutes, or run the job again.',
    ]);
  });

  test('near a short deadline one that hangs is not the end', async () => {
    expect(await ask([99_000, 100], { ms: 6_000 })).toEqual([2_000 + 375 + 100]);
  });
});
