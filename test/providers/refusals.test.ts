import { describe, expect, test } from 'vitest';
import { PROVIDER_NAMES, PROVIDERS } from '../../src/providers/registry.ts';
import { ProviderError, refusalOf } from '../../src/runtime/errors.ts';
import { recorded, sampleOf } from '../kits/kit.ts';
import { KITS } from '../kits/kits.ts';
import { asking } from './asking.ts';

/** Answers that no retry makes better. */
const FINAL = [400, 401, 402, 403, 404, 422];

/** Every recorded error body (`retell__error__401.json`) with the status in its name. */
const refusals = PROVIDER_NAMES.flatMap((name) =>
  recorded(`${name}__error`).map((sample) => ({ name, sample, status: Number.parseInt(sample, 10) })),
).filter(({ status }) => FINAL.includes(status));

describe('a recorded refusal', () => {
  test('there is one of a wrong key and of an unknown batch for each provider', () => {
    for (const name of PROVIDER_NAMES) {
      const own = refusals.filter((each) => each.name === name).map(({ status }) => status);
      expect([name, own.includes(401), own.includes(404)]).toEqual([name, true, true]);
    }
  });

  test.each(refusals)('of $name, $sample: one request, and what to do', async ({ name, sample, status }) => {
    const body = sampleOf(`${name}__error__${sample}`);
    await using emulator = await KITS[name].start({
      batches: [],
      faults: () => ({ kind: 'answer', status, body }),
    });
    const { provider, deadline } = asking(name, emulator.url);
    const error = await provider.fetchBatch('b1', deadline()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    const { message } = error as ProviderError;
    expect(message).toContain(`answered ${status}`);
    expect(message).toContain(PROVIDERS[name].advice(status));
    expect(emulator.requests.length).toBe(1);
  });

  test.each(refusals)(
    'of $name, $sample, is one of the list of targets, too',
    async ({ name, sample, status }) => {
      const body = sampleOf(`${name}__error__${sample}`);
      await using emulator = await KITS[name].start({ faults: () => ({ kind: 'answer', status, body }) });
      const { provider, deadline } = asking(name, emulator.url);
      const error = await provider.listTargets(deadline()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProviderError);
      expect((error as ProviderError).message).toContain(`answered ${status}`);
      expect(refusalOf(error as ProviderError) ?? 'none').toBe(REFUSAL_BY_STATUS[status] ?? 'request');
    },
  );
});

/** All but these refuse what was asked for. Nothing that the user gave is refused for want of payment. */
const REFUSAL_BY_STATUS: Readonly<Record<number, 'key' | 'none'>> = { 401: 'key', 403: 'key', 402: 'none' };
