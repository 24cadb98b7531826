/**
 * The story that the demo tells of one pull request: what was merged before it, and three pushes, with test cases that
 * are new failures, still failing, flaky and fixed. As scripts for the emulators of Retell and GitHub.
 */

import { pullRequestEvent } from '../test/e2e/runner.ts';
import type { EmulatedPull } from '../test/emulators/github.ts';
import { recordedDefinitions } from '../test/emulators/retell-bodies.ts';
import type { Definition } from '../test/emulators/retell-definitions.ts';
import { readSample } from '../test/emulators/samples.ts';
import type { Fields, RunScript } from '../test/emulators/timeline.ts';

/** A push to a pull request, and how each test case that does not simply pass ends there, run by run. */
export interface PushScript {
  readonly pull: number;
  readonly sha: string;
  readonly outcomes: Readonly<Record<string, readonly RunScript[]>>;
}

type NamedDefinition = Definition & { readonly name: string };

const recorded = readSample<{ items: { test_case_definition_snapshot: NamedDefinition }[] }>(
  'retell__list-test-runs-v2__with-errors',
).items.map((run) => run.test_case_definition_snapshot);

const SLOT = 'Offers another time when the slot is taken';
const SIBLINGS = 'Books two siblings in one call';
const MESSAGE = 'Takes a message after hours';

/** Test cases that are not among the recorded ones, with what each is judged by. */
const MORE: Readonly<Record<string, string>> = {
  [SLOT]: 'The agent offers only times that the calendar has answered as free.',
  [SIBLINGS]: 'Both children are booked before the call ends.',
  [MESSAGE]: "The agent writes down the caller's name, number and reason.",
  'Asks for the insurance provider': 'The agent asks for the insurance provider before it books.',
  'Gives directions to the office': 'The agent names the street and the nearest bus stop.',
  'Cancels an appointment': 'The agent confirms which appointment it cancelled.',
  "Spells the caller's surname": 'The agent spells the surname back and waits for a yes.',
};

/** The definitions for the emulator. */
export const DEFINITIONS: readonly NamedDefinition[] = [
  ...recorded,
  ...Object.entries(MORE).map(([name, criterion], index) => ({
    ...{ test_case_definition_id: `test_case_5e1f00d0000${index}`, name, metrics: [criterion] },
  })),
];

const PRICE = recorded.find(({ name }) => name.startsWith('Declines'))?.name ?? '';
const ANGRY = recorded.find(({ name }) => name.startsWith('Transfers'))?.name ?? '';

const passes: RunScript = {};
const fails: RunScript = { outcome: 'failed' };
const errs: RunScript = { outcome: 'errored' };
const say = (role: 'agent' | 'user', content: string) => ({ role, content });
/** A call of a tool with its answer. */
const call = (id: string, name: string, input: object, answer: object, successful = true) => [
  { role: 'tool_call_invocation', tool_call_id: id, name, arguments: JSON.stringify(input) },
  { role: 'tool_call_result', tool_call_id: id, content: JSON.stringify(answer), successful },
];
/** How a call for a slot begins, whatever becomes of it. */
const SLOT_CALL = [
  say('agent', 'Thank you for calling Bluewater Dental, how can I help?'),
  say('user', "Hi, I'd like a cleaning next Tuesday morning."),
  ...call(
    't1',
    'check_availability_cal',
    { service: 'cleaning', date: '2026-09-22', from: '08:00', to: '12:00' },
    {
      timezone: 'America/Los_Angeles',
      slots: [
        { start: '2026-09-22T09:00:00-07:00', provider: 'Dr. Ortiz' },
        { start: '2026-09-22T10:30:00-07:00', provider: 'Dr. Ortiz' },
      ],
    },
  ),
  say('agent', 'I have 9:00 or 10:30 on Tuesday the 22nd. Which works?'),
  say('user', 'Half past ten, please.'),
  ...call(
    't2',
    'book_appointment_cal',
    { service: 'cleaning', start: '2026-09-22T10:30:00-07:00' },
    { error: 'slot_taken', message: 'Only 9:00 is free.' },
    false,
  ),
];
const SLOT_CRITERIA = [
  'When a slot is taken, the agent offers another one that the calendar returned.',
  'The agent books only what the caller agreed to.',
];
const SLOT_FIELDS: Fields = {
  test_case_definition_snapshot: {
    ...recordedDefinitions[0],
    ...DEFINITIONS.find(({ name }) => name === SLOT),
    metrics: SLOT_CRITERIA,
  },
};
const slotTaken: RunScript = {
  outcome: 'failed',
  explanation:
    'The agent said "You\'re booked for a cleaning on Tuesday" although the calendar answered that only 9:00 is free. It never asked the caller again.',
  fields: SLOT_FIELDS,
  transcript: [
    ...SLOT_CALL,
    say('agent', "You're booked for a cleaning on Tuesday, September 22nd at 10:30 AM. Anything else?"),
    say('user', 'No, thank you.'),
  ],
};
const slotOffered: RunScript = {
  explanation: 'The agent told the caller that 10:30 is taken and offered 9:00, which the caller took.',
  fields: SLOT_FIELDS,
  transcript: [
    ...SLOT_CALL,
    say('agent', 'I am sorry, 10:30 has just been taken. Nine is still free. Would that work?'),
    say('user', 'Then nine.'),
    ...call(
      't3',
      'book_appointment_cal',
      { service: 'cleaning', start: '2026-09-22T09:00:00-07:00' },
      { confirmation: 'BW-2214' },
    ),
    say('agent', "You're booked for a cleaning on Tuesday, September 22nd at 9:00 AM."),
  ],
};
const oneChild: RunScript = {
  outcome: 'failed',
  explanation: 'Only one of the two children was booked: the agent said "Ella is booked" and ended the call.',
  transcript: [
    { role: 'user', content: 'And her brother Tom, same time?' },
    { role: 'agent', content: 'Great, Ella is booked for Tuesday at 10. Goodbye!' },
  ],
};

const sha = (start: string): string => start.padEnd(40, '0');

/** What was merged, and the three pushes; the last of them is shown. */
export const PUSHES: readonly PushScript[] = [
  { pull: 5, sha: sha('b7e21f0'), outcomes: { [ANGRY]: [errs, errs], [MESSAGE]: [fails, fails] } },
  { pull: 7, sha: sha('c90d2ee'), outcomes: { [ANGRY]: [errs, errs] } },
  { pull: 7, sha: sha('77be013'), outcomes: { [ANGRY]: [errs, errs], [PRICE]: [fails, fails] } },
  {
    pull: 7,
    sha: sha('8d3c1f0'),
    outcomes: {
      [PRICE]: [fails, fails],
      [SLOT]: [slotTaken, slotOffered, slotTaken],
      [ANGRY]: [errs, errs],
      [SIBLINGS]: [oneChild, passes, passes],
    },
  },
];

/** The pull request that was merged before. */
export const MERGED: EmulatedPull = {
  number: 5,
  head: { owner: 'acme', ref: 'before', sha: sha('b7e21f0') },
  mergedAt: '2026-11-20T08:00:00Z',
  mergeSha: sha('d5e0771'),
};

/** The event of a push. */
export function eventOf({ pull, sha: head }: PushScript) {
  const { name, payload } = pullRequestEvent(pull, 'private');
  const { pull_request: pullRequest } = payload;
  return {
    name,
    payload: {
      ...payload,
      pull_request: {
        ...pullRequest,
        head: { ...pullRequest.head, sha: head },
        base: { ...pullRequest.base, ref: 'main' },
      },
    },
  };
}

/** What becomes of each batch of a push: the n-th run of a test case ends as its n-th script says. */
export function runsOf({ outcomes }: PushScript): (ids: readonly string[]) => { runs: RunScript[] } {
  const seen = new Map<string, number>();
  return (ids) => ({
    runs: ids.map((id, index) => {
      const definition = DEFINITIONS.find((each) => each.test_case_definition_id === id);
      const name = definition?.name ?? id;
      const turn = seen.get(id) ?? 0;
      seen.set(id, turn + 1);
      return { testCaseId: id, name, endsAt: 200 + 50 * index, ...(outcomes[name]?.[turn] ?? passes) };
    }),
  });
}
