/** The emulators against recorded answers of Retell and Bland. That they serve a script, every other test shows. */
import Retell from 'retell-sdk';
import { expect, onTestFinished, test } from 'vitest';
import { type BlandOptions, startBland } from './bland.ts';
import { type RetellBatch, startRetell } from './retell.ts';
import { readSample } from './samples.ts';
import { type BatchScript, many, type RunScript } from './timeline.ts';

const EPOCH = 1789372800000;
const CREATED = Date.parse('2026-09-14T08:00:00.000Z');

/** The script that the recorded batch of five runs, with one failure and one error, would come from. */
const withErrors: RetellBatch = {
  id: 'test_batch_e6ea040ab31c',
  createdAt: EPOCH,
  settlesAt: 95_000,
  runs: [
    { id: 'test_job_e39f4bf26f44', endsAt: 61_000 },
    { id: 'test_job_e502a5367cd1', endsAt: 68_000 },
    { id: 'test_job_e7e84fb3168f', endsAt: 75_000, outcome: 'failed' },
    { id: 'test_job_5fe30ddcf85e', endsAt: 82_000, outcome: 'errored' },
    { id: 'test_job_4f673ca49a09', endsAt: 89_000 },
  ],
};

/** A batch of five whose figures are all that matters. */
const five = (id: string, changes: Partial<RetellBatch> = {}): RetellBatch => ({
  id,
  createdAt: EPOCH,
  runs: many(5),
  settlesAt: 95_000,
  ...changes,
});

/** Retell's own client, so many milliseconds after the start of a batch. */
async function retellAt(elapsed: number, batch: RetellBatch) {
  const clock = { time: 0 };
  const emulator = await startRetell({ now: () => clock.time, batches: [batch] });
  onTestFinished(() => emulator.close());
  clock.time = elapsed;
  const { tests } = new Retell({ apiKey: 'test-key', baseURL: emulator.url, maxRetries: 0 });
  return { tests };
}

const flaky = five('test_batch_7f4553fb7cfc');
const engine = (sample: string) => ({
  response_engine: readSample<{ response_engine: unknown }>(sample).response_engine,
});

test.each<[string, RetellBatch, number]>([
  ['complete-all-pass', five('test_batch_e2b0f3b99539'), 95_000],
  [
    'complete-some-fail',
    five('test_batch_5aff6d02fd2f', { runs: [...many(4), { outcome: 'failed' }] }),
    95_000,
  ],
  ['complete-with-errors', withErrors, 95_000],
  ['complete-empty', five('test_batch_777693d0d83b', { runs: [] }), 95_000],
  ['complete-counts-lag', { ...flaky, announce: { passed: 3 } }, 95_000],
  ['counts-full-but-in-progress', { ...flaky, runs: many(5, { endsAt: 41_000 }) }, 41_000],
  [
    'unknown-status',
    {
      ...flaky,
      words: { running: 'cancelled' },
      runs: [{ endsAt: 41_000 }, ...many(4, { startsAt: 50_000 })],
    },
    41_000,
  ],
  [
    'complete-custom-llm',
    five('test_batch_0c0ab6ad62c1', {
      runs: many(1),
      fields: engine('retell__get-batch-test__complete-custom-llm'),
    }),
    95_000,
  ],
  [
    'complete-retell-llm-null-version',
    five('test_batch_19fd0799fd23', {
      runs: many(2),
      fields: engine('retell__get-batch-test__complete-retell-llm-null-version'),
    }),
    95_000,
  ],
])('the emulator of Retell gives its own client batch %s as it was recorded', async (sample, batch, at) => {
  const { tests } = await retellAt(at, batch);
  expect(await tests.getBatchTest(batch.id)).toEqual(readSample(`retell__get-batch-test__${sample}`));
});

test('the emulator of Retell gives its own client runs as they were recorded, in every way to read them', async () => {
  const { tests } = await retellAt(95_000, withErrors);
  const recorded = readSample<{ items: { test_case_job_id: string }[] }>(
    'retell__list-test-runs-v2__with-errors',
  );

  expect(await tests.listTestRuns(withErrors.id)).toEqual(recorded);
  for (const run of recorded.items) expect(await tests.getTestRun(run.test_case_job_id)).toEqual(run);
});

/** The script that the recorded batch of four scenarios, of which one fails, would come from. */
function recordedScript(sample: string, runs: readonly RunScript[]): BatchScript {
  const recorded = readSample<{
    id: string;
    trigger_source: string;
    publish_on_pass: boolean;
    runs: { id: string }[];
  }>(`bland__get-batch__${sample}`);
  const { id, trigger_source, publish_on_pass } = recorded;
  return {
    id,
    createdAt: CREATED,
    fields: { trigger_source, publish_on_pass },
    runs: runs.map((run, index) => ({ id: recorded.runs[index]!.id, ...run })),
  };
}

const FAILED = recordedScript('failed', [{}, {}, { outcome: 'failed' }, {}]);
const ERRORED = recordedScript('error', [{}, { outcome: 'errored' }, {}, {}]);
const CANCELLED = recordedScript('cancelled', [{}, ...many(3, { outcome: 'cancelled' })]);
const PASSED = recordedScript('passed', many(4));
const PUBLISHING = recordedScript('passed-publish-on-pass', many(4));
const RUNNING = recordedScript('running', [{}, { endsAt: 9000 }, { outcome: 'failed' }, { startsAt: 9000 }]);
const PENDING = recordedScript('pending', many(4, { startsAt: 9000 }));
const EMPTY = recordedScript('empty', []);
const STRANGE = { ...recordedScript('unknown-status', many(4)), words: { ended: 'PARTIAL' } };
const EARLY = {
  ...recordedScript('pending-no-runs-yet', []),
  runs: many(4, { startsAt: 9000, listedAt: 9000 }),
};
const HASTY = {
  ...recordedScript('passed-but-run-unfinished', [{}, {}, { endsAt: 9000 }, {}]),
  settlesAt: 0,
};
const OPTIONAL = recordedScript('passed-with-optional-assertion-failed', [
  {},
  {},
  {
    assertions: [
      { id: '2020f195-04ee-587a-b783-412332b0229c', expected: 'I understand', passed: false },
      { id: 'bee9e753-9df8-5e24-9493-0edf14f51ab5', expected: 'cancellation confirmed', passed: true },
    ],
  },
  {},
]);

const LIVE = { envelope: true, assertions: 'live' } as const;
const batch = ({ id }: BatchScript): string => `/batches/${id}`;
const runs = ({ id }: BatchScript, rest = ''): string => `/runs?batch_id=${id}${rest}`;
const run = (script: BatchScript, index: number): string => `/runs/${script.runs[index]?.id}`;

/** What each recorded answer of a scripted batch comes from: the script, where it is read, how it is written. */
const RECORDED: Record<string, [BatchScript, string, BlandOptions?]> = {
  'get-batch__failed': [FAILED, batch(FAILED)],
  'get-batch__error': [ERRORED, batch(ERRORED)],
  'get-batch__cancelled': [CANCELLED, batch(CANCELLED)],
  'get-batch__passed': [PASSED, batch(PASSED)],
  'get-batch__passed-publish-on-pass': [PUBLISHING, batch(PUBLISHING)],
  'get-batch__passed-with-optional-assertion-failed': [OPTIONAL, batch(OPTIONAL)],
  'get-batch__passed-but-run-unfinished': [HASTY, batch(HASTY)],
  'get-batch__unknown-status': [STRANGE, batch(STRANGE)],
  'get-batch__running': [RUNNING, batch(RUNNING)],
  'get-batch__pending': [PENDING, batch(PENDING)],
  'get-batch__pending-no-runs-yet': [EARLY, batch(EARLY)],
  'get-batch__empty': [EMPTY, batch(EMPTY)],
  'get-batch__failed-enveloped-live': [FAILED, batch(FAILED), LIVE],
  'list-runs__by-batch': [FAILED, runs(FAILED, '&limit=100&offset=0')],
  'list-runs__page-1': [FAILED, runs(FAILED, '&limit=2&offset=0')],
  'list-runs__page-2': [FAILED, runs(FAILED, '&limit=2&offset=2')],
  'list-runs__errored': [ERRORED, runs(ERRORED)],
  'list-runs__empty': [FAILED, runs(EMPTY)],
  'list-runs__enveloped': [FAILED, runs(FAILED), LIVE],
  'list-runs__enveloped-array': [FAILED, runs(FAILED), { envelope: 'array', assertions: 'live' }],
  'list-runs__data-null-extras': [FAILED, runs(FAILED), { envelope: 'beside' }],
  'get-run__passed': [PASSED, run(PASSED, 0)],
  'get-run__failed': [FAILED, run(FAILED, 2)],
  'get-run__error': [ERRORED, run(ERRORED, 1)],
  'get-run__cancelled': [CANCELLED, run(CANCELLED, 1)],
  'get-run__running': [RUNNING, run(RUNNING, 1)],
  'get-run__failed-enveloped-live': [FAILED, run(FAILED, 2), LIVE],
  'get-run__error-enveloped': [ERRORED, run(ERRORED, 1), LIVE],
  'list-scenarios__docs': [PASSED, '/scenarios'],
  'list-scenarios__enveloped-array': [PASSED, '/scenarios', { envelope: 'array' }],
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
