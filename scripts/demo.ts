/** `npm run demo`: the built action without an account. See `USAGE`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Ended, prepareStep, pullRequestEvent, type StepOptions } from '../test/e2e/runner.ts';
import { startBland } from '../test/emulators/bland.ts';
import { startElevenLabs } from '../test/emulators/elevenlabs.ts';
import { ELEVENLABS_AGENT } from '../test/emulators/elevenlabs-bodies.ts';
import { startGitHub } from '../test/emulators/github.ts';
import { startRetell } from '../test/emulators/retell.ts';
import { DEFAULT_AGENT } from '../test/emulators/retell-agents.ts';
import type { RunScript } from '../test/emulators/timeline.ts';
import { startVapi, VAPI_ASSISTANT } from '../test/emulators/vapi.ts';
import { DEFINITIONS, eventOf, MERGED, PUSHES, runsOf } from './demo-pushes.ts';
import { renderGitHubPage } from './github-page.ts';
import { asInGitHubLog } from './log-line.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join(root, 'demo-output');
/** The HTML report of the last push. */
const THIRD_PUSH = 'retell-third-push-report.html';

const USAGE = `npm run demo
  Runs the built action (dist/) as GitHub's runner does, against emulators of the providers and of GitHub, and writes
  what a reviewer sees to demo-output/. Takes about a minute and needs no account.

  --help, -h  this text`;

readArguments();

/** The pages that were written, for the index. */
const pages: { title: string; file: string }[] = [];

process.exitCode = await showDemo();

/** Ends the process after `--help`, and after an argument that there is not. */
function readArguments(): void {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
    if (values.help !== true) return;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** Starts one batch of about ten seconds with each kind of run, at each provider. */
async function showDemo(): Promise<number> {
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });

  const outcomes: RunScript[] = [
    { startsAt: 300, endsAt: 2_500, outcome: 'passed' },
    { startsAt: 600, endsAt: 4_000, outcome: 'passed' },
    { startsAt: 900, endsAt: 6_500, outcome: 'failed' },
    { startsAt: 1_200, endsAt: 8_000, outcome: 'errored' },
    { startsAt: 1_500, endsAt: 9_500, outcome: 'passed' },
  ];
  const all = (runs: readonly RunScript[]) => (ids: readonly string[]) => ({
    runs: ids.map((_, index) => runs[index % runs.length] ?? {}),
  });
  const agent = { target: `agent/${DEFAULT_AGENT.id}`, 'test-cases': '*' };

  await using retell = await startRetell({ created: all(outcomes) });
  await show('Retell', { provider: 'retell', ...agent, 'api-url': retell.url });

  await using bland = await startBland({ envelope: true, assertions: 'live', created: all(outcomes) });
  await show('Bland', {
    provider: 'bland',
    target: 'pathway/e7575763-8f68-5232-8e7a-949df1cad4c9',
    version: '4',
    'test-cases': '*',
    'api-url': bland.url,
  });

  const calls = [
    'Books a cleaning',
    'Moves a booking',
    'Quotes no price',
    'Offers a consultation when asked for a price',
    'Speaks Spanish',
  ].map((name, index) => ({ id: `call-${index + 1}`, name }));
  await using vapi = await startVapi({ simulations: calls, created: all(outcomes) });
  await show('Vapi', {
    provider: 'vapi',
    target: `assistant/${VAPI_ASSISTANT}`,
    'test-cases': calls.map(({ name }) => name).join('\n'),
    'api-url': vapi.url,
  });

  await using elevenlabs = await startElevenLabs({ tests: calls, created: all(outcomes) });
  await show('ElevenLabs', {
    provider: 'elevenlabs',
    target: `agent/${ELEVENLABS_AGENT}`,
    'test-cases': '*',
    'api-url': elevenlabs.url,
  });

  const passing = outcomes.map((run) => ({ ...run, endsAt: 1_500, outcome: 'passed' as const }));
  await using green = await startRetell({ created: all(passing) });
  await show('Retell, all passed', {
    provider: 'retell',
    ...agent,
    version: 'published',
    'api-url': green.url,
  });

  await showPushes();
  await showJobs();

  console.log(`\nOpen ${join('demo-output', 'index.html')} to see what a reviewer sees.`);
  await writeFile(join(output, 'index.html'), await index());
  return 0;
}

/** A pull request with three pushes, after another that was merged; the log of the last push is shown. */
async function showPushes(): Promise<void> {
  const title = 'Retell, the third push of a pull request';
  await using github = await startGitHub({ issues: { 5: {}, 7: {} }, pulls: [MERGED] });
  let summary = '';
  for (const [index, push] of PUSHES.entries()) {
    await using retell = await startRetell({ definitions: DEFINITIONS, created: runsOf(push) });
    const options = {
      inputs: {
        ...{
          provider: 'retell',
          'api-key': 'test-key',
          target: `agent/${DEFAULT_AGENT.id}`,
          'test-cases': '*',
        },
        ...{ reruns: '2/3', 'api-url': retell.url, 'poll-interval-seconds': '0.5' },
        'report-html': join(output, THIRD_PUSH),
      },
      event: eventOf(push),
      env: {
        GITHUB_API_URL: github.url,
        GITHUB_GRAPHQL_URL: `${github.url}/graphql`,
        GITHUB_RUN_ID: String(1_600_000_000 + index),
        GITHUB_RUN_NUMBER: String(39 + index),
      },
    };
    summary = (await (push === PUSHES.at(-1) ? runAloud(title, options) : runQuietly(options))).summary;
  }
  const [comment] = github.comments(7);
  pages.unshift({ title: `${title}: HTML report with every conversation`, file: THIRD_PUSH });
  await writePage('retell-third-push-comment', `${title}: comment`, comment?.body ?? 'There is no comment.');
  await writePage('retell-third-push-summary', `${title}: job summary`, summary);
}

/** Three jobs of a matrix that share one comment. */
async function showJobs(): Promise<void> {
  await using github = await startGitHub({ issues: { 7: {} } });
  const failing: Readonly<Record<string, number>> = { booking: 0, reminder: 1, 'front desk': 0 };
  for (const [place, [name, failures]] of Object.entries(failing).entries()) {
    const runs = (ids: readonly string[]): RunScript[] =>
      ids.map((_, index) => ({
        endsAt: 1_000 * (place + 1) + 100 * index,
        outcome: index >= 2 && index < 2 + failures ? 'failed' : 'passed',
      }));
    await using retell = await startRetell({
      agents: [{ ...DEFAULT_AGENT, name }],
      created: (ids) => ({ runs: runs(ids) }),
    });
    await runQuietly({
      inputs: {
        ...{ provider: 'retell', 'api-key': 'test-key', target: `agent/${DEFAULT_AGENT.id}` },
        ...{ 'test-cases': '*', name: 'Agent tests', matrix: JSON.stringify({ agent: name }) },
        ...{ 'api-url': retell.url, 'poll-interval-seconds': '0.5' },
      },
      event: pullRequestEvent(7, 'private'),
      env: { GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql` },
    });
  }
  const [comment] = github.comments(7);
  await writePage('three-agents-comment', 'Three agents: comment', comment?.body ?? 'There is no comment.');
}

async function runQuietly(options: StepOptions): Promise<Ended> {
  using step = prepareStep(options);
  const ended = await step.main().ended;
  await step.post().ended;
  return ended;
}

async function show(title: string, inputs: Record<string, string>): Promise<void> {
  await using github = await startGitHub({ issues: { 7: {} } });
  const ended = await runAloud(title, {
    inputs: { 'api-key': 'test-key', 'poll-interval-seconds': '1', ...inputs },
    event: pullRequestEvent(7, 'private'),
    env: { GITHUB_API_URL: github.url, GITHUB_GRAPHQL_URL: `${github.url}/graphql` },
  });
  const name = title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  const [comment] = github.comments(7);
  const body = comment?.body ?? 'There is no comment.';
  // One page where both show the same: a short report is not cut for the comment.
  const isSame = shown(body) === shown(ended.summary);
  if (!isSame) await writePage(`${name}-comment`, `${title}: comment`, body);
  await writePage(`${name}-summary`, `${title}: ${isSame ? 'comment and ' : ''}job summary`, ended.summary);
}

/** What a reader sees of Markdown. */
function shown(markdown: string): string {
  return markdown.replaceAll(/<!--[\s\S]*?-->|\s+/g, '');
}

async function runAloud(title: string, options: StepOptions): Promise<Ended> {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(0, 76 - title.length))}`);
  const show = (line: string): void => {
    const shown = asInGitHubLog(line);
    if (shown !== undefined) console.log(shown);
  };
  using step = prepareStep({ ...options, onLine: show });
  const ended = await step.main().ended;
  await step.post().ended;
  console.log(
    `Exit code ${ended.exitCode} after ${(ended.took / 1_000).toFixed(1)} s; verdict ${ended.outputs['verdict']}: ${ended.outputs['reason']}`,
  );
  return ended;
}

async function writePage(name: string, title: string, markdown: string): Promise<void> {
  const file = `${name}.html`;
  await writeFile(join(output, `${name}.md`), markdown);
  await writeFile(join(output, file), await renderGitHubPage({ title, markdown, theme: 'light' }));
  pages.push({ title, file });
  console.log(`Wrote ${join('demo-output', `${name}.md`)} and ${join('demo-output', file)}`);
}

function index(): Promise<string> {
  const links = pages.map(({ title, file }) => `- [${title}](${file})`).join('\n');
  return renderGitHubPage({
    title: 'Agent Test Gate: demo',
    markdown: `# What a reviewer sees\n\nThe built action has just written these reports. The agents, test cases and conversations are made up, and the providers are emulators. Begin with the first.\n\n${links}\n`,
    theme: 'light',
  });
}
