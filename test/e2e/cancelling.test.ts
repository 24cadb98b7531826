import { describe, expect, test } from 'vitest';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT } from '../emulators/elevenlabs-bodies.ts';
import { many } from '../emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { recordedSimulations } from '../emulators/vapi-bodies.ts';
import { endingOf, endless, gateOn, red } from './bad-day.ts';
import { HAS_SIGNALS, prepareStep } from './runner.ts';

const created = (ids: readonly string[]) => ({ runs: many(ids.length, endless) });
const vapi = {
  target: `assistant/${VAPI_ASSISTANT}`,
  'test-cases': recordedSimulations.map(({ id }) => id).join('\n'),
};
const elevenlabs = { target: `agent/${ELEVENLABS_AGENT}`, 'test-cases': '*' };

describe.skipIf(!HAS_SIGNALS).concurrent('a workflow that is cancelled', () => {
  test.each([
    ['vapi', 'Vapi', startVapi, vapi],
    ['elevenlabs', 'ElevenLabs', startElevenLabs, elevenlabs],
  ] as const)(
    // In 1.5 s at most: test/execution/cancel.test.ts.
    '%s: what the step started is cancelled there, before the step ends',
    async (name, title, startIt, inputs) => {
      await using emulator = await startIt({ created });
      using step = prepareStep({ inputs: gateOn(name, emulator, { 'batch-id': '', ...inputs }) });
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
        `This step was cancelled before the gate had finished. ${title} accepted the cancellation of ${started?.id}.`,
      );
    },
  );

  test.each([
    ['vapi', startVapi],
    ['elevenlabs', startElevenLabs],
  ] as const)('%s: what was given goes on', async (name, startIt) => {
    await using emulator = await startIt({ batches: [{ id: 'b1', runs: [endless] }] });
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
