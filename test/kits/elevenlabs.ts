import { startElevenLabs } from '../emulators/elevenlabs.ts';
import { type Json, valueAt } from '../fuzz/mutations.ts';
import { areAll, type Body, field, type Kit, listIn, recorded, type Scene, sampleOf } from './kit.ts';

function elevenLabsScene(name: string, invocation: Body): Scene {
  const batchId = String(invocation['id'] ?? 'suite_d65c3e892354b17a4c03');
  return { name: `ElevenLabs, ${name}`, provider: 'elevenlabs', batchId, bodies: [invocation], pages: 0 };
}

const mixed = sampleOf('elevenlabs__get-test-invocation__mixed');
const runs = mixed['test_runs'] as readonly Body[];
const [good] = runs;
const passed: Body = {
  ...mixed,
  test_runs: runs.map((run) => ({
    ...run,
    status: 'passed',
    condition_result: good?.['condition_result'] ?? null,
  })),
};

const scenes: readonly Scene[] = [
  ...recorded('elevenlabs__get-test-invocation').map((name) =>
    elevenLabsScene(name, sampleOf(`elevenlabs__get-test-invocation__${name}`)),
  ),
  elevenLabsScene('all passed', passed),
  elevenLabsScene('cancelled', { ...passed, cancelled: true }),
  ...recorded('elevenlabs__error').map((name) =>
    elevenLabsScene(`error ${name}`, sampleOf(`elevenlabs__error__${name}`)),
  ),
];

/** As if the same list had been seen twice: one answer alone never proves that no run is missing. */
function isProof({ batchId, bodies: [invocation = null] }: Scene): boolean {
  const list = listIn(invocation, 'test_runs');
  const cancelled = field(invocation, 'cancelled');
  const isOther = (value: Json | undefined): boolean =>
    typeof value === 'string' && value !== '' && value !== batchId;
  const results = list.map((run) => valueAt(run, ['condition_result', 'result']));
  return (
    field(invocation, 'id') === batchId &&
    (cancelled === undefined || cancelled === null || cancelled === false) &&
    list.every((run) => !isOther(field(run, 'test_invocation_id'))) &&
    results.every((result) => typeof result !== 'string' || result === 'success') &&
    areAll(list, {
      count: new Set(list.map((run) => field(run, 'test_run_id'))).size,
      idField: 'test_run_id',
      word: 'passed',
    })
  );
}

/** ElevenLabs: one answer has everything, and nothing says how many runs there must be. */
export const elevenlabs: Kit = {
  start: startElevenLabs,
  requests: 2,
  looksForGreen: 2,
  scenes,
  partOf: () => 'batch',
  afterLast: (page) => page,
  isProof,
  shownOnly:
    /(^|\.)(agent_id|created_at|test_id|test_name|last_updated_at_unix|rationale|agent_responses)(\.|$)/,
};
