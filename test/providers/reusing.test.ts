/** Which earlier batches `reuse-hours` takes: offered everything that is almost the same. */
import { describe, expect, test } from 'vitest';
import { createExecutor } from '../../src/execution/execute.ts';
import { describeReuse, findReusableBatch } from '../../src/execution/reuse.ts';
import { type ElevenLabsOptions, startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT, recordedTests } from '../emulators/elevenlabs-bodies.ts';
import { startRetell } from '../emulators/retell.ts';
import { type AgentVersion, DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { recordedDefinitions } from '../emulators/retell-bodies.ts';
import type { Emulator, EmulatorOptions } from '../emulators/server.ts';
import type { BatchScript, RunScript } from '../emulators/timeline.ts';
import { type Starting, sourceOf, startingAt } from './starting-at.ts';

/** When the virtual clock begins. */
const NOW = Date.UTC(2026, 8, 14, 8);
const MIN = 60_000;
const AGENT = `agent/${DEFAULT_AGENT.id}`;

/** What the gate asks for: by default two hours. */
interface Reuse {
  readonly reuseHours?: number;
  readonly maxBatchAgeMinutes?: number | undefined;
}

/** What is found for everything there is: the line for the log. */
async function find(
  { provider, starter, clock, deadline, prepare }: Starting<Emulator>,
  target: string,
  { reuseHours = 2, maxBatchAgeMinutes }: Reuse = {},
): Promise<string> {
  const prepared = await prepare({ target });
  if (prepared.kind === 'refused') throw new Error(prepared.problem);
  const reuse = await findReusableBatch({
    ...{ provider, starter, prepared, reuseHours, maxBatchAgeMinutes, clock, deadline: deadline() },
  });
  if (reuse === undefined) throw new Error('Nothing was looked for.');
  return describeReuse(reuse);
}

const taken = (id: string, age = '30 min') =>
  `reuse-hours: this is the result of batch ${id}, started ${age} ago: nothing under test has changed since.`;
const NONE =
  'reuse-hours: no earlier result is reused: no batch of the last 2 h ran exactly this since the last edit.';
const because = (why: string) => `reuse-hours: no earlier result is reused: ${why}.`;

describe('at Retell', () => {
  const engine = (version: number) => ({
    type: 'conversation-flow',
    conversation_flow_id: 'conversation_flow_3b21278178ed',
    version,
  });
  const [a = '', b = ''] = recordedDefinitions.map((each) => each.test_case_definition_id);
  const name = recordedDefinitions[0]?.name;
  const definitions = recordedDefinitions.slice(0, 2);

  const runOf = (testCaseId: string, more: RunScript = {}): RunScript => {
    const snapshot = definitions.find((each) => each.test_case_definition_id === testCaseId);
    return {
      testCaseId,
      ...more,
      fields: { ...(snapshot && { test_case_definition_snapshot: snapshot }), ...more.fields },
    };
  };

  /** A batch of both test cases, half an hour old, that has passed; `first` is the run of the first one. */
  const batch = (id: string, more: Partial<BatchScript> = {}, first: RunScript = {}): BatchScript => ({
    id,
    createdAt: NOW - 30 * MIN,
    runs: [runOf(a, first), runOf(b)],
    ...more,
  });
  const failed: RunScript = { outcome: 'failed' };

  interface World extends Reuse, Omit<EmulatorOptions, 'epoch' | 'now'> {
    /** When the engine was last edited, in minutes before now. Default: days ago. */
    readonly engineEdited?: number;
    /** The same of the first test case; `null`: Retell does not say. */
    readonly caseEdited?: number | null;
  }

  async function retell(batches: readonly BatchScript[], world: World = {}): Promise<string> {
    const { engineEdited, caseEdited, ...options } = world;
    const versions = DEFAULT_AGENT.versions.map(
      (version): AgentVersion => ({
        ...version,
        ...(engineEdited !== undefined && { modifiedAt: NOW - engineEdited * MIN }),
      }),
    );
    const starting = await startingAt('retell', startRetell, {
      ...{ batches, ...options },
      definitions: definitions.map((each) => ({ ...each })),
      agents: [{ ...DEFAULT_AGENT, versions }],
    });
    if (caseEdited !== undefined) {
      starting.emulator.edit(a, caseEdited === null ? Number.NaN : NOW - caseEdited * MIN);
    }
    return find(starting, AGENT, world);
  }

  test.each<[string, readonly BatchScript[], World?]>([
    ['a green one', [batch('b1')]],
    ['a red one', [batch('b1', {}, failed)]],
    ['one with an error', [batch('b1', {}, { outcome: 'errored' })]],
    ['the newest of several that agree', [batch('b0', { createdAt: NOW - 60 * MIN }), batch('b1')]],
    [
      'one beside another version',
      [batch('b1'), batch('b2', { fields: { response_engine: engine(11) } }, failed)],
    ],
    ['one beside fewer test cases', [batch('b1'), batch('b2', { runs: [runOf(a, failed)] })]],
    [
      'one beside one from before the last edit',
      [batch('b0', { createdAt: NOW - 90 * MIN }, failed), batch('b1')],
      { engineEdited: 60 },
    ],
    [
      'one beside one that goes on and agrees so far',
      [batch('b1'), batch('b2', { createdAt: NOW - MIN, settlesAt: 1e9 }, { endsAt: 1e9 })],
    ],
  ])('%s is taken', async (_, batches, world) => {
    expect(await retell(batches, world)).toBe(taken('b1'));
  });

  test('an age of hours, at the most that is asked for', async () => {
    expect(await retell([batch('b1', { createdAt: NOW - 119 * MIN })])).toBe(taken('b1', '1 h 59 min'));
  });

  test.each<[string, readonly BatchScript[], World?]>([
    ['nothing there', []],
    ['too old', [batch('b1', { createdAt: NOW - 121 * MIN })]],
    ['another version', [batch('b1', { fields: { response_engine: engine(11) } })]],
    ['a test case less', [batch('b1', { runs: [runOf(a)] })]],
    ['a test case more', [batch('b1', { runs: [runOf(a), runOf(b), runOf('test_case_c')] })]],
    ['another test case', [batch('b1', { runs: [runOf(a), runOf('test_case_c')] })]],
    [
      'a test case whose id differs in capitals',
      [
        batch('b1', {
          runs: [runOf(a.toUpperCase(), { fields: { test_case_definition_snapshot: undefined } }), runOf(b)],
        }),
      ],
    ],
    ['one test case twice', [batch('b1', { runs: [runOf(a), runOf(a)] })]],
    ['before the engine was edited', [batch('b1')], { engineEdited: 20 }],
    ['in the moment in which the engine was edited', [batch('b1')], { engineEdited: 30 }],
    ['before a test case was edited', [batch('b1')], { caseEdited: 20 }],
    ['unfinished', [batch('b1', { settlesAt: 1e9 }, { endsAt: 1e9 })]],
  ])('no reuse: %s', async (_, batches, world) => {
    expect(await retell(batches, world)).toBe(NONE);
  });

  test('a snapshot of another revision of a test case', async () => {
    const snapshot = { ...definitions[0], user_modified_timestamp: NOW - 40 * MIN };
    const fields = { test_case_definition_snapshot: snapshot };
    expect(await retell([batch('b1', {}, { fields })])).toBe(NONE);
  });

  test.each<[string, readonly BatchScript[], World, string]>([
    [
      'several that do not agree',
      [batch('b0', { createdAt: NOW - 60 * MIN }, failed), batch('b1')],
      {},
      `batches b1 and b0 do not agree on ${name}`,
    ],
    [
      'a lucky one after two',
      [
        batch('b0', { createdAt: NOW - 60 * MIN }, failed),
        batch('b2', { createdAt: NOW - 50 * MIN }),
        batch('b1'),
      ],
      {},
      `batches b1 and b0 do not agree on ${name}`,
    ],
    [
      'a red one that has just grown too old',
      [batch('b0', { createdAt: NOW - 125 * MIN }, failed), batch('b1')],
      {},
      `batches b1 and b0 do not agree on ${name}`,
    ],
    [
      'one that goes on, in which a test case has failed',
      [
        batch('b1'),
        batch('b2', {
          createdAt: NOW - MIN,
          runs: [runOf(a, failed), runOf(b, { endsAt: 1e9 })],
        }),
      ],
      {},
      `batches b1 and b2 do not agree on ${name}`,
    ],
    [
      'a status that nobody knows',
      [batch('b1', {}, { words: { ended: 'superseded' } })],
      {},
      'batch b1 has the unknown status "superseded"',
    ],
    [
      'counters that do not fit',
      [batch('b1', { announce: { failed: 1 } })],
      {},
      'batch b1 contradicts itself: the provider counts 1 failed and lists 0',
    ],
    [
      'a start that is not yet',
      [batch('b1', { createdAt: NOW + 60 * MIN }), batch('b0')],
      {},
      'batch b1 was started at 2026-09-14 09:00:00 UTC, which is not yet',
    ],
    [
      'a test case without the moment of its last edit',
      [batch('b1')],
      { caseEdited: null },
      `Retell does not say when ${name} was last edited`,
    ],
    [
      'a test case whose last edit is no moment',
      [batch('b1')],
      { caseEdited: NOW / MIN },
      `Retell does not say when ${name} was last edited`,
    ],
    [
      'an engine whose last edit is no moment',
      [batch('b1')],
      { engineEdited: NOW / MIN },
      'Retell does not say when what is under test was last edited',
    ],
    [
      'an engine without it',
      [batch('b1')],
      { engineEdited: Number.NaN },
      'batch b1 may be older than the last edit of what is under test',
    ],
    [
      'max-batch-age-minutes',
      [batch('b1')],
      { maxBatchAgeMinutes: 29 },
      'no batch of the last 29 min ran exactly this since the last edit',
    ],
    [
      'too many to compare',
      Array.from({ length: 26 }, (_, index) => batch(`b${index}`)),
      {},
      '26 batches may have run this since the last edit, too many to compare',
    ],
  ])('no reuse, and the reason: %s', async (_, batches, world, why) => {
    expect(await retell(batches, world)).toBe(because(why));
  });

  test('one of several cannot be read', async () => {
    const faults: EmulatorOptions['faults'] = ({ path }) =>
      path.startsWith('/get-batch-test/b2') ? { kind: 'answer', status: 404 } : undefined;
    expect(await retell([batch('b1'), batch('b2')], { faults })).toMatch(
      /^reuse-hours: no earlier result is reused: batch b2 could not be read: GET .* answered 404/,
    );
  });

  test('the list cannot be read', async () => {
    const faults: EmulatorOptions['faults'] = ({ path }) =>
      path.startsWith('/v2/list-batch-tests') ? { kind: 'answer', status: 500 } : undefined;
    expect(await retell([batch('b1')], { faults })).toMatch(
      /^reuse-hours: no earlier result is reused: Retell could not be asked: /,
    );
  });

  test('without a Date header, an age within the differences of clocks is too old', async () => {
    const old = [batch('b1', { createdAt: NOW - 119 * MIN })];
    expect(await retell(old, { dateAheadMs: null })).toBe(NONE);
    expect(await retell([batch('b1')], { dateAheadMs: null })).toBe(taken('b1'));
  });

  test("the age is by the provider's clock, or by the runner's where that makes it older", async () => {
    const old = [batch('b1', { createdAt: NOW - 115 * MIN })];
    expect(await retell(old, { dateAheadMs: 10 * MIN })).toBe(NONE);
    expect(await retell([batch('b1', { createdAt: NOW - 125 * MIN })], { dateAheadMs: -10 * MIN })).toBe(
      NONE,
    );
  });
});

describe('what is judged has to be what was found', () => {
  const definitions = recordedDefinitions.slice(0, 2);
  const FOUND: BatchScript = {
    id: 'b1',
    createdAt: NOW - 30 * MIN,
    runs: definitions.map((snapshot) => ({
      testCaseId: snapshot.test_case_definition_id,
      fields: { test_case_definition_snapshot: snapshot },
    })),
  };

  test.each<[string, Readonly<Record<string, unknown>>, string | undefined]>([
    ['the same', {}, undefined],
    [
      'another version',
      {
        response_engine: {
          type: 'conversation-flow',
          conversation_flow_id: 'conversation_flow_3b21278178ed',
          version: 9,
        },
      },
      'it is not any more what it was when reuse-hours found it',
    ],
    [
      'another start',
      { creation_timestamp: NOW - 29 * MIN },
      'it is not any more what it was when reuse-hours found it',
    ],
  ])('when it is read again: %s', async (_, change, doubt) => {
    let looks = 0;
    const { emulator, provider, clock, deadline } = await startingAt('retell', startRetell, {
      batches: [FOUND],
      definitions: definitions.map((each) => ({ ...each })),
      faults: ({ path }) => {
        if (!path.startsWith('/get-batch-test')) return undefined;
        looks += 1;
        // The search has read it once.
        return looks === 1
          ? undefined
          : { kind: 'rewrite', change: (body) => ({ ...(body as object), ...change }) };
      },
    });
    const batchSource = sourceOf('retell', { target: AGENT });
    if ('problems' in batchSource) throw new Error(batchSource.problems.join(' '));
    const batchIds: string[] = [];
    const executor = createExecutor(
      {
        batchSource,
        ...{ rule: { kind: 'every-run' }, maxRuns: undefined, pollIntervalSeconds: 5, failOn: 'any' },
        ...{ maxBatchAgeMinutes: undefined, reuseHours: 2 },
      },
      {
        ...{ provider, clock, deadline: deadline(), log: () => undefined, warn: () => undefined },
        attachQuarantine: async (cases) => cases,
        onBatches: (ids) => batchIds.splice(0, batchIds.length, ...ids),
        onProgress: () => undefined,
      },
    );
    const { batches, started, prepared } = await executor.run();
    expect(batches.map((batch) => [batch.id, batch.doubt])).toEqual([['b1', doubt]]);
    expect([started.runs, batchIds, prepared?.reused?.batchId]).toEqual([0, ['b1'], 'b1']);
    expect(emulator.started).toEqual([]);
  });
});

describe('at ElevenLabs', () => {
  const [a = '', b = ''] = recordedTests.map(({ id }) => id);
  const HEAD = 'agtvrsn_head';
  const fields = { branch_id: 'branch_main', version_id: HEAD, ran_against_draft: false };
  const batch = (
    more: Readonly<Record<string, unknown>> = {},
    script: Partial<BatchScript> = {},
  ): BatchScript => ({
    id: 's1',
    createdAt: NOW - 30 * MIN,
    runs: [{ testCaseId: a }, { testCaseId: b }],
    ...script,
    fields: { ...fields, ...more },
  });

  async function elevenlabs(
    batches: readonly BatchScript[],
    { edited, node }: { readonly edited?: number; readonly node?: string } = {},
  ): Promise<string> {
    const attached = [node === undefined ? a : { id: a, node }, b];
    const world: ElevenLabsOptions = { batches, attached, versionOf: () => HEAD };
    const starting = await startingAt('elevenlabs', startElevenLabs, world);
    if (edited !== undefined) starting.emulator.edit(a, NOW - edited * MIN);
    return find(starting, `agent/${ELEVENLABS_AGENT}`);
  }

  test.each<[string, readonly BatchScript[], { node: string }?]>([
    ['a green one', [batch()]],
    ['a red one', [batch({}, { runs: [{ testCaseId: a, outcome: 'failed' }, { testCaseId: b }] })]],
    ['one beside a cancelled one', [batch(), batch({ cancelled: true }, { id: 's2' })]],
    [
      'one at the same workflow node',
      [batch({}, { runs: [{ testCaseId: a, fields: { workflow_node_id: 'n1' } }, { testCaseId: b }] })],
      { node: 'n1' },
    ],
  ])('%s is taken', async (_, batches, world) => {
    expect(await elevenlabs(batches, world)).toBe(taken('s1'));
  });

  test.each<[string, BatchScript, { edited?: number; node?: string }?]>([
    ['another branch', batch({ branch_id: 'branch_next' })],
    ['an older version of the branch', batch({ version_id: 'agtvrsn_old' })],
    ['a draft', batch({ ran_against_draft: true })],
    [
      'a draft in one run',
      batch({}, { runs: [{ testCaseId: a, fields: { ran_against_draft: true } }, { testCaseId: b }] }),
    ],
    ['a configuration of its own', batch({ agent_config_override: { conversation_config: {} } })],
    [
      'runs that were repeated on another version, all of them before this one',
      batch(
        { runs_diverged_from_version: true, version_id: 'agtvrsn_1' },
        {
          runs: [
            { testCaseId: a, fields: { version_id: 'agtvrsn_2' } },
            { testCaseId: b, fields: { version_id: 'agtvrsn_1' } },
          ],
        },
      ),
    ],
    ['another agent', batch({ agent_id: 'agent_other' })],
    ['a test that was edited since', batch(), { edited: 20 }],
    ['a test that was edited in the second of the start', batch(), { edited: 30 }],
    ['another workflow node', batch(), { node: 'n1' }],
    [
      'each test twice',
      batch({ repeat_count: 2 }, { runs: [a, a, b, b].map((testCaseId) => ({ testCaseId })) }),
    ],
    ['one test less', batch({}, { runs: [{ testCaseId: a }] })],
    ['cancelled', batch({ cancelled: true })],
    ['a cancelled run', batch({}, { runs: [{ testCaseId: a, outcome: 'cancelled' }, { testCaseId: b }] })],
  ])('no reuse: %s', async (_, only, world) => {
    expect(await elevenlabs([only], world)).toBe(NONE);
  });

  test('no reuse beside one with runs that were repeated on another version', async () => {
    const mixed = batch(
      { runs_diverged_from_version: true },
      { id: 's2', runs: [{ testCaseId: a, outcome: 'failed' }, { testCaseId: b }] },
    );
    const why = 'batch s2 has runs that were repeated on another version';
    expect(await elevenlabs([batch(), mixed])).toBe(because(why));
  });

  test('no reuse beside one of which a run is not there, as the list counts them', async () => {
    const short = batch({ test_run_count: 2 }, { id: 's2', runs: [{ testCaseId: b }] });
    const why = 'batch s2 contradicts itself: the list announces 2 runs, and 1 of it is there';
    expect(await elevenlabs([batch(), short])).toBe(because(why));
  });

  test.each<[string, BatchScript]>([
    ['a version that is not said', batch({ version_id: undefined })],
    [
      'a run on another version',
      batch({}, { runs: [{ testCaseId: a, fields: { version_id: 'agtvrsn_old' } }, { testCaseId: b }] }),
    ],
    ['nothing about drafts', batch({ ran_against_draft: undefined })],
  ])('no reuse, and the reason: %s', async (_, only) => {
    expect(await elevenlabs([only])).toBe(
      because('batch s1 does not say which version of the agent it tested'),
    );
  });
});
