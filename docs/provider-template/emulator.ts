// Acme as its reference describes it.
import { type CastRun, castRuns, makePrefixed, type Recordings } from '../../test/emulators/casting.ts';
import {
  type BatchEmulator,
  type Batches,
  type BatchOptions,
  createBatches,
  type Playback,
  type ShownBatch,
  startBatchServer,
} from '../../test/emulators/playback.ts';
import {
  existing,
  fieldsOf,
  Refusal,
  type Route,
  type SeenRequest,
  wholeNumber,
} from '../../test/emulators/server.ts';
import type { Fields, Moment, Outcome, Phase, RunScript } from '../../test/emulators/timeline.ts';

export const ACME_AGENT = 'agent_front_desk';
const VERSION = 4;

/** The test cases of the agent. With recorded runs, these are theirs: see `vapi-bodies.ts`. */
export const ACME_TEST_CASES = [
  { id: 'case_1', name: 'Books an appointment' },
  { id: 'case_2', name: 'Answers in Spanish' },
  { id: 'case_3', name: 'Refuses a price' },
] as const;

const TURNS = [
  { role: 'agent', text: 'Bluewater Dental, how can I help?' },
  { role: 'caller', text: 'What does a cleaning cost?' },
];

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  failed: 'failed',
  errored: 'error',
  // Outside the documented words, since Acme cannot cancel.
  cancelled: 'cancelled',
};

interface AcmeCase {
  readonly testCaseId: string;
  readonly name: string;
  readonly reason: string;
}

const casesWith = (reason: string): readonly AcmeCase[] =>
  ACME_TEST_CASES.map(({ id: testCaseId, name }) => ({ testCaseId, name, reason }));

/** What the runs of each outcome are made from. */
const RECORDINGS: Recordings<AcmeCase> = {
  passed: casesWith('The agent did what was asked.'),
  failed: casesWith('The agent named no price.'),
  errored: casesWith('The call did not connect.'),
  cancelled: casesWith('Somebody ended the call.'),
};

const makeId = makePrefixed({ run: 'run', 'test case': 'case', batch: 'batch' }, 12);

export async function startAcme(options: BatchOptions = {}): Promise<BatchEmulator> {
  const batches = createBatches(options, { show: showBatch, makeId });
  const vendor = {
    authorization: (apiKey: string) => `Bearer ${apiKey}`,
    error: errorBody,
    routes: [...batchRoutes(batches), ...agentRoutes()],
  };
  return startBatchServer(vendor, batches, options);
}

/** The bodies of a batch and of its runs, at each moment of its script. */
function showBatch({ script, createdAt, present }: Playback): ShownBatch {
  const cast = castRuns(script, RECORDINGS, makeId);
  const batchBody = ({ counts: { total, passed, failed }, phase }: Moment): Fields => ({
    ...{ id: script.id, agent_id: ACME_AGENT, version: VERSION },
    status: script.words?.[phase] ?? (phase === 'ended' ? 'done' : 'running'),
    ...{ total, passed, failed, created_at: createdAt },
    ...script.fields,
  });
  return {
    look: () => present('batch', batchBody),
    runs: () => present('runs', ({ runs }) => runs.map(({ index, phase }) => runBody(cast[index]!, phase))),
  };
}

function runBody(
  { id, script, outcome, testCaseId, name, recorded }: CastRun<AcmeCase>,
  phase: Phase,
): Fields {
  const hasEnded = phase === 'ended';
  const { explanation = recorded.reason, transcript = TURNS } = script;
  return {
    ...{ id, test_case_id: testCaseId, test_case_name: name },
    status: script.words?.[phase] ?? (hasEnded ? WORDS[outcome] : 'queued'),
    ...(hasEnded && { reason: explanation, turns: transcript }),
    ...script.fields,
  };
}

function batchRoutes(batches: Batches): Route[] {
  const known = (id: string): ShownBatch => existing(batches.find(id), 'There is no such batch.');
  return [
    { method: 'GET', path: '/v1/batches/:id', answer: ({ id, request }) => known(id).look(request) },
    {
      method: 'GET',
      path: '/v1/batches/:id/runs',
      answer: ({ id, request }) => {
        const { runs, list } = known(id);
        return list?.(request) ?? pageOf(runs(), request);
      },
    },
    {
      method: 'GET',
      path: '/v1/batches',
      answer: ({ request }) => {
        const { agent, since } = request.query;
        const isWanted = (body: Fields): boolean =>
          body['agent_id'] === agent && Number(body['created_at']) >= Number(since);
        return {
          batches: batches
            .listed()
            .map((batch) => batch.look(request) as Fields)
            .filter(isWanted),
        };
      },
    },
    {
      method: 'POST',
      path: '/v1/batches',
      status: 201,
      answer: ({ request }) => {
        const body = fieldsOf(request);
        const { agent, version, test_case_ids: ids } = body;
        requireAgent(agent);
        if (!Array.isArray(ids) || ids.length === 0) throw new Refusal(422, ['test_case_ids is empty']);
        const fields = { agent_id: agent, version };
        return batches.start({ testCases: ids, request: body, runOf, fields }).shown.look(request);
      },
    },
  ];
}

function agentRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/agents/:id/test-cases',
      answer: ({ id }) => {
        requireAgent(id);
        return { test_cases: ACME_TEST_CASES };
      },
    },
  ];
}

function requireAgent(id: unknown): void {
  if (id !== ACME_AGENT) throw new Refusal(404, ['There is no such agent.']);
}

function runOf(id: string): RunScript {
  const found = ACME_TEST_CASES.find((testCase) => testCase.id === id);
  if (found === undefined) throw new Refusal(404, [`There is no test case ${id}.`]);
  return { testCaseId: id, name: found.name };
}

function pageOf(runs: readonly Fields[], request: SeenRequest): Fields {
  const size = wholeNumber(request, 'limit', { min: 1, max: 100, fallback: 25 });
  const from = Number(request.query['cursor'] ?? 0);
  const hasMore = from + size < runs.length;
  return {
    runs: runs.slice(from, from + size),
    has_more: hasMore,
    next_cursor: hasMore ? String(from + size) : null,
  };
}

const errorBody = (status: number, [message = 'An error occurred']: readonly string[]) => ({
  error: { status, message },
});
