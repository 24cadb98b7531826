/** The emulators against recorded answers of Retell and Bland. That they serve a script, every other test shows. */
import Retell from 'retell-sdk';
import { expect, test } from 'vitest';
import { type BlandOptions, startBland } from './bland.ts';
import { startRetell } from './retell.ts';
import { readSample } from './samples.ts';
import type { BatchScript, RunScript } from './timeline.ts';

test('the emulator of Retell gives its own client a batch and its runs as they were recorded', async () => {
  const clock = { time: 0 };
  const batch: BatchScript = {
    id: 'test_batch_e6ea040ab31c',
    createdAt: 1_789_372_800_000,
    settlesAt: 95_000,
    runs: [
      { id: 'test_job_e39f4bf26f44', endsAt: 61_000 },
      { id: 'test_job_e502a5367cd1', endsAt: 68_000 },
      { id: 'test_job_e7e84fb3168f', endsAt: 75_000, outcome: 'failed' },
      { id: 'test_job_5fe30ddcf85e', endsAt: 82_000, outcome: 'errored' },
      { id: 'test_job_4f673ca49a09', endsAt: 89_000 },
    ],
  };
  await using emulator = await startRetell({ now: () => clock.time, batches: [batch] });
  clock.time = 95_000;
  const { tests } = new Retell({ apiKey: 'test-key', baseURL: emulator.url, maxRetries: 0 });
  const recorded = readSample<{ items: { test_case_job_id: string }[] }>(
    'retell__list-test-runs-v2__with-errors',
  );

  expect(await tests.getBatchTest(batch.id)).toEqual(
    readSample('retell__get-batch-test__complete-with-errors'),
  );
  expect(await tests.listTestRuns(batch.id)).toEqual(recorded);
  for (const run of recorded.items) expect(await tests.getTestRun(run.test_case_job_id)).toEqual(run);
});

/** The script that a recorded batch of four scenarios would come from. */
function recordedScript(sample: string, runs: readonly RunScript[]): BatchScript {
  const recorded = readSample<{ id: string; trigger_source: string; runs: { id: string }[] }>(
    `bland__get-batch__${sample}`,
  );
  return {
    id: recorded.id,
    createdAt: Date.UTC(2026, 8, 14, 8),
    fields: { trigger_source: recorded.trigger_source },
    runs: runs.map((run, index) => ({ id: recorded.runs[index]!.id, ...run })),
  };
}

const FAILED = recordedScript('failed', [{}, {}, { outcome: 'failed' }, {}]);
const ERRORED = recordedScript('error', [{}, { outcome: 'errored' }, {}, {}]);
const RUNNING = recordedScript('running', [{}, { endsAt: 9000 }, { outcome: 'failed' }, { startsAt: 9000 }]);

const LIVE = { envelope: true, assertions: 'live' } as const;
const batch = ({ id }: BatchScript): string => `/batches/${id}`;
const runs = ({ id }: BatchScript, rest = ''): string => `/runs?batch_id=${id}${rest}`;
const run = (script: BatchScript, index: number): string => `/runs/${script.runs[index]?.id}`;

/** Recorded answers: the script that each comes from, where it is read, and how it is written. */
const RECORDED: Record<string, [BatchScript, string, BlandOptions?]> = {
  'get-batch__failed': [FAILED, batch(FAILED)],
  'get-batch__error': [ERRORED, batch(ERRORED)],
  'get-batch__running': [RUNNING, batch(RUNNING)],
  'get-batch__failed-enveloped-live': [FAILED, batch(FAILED), LIVE],
  'list-runs__page-2': [FAILED, runs(FAILED, '&limit=2&offset=2')],
  'list-runs__enveloped-array': [FAILED, runs(FAILED), { envelope: 'array', assertions: 'live' }],
  'list-runs__data-null-extras': [FAILED, runs(FAILED), { envelope: 'beside' }],
  'get-run__running': [RUNNING, run(RUNNING, 1)],
  'get-run__failed': [FAILED, run(FAILED, 2)],
  'get-run__failed-enveloped-live': [FAILED, run(FAILED, 2), LIVE],
  'list-scenarios__docs': [FAILED, '/scenarios'],
};

test.each(Object.entries(RECORDED))(
  'the emulator of Bland answers %s as it was recorded',
  async (sample, [script, path, options]) => {
    await using emulator = await startBland({ ...options, now: () => 0, batches: [script] });
    const answer = await fetch(`${emulator.url}/v1/agent-testing${path}`, {
      headers: { authorization: 'test-key' },
    });

    expect(await answer.json()).toEqual(readSample(`bland__${sample}`));
  },
);
