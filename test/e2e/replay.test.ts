import { describe, expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import { startRetell } from '../emulators/retell.ts';
import { endingOf, gateOn, green, red } from './bad-day.ts';
import { runStep } from './runner.ts';

const MINUTE = 60_000;

describe.concurrent('an old batch', () => {
  const gate = async (ageMinutes: number, inputs: Record<string, string>) => {
    const createdAt = Date.now() - ageMinutes * MINUTE;
    await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}], createdAt }] });
    const ended = await runStep({ inputs: gateOn('retell', retell, inputs) });
    return { ...ended, createdAt: new Date(createdAt).toISOString() };
  };

  test('is inconclusive, with its age', async () => {
    const ended = await gate(61.5, { 'max-batch-age-minutes': '60' });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(ended.outputs['reason']).toMatch(/^Batch b1 is 61 minutes old.+max-batch-age-minutes/);
  });

  test('is green while it is young enough, and when nobody asks', async () => {
    expect(endingOf(await gate(58, { 'max-batch-age-minutes': '60' }))).toEqual(green);
    expect(endingOf(await gate(1_000_000, {}))).toEqual(green);
  });

  test('from the future does not count as young', async () => {
    // A provider that counts in other units, or a clock that is wrong: the age is not known.
    const ended = await gate(-1_000_000, { 'max-batch-age-minutes': '60' });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
  });

  test('says when it was created', async () => {
    const { summary, createdAt } = await gate(90, {});
    expect(summary).toContain(`created ${createdAt.slice(0, 16).replace('T', ' ')} UTC`);
  });
});

test('the report says which engine and version Retell tested', async () => {
  await using retell = await startRetell({
    batches: [
      {
        id: 'b1',
        runs: [{}],
        fields: {
          response_engine: {
            type: 'conversation-flow',
            conversation_flow_id: 'conversation_flow_1',
            version: 7,
          },
        },
      },
    ],
  });
  const { summary } = await runStep({ inputs: gateOn('retell', retell) });
  expect(summary).toMatch(/· conversation-flow conversation\\?_flow\\?_1 version 7/);
});

test('a time without a zone is UTC, wherever the runner is', async () => {
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

test('a batch whose age is not told is not young enough', async () => {
  await using bland = await startBland({
    batches: [{ id: 'b1', runs: [{}], fields: { created_at: undefined } }],
  });
  const ended = await runStep({ inputs: gateOn('bland', bland, { 'max-batch-age-minutes': '60' }) });
  expect(endingOf(ended)).toEqual(red('inconclusive'));
  expect(ended.outputs['reason']).toMatch(/does not say when batch b1 was created/);
});
