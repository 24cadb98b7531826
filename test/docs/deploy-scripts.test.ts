/** The scripts that put a pull request's files into a version of its own, against the emulators. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { startBland } from '../emulators/bland.ts';
import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT } from '../emulators/elevenlabs-bodies.ts';
import { type Fault, pageInsteadOfJson, redirectTo } from '../emulators/faults.ts';
import { startRetell } from '../emulators/retell.ts';
import { DEFAULT_AGENT } from '../emulators/retell-agents.ts';
import { readSample } from '../emulators/samples.ts';
import type { Emulator, EmulatorOptions, FaultRule } from '../emulators/server.ts';
import { canDeploy } from './example-scripts.ts';
import { root } from './workflow-files.ts';

const KEY = 'key_f00d5afe_"quoted"';
const PATHWAY = 'e7575763-8f68-5232-8e7a-949df1cad4c9';

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The arguments of every program that a watched script started, which everybody on the machine can see. */
  readonly commands: string;
}

interface Call {
  readonly script: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What is in `agent.json`; text as it is, anything else as JSON; `undefined`: there is no such file. */
  readonly file?: unknown;
  /** Whether to note what programs the script starts; each of them takes twice as long then. */
  readonly isWatched?: boolean;
  /** What happens while the script runs. */
  readonly meanwhile?: (child: ChildProcess) => Promise<void>;
}

/** Runs a script in a folder of its own, where `agent.json` is what the commit holds. */
async function run({ script, args, env = {}, file, isWatched = false, meanwhile }: Call): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-deploy-'));
  const commands = join(folder, 'commands');
  writeFileSync(commands, '');
  for (const tool of isWatched ? ['curl', 'jq'] : []) {
    const shim = `#!/bin/bash\nprintf '%s ' ${tool} "$@" >> '${commands}'\nPATH="$REAL_PATH" exec ${tool} "$@"\n`;
    writeFileSync(join(folder, tool), shim);
    chmodSync(join(folder, tool), 0o755);
  }
  if (file !== undefined)
    writeFileSync(join(folder, 'agent.json'), typeof file === 'string' ? file : JSON.stringify(file));
  try {
    const path = process.env['PATH'] ?? '';
    const child = spawn('bash', [join(root, 'docs/examples/deploy', script), ...args], {
      cwd: folder,
      env: { PATH: `${folder}:${path}`, REAL_PATH: path, ...env },
    });
    const [exitCode, stdout, stderr] = await Promise.all([
      new Promise<number | null>((done) => child.once('close', done)),
      text(child.stdout),
      text(child.stderr),
      meanwhile?.(child),
    ]);
    return { exitCode, stdout, stderr, commands: readFileSync(commands, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One sentence on standard error, nothing on standard output, and the key nowhere. */
function expectRefusal(ended: Ended, sentence: string | RegExp): void {
  expect(ended.stderr).toMatch(sentence);
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ended).toMatchObject({ stdout: '' });
  expect(ended.exitCode).not.toBe(0);
  expectSecret(ended);
}

const expectSecret = ({ stdout, stderr, commands }: Ended): void =>
  expect(`${stdout}${stderr}${commands}`).not.toContain('f00d5afe');

const bodies = ({ requests }: Emulator, method: string): unknown[] =>
  requests
    .filter((request) => request.method === method && request.body !== '')
    .map(({ body }) => JSON.parse(body));

const lines = ({ requests }: Emulator): string[] =>
  requests.map(({ method, path, query }) => {
    const search = new URLSearchParams(query).toString();
    return `${method} ${path}${search === '' ? '' : `?${search}`}`;
  });

interface Provider {
  readonly script: string;
  readonly keyName: string;
  readonly urlName: string;
  readonly target: string;
  /** The arguments after the target and the file. */
  readonly name: readonly string[];
  readonly file: unknown;
  readonly start: (options: EmulatorOptions) => Promise<Emulator>;
  /** The request that makes something, and what the answer must say. */
  readonly creates: RegExp;
  /** An answer to it that does not say that. Every script is also given an empty object. */
  readonly madeWithoutId: unknown;
}

const flow = readSample('retell__update-conversation-flow__request');
const { name: _, ...graph } = readSample<Record<string, unknown>>('bland__create-pathway-version__request');
const { conversation_config } = readSample<Record<string, unknown>>('elevenlabs__create-branch__request');

const retell: Provider = {
  script: 'retell.sh',
  keyName: 'RETELL_API_KEY',
  urlName: 'RETELL_API_URL',
  target: DEFAULT_AGENT.id,
  name: [],
  file: flow,
  start: startRetell,
  creates: /^POST \/create-agent-version/,
  madeWithoutId: { version: null },
};
const bland: Provider = {
  script: 'bland.sh',
  keyName: 'BLAND_API_KEY',
  urlName: 'BLAND_API_URL',
  target: PATHWAY,
  name: ['PR 12'],
  file: graph,
  start: startBland,
  creates: /^POST \/v1\/pathway\/[^/]+\/version/,
  madeWithoutId: { data: { version_number: 'eight' } },
};
const elevenlabs: Provider = {
  script: 'elevenlabs.sh',
  keyName: 'ELEVENLABS_API_KEY',
  urlName: 'ELEVENLABS_API_URL',
  target: ELEVENLABS_AGENT,
  name: ['pr-12'],
  file: { conversation_config },
  start: startElevenLabs,
  creates: /^POST \/v1\/convai\/agents\/[^/]+\/branches/,
  madeWithoutId: { created_branch_id: 8 },
};

/** Calls a provider's script for `agent.json`; what is given replaces what is usual. */
const deploy = (
  { script, keyName, urlName, target, name, file }: Provider,
  url: string,
  { key = KEY, ...changes }: Partial<Call> & { key?: string; name?: readonly string[]; target?: string } = {},
): Promise<Ended> =>
  run({
    script,
    args: changes.args ?? [changes.target ?? target, 'agent.json', ...(changes.name ?? name)],
    env: { [urlName]: url, ...(key === '' ? {} : { [keyName]: key }) },
    file: 'file' in changes ? changes.file : file,
    isWatched: changes.isWatched ?? false,
    ...(changes.meanwhile === undefined ? {} : { meanwhile: changes.meanwhile }),
  });

const counted = new Map<Provider, Promise<number>>();

/** How many requests a first push sends. */
function requestsOf(provider: Provider): Promise<number> {
  const known = counted.get(provider) ?? countRequests(provider);
  counted.set(provider, known);
  return known;
}

async function countRequests(provider: Provider): Promise<number> {
  await using server = await provider.start({ apiKey: KEY });
  await deploy(provider, server.url);
  return server.requests.length;
}

const startRight = (provider: Provider): Promise<Emulator> =>
  provider === bland ? startBland({ production: 4 }) : provider.start({});

/** The names of all fields, and those of an object inside, sorted. */
const fieldsOf = (value: unknown): string[] =>
  [...new Set([...JSON.stringify(value).matchAll(/"(\w+)":/g)].map(([, name = '']) => name))].sort();

const deleteDraft = (url: string, version: string): Promise<Ended> =>
  deploy(retell, url, { args: ['delete', retell.target, version] });

describe.skipIf(!canDeploy).concurrent('a new pull request', () => {
  test('gets a draft at Retell, made from the published version and changed by the file', async () => {
    await using server = await startRetell({ apiKey: KEY });
    const ended = await deploy(retell, server.url, { isWatched: true });
    expect(ended).toMatchObject({ exitCode: 0, stdout: '6\n', stderr: '' });
    expectSecret(ended);
    expect(ended.commands).toContain('curl --silent');
    expect(lines(server)).toEqual([
      `GET /list-agent-versions/${DEFAULT_AGENT.id}?sort_order=descending&limit=100`,
      `GET /get-agent/${DEFAULT_AGENT.id}?version=4`,
      `POST /create-agent-version/${DEFAULT_AGENT.id}`,
      'PATCH /update-conversation-flow/conversation_flow_3b21278178ed?version=13',
    ]);
    expect(bodies(server, 'POST')).toEqual([{ base_version: 4 }]);
    expect(bodies(server, 'PATCH')).toEqual([flow]);
  });

  test('gets a draft of a Retell LLM, too', async () => {
    const engine = { type: 'retell-llm', llm_id: 'llm_5f3a9c7d6b1e', version: 11 } as const;
    const agents = [{ id: 'agent_llm', versions: [{ version: 11, isPublished: true, engine }] }];
    await using server = await startRetell({ apiKey: KEY, agents });
    const ended = await deploy(retell, server.url, { target: 'agent_llm' });
    expect(ended).toMatchObject({ exitCode: 0, stdout: '12\n', stderr: '' });
    expect(lines(server).at(-1)).toBe('PATCH /update-retell-llm/llm_5f3a9c7d6b1e?version=12');
  });

  test.each([
    ['bare', false],
    ['in an envelope', true],
  ] as const)('gets a version at Bland, called by its name, where answers are %s', async (_, envelope) => {
    await using server = await startBland({ apiKey: KEY, envelope });
    const ended = await deploy(bland, server.url, { isWatched: true });
    expect(ended).toMatchObject({ exitCode: 0, stdout: '8\n', stderr: '' });
    expectSecret(ended);
    expect(ended.commands).toContain('curl --silent');
    expect(lines(server)).toEqual([
      `GET /v1/pathway/${PATHWAY}/versions`,
      `POST /v1/pathway/${PATHWAY}/version`,
    ]);
    expect(bodies(server, 'POST')).toEqual([{ ...graph, name: 'PR 12' }]);
  });

  test('gets a branch at ElevenLabs, made from the newest version', async () => {
    await using server = await startElevenLabs({ apiKey: KEY });
    const ended = await deploy(elevenlabs, server.url, { isWatched: true });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^agtbrch_\w+\n$/);
    expectSecret(ended);
    expect(ended.commands).toContain('curl --silent');
    expect(bodies(server, 'POST')).toEqual([
      {
        conversation_config,
        parent_version_id: expect.stringMatching(/^agtvrsn_/),
        name: 'pr-12',
        description: 'pr-12',
      },
    ]);
  });
});

describe.skipIf(!canDeploy).concurrent('a later push', () => {
  test.each([bland, elevenlabs])(
    'changes what the pull request has, whose name may have quotes, spaces and signs: $script',
    async (provider) => {
      const name = ['PR "12" $(id) \'& ` \\ ü/%20'];
      await using server = await provider.start({ apiKey: KEY });
      const first = await deploy(provider, server.url, { name });
      expect(first).toMatchObject({ exitCode: 0, stderr: '' });
      expect(bodies(server, 'POST')[0]).toMatchObject({ name: name[0] });
      const second = await deploy(provider, server.url, { name });
      expect(second).toMatchObject({ exitCode: 0, stdout: first.stdout, stderr: '' });
      expect(lines(server).filter((line) => provider.creates.test(line))).toHaveLength(
        provider === bland ? 2 : 1,
      );
      expect(lines(server).at(-1)).toMatch(/^(POST .*\/version\/8|PATCH .*\?branch_id=agtbrch_\w+)$/);
    },
  );

  test('gets a draft of its own at Retell, also made from the published version', async () => {
    await using server = await startRetell({ apiKey: KEY });
    await deploy(retell, server.url);
    expect(await deploy(retell, server.url)).toMatchObject({ exitCode: 0, stdout: '7\n' });
    expect(bodies(server, 'POST')).toEqual([{ base_version: 4 }, { base_version: 4 }]);
  });

  test.each([bland, elevenlabs])('of another pull request gets another one: $script', async (provider) => {
    await using server = await provider.start({ apiKey: KEY });
    const first = await deploy(provider, server.url);
    const other = await deploy(provider, server.url, { name: ['PR 120'] });
    expect(other.exitCode).toBe(0);
    expect(other.stdout).not.toBe(first.stdout);
  });
});

describe.skipIf(!canDeploy).concurrent('the draft at Retell', () => {
  test('is deleted by its number, and no other is', async () => {
    await using server = await startRetell({ apiKey: KEY });
    await deploy(retell, server.url);
    await deploy(retell, server.url);
    expect(await deleteDraft(server.url, '6')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await deploy(retell, server.url)).toMatchObject({ stdout: '8\n' });
    expectRefusal(await deleteDraft(server.url, '6'), /get-agent.* failed: 422 /);
  });

  test.each([
    ['4', /version 4 is not a draft, so it was not deleted/],
    ['', /must be a number, not ""/],
    ['latest', /must be a number, not "latest"/],
    ['6&version=4', /must be a number/],
  ])('is the only thing that can be deleted: "%s" is refused', async (version, sentence) => {
    await using server = await startRetell({ apiKey: KEY });
    expectRefusal(await deleteDraft(server.url, version), sentence);
    expect(server.count(/DELETE/)).toBe(0);
  });

  test('is not looked for without the id of its agent', async () => {
    await using server = await startRetell({ apiKey: KEY });
    expectRefusal(
      await deploy(retell, server.url, { args: ['delete', '', '6'] }),
      /the agent id is empty: check that the variable it comes from is set\./,
    );
    expect(server.requests).toEqual([]);
  });

  test('that cannot be deleted ends with the reason', async () => {
    await using server = await startRetell({ apiKey: KEY });
    await deploy(retell, server.url);
    server.fail(undefined, { kind: 'answer', status: 429 });
    expectRefusal(
      await deleteDraft(server.url, '6'),
      /DELETE \/delete-agent-version.* failed: 429 .*rate limited/,
    );
  });

  test.each([
    ['is refused', { kind: 'answer', status: 400 }, / failed: 400 /],
    ['is not answered', { kind: 'reset', when: 'before' }, / failed: no answer: /],
    [
      'is answered for another version',
      { kind: 'rewrite', change: () => ({ version: 11 }) },
      /did not confirm/,
    ],
    ['is answered with nothing', { kind: 'answer', status: 200, body: '' }, /did not confirm/],
  ] as const)('is deleted when its change %s', async (_, fault, sentence) => {
    await using server = await startRetell({ apiKey: KEY });
    server.fail(undefined, undefined, undefined, fault);
    expectRefusal(await deploy(retell, server.url), sentence);
    expect(lines(server).at(-1)).toBe(`DELETE /delete-agent-version/${DEFAULT_AGENT.id}?version=6`);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'is deleted when the workflow is cancelled by %s while it is changed',
    async (signal) => {
      await using server = await startRetell({ apiKey: KEY });
      const { promise: until, resolve: release } = Promise.withResolvers<void>();
      server.fail(undefined, undefined, undefined, { kind: 'hold', until });
      const cancel = async (child: ChildProcess): Promise<void> => {
        await server.seen(({ method }) => method === 'PATCH');
        child.kill(signal);
        // After SIGINT, bash waits for the program that is running.
        if (signal === 'SIGTERM') await server.seen(({ method }) => method === 'DELETE');
        release();
      };
      const ended = await deploy(retell, server.url, { meanwhile: cancel });
      expect(ended).toMatchObject({ exitCode: null, stdout: '' });
      expect(server.count(/^DELETE/)).toBe(1);
    },
  );

  test('that can neither be changed nor deleted is named', async () => {
    await using server = await startRetell({ apiKey: KEY });
    server.fail(undefined, undefined, undefined, ...Array(2).fill({ kind: 'answer', status: 500 }));
    const ended = await deploy(retell, server.url);
    expect(ended).toMatchObject({ stdout: '' });
    expect(ended.exitCode).not.toBe(0);
    expect(ended.stderr).toMatch(/PATCH .* failed: 500[\s\S]*DELETE .*version=6 failed: 500/);
  });

  test('is not changed where its engine is the published one', async () => {
    await using server = await startRetell({ apiKey: KEY });
    const live = { ...DEFAULT_AGENT.versions[1]?.engine };
    const change = (body: unknown): unknown => ({ ...(body as object), response_engine: live });
    server.fail(undefined, undefined, { kind: 'rewrite', change });
    expectRefusal(await deploy(retell, server.url), /draft 6 has no engine of its own/);
    expect(server.count(/PATCH/)).toBe(0);
    expect(server.count(/DELETE/)).toBe(1);
  });

  test('that is no longer the latest is locked, as the documentation has it: that push is red, with the reason', async () => {
    await using server = await startRetell({ apiKey: KEY, onlyLatestChanges: true });
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    // biome-ignore lint/suspicious/noThenProperty: a fault that follows what was done, and no promise.
    const lateAnswer: Fault = { kind: 'done-but', then: { kind: 'hold', until } };
    server.fail(undefined, undefined, lateAnswer);
    const older = deploy(retell, server.url);
    await server.seen(({ method }) => method === 'POST');
    expect(await deploy(retell, server.url)).toMatchObject({ exitCode: 0, stdout: '7\n' });
    release();
    expectRefusal(await older, /failed: 400 .*Only the latest version can be updated/);
    expect(lines(server).at(-1)).toBe(`DELETE /delete-agent-version/${DEFAULT_AGENT.id}?version=6`);
  });
});

describe.skipIf(!canDeploy).concurrent('what is live is not touched', () => {
  test('at Retell: an agent without a published version is refused before a draft is made', async () => {
    const [draft] = DEFAULT_AGENT.versions;
    await using server = await startRetell({
      apiKey: KEY,
      agents: [{ ...DEFAULT_AGENT, versions: [draft!] }],
    });
    expectRefusal(await deploy(retell, server.url), /has no published version to begin with/);
    expect(server.count(/POST/)).toBe(0);
  });

  test('at Retell: an agent on a custom LLM is refused before a draft is made', async () => {
    const engine = { type: 'custom-llm', llm_websocket_url: 'wss://example.com' } as const;
    const agents = [{ ...DEFAULT_AGENT, versions: [{ version: 3, isPublished: true, engine }] }];
    await using server = await startRetell({ apiKey: KEY, agents });
    expectRefusal(await deploy(retell, server.url), /neither a conversation flow nor a Retell LLM/);
    expect(server.count(/POST/)).toBe(0);
  });

  test('at Bland: a version with the name that is in production is refused', async () => {
    await using server = await startBland({ apiKey: KEY, production: 7 });
    expectRefusal(
      await deploy(bland, server.url, { name: ['Version 7'] }),
      /version 7 "Version 7" is published/,
    );
    expect(server.count(/POST/)).toBe(0);
  });

  test('at ElevenLabs: the main branch is refused', async () => {
    await using server = await startElevenLabs({ apiKey: KEY });
    expectRefusal(await deploy(elevenlabs, server.url, { name: ['Main'] }), /branch "Main" answers callers/);
    expect(server.count(/PATCH|POST/)).toBe(0);
  });

  test('at ElevenLabs: a branch that gets a share of the calls is refused', async () => {
    await using server = await startElevenLabs({ apiKey: KEY });
    const results = [{ id: 'agtbrch_1', name: 'pr-12', current_live_percentage: 5 }];
    const change = (): unknown => ({ results });
    server.fail(undefined, { kind: 'rewrite', change });
    expectRefusal(await deploy(elevenlabs, server.url), /branch "pr-12" answers callers/);
    expect(server.count(/PATCH|POST/)).toBe(0);
  });
});

describe.skipIf(!canDeploy).concurrent.each([retell, bland, elevenlabs])('$script refuses', (provider) => {
  const { keyName, script, file, madeWithoutId } = provider;

  test.each([
    ['no key', ''],
    ['a key with a newline', 'key_f00d5afe\nX-Other: 1'],
  ])('%s before any request', async (_, key) => {
    await using server = await provider.start({});
    expectRefusal(
      await deploy(provider, server.url, { key }),
      `${script}: ${keyName} must be set, without white space`,
    );
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['that is empty', ''],
    ['that is not JSON', '{"nodes": ['],
    ['that holds a list', [file]],
    ['that holds two objects', `${JSON.stringify(file)}\n${JSON.stringify(file)}`],
    ['that sets nothing', {}],
  ])('a file %s before any request', async (_, wrong) => {
    await using server = await provider.start({ apiKey: KEY });
    expectRefusal(
      await deploy(provider, server.url, { file: wrong }),
      `${script}: agent.json must be a file with one JSON object`,
    );
    expect(server.requests).toEqual([]);
  });

  test('a file that is not there before any request', async () => {
    await using server = await provider.start({ apiKey: KEY });
    expectRefusal(
      await deploy(provider, server.url, { file: undefined }),
      `${script}: there is no file agent.json: check the path, and that the job checks out the repository.`,
    );
    expect(server.requests).toEqual([]);
  });

  test('an empty id before any request', async () => {
    await using server = await provider.start({ apiKey: KEY });
    expectRefusal(
      await deploy(provider, server.url, { target: '' }),
      /: the (agent|pathway) id is empty: check that the variable it comes from is set\./,
    );
    expect(server.requests).toEqual([]);
  });

  test('a machine without jq', async () => {
    const tools = mkdtempSync(join(tmpdir(), 'agent-test-gate-tools-'));
    for (const tool of ['bash', 'curl']) {
      const { stdout } = spawnSync('bash', ['-c', `type -P ${tool}`], { encoding: 'utf8' });
      symlinkSync(stdout.trim(), join(tools, tool));
    }
    const ended = await run({ script, args: [], env: { PATH: tools, [keyName]: KEY } });
    rmSync(tools, { recursive: true });
    expectRefusal(ended, `${script}: curl and jq must be installed.`);
  });

  test.each([[['id']], [['id', 'agent.json', 'x', 'y']]])(
    'the arguments %j before any request',
    async (args) => {
      await using server = await provider.start({ apiKey: KEY });
      expectRefusal(await deploy(provider, server.url, { args }), /call it with /);
      expect(server.requests).toEqual([]);
    },
  );

  test('an agent that does not exist, whose id is encoded', async () => {
    await using server = await provider.start({ apiKey: KEY });
    expectRefusal(await deploy(provider, server.url, { target: 'a b/../"c?d' }), / failed: 4\d\d /);
    expect(server.requests[0]?.path).toContain('a%20b%2F..%2F%22c%3Fd');
  });

  test('a wrong key with the answer of the provider', async () => {
    await using server = await provider.start({ apiKey: 'another-key' });
    expectRefusal(
      await deploy(provider, server.url),
      /^\w+\.sh: GET \/\S+ failed: 401 .*(invalid|Unauthorized)/,
    );
    expect(server.requests).toHaveLength(1);
  });

  test('an address where nobody listens', async () => {
    await using server = await provider.start({ apiKey: KEY });
    await server.close();
    expectRefusal(await deploy(provider, server.url), /^\w+\.sh: GET \/\S+ failed: no answer: .*connect/i);
  });

  /** Each kind at one of the requests, in turn. Whatever is no 2xx ends in one line, the same in each script. */
  const BAD: readonly (readonly [string, Fault, RegExp, Provider?])[] = [
    ['403', { kind: 'answer', status: 403 }, / failed: 403 /, retell],
    ['429', { kind: 'answer', status: 429 }, / failed: 429 /, bland],
    [
      '502 with a page',
      { kind: 'answer', status: 502, body: '<html>\nBad\ngateway' },
      /: 502 <html> Bad gateway/,
      elevenlabs,
    ],
    ['a redirect', redirectTo('http://127.0.0.1:9/'), / failed: 302 /, bland],
    ['a reset', { kind: 'reset', when: 'before' }, / failed: no answer: /, elevenlabs],
    ['half an answer', { kind: 'reset', when: 'middle' }, / failed: 20\d /],
    ['an answer that is cut', { kind: 'cut' }, / failed: 20\d /],
    ['half the JSON', { kind: 'broken-json' }, /./],
    ['a page with 200', pageInsteadOfJson(), /./],
    ['null', { kind: 'answer', status: 200, body: null }, /./],
    ['nothing with 200', { kind: 'answer', status: 200, body: '' }, /./],
  ];

  const ofThis = BAD.filter(([, , , only = provider]) => only === provider);
  test.each(ofThis.map(([kind, fault, sentence], index) => [kind, fault, sentence, index] as const))(
    'an answer of a first push that is %s',
    async (_, fault, sentence, index) => {
      await using server = await provider.start({ apiKey: KEY });
      server.fail(...Array(index % (await requestsOf(provider))).fill(undefined), fault);
      expectRefusal(await deploy(provider, server.url), sentence);
      // A request that makes something is not sent twice: nobody knows whether the first was accepted.
      expect(lines(server).filter((line) => provider.creates.test(line)).length).toBeLessThanOrEqual(1);
    },
  );

  test('each answer of a first push that is an empty object', async () => {
    const count = await requestsOf(provider);
    for (let nth = 0; nth < count; nth += 1) {
      await using server = await provider.start({ apiKey: KEY });
      server.fail(...Array(nth).fill(undefined), { kind: 'answer', status: 200, body: {} });
      expectRefusal(await deploy(provider, server.url), /./);
      expect(lines(server).filter((line) => provider.creates.test(line)).length).toBeLessThanOrEqual(1);
    }
  });

  test('each answer of a later push that is 500', async () => {
    await using server = await provider.start({ apiKey: KEY });
    await deploy(provider, server.url);
    const count = await requestsOf(provider);
    for (let nth = 0; nth < count; nth += 1) {
      server.fail(...Array(nth).fill(undefined), { kind: 'answer', status: 500 });
      expectRefusal(await deploy(provider, server.url), / failed: 500 /);
    }
  });

  test('an answer to what makes something that has no number and no id', async () => {
    const faults: FaultRule = ({ method }) =>
      method === 'POST' ? { kind: 'answer', status: 200, body: madeWithoutId } : undefined;
    await using server = await provider.start({ apiKey: KEY, faults });
    expectRefusal(
      await deploy(provider, server.url),
      /did not say which .* it made|"eight", which is no number/,
    );
  });

  test('an answer that echoes the key, without printing it', async () => {
    const key = 'key_f00d5afe';
    const faults: FaultRule = () => ({ kind: 'answer', status: 400, body: { message: `No: ${key}` } });
    await using server = await provider.start({ faults });
    expectRefusal(await deploy(provider, server.url, { key }), /failed: 400 .*No: \*\*\*/);
  });
});

test.each([
  [
    retell,
    `/create-agent-version/${DEFAULT_AGENT.id}`,
    { base_version: 4 },
    'retell__create-agent-version__201',
  ],
  [bland, `/v1/pathway/${PATHWAY}/version`, { ...graph, name: 'x' }, 'bland__create-pathway-version__200'],
  [bland, `/v1/pathway/${PATHWAY}/versions`, undefined, 'bland__list-pathway-versions'],
])('an emulator answers with the fields that are documented: $3', async (provider, path, body, sample) => {
  await using server = await startRight(provider);
  const headers = { authorization: provider === retell ? 'Bearer test-key' : 'test-key' };
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer: unknown = await (await fetch(`${server.url}${path}`, { headers, ...init })).json();
  expect(fieldsOf(answer)).toEqual(fieldsOf(readSample(sample)));
});

test.skipIf(!canDeploy)('an error of Bland with a 200 is an error', async () => {
  const body = { data: null, errors: [{ error: 'X', message: 'Pathway is locked' }] };
  await using server = await startBland({ faults: () => ({ kind: 'answer', status: 200, body }) });
  expectRefusal(await deploy(bland, server.url), /failed: 200 .*Pathway is locked/);
});
