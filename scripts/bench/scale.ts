/**
 * What the built action costs: whole-process time and peak memory on a finished batch, time to the first request beside
 * an empty Node process, and what GitHub downloads for a job.
 */
import { execFileSync, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { prepareStep } from '../../test/e2e/runner.ts';
import { type RetellEmulator, startRetell } from '../../test/emulators/retell.ts';
import { many } from '../../test/emulators/timeline.ts';
import { createFigures, type Measurements, median } from './figures.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SIZES = [10, 1_000, 10_000] as const;
const ROUNDS = 7;
const MEMORY_ROUNDS = 5;

const LIMITS = {
  /** Peak memory at 10,000 runs, in MiB. */
  memoryMiB: 250,
  /** How much more one run may cost between 1,000 and 10,000 than between 10 and 1,000. */
  growth: 1.5,
  /** What a runner downloads. */
  archiveKiB: 260,
  /** The script of each job, which is the command line too. */
  bundleBytes: 680_000,
};

interface Measured {
  readonly runs: number;
  readonly tookMs: number;
  readonly memoryMiB: number;
}

/** Measures everything and compares it with the limits. Median of several rounds, taken in turn. */
export async function benchScale(): Promise<Measurements> {
  const measured: Measured[] = [];
  for (const runs of SIZES) measured.push(await measure(runs));
  const startUp = await measureStartUp();
  const [small, middle, large] = measured as [Measured, Measured, Measured];
  const perRun = (from: Measured, to: Measured) => (to.tookMs - from.tookMs) / (to.runs - from.runs);
  const bundleBytes = statSync(join(root, 'dist/index.js')).size;

  const figures = createFigures();
  figures.lines.push(
    ...measured.map(
      ({ runs, tookMs, memoryMiB }) =>
        `${runs} runs: ${tookMs.toFixed(0)} ms, at the peak ${memoryMiB.toFixed(0)} MiB`,
    ),
    `start to first request: ${startUp.firstRequestMs.toFixed(0)} ms, an empty Node process: ${startUp.emptyNodeMs.toFixed(0)} ms (no limit)`,
  );
  figures.add('peak memory at 10,000 runs in MiB', large.memoryMiB, LIMITS.memoryMiB);
  const growth = perRun(middle, large) / perRun(small, middle);
  figures.add('cost of one more run, large over small batches', growth, LIMITS.growth);
  figures.add('git archive, gzipped, in KiB', archiveBytes() / 1024, LIMITS.archiveKiB);
  figures.add('dist/index.js in bytes', bundleBytes, LIMITS.bundleBytes);
  return figures;
}

async function measure(count: number): Promise<Measured> {
  const runs = many(count, (index) => ({ outcome: index % 50 === 7 ? 'failed' : 'passed' }));
  await using retell = await startRetell({ batches: [{ id: 'b1', runs }] });
  const took: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) took.push((await runAction(retell)).took);
  for (let round = 0; round < MEMORY_ROUNDS; round += 1) memory.push(await peakOf(retell));
  return { runs: count, tookMs: median(took), memoryMiB: median(memory) };
}

async function runAction(
  retell: RetellEmulator,
  env: Record<string, string> = {},
): Promise<{ took: number; log: string; firstRequestMs: number }> {
  using step = prepareStep({
    inputs: {
      provider: 'retell',
      'api-key': 'test-key',
      'batch-id': 'b1',
      'api-url': retell.url,
      comment: 'never',
    },
    // The runner has no such cache; the tests have it for speed.
    env: { ...env, NODE_COMPILE_CACHE: undefined },
  });
  const before = retell.requests.length;
  const started = performance.now();
  const { took, log } = await step.main().ended;
  return { took, log, firstRequestMs: (retell.requests[before]?.at ?? 0) - started };
}

/** The most memory that the action takes, in MiB. Apart from the other rounds, since what tells it takes time itself. */
async function peakOf(retell: RetellEmulator): Promise<number> {
  const tell = 'process.on("exit", () => console.log("peak", process.resourceUsage().maxRSS));';
  const { log } = await runAction(retell, { NODE_OPTIONS: `--import ${dataUrl(tell)}` });
  const peak = /^peak (\d+)$/m.exec(log)?.[1];
  if (peak === undefined) throw new Error(`The action did not say how much memory it took:\n${log}`);
  return Number(peak) / 1024;
}

async function measureStartUp(): Promise<{ firstRequestMs: number; emptyNodeMs: number }> {
  await using retell = await startRetell({ batches: [{ id: 'b1', runs: [{}] }] });
  const ours: number[] = [];
  const empty: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push((await runAction(retell)).firstRequestMs);
    const started = performance.now();
    await exitOf(process.execPath, ['-e', '0']);
    empty.push(performance.now() - started);
  }
  return { firstRequestMs: median(ours), emptyNodeMs: median(empty) };
}

const exitOf = (command: string, args: string[]): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    child.once('error', reject).once('close', resolve);
  });

/** What GitHub sends to each job: the tree at HEAD less `export-ignore`. */
function archiveBytes(): number {
  return gzipSync(execFileSync('git', ['archive', 'HEAD'], { cwd: root, maxBuffer: 1e9 })).length;
}

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
