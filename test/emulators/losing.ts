import { badGatewayPage, type Fault, pageInsteadOfJson, rateLimited, type SimpleFault } from './faults.ts';

/** One way to lose, or to spoil, the answer to a request that starts something. */
export interface WayToLose {
  readonly name: string;
  readonly fault: Fault;
  /** Whether what was asked for has been started all the same. */
  readonly isStarted: boolean;
}

const answer = (status: number, body?: unknown): SimpleFault => ({ kind: 'answer', status, body });

const notStarted = (name: string, fault: Fault): WayToLose => ({
  name: `${name}, and nothing is started`,
  fault,
  isStarted: false,
});
const started = (name: string, then: SimpleFault): WayToLose => ({
  name: `${name}, after it was started`,
  fault: { kind: 'done-but', then },
  isStarted: true,
});

/** Answers and breaks that leave it open whether anything was started, each where it was not and where it was. */
const OPEN: readonly (readonly [string, SimpleFault])[] = [
  ['a reset before the answer', { kind: 'reset', when: 'before' }],
  ['no answer', { kind: 'hang', when: 'before' }],
  ['408', answer(408)],
  ['500', answer(500)],
  ['502 with a page', badGatewayPage() as SimpleFault],
  ['503', answer(503)],
  ['504', answer(504)],
  ['a page that says 200', pageInsteadOfJson() as SimpleFault],
  ['200 with other JSON', answer(200, { status: 'ok' })],
  ['200 with null', answer(200, null)],
  ['200 with a list', answer(200, [])],
  ['200 with an empty body', answer(200, '')],
];

/** Every way to lose the answer. A connection that is never made: test/http/post.test.ts. */
export const WAYS_TO_LOSE: readonly WayToLose[] = [
  ...OPEN.map(([name, fault]) => notStarted(name, fault)),
  ...OPEN.map(([name, fault]) => started(name, fault)),
  // These need the right answer, which is the start.
  started('a reset in the answer', { kind: 'reset', when: 'middle' }),
  started('an answer that stops', { kind: 'hang', when: 'middle' }),
  started('an answer that is cut short', { kind: 'cut' }),
  started('half of the JSON', { kind: 'broken-json' }),
];

/** Answers that say clearly that nothing was started. */
export const REFUSALS: readonly WayToLose[] = [
  ...[400, 401, 402, 403, 404, 422].map((status) => notStarted(`${status}`, answer(status))),
  notStarted('429', rateLimited()),
  notStarted('429 with Retry-After', rateLimited('1')),
];
