import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import type { Run } from '../../src/domain/run.ts';
import { PROVIDER_NAMES } from '../../src/providers/registry.ts';
import { createTextBudget } from '../../src/providers/text-budget.ts';
import { many } from '../emulators/timeline.ts';
import { KITS } from '../kits/kits.ts';
import { asking } from './asking.ts';

describe('what is kept of runs', () => {
  const run = (status: Run['status'], { explanation = 0, text = 100 } = {}): Run => ({
    id: 'r1',
    testCase: { id: undefined, name: 'r1' },
    status,
    explanation: 'x'.repeat(explanation),
    assertions: [],
    criteria: [],
    turns: [{ kind: 'speech', speaker: 'agent', text: 'x'.repeat(text) }],
  });
  const keptOf = ({ explanation, turns }: Run) => [explanation?.length, turns.length];

  /** Has a budget keep so many runs, and returns how many of them kept their conversations. */
  const keepMany = (keep: (given: Run) => Run, count: number, given: Run): number =>
    Array.from({ length: count }, () => keep(given)).filter(({ turns }) => turns.length > 0).length;

  test('are conversations of 400 runs that did not pass, and fewer reasons of the others', () => {
    const keep = createTextBudget().forBatch('b1');
    expect(keepMany(keep, 398, run('failed'))).toBe(398);
    const runs = [
      run('failed', { explanation: 100_000 }),
      run('errored', { explanation: 100_001 }),
      run('failed', { explanation: 5_000 }),
      run('failed', { explanation: 5_001 }),
    ];
    expect(runs.map((given) => keptOf(keep(given)))).toEqual([
      [100_000, 1],
      [undefined, 1],
      [5_000, 0],
      [undefined, 0],
    ]);
  });

  test('are conversations of 50 runs that passed in each batch, and 200 over all', () => {
    const budget = createTextBudget();
    const keptIn = (batchId: string): number[] => {
      const keep = budget.forBatch(batchId);
      return [keepMany(keep, 51, run('passed')), keepMany(keep, 1, run('failed'))];
    };
    expect(['b1', 'b2', 'b3', 'b4', 'b5'].map(keptIn)).toEqual([
      [50, 1],
      [50, 1],
      [50, 1],
      [50, 1],
      [0, 1],
    ]);
    // A batch that is read again replaces what was kept of it.
    expect(keptIn('b1')).toEqual([50, 1]);
  });

  test('are conversations of passed runs that are compared, before those of others', () => {
    const compared = { ...run('passed'), id: 'compared' };
    const keep = createTextBudget().forBatch('b1', new Set(['compared']));
    expect([keepMany(keep, 51, run('passed')), keepMany(keep, 2, compared)]).toEqual([50, 2]);
  });

  test('is no conversation that is too long, and none that is too long takes the place of another', () => {
    const keep = createTextBudget().forBatch('b1');
    expect(keepMany(keep, 400, run('failed', { text: 99_951 }))).toBe(0);
    expect(keepMany(keep, 1, run('failed', { text: 99_950 }))).toBe(1);
  });

  test('is read only where it may be kept or shown', () => {
    const unread = () => {
      throw new Error('This conversation is not to be read.');
    };
    const keep = createTextBudget().forBatch('b1');
    keepMany(keep, 400, run('failed'));
    expect(keep(run('failed'), unread).turns).toEqual([]);
    const keepHidden = createTextBudget({ showsConversations: false }).forBatch('b1');
    expect(keepHidden(run('failed'), unread).turns).toEqual([]);
  });

  test('is no name and no status word of a million characters', () => {
    const long = 'x'.repeat(1_000_000);
    const { testCase, unknownStatus } = createTextBudget().forBatch('b1')({
      ...run('failed'),
      testCase: { id: 't1', name: long },
      unknownStatus: long,
    });
    expect([testCase.id, testCase.name.length, unknownStatus?.length]).toEqual(['t1', 1_000, 1_000]);
  });
});

test.each(PROVIDER_NAMES)(
  'conversations at %s are kept up to a size, those of passed runs where the list has them',
  async (name) => {
    const runs = many(8, (index) => ({
      outcome: index < 2 ? 'passed' : 'failed',
      transcript: [KITS[name].speech('x'.repeat(index === 7 ? 6_000_000 : 60_000))],
    }));
    await using emulator = await KITS[name].start({ batches: [{ id: 'b1', runs }] });
    const { provider, deadline, read } = asking(name, emulator.url);
    const batch = await read();
    const detailed = (await provider.fetchFailureDetails?.(batch, deadline(), new Set())) ?? batch;
    const passed = name === 'bland' ? 0 : 1;
    expect(detailed.runs?.map(({ turns }) => turns.length)).toEqual([passed, passed, 1, 1, 1, 1, 1, 0]);
  },
);

test.each(['vapi', 'elevenlabs'] as const)(
  'a conversation at %s that is compared with a failed one is read again where it had no room',
  async (name) => {
    const runs = many(61, (index) => ({
      id: `r${index}`,
      outcome: index < 60 ? 'passed' : 'failed',
      transcript: [KITS[name].speech(`r${index}`)],
    }));
    await using emulator = await KITS[name].start({ batches: [{ id: 'b1', runs }] });
    const { provider, deadline, read } = asking(name, emulator.url);
    const batch = await read();
    const turnsOf = (from: Batch | undefined, id: string) => from?.runs?.find((run) => run.id === id)?.turns;
    expect(['r49', 'r59', 'r60'].map((id) => turnsOf(batch, id)?.length)).toEqual([1, 0, 1]);

    const before = emulator.count();
    expect(await provider.fetchFailureDetails?.(batch, deadline(), new Set(['r49']))).toBe(batch);
    expect(emulator.count()).toBe(before);

    const detailed = await provider.fetchFailureDetails?.(batch, deadline(), new Set(['r59']));
    expect(turnsOf(detailed, 'r59')).toEqual([{ kind: 'speech', speaker: 'agent', text: 'r59' }]);
    expect(turnsOf(detailed, 'r60')?.length).toBe(1);
    expect(detailed?.runs?.map((run) => run.status)).toEqual(batch.runs.map((run) => run.status));
  },
);
