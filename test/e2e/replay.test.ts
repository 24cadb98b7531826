import { expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import { startRetell } from '../emulators/retell.ts';
import { endingOf, gateOn, red } from './bad-day.ts';
import { runStep } from './runner.ts';

const MINUTE = 60_000;

// Ages and limits: test/domain/verdict.test.ts.
test.concurrent('an old batch at Retell is inconclusive, with its age, its time, and the engine and version it tested', async () => {
  const createdAt = Date.now() - 61.5 * MINUTE;
  const engine = { conversation_flow_id: 'conversation_flow_1', version: 7 };
  const fields = { response_engine: { type: 'conversation-flow', ...engine } };
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}], createdAt, fields }] });
  const ended = await runStep({ inputs: gateOn('retell', retell, { 'max-batch-age-minutes': '60' }) });
  expect(endingOf(ended)).toEqual(red('inconclusive'));
  expect(ended.outputs['reason']).toMatch(/^Batch b1 is 61 minutes old.+max-batch-age-minutes/);
  const time = new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ');
  expect(ended.summary).toContain(`created ${time} UTC`);
  expect(ended.summary).toMatch(/· conversation-flow conversation\\?_flow\\?_1 version 7/);
});

test.concurrent('a time without a zone is UTC, wherever the runner is', async () => {
  const createdAt = new Date(Date.now() - 90 * MINUTE).toISOString().replace('Z', '');
  await using bland = await startBland({
    batches: [{ id: 'b1', runs: [{}], fields: { created_at: createdAt } }],
  });
  const ended = await runStep({
    inputs: gateOn('bland', bland, { 'max-batch-age-minutes': '60' }),
    env: { TZ: 'America/Los_Angeles' },
  });
  expect(endingOf(ended)).toEqual(red('inconclusive'));
  expect(ended.outputs['reason']).toMatch(/ 90 minutes old/);
});
