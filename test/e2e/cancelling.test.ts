import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { many } from '../emulators/timeline.ts';
import { EACH_KIT } from '../kits/kits.ts';
import { endingOf, endless, gateOn, red } from './bad-day.ts';
import { HAS_SIGNALS, prepareStep } from './runner.ts';

const created = (ids: readonly string[]) => ({ runs: many(ids.length, endless) });
const CANCELLING = EACH_KIT.filter(([name]) => PROVIDERS[name].capabilities.cancel);

describe.skipIf(!HAS_SIGNALS).concurrent('a workflow that is cancelled', () => {
  test.each(CANCELLING)(
    // In 1.5 s at most: test/execution/cancel.test.ts.
    '%s: what the step started is cancelled there, before the step ends',
    async (name, { start, wish, testCaseIds }) => {
      await using emulator = await start({ created });
      const inputs = { ...wish, 'batch-id': '', 'test-cases': testCaseIds.join('\n') };
      using step = prepareStep({ inputs: gateOn(name, emulator, inputs) });
      const main = step.main();
      await emulator.seen(
        ({ method, path }) => method === 'GET' && path.endsWith(emulator.started[0]?.id ?? '/'),
      );
      main.process.kill('SIGTERM');
      const ended = await main.ended;
      const [started] = emulator.started;
      expect(emulator.cancelled).toEqual([started?.id]);
      expect(endingOf(ended)).toEqual(red('cancelled'));
      expect(ended.outputs['reason']).toBe(
        `This step was cancelled before the gate had finished. ${PROVIDERS[name].title} accepted the cancellation of ${started?.id}.`,
      );
    },
  );

  test.each(CANCELLING)('%s: what was given goes on', async (name, { start }) => {
    await using emulator = await start({ batches: [{ id: 'b1', runs: [endless] }] });
    using step = prepareStep({ inputs: gateOn(name, emulator) });
    const main = step.main();
    await emulator.seen(({ path }) => path.endsWith('b1'));
    main.process.kill('SIGTERM');
    const ended = await main.ended;
    expect(emulator.cancelled).toEqual([]);
    expect(ended.outputs['reason']).toBe(
      'This step was cancelled before the gate had finished. What this step did not start is not cancelled: b1 keeps running.',
    );
  });
});
