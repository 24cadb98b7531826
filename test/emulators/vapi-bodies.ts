import type { Vapi } from '@vapi-ai/server-sdk';
import { type CastRun, castRuns, makeUuid, type Recordings } from './casting.ts';
import { readSample } from './samples.ts';
import { type BatchScript, endOf, type Fields, type Moment, type Outcome, type Phase } from './timeline.ts';

interface VapiCase {
  readonly testCaseId: string;
  readonly name: string;
  /** What the item says once it has ended. */
  readonly ended: Pick<Vapi.SimulationRunItem, 'results' | 'failureReason' | 'metadata'>;
}

export type VapiItem = CastRun<VapiCase>;

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  failed: 'failed',
  errored: 'failed',
  cancelled: 'canceled',
};

const NAMES = ['Books an appointment', 'Answers in Spanish', 'Does not quote a price'];
const recordedItems = readSample<Vapi.SimulationRunItem[]>('vapi__list-simulation-run-items__ended');
const recordedRun = readSample<Vapi.SimulationRun>('vapi__get-simulation-run__ended-all-pass');

/** What a conversation looks like is decided here: the SDK says "OpenAI format". */
const MESSAGES = [
  { role: 'system', content: 'You are the front desk of a clinic.' },
  { role: 'assistant', content: 'Bluewater Dental, how can I help?' },
  { role: 'user', content: 'What does a cleaning cost?' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'find_price', arguments: '{"of":"cleaning"}' } },
    ],
  },
  { role: 'tool', tool_call_id: 'c1', content: '{"usd":120}' },
  { role: 'assistant', content: 'A cleaning is 120 dollars.' },
];

const caseOf = (item: Vapi.SimulationRunItem, index: number): VapiCase => ({
  testCaseId: item.simulationId,
  name: NAMES[index] ?? item.simulationId,
  ended: { results: item.results, metadata: { call: { messages: MESSAGES } } },
});

const cases = recordedItems.map(caseOf);
const like = (status: string): (VapiCase | undefined)[] =>
  recordedItems.map((item, index) => (item.status === status ? cases[index] : undefined));
const recordings: Recordings<VapiCase> = {
  passed: like('passed'),
  failed: like('failed'),
  errored: cases.map((each) => ({ ...each, ended: { failureReason: 'The call did not connect.' } })),
  cancelled: cases.map((each) => ({ ...each, ended: {} })),
};

/** The simulations of the recorded items. */
export const recordedSimulations: readonly { readonly id: string; readonly name: string }[] = cases.map(
  ({ testCaseId, name }) => ({ id: testCaseId, name }),
);

export const castVapiItems = (script: BatchScript): VapiItem[] => castRuns(script, recordings, makeUuid);

const iso = (ms: number): string => new Date(ms).toISOString();

/** A `SimulationRun`. */
export function vapiRunBody(script: BatchScript, moment: Moment, createdAt: number): Fields {
  const { total, passed, failed, errored } = moment.counts;
  const usual = { pending: 'queued', running: 'running', ended: 'ended' }[moment.phase];
  const isAt = (phase: Phase): number => moment.runs.filter((run) => run.phase === phase).length;
  const canceled = moment.runs.filter(
    ({ index, phase }) => phase === 'ended' && script.runs[index]?.outcome === 'cancelled',
  ).length;
  return {
    ...recordedRun,
    id: script.id,
    status: script.words?.[moment.phase] ?? usual,
    queuedAt: iso(createdAt),
    createdAt: iso(createdAt),
    updatedAt: iso(createdAt + moment.changedAt),
    startedAt: moment.phase === 'pending' ? undefined : iso(createdAt),
    endedAt: moment.phase === 'ended' ? iso(createdAt + moment.changedAt) : undefined,
    // Nothing counts those that errored: they have failed.
    itemCounts: {
      total,
      passed,
      failed: failed + errored,
      running: isAt('running'),
      queued: isAt('pending'),
      canceled,
    },
    ...script.fields,
  } satisfies Partial<Record<keyof Vapi.SimulationRun, unknown>>;
}

/** A `SimulationRunItem`. Before it has ended, what it will say is not there yet. */
export function vapiItemBody(
  item: VapiItem,
  { index, phase, createdAt, runId }: { index: number; phase: Phase; createdAt: number; runId: string },
): Fields {
  const { script, recorded, outcome } = item;
  const usual = { pending: 'queued', running: 'running', ended: WORDS[outcome] }[phase];
  const endedAt = phase === 'ended' ? iso(createdAt + endOf(script)) : undefined;
  const { metadata, ...ended } = recorded.ended;
  const reason = script.explanation === undefined ? ended.failureReason : (script.explanation ?? undefined);
  const messages =
    script.transcript === undefined ? metadata?.call?.messages : (script.transcript ?? undefined);
  return {
    id: item.id,
    orgId: recordedRun.orgId,
    simulationId: item.testCaseId,
    status: script.words?.[phase] ?? usual,
    queuedAt: iso(createdAt),
    createdAt: iso(createdAt + index),
    updatedAt: endedAt ?? iso(createdAt),
    runId,
    iterationNumber: 1,
    startedAt: phase === 'pending' ? undefined : iso(createdAt + (script.startsAt ?? 0)),
    metadata: {
      simulation: {
        ...{ id: item.testCaseId, name: item.name },
        ...(script.revision === undefined ? {} : { updatedAt: iso(script.revision) }),
      },
      ...(phase === 'ended' ? { call: { messages } } : {}),
    },
    ...(phase === 'ended' ? { ...ended, failureReason: reason, [stampOf(outcome)]: endedAt } : {}),
    ...script.fields,
  };
}

const stampOf = (outcome: Outcome): keyof Vapi.SimulationRunItem =>
  outcome === 'passed' ? 'completedAt' : outcome === 'cancelled' ? 'canceledAt' : 'failedAt';
