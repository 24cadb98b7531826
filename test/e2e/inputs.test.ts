import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseInputs } from '../../src/inputs/parse-inputs.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { EACH_KIT, KITS } from '../kits/kits.ts';
import { endingOf, gateOn, green, red } from './bad-day.ts';
import { prepareStep, runStep } from './runner.ts';

describe.concurrent.each(EACH_KIT.slice(0, 1))('%s', (name, kit) => {
  test('the log begins with the inputs that were given, one a line, then the folded defaults, and without the key', async () => {
    await using emulator = await kit.start({ batches: [{ id: 'b1', runs: [{}] }] });
    const inputs = gateOn(name, emulator, { 'report-json': 'r.json', matrix: '{"agent": "booking"}' });
    const ended = await runStep({ inputs });
    expect(endingOf(ended)).toEqual(green);
    const lines = ended.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    const { given, defaults } = parseInputs((input) => inputs[input] ?? '').effectiveInputs;
    expect(given).toContain('timeout-minutes: 5');
    const expected = [...given, '::group::Other inputs, at their defaults', ...defaults, '::endgroup::'];
    expect(lines.slice(0, expected.length)).toEqual(expected);
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

test('several wrong inputs are one a line in the annotation and a list in the summary', async () => {
  await using emulator = await KITS.retell.start({ batches: [{ id: 'b1', runs: [{}] }] });
  const wrong = { comment: 'sometimes', 'timeout-minutes': '"30"', target: 'agent/a' };
  const { log, summary, outputs } = await runStep({ inputs: gateOn('retell', emulator, wrong) });
  const problems = [
    'timeout-minutes is ""30"": write it without the quotes.',
    'comment is "sometimes": it must be always, failures or never.',
    'target goes with test-cases only: a given batch has its own.',
  ];
  expect(log).toContain(
    `::error::${['3 inputs are invalid; no request was sent.', ...problems].join('%0A')}`,
  );
  expect(outputs['reason']).toBe(`3 inputs are invalid; no request was sent. ${problems.join(' ')}`);
  expect(summary.split('\n').filter((line) => line.startsWith('- ')).length).toBe(3);
  expect(emulator.requests).toEqual([]);
});

test.each<[string, string, Record<string, string>]>([
  ['the input', 'night', { label: 'night', matrix: '{"language": "de"}' }],
  ['the matrix', 'de', { matrix: '{"language": "de"}' }],
  ['the job', 'gate', {}],
])('the JSON report has the label that the comment shows: that of %s', async (_, label, inputs) => {
  await using emulator = await KITS.retell.start({ batches: [{ id: 'b1', runs: [{}] }] });
  using step = prepareStep({ inputs: gateOn('retell', emulator, { ...inputs, 'report-json': 'r.json' }) });
  await step.main().ended;
  const report: unknown = JSON.parse(readFileSync(join(step.workspace, 'r.json'), 'utf8'));
  expect(report).toMatchObject({ label });
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
