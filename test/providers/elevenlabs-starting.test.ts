import { describe, expect, test } from 'vitest';
import { mismatchWith } from '../../src/domain/claims.ts';
import { testedClaims } from '../../src/providers/elevenlabs/subject.ts';
import type { Subject } from '../../src/providers/starter.ts';
import { type ElevenLabsOptions, startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT, recordedTests } from '../emulators/elevenlabs-bodies.ts';
import { readSample } from '../emulators/samples.ts';
import { many } from '../emulators/timeline.ts';
import { startingAt, type Wish } from './starting-at.ts';

const target = `agent/${ELEVENLABS_AGENT}`;
const [first = '', second = ''] = recordedTests.map(({ id }) => id);
const nodeOf = (node: string, id = first) => ({ id, node });

const elevenlabs = (options: ElevenLabsOptions = {}) => startingAt('elevenlabs', startElevenLabs, options);

/** A server that answers otherwise when it is asked for the agent. */
const answeringOf = (change: (body: object) => object): ElevenLabsOptions => ({
  faults: ({ method, path }) =>
    method === 'GET' && path.endsWith(`/agents/${ELEVENLABS_AGENT}`)
      ? { kind: 'rewrite', change: (body) => change(body as object) }
      : undefined,
});

describe("ElevenLabs' tests", () => {
  test.each<[string, string, readonly string[], readonly string[]]>([
    ['*, which is what is attached', '*', [second], [second]],
    ['an id', first, [first, second], [first]],
    ['a name', 'Refuses a price', [first, second], [second]],
    ['a pattern among what is attached', 'R*', [second], [second]],
    ['an id of a test that is not attached', first, [second], [first]],
    ['a name of a test that is not attached', 'Books a cleaning', [second], [first]],
    ['all but one', `*\n!${first}`, [first, second], [second]],
  ])('%s', async (_, testCases, attached, expected) => {
    const { select } = await elevenlabs({ attached });
    expect(await select({ testCases, target })).toEqual(expected);
  });

  test('the last of 230 tests of the workspace, by name', async () => {
    const tests = many(230).map((_, index) => ({ id: `t${index}`, name: `Test ${index}` }));
    const { select } = await elevenlabs({ tests, attached: ['t1'] });
    expect(await select({ testCases: 'Test 229', target })).toEqual(['t229']);
  });

  test.each<[string, Wish, string, ElevenLabsOptions?]>([
    [
      'a target of the wrong kind',
      { target: 'flow/1' },
      'target is "flow/1": it must be agent/ID at ElevenLabs.',
    ],
    [
      'a number as version',
      { target, version: '7' },
      'version is "7": it must be branch/ID for a target agent/ at ElevenLabs.',
    ],
    [
      'a suite',
      { testCases: 'suite:1', target },
      'test-cases: ElevenLabs has no suite: selectors ("suite:1"), only ids and names.',
    ],
    ['an agent that is not there', { target: 'agent/a2' }, 'answered 404 (Document with id a2 not found)'],
    ['a branch that is not there', { target, version: 'branch/b9' }, 'answered 404 (Branch b9 not found)'],
    [
      'an agent without tests',
      { target },
      `test-cases: there is no test case to choose from. Attach tests to agent ${ELEVENLABS_AGENT} at ElevenLabs, or write ids or names of tests.`,
      { attached: [] },
    ],
    [
      'an answer about another branch than was asked for',
      { target, version: 'branch/branch_next' },
      'answered for another branch: branch_main.',
      answeringOf((body) => ({ ...body, branch_id: 'branch_main' })),
    ],
  ])('refuses %s', async (_, wish, problem, options = {}) => {
    const { emulator, select } = await elevenlabs(options);
    expect(await select(wish)).toContain(problem);
    expect(emulator.started).toEqual([]);
  });

  describe('in folders', () => {
    const folders = [
      { id: 'tfld_desk' },
      { id: 'tfld_prices', folder: 'tfld_desk' },
      { id: 'tfld_other' },
      { id: 'tfld_empty' },
    ];
    const plain = { id: 't_plain', name: 'Plain' };
    const other = { id: 't_other', name: 'Other', folder: 'tfld_other' };
    const tests = [
      plain,
      { id: 't_desk', name: 'Desk', folder: 'tfld_desk' },
      { id: 't_price', name: 'Price', folder: 'tfld_prices' },
      other,
    ];
    const listed = async (options: ElevenLabsOptions, testCases = '*') => {
      const { emulator, prepare } = await elevenlabs({ folders, tests, ...options });
      return { ...(await prepare({ testCases, target })), lists: emulator.count(/agent-testing$/) };
    };

    test.each(['all', 'root'] as const)(
      'are expanded with the folders in them, whatever the list without a folder shows (%s)',
      async (listsWithoutFolder) => {
        const attached = ['t_plain', 'tfld_desk', 't_price'];
        expect(await listed({ listsWithoutFolder, attached })).toMatchObject({
          testCases: ['t_plain', 't_desk', 't_price'],
          warnings: [],
          lists: listsWithoutFolder === 'all' ? 1 : 3,
        });
      },
    );

    test.each(['all', 'root'] as const)('that lie in each other end (%s)', async (listsWithoutFolder) => {
      const circle = [
        { id: 'tfld_a', folder: 'tfld_b' },
        { id: 'tfld_b', folder: 'tfld_a' },
      ];
      const only = [{ id: 't1', name: 'One', folder: 'tfld_b' }];
      const world = { listsWithoutFolder, folders: circle, tests: only, attached: ['tfld_a'] };
      expect(await listed(world)).toMatchObject({ testCases: ['t1'] });
    });

    test('of other agents are none of these, at a server that lists everything in every folder', async () => {
      const world: ElevenLabsOptions = {
        folders: [{ id: 'tfld_other' }],
        tests: [plain, other],
        attached: ['tfld_gone', 't_plain'],
        faults: (request) => {
          Reflect.deleteProperty(request.query, 'parent_folder_id');
          return undefined;
        },
      };
      expect(await listed(world)).toMatchObject({ testCases: ['t_plain'], lists: 2 });
    });

    test('that hold nothing, and tests that were deleted: left out, and named', async () => {
      const attached = ['t_gone', 't_plain', 'tfld_empty', 't_gone2', 'tfld_gone'];
      expect(await listed({ attached })).toMatchObject({
        testCases: ['t_plain'],
        warnings: [
          `Left out, since they were deleted: t_gone, t_gone2. Detach them from agent ${ELEVENLABS_AGENT} at ElevenLabs.`,
          `Folders that are attached to agent ${ELEVENLABS_AGENT} and show no tests: tfld_empty, tfld_gone.`,
        ],
      });
    });

    test('say nothing where tests are chosen by id', async () => {
      expect(await listed({ attached: ['t_gone', 't_plain'] }, 't_plain')).toMatchObject({ warnings: [] });
    });

    test('as they are recorded, with a deleted test', async () => {
      const list = (tests: readonly object[]) => () => ({ tests, has_more: false });
      const bodies: Readonly<Record<string, () => unknown>> = {
        '': list([{ id: 'test_d86d3e078b518355dc4e' }]),
        tfld_6b1f3a9c7d5e4f20: () => readSample('elevenlabs__list-tests__of-folder'),
      };
      const { prepare } = await elevenlabs({
        faults({ path, query }) {
          if (path.endsWith(ELEVENLABS_AGENT)) {
            const change = () => readSample('elevenlabs__get-agent__attached-folder-and-stale');
            return { kind: 'rewrite', change };
          }
          if (!path.endsWith('agent-testing')) return undefined;
          return { kind: 'rewrite', change: bodies[query['parent_folder_id'] ?? ''] ?? list([]) };
        },
      });
      expect(await prepare({ target })).toMatchObject({
        testCases: ['test_d86d3e078b518355dc4e', 'test_e8946d753ee69fbebe1f', 'test_1c0fb8f0a53f46d2a911'],
        warnings: [expect.stringMatching(/^Left out, since they were deleted: test_0000deleted00000000\. /)],
      });
    });
  });
});

describe('what ElevenLabs tests', () => {
  test('is the main branch, by its id, where no version is asked for', async () => {
    const { resolve } = await elevenlabs();
    expect(await resolve({ target })).toMatchObject({
      title: `Front desk (${ELEVENLABS_AGENT}), main branch branch_main`,
      name: 'Front desk',
      key: `${ELEVENLABS_AGENT} branch_main`,
    });
  });

  test.each<[string, ElevenLabsOptions, string]>([
    ['whose heads are two versions', { versionOf: (of) => `version of ${of}` }, 'different'],
    ['whose heads are one version', { versionOf: () => 'v1' }, 'same'],
    ['whose heads are not told', answeringOf((body) => ({ ...body, version_id: null })), 'unknown'],
    [
      'of which nobody knows whether the first is the main one',
      answeringOf((body) => ({ ...body, main_branch_id: 'branch_next' })),
      'unknown',
    ],
  ])('on two branches %s', async (_, options, expected) => {
    const branches = ['branch_main', 'branch_next', 'branch_3'];
    const { starter, resolve } = await elevenlabs({ ...options, branches });
    const [main, other] = [await resolve({ target }), await resolve({ target, version: 'branch/branch_3' })];
    expect(starter.compareVersions(main, other)).toBe(expected);
  });

  test('without the id of the main branch: nobody knows', async () => {
    const { starter } = await elevenlabs();
    const subject = (agent: string, branch?: string): Subject => ({
      ...{ title: '', key: undefined, claims: {} },
      request: { agent, branch, placements: [] },
    });
    expect(starter.compareVersions(subject('a'), subject('a'))).toBe('same');
    expect(starter.compareVersions(subject('a'), subject('a', 'b'))).toBe('unknown');
    expect(starter.compareVersions(subject('a'), subject('b'))).toBe('different');
  });

  test("is edited when the version of the branch's head changes", async () => {
    let edits = 0;
    const { starter, deadline, resolve } = await elevenlabs({ versionOf: (of) => `${of} ${edits}` });
    const subject = await resolve({ target });
    const before = await starter.readRevision?.(subject, deadline());
    edits += 1;
    const after = await starter.readRevision?.(subject, deadline());
    expect([before, after]).toEqual(['branch_main 0', 'branch_main 1']);
  });

  test.each([
    [{ agent_id: undefined }, 'ElevenLabs does not say which agent test invocation b1 tested.'],
    [
      { ran_against_draft: true },
      'Test invocation b1 tested changes that are not published, which cannot be tested again from here.',
    ],
  ])('in an invocation with %j cannot be tested again', async (fields, problem) => {
    const { tested } = await elevenlabs({ batches: [{ id: 'b1', runs: [{}], fields }] });
    expect(await tested()).toEqual({ kind: 'refused', problem });
  });
});

describe('a start at ElevenLabs', () => {
  test('is on the main branch, or on another', async () => {
    const { emulator, start, tested } = await elevenlabs();
    const main = await start([first, second], { target });
    const other = await start([second], { target, version: 'branch/branch_next' });
    expect([main, other]).toMatchObject(emulator.started.map(({ id }) => ({ kind: 'started', batchId: id })));
    expect(emulator.started.map(({ request }) => request)).toEqual([
      { tests: [{ test_id: first }, { test_id: second }], branch_id: 'branch_main' },
      { tests: [{ test_id: second }], branch_id: 'branch_next' },
    ]);
    expect(await tested(emulator.started[1]?.id)).toEqual({
      title: `agent ${ELEVENLABS_AGENT}, branch branch_next`,
      version: 'branch branch_next',
      key: `${ELEVENLABS_AGENT} branch_next`,
      claims: {
        agent: `agent ${ELEVENLABS_AGENT}`,
        branch: 'branch branch_next',
        state: 'the published branch',
      },
      request: { agent: ELEVENLABS_AGENT, branch: 'branch_next', placements: [{ id: second }] },
    });
  });

  test.each<[string, ElevenLabsOptions]>([
    ['that it is attached to', { attached: [nodeOf('n1')] }],
    [
      'that a folder around it is attached to',
      {
        tests: [{ id: first, name: 'One', folder: 'tfld_2' }],
        folders: [{ id: 'tfld_1' }, { id: 'tfld_2', folder: 'tfld_1' }],
        attached: [nodeOf('n1', 'tfld_1')],
      },
    ],
  ])('runs a test on the workflow node %s', async (_, options) => {
    const { emulator, select, start } = await elevenlabs(options);
    expect(await select({ target })).toEqual([first]);
    await start([first], { target });
    expect(emulator.started[0]?.request['tests']).toEqual([{ test_id: first, workflow_node_id: 'n1' }]);
  });

  test('of a test at two workflow nodes is refused', async () => {
    const { emulator, select, start } = await elevenlabs({ attached: [nodeOf('n1'), nodeOf('n2')] });
    await select({ target });
    expect(await start([first], { target })).toEqual({
      kind: 'refused',
      problem: `test-cases: test ${first} runs at several workflow nodes of agent ${ELEVENLABS_AGENT}, and the action starts a test once. Start these tests elsewhere and give batch-id.`,
    });
    expect(emulator.started).toEqual([]);
  });

  test('again of a test that ran on node A in one given invocation and on node B in another is on its own', async () => {
    const runOn = (node: string) => ({
      id: `on ${node}`,
      runs: [{ testCaseId: first, outcome: 'failed' as const, fields: { workflow_node_id: node } }],
      fields: { branch_id: 'branch_main' },
    });
    const { emulator, starter, deadline, tested } = await elevenlabs({ batches: [runOn('A'), runOn('B')] });
    const subjects = [(await tested('on A')) as Subject, (await tested('on B')) as Subject];
    for (const subject of subjects) await starter.startBatch(subject, [first], deadline());
    expect(emulator.started.map(({ request }) => request['tests'])).toEqual([
      [{ test_id: first, workflow_node_id: 'A' }],
      [{ test_id: first, workflow_node_id: 'B' }],
    ]);
  });

  test('on the main branch that is lost is not taken for the same tests that somebody starts on another', async () => {
    const { emulator, select, start } = await elevenlabs({
      faults: ({ method }) => {
        if (method !== 'POST') return undefined;
        const runs = [first, second].map((testCaseId) => ({ testCaseId }));
        emulator.add({ id: 'of another branch', runs, fields: { branch_id: 'branch_next' } });
        return { kind: 'answer', status: 503 };
      },
    });
    await select({ target });
    expect(await start([first, second], { target })).toMatchObject({
      kind: 'unknown',
      problem: expect.stringContaining('its list does not show one'),
    });
  });
});

const override = { conversation_config: { agent: {} }, platform_settings: {} };
const config = { name: 'agent/el.json at 8d3c1f0', json: override };

describe('the mark in the name of a start at ElevenLabs', () => {
  const mark = '7f3a9c21';
  const name = `octo-org/voice-agents#12 @ abc1234, round 1 · ${mark}`;
  const stranger = 'octo-org/other#1 @ abc1234, round 1 · 00000000';
  /** Loses the answer to the first start, and lets somebody start the same tests under another name, or none. */
  const lost = async (
    otherName: string | undefined,
    { isStarted, dropsNames = false, ...wish }: { isStarted: boolean; dropsNames?: boolean } & Wish,
  ) => {
    const { emulator, start } = await elevenlabs({
      dropsNames,
      faults: ({ method, nth }) => {
        if (method !== 'POST' || nth > 1) return undefined;
        const runs = [{ testCaseId: first }];
        const fields = { branch_id: 'branch_main', name: otherName };
        emulator.add({ id: 'of somebody', runs, fields });
        const then = { kind: 'answer', status: 503 } as const;
        return isStarted ? { kind: 'done-but', then } : then;
      },
    });
    const started = await start([first], { target, ...wish }, { text: name, mark });
    return { started, own: emulator.started };
  };

  test.each([undefined, stranger])(
    'finds a start that was not answered beside the same tests under the name %j',
    async (otherName) => {
      const { started, own } = await lost(otherName, { isStarted: true });
      expect(own.map(({ request }) => request['name'])).toEqual([name]);
      expect(started).toMatchObject({ kind: 'started', batchId: own[0]?.id });
    },
  );

  test('proves which start sent a configuration; without names nothing proves it', async () => {
    const { started, own } = await lost(undefined, { isStarted: true, config });
    expect(started).toMatchObject({
      batchId: own[0]?.id,
      adopted: { subject: `${ELEVENLABS_AGENT} branch_main target-config` },
    });
    const { started: unnamed } = await lost('octo-org/other', { isStarted: false, config });
    expect(unnamed).toMatchObject({ kind: 'unknown' });
  });

  test('takes what has another name for no start of ours', async () => {
    const { started } = await lost(stranger, { isStarted: false });
    expect(started).toMatchObject({
      kind: 'unknown',
      problem: expect.stringContaining('its list does not show one'),
    });
  });

  test('at an API that forgets names the contents decide: two that are the same are none', async () => {
    const { started } = await lost(undefined, { isStarted: true, dropsNames: true });
    expect(started).toMatchObject({ problem: expect.stringContaining('more than one could be it') });
  });
});

describe('a configuration from a file at ElevenLabs', () => {
  const saying = (said: object) => ({
    claims: testedClaims({ agent_id: ELEVENLABS_AGENT, branch_id: 'branch_main', ...said }),
  });

  test('is sent with the tests, under a name that says so', async () => {
    const { emulator, starter, deadline, resolve } = await elevenlabs();
    const subject = await resolve({ target, config });
    expect(subject).toMatchObject({
      title: `Front desk (${ELEVENLABS_AGENT}) as in agent/el.json at 8d3c1f0`,
      version: 'as in agent/el.json at 8d3c1f0',
    });
    await starter.startBatch(subject, [first], deadline(), 'PR 12');
    expect(emulator.started[0]?.request).toEqual({
      tests: [{ test_id: first }],
      ...{ name: 'PR 12 target-config', branch_id: 'branch_main', agent_config_override: override },
    });
  });

  test('is sent whole, whatever its fields are called', async () => {
    const { emulator, start } = await elevenlabs();
    const json = JSON.parse(`{"__proto__":{"x":1},${JSON.stringify(override).slice(1)}`);
    await start([first], { target, config: { ...config, json } });
    expect(JSON.stringify(emulator.started[0]?.request)).toContain(JSON.stringify(json));
  });

  test('a refusal names the file and the field', async () => {
    const { start } = await elevenlabs();
    const incomplete = { ...config, json: { conversation_config: {} } };
    expect(await start([first], { target, config: incomplete })).toMatchObject({
      kind: 'refused',
      problem: expect.stringMatching(
        /422 \(.*agent_config_override\.platform_settings.*\)\. Check target-config \(agent\/el\.json at 8d3c1f0\) and test-cases\.$/,
      ),
    });
  });

  test('is not the published branch, and the other way round', async () => {
    const { starter, deadline, resolve } = await elevenlabs();
    const [sent, live] = [await resolve({ target, config }), await resolve({ target })];
    for (const said of [{}, { agent_config_override: {} }, { ran_against_draft: true }]) {
      expect(mismatchWith(sent.claims, saying(said))).toBeUndefined();
    }
    expect(mismatchWith(sent.claims, saying({ branch_id: 'other' }))).toBe(
      'it tested branch other, and branch branch_main was asked for',
    );
    expect(mismatchWith(live.claims, saying({ agent_config_override: {} }))).toBe(
      'it tested a configuration that was sent with its start, and the published branch was asked for',
    );
    expect([starter.compareVersions(sent, live), starter.compareVersions(live, sent)]).toEqual([
      'different',
      'different',
    ]);
    expect(await starter.readRevision?.(sent, deadline())).toBeUndefined();
  });

  test('a run of the published branch is not looked for among those of files', async () => {
    const runs = [{ testCaseId: first }];
    const { starter, deadline, resolve } = await elevenlabs({
      batches: [
        ...['PR 12 target-config', 'PR 12', undefined].map((name, index) => ({
          ...{ id: `b${index}`, runs, fields: { branch_id: 'branch_main', name } },
        })),
        { id: 'b3', runs, fields: { branch_id: 'branch_next' } },
      ],
    });
    const rowsFor = async (subject: Subject) =>
      (await starter.listBatches?.({ subject, testCases: [first], since: 0 }, deadline()))?.batches
        .flatMap(({ id, subject: found }) =>
          found === subject.key ? id : found === undefined ? `${id}?` : [],
        )
        .toSorted();
    expect(await rowsFor(await resolve({ target }))).toEqual(['b1', 'b2']);
    expect(await rowsFor(await resolve({ target, config }))).toEqual(['b0?', 'b1?', 'b2?']);
  });
});
