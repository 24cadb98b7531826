import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseInputs } from '../../src/inputs/inputs.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { EACH_KIT, KITS } from '../kits/kits.ts';
import { endingOf, gateOn, green, red } from './bad-day.ts';
import { prepareStep, runStep } from './runner.ts';

describe.concurrent.each(EACH_KIT)('%s', (name, kit) => {
  test('the log begins with the effective settings, one a line, and without the key', async () => {
    await using emulator = await kit.start({ batches: [{ id: 'b1', runs: [{}] }] });
    const inputs = gateOn(name, emulator, { 'report-json': 'r.json', matrix: '{"agent": "booking"}' });
    const ended = await runStep({ inputs });
    expect(endingOf(ended)).toEqual(green);
    const lines = ended.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    const { effectiveInputs } = parseInputs((input) => inputs[input] ?? '');
    expect(effectiveInputs).toContain('timeout-minutes: 0.5');
    expect(lines.slice(0, effectiveInputs.length)).toEqual(effectiveInputs);
    expect(lines.join('\n')).not.toContain('test-key');
  });

  test('a missing key: red before any request, with the secret of this provider', async () => {
    await using emulator = await kit.start({ batches: [{ id: 'b1', runs: [{}] }] });
    const ended = await runStep({ inputs: gateOn(name, emulator, { 'api-key': '' }) });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(ended.outputs['reason']).toContain(`like secrets.${PROVIDERS[name].keyVariable}.`);
    expect(emulator.requests).toEqual([]);
  });
});

test('the label of the job never reached the JSON report: it has the one that the comment shows', async () => {
  await using emulator = await KITS.retell.start({ batches: [{ id: 'b1', runs: [{}] }] });
  const labelWith = async (more: Record<string, string>) => {
    using step = prepareStep({ inputs: gateOn('retell', emulator, { 'report-json': 'r.json', ...more }) });
    expect(endingOf(await step.main().ended)).toEqual(green);
    return JSON.parse(readFileSync(join(step.workspace, 'r.json'), 'utf8')).label;
  };
  expect(await labelWith({ matrix: '{"agent": "booking"}' })).toBe('booking');
  expect(await labelWith({ matrix: '{"agent": "booking"}', label: 'front desk' })).toBe('front desk');
});

test('a report file in x/../a.json is written to a.json, and x need not be there', async () => {
  await using emulator = await KITS.retell.start({ batches: [{ id: 'b1', runs: [{}] }] });
  using step = prepareStep({ inputs: gateOn('retell', emulator, { 'report-json': 'x/../a.json' }) });
  const ended = await step.main().ended;
  expect(ended.outputs['report-json']).toBe('x/../a.json');
  expect(ended.log).not.toContain('::warning');
  expect([existsSync(join(step.workspace, 'a.json')), existsSync(join(step.workspace, 'x'))]).toEqual([
    true,
    false,
  ]);
});
