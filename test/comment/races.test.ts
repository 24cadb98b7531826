import { describe, expect, test } from 'vitest';
import { finalSection } from '../../src/action/post.ts';
import type { SavedComment, SavedSection, SavedStepState } from '../../src/action/step-state.ts';
import { parseComment } from '../../src/comment/codec.ts';
import { findSection } from '../../src/comment/current-sections.ts';
import { jobVariant, lostMark, type OwnSection, type Section } from '../../src/comment/state.ts';
import { createStickyComment, type StickyComment } from '../../src/comment/sticky-comment.ts';
import { EMPTY_TALLY } from '../../src/domain/batch.ts';
import type { State, Verdict } from '../../src/domain/verdict.ts';
import type { WorkflowRun } from '../../src/github/context.ts';
import { tallyOf } from '../builders.ts';
import { cases } from '../fuzz/cases.ts';
import { seeded, type VirtualGitHub, virtualGitHub } from '../github/virtual-github.ts';
import { virtualClock } from '../virtual-clock.ts';
import { writerOf } from './writers.ts';

const NAME = 'Agent tests (Retell)';
const RUN: WorkflowRun = {
  workflow: 'acme/voice-agents/.github/workflows/test.yml',
  id: 9001,
  number: 12,
  attempt: 1,
};
const SEEDS = Array.from({ length: cases(10) }, (_, seed) => seed);
const LEGS = ['a', 'b', 'c', 'd', 'e'];

function section(key: string, state: 'waiting' | 'passed'): OwnSection {
  const tally = tallyOf(state === 'passed' ? { passed: 1 } : { unfinished: 1 });
  return { state, tally, label: `batch ${key}`, render: () => `Report of ${key}: ${state}.` };
}

/** Jobs with nothing in common but the comment, and a GitHub that takes up to 1.5 s each way. */
function jobsOf(seed: number, run = RUN) {
  const clock = virtualClock();
  const chance = seeded(seed);
  const github = virtualGitHub({ clock, latencyMs: () => chance() * 1_500 });
  const limits = () => ({ until: clock.now() + 60_000, signal: new AbortController().signal, create: true });
  const job = (key: string, workflowRun = run): StickyComment =>
    createStickyComment({
      client: github.client,
      issue: 1,
      writer: writerOf(NAME, workflowRun, key),
      clock,
      random: chance,
    });
  return { clock, chance, github, job, limits };
}

const statesIn = (github: VirtualGitHub, run = RUN) =>
  github.comments(1).map(({ body }) => LEGS.map((key) => sectionIn(body, key, run)?.markdown));

function sectionIn(body: string, job: string, run: WorkflowRun): Section | undefined {
  const state = parseComment(body, NAME);
  return state && findSection([state], writerOf(NAME, run, job));
}

const ALL_PASSED = [LEGS.map((key) => `Report of ${key}: passed.`)];

test('however slow GitHub is, it is looked at once more in the time there is', async () => {
  const clock = virtualClock();
  const github = virtualGitHub({ clock, latencyMs: () => 7_000 });
  const comment = createStickyComment({
    client: github.client,
    issue: 1,
    writer: writerOf(NAME, RUN, 'a'),
    clock,
    random: () => 0.9,
  });
  const limits = { until: 60_000, signal: new AbortController().signal, create: true };
  expect(await comment.write(section('a', 'passed'), limits)).toMatchObject({ status: 'created' });
  expect({ calls: github.calls.map((call) => call.split(' ')[0]), now: clock.now() }).toEqual({
    calls: ['GET', 'POST', 'GET', 'GET'],
    now: 58_000,
  });
});

test('a GitHub that stops answering after the writing has still been written to', async () => {
  const clock = virtualClock();
  const isWrite = (call = '') => call.startsWith('POST /repos');
  const github: VirtualGitHub = virtualGitHub({
    clock,
    latencyMs: () => (github.calls.some(isWrite) && !isWrite(github.calls.at(-1)) ? 100_000 : 10),
  });
  const comment = createStickyComment({
    ...{ client: github.client, issue: 1, writer: writerOf(NAME, RUN, 'a') },
    ...{ clock, random: () => 0.5 },
  });
  const limits = { until: 60_000, signal: new AbortController().signal, create: true };
  expect(await comment.write(section('a', 'passed'), limits)).toMatchObject({ status: 'created' });
});

describe.each(SEEDS)('with seed %i', (seed) => {
  test('five jobs that write for the first time at the same moment make one comment of five sections', async () => {
    const { github, job, limits } = jobsOf(seed);
    const results = await Promise.all(LEGS.map((key) => job(key).write(section(key, 'passed'), limits())));
    expect(results.filter(({ status }) => status !== 'created' && status !== 'updated')).toEqual([]);
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });

  test('so do five jobs over the comment of an older run', async () => {
    const { github, job, limits } = jobsOf(seed);
    await job('old', { ...RUN, id: 8001, number: 11 }).write(section('old', 'passed'), limits());
    await Promise.all(LEGS.map((key) => job(key).write(section(key, 'passed'), limits())));
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });

  test('no job stays waiting when all end within moments of each other', async () => {
    const { clock, chance, github, job, limits } = jobsOf(seed);
    await Promise.all(
      LEGS.map(async (key) => {
        const comment = job(key);
        await comment.write(section(key, 'waiting'), limits());
        await clock.sleep(chance() * 2_000);
        await comment.write(section(key, 'passed'), limits());
      }),
    );
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });

  test('an older run that ends last, and one of its jobs that starts late, change nothing', async () => {
    const { github, job, limits } = jobsOf(seed);
    const old = { ...RUN, id: 8001, number: 11 };
    const slow = job('a', old);
    await slow.write(section('a', 'waiting'), limits());
    const fresh = LEGS.map((key) => job(key).write(section(key, 'passed'), limits()));
    const stale = [
      slow.write(section('a', 'passed'), limits()),
      job('b', old).write(section('b', 'passed'), limits()),
    ];
    await Promise.all([...fresh, ...stale]);
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });
});

/** A GitHub whose list lacks what is younger than 4 s, and that loses the answers to some writes. */
function badDay(seed: number) {
  const clock = virtualClock();
  const chance = seeded(seed);
  const github = virtualGitHub({
    clock,
    latencyMs: () => chance() * 500,
    staleMs: 4_000,
    losesAnswer: () => chance() < 0.2,
  });
  const limits = () => ({ until: clock.now() + 55_000, signal: new AbortController().signal });

  /** The step writes its section, and then its `post` part checks it, as `action/post.ts` does. */
  async function job(key: string, run: WorkflowRun): Promise<void> {
    let createdAt = Number.NEGATIVE_INFINITY;
    const options = {
      ...{ client: github.client, issue: 1, writer: writerOf(NAME, run, key), clock, random: chance },
      onCreate: () => {
        createdAt = clock.now();
      },
    };
    const result = await createStickyComment(options).write(section(key, 'passed'), {
      ...limits(),
      create: true,
    });
    const appearsWithinMs = Math.max(0, createdAt + 8_000 - clock.now());
    await createStickyComment(options).reconcile(
      { id: 'id' in result ? result.id : undefined, appearsWithinMs },
      (there) => (there?.state === 'passed' ? undefined : section(key, 'passed')),
      { ...limits(), create: false },
    );
  }
  return { clock, chance, github, job };
}

describe.each(SEEDS)('stale lists and lost answers, with seed %i', (seed) => {
  test('a job that is alone makes one comment', async () => {
    const { github, job } = badDay(seed);
    await job('a', RUN);
    expect(github.comments(1)).toHaveLength(1);
    expect(statesIn(github)[0]?.[0]).toBe('Report of a: passed.');
  });

  test('five legs of a matrix end with one comment of five sections', async () => {
    const { clock, chance, github, job } = badDay(seed);
    await Promise.all(
      LEGS.map(async (key) => {
        await clock.sleep(chance() * 3_000);
        await job(key, RUN);
      }),
    );
    expect(statesIn(github)).toEqual(ALL_PASSED);
  });

  test('a new attempt of two of them replaces their sections and keeps the others', async () => {
    const { github, job } = badDay(seed);
    await Promise.all(LEGS.map((key) => job(key, RUN)));
    const again = { ...RUN, attempt: 2 };
    await Promise.all(['b', 'd'].map((key) => job(key, again)));
    const attempts = github.comments(1).map(({ body }) => {
      const state = parseComment(body, NAME);
      const all = state?.format === 'known' ? state.sections : [];
      return all.map(({ label, run }) => `${label} ${run.attempt}`).toSorted();
    });
    expect(attempts).toEqual([['batch a 1', 'batch b 2', 'batch c 1', 'batch d 2', 'batch e 1']]);
  });
});

test('after a create whose answer was lost it is looked for, for as long as the list may be stale', async () => {
  const clock = virtualClock();
  const answers = ['lost'];
  const github = virtualGitHub({
    clock,
    latencyMs: () => 100,
    staleMs: 4_000,
    losesAnswer: () => answers.pop() === 'lost',
  });
  const comment = createStickyComment({
    ...{ client: github.client, issue: 1, writer: writerOf(NAME, RUN, 'a') },
    ...{ clock, random: () => 0 },
  });
  const limits = { until: 55_000, signal: new AbortController().signal, create: true };
  expect(await comment.write(section('a', 'passed'), limits)).toMatchObject({
    status: 'unchanged',
    id: 1001,
  });
  expect(github.calls.filter((call) => call.startsWith('POST /repos'))).toHaveLength(1);
});

test('a create that a cancellation overtakes is waited for, and the comment then says so', async () => {
  const clock = virtualClock();
  const github = virtualGitHub({ clock, latencyMs: () => 1_000, staleMs: 4_000 });
  const comment = createStickyComment({
    ...{ client: github.client, issue: 1, writer: writerOf(NAME, RUN, 'a') },
    ...{ clock, random: () => 0 },
    onCreate: () => void clock.sleep(500).then(() => cancelled.abort()),
  });
  const cancelled = new AbortController();
  const first = { until: 55_000, signal: cancelled.signal, create: true };
  await comment.write(section('a', 'passed'), first);
  const second = { until: clock.now() + 20_000, signal: new AbortController().signal, create: true };
  const end = { ...section('a', 'passed'), render: () => 'Cancelled.' };
  expect(await comment.write(end, second)).toMatchObject({ status: 'updated' });
  expect(github.comments(1).map(({ body }) => sectionIn(body, 'a', RUN)?.markdown)).toEqual(['Cancelled.']);
});

test('a list that shows our comment twice does not make us delete it', async () => {
  const clock = virtualClock();
  const github = virtualGitHub({ clock, latencyMs: () => 1 });
  const { listComments } = github.client;
  const twice = async (...args: Parameters<typeof listComments>) => {
    const all = await listComments(...args);
    return [...all, ...all];
  };
  const options = {
    ...{ client: { ...github.client, listComments: twice }, issue: 1, clock, random: () => 0 },
    writer: writerOf(NAME, RUN, 'a'),
  };
  const limits = { until: 55_000, signal: new AbortController().signal, create: true };
  await createStickyComment(options).write(section('a', 'waiting'), limits);
  await createStickyComment(options).write(section('a', 'passed'), limits);
  expect(github.comments(1).map(({ body }) => sectionIn(body, 'a', RUN)?.markdown)).toEqual([
    'Report of a: passed.',
  ]);
});

/** Jobs of two workflows, three of one of which nothing tells apart, on a GitHub that has bad days. */
interface Racer {
  readonly name: string;
  readonly job: string;
  readonly workflow: 'test' | 'nightly';
  readonly label?: string;
  readonly state: 'passed' | 'failed';
}

const RACERS: readonly Racer[] = [
  { name: 'A', job: 'gate', workflow: 'test', state: 'failed' },
  { name: 'B', job: 'gate', workflow: 'test', state: 'passed' },
  { name: 'C', job: 'gate', workflow: 'test', state: 'passed' },
  { name: 'D', job: 'gate', workflow: 'test', label: 'sales', state: 'passed' },
  { name: 'E', job: 'gate', workflow: 'nightly', state: 'passed' },
  { name: 'F', job: 'gate', workflow: 'nightly', label: 'sales', state: 'failed' },
];

function race(seed: number) {
  const { clock, chance, github } = badDay(seed);
  const limits = () => ({ until: clock.now() + 55_000, signal: new AbortController().signal });

  /** A step and its `post` part, which knows its mark. */
  async function step(racer: Racer, { attempt = 1, number = 12 } = {}): Promise<void> {
    const id = number * 100 + (racer.workflow === 'test' ? 1 : 2);
    const run = { workflow: racer.workflow, id, number, attempt };
    const writer = writerOf(NAME, run, racer.job, {
      mark: `${racer.name}${number}.${attempt}`,
      variant: jobVariant({ label: racer.label }),
      checkRunId: RACERS.indexOf(racer) + 10 * attempt,
      commit: 'c'.repeat(40),
    });
    const own = { ...section(racer.name, 'passed'), state: racer.state, label: racer.label ?? 'gate' };
    let createdAt = Number.NEGATIVE_INFINITY;
    const options = {
      ...{ client: github.client, issue: 1, clock, random: chance },
      onCreate: () => {
        createdAt = clock.now();
      },
    };
    await createStickyComment({ ...options, writer }).write(own, { ...limits(), create: true });
    await createStickyComment({ ...options, writer }).reconcile(
      { appearsWithinMs: Math.max(0, createdAt + 8_000 - clock.now()) },
      (there) => (there?.state === own.state ? undefined : own),
      { ...limits(), create: true },
    );
  }
  const found = (): string[][] =>
    github.comments(1).map(({ body }) => {
      const state = parseComment(body, NAME);
      const sections = state?.format === 'known' ? state.sections : [];
      return sections.map(({ markdown, run }) => `${markdown.charAt(10)}${run.attempt}`).toSorted();
    });
  const heading = () => github.comments(1)[0]?.body.split('\n')[0] ?? '';
  return { clock, chance, github, step, found, heading };
}

describe.each(SEEDS)('jobs that nothing tells apart, in two workflows, with seed %i', (seed) => {
  test('each keep their section, whoever comes first', async () => {
    const { clock, chance, step, found, heading } = race(seed);
    await Promise.all(
      RACERS.map(async (racer) => {
        await clock.sleep(chance() * 3_000);
        await step(racer);
      }),
    );
    expect(found()).toEqual([['A1', 'B1', 'C1', 'D1', 'E1', 'F1']]);
    expect(heading()).toContain('❌');
  });

  test('a new attempt of two replaces what is certainly theirs, and hides nothing red', async () => {
    const { step, found, heading } = race(seed);
    await Promise.all(RACERS.map((racer) => step(racer)));
    const again = RACERS.filter(({ name }) => ['B', 'D', 'F'].includes(name));
    await Promise.all(again.map((racer) => step({ ...racer, state: 'passed' }, { attempt: 2 })));
    expect(found()).toEqual([['A1', 'B1', 'B2', 'C1', 'D2', 'E1', 'F2']]);
    expect(heading()).toContain('❌');
  });

  test('a newer run of one workflow leaves the other alone, and an older one that ends last nothing', async () => {
    const { clock, step, found } = race(seed);
    await Promise.all(RACERS.map((racer) => step(racer)));
    const slow = RACERS.filter(({ name }) => name === 'A').map(async (racer) => {
      await clock.sleep(20_000);
      await step(racer);
    });
    const newer = RACERS.filter(({ name }) => ['B', 'C'].includes(name));
    await Promise.all([...newer.map((racer) => step(racer, { number: 13 })), ...slow]);
    expect(found()).toEqual([['B1', 'C1', 'E1', 'F1']]);
  });
});

/** A process that ends at some moment: what it has sent is carried out, and nothing of it comes back. */
function mortal() {
  let isDead = false;
  const never = new Promise<never>(() => {});
  return {
    die: () => {
      isDead = true;
    },
    isAlive: () => !isDead,
    /** The same object, as long as the process lives. */
    wrap: <T extends object>(target: T): T =>
      new Proxy(target, {
        get(_, key) {
          const method: unknown = Reflect.get(target, key);
          if (typeof method !== 'function') return method;
          return (...args: unknown[]): unknown => {
            const result: unknown = isDead && key !== 'now' ? never : Reflect.apply(method, target, args);
            if (!(result instanceof Promise)) return result;
            return result.finally(() => (isDead ? never : undefined));
          };
        },
      }),
  };
}

const FATES = ['ends', 'is killed', 'loses its mark', 'is killed and loses its mark'] as const;

// With 6057 a section was lost to a job that removed doubles between its reading and its writing.
describe.each([...Array.from({ length: cases(20) }, (_, seed) => seed), 6057])(
  'steps that are killed, with seed %i',
  (seed) => {
    /** A step and its `post` part, as `action/publisher.ts` and `action/post.ts` make them. True if its section stood there. */
    async function job(
      racer: Racer,
      fate: (typeof FATES)[number],
      { clock, chance, github }: Pick<ReturnType<typeof badDay>, 'clock' | 'chance' | 'github'>,
    ): Promise<boolean> {
      const run = { workflow: racer.workflow, id: racer.workflow === 'test' ? 1 : 2, number: 12, attempt: 1 };
      const writer = writerOf(NAME, run, racer.job, {
        mark: racer.name,
        variant: jobVariant({ label: racer.label }),
        checkRunId: RACERS.indexOf(racer) + 10,
        commit: 'c'.repeat(40),
      });
      const label = racer.label ?? 'gate';
      const saved = (state: Verdict, said: string): SavedSection => ({
        ...{ state, label, tally: EMPTY_TALLY, markdown: `${racer.name} ${said}` },
      });
      const own = (section: SavedSection, state: State = section.state): OwnSection => ({
        ...{ ...section, state, render: () => section.markdown },
      });
      const within = (ms: number) => ({ until: clock.now() + ms, signal: new AbortController().signal });
      const process = mortal();
      let memory: SavedComment = { section: saved('cancelled', 'stopped'), stage: 'waiting' };
      const remember = (news: Partial<SavedComment>): void => {
        if (process.isAlive()) memory = { ...memory, ...news };
      };
      let hasStood = false;
      const comment = createStickyComment({
        ...{
          client: process.wrap(github.client),
          issue: 1,
          writer,
          clock: process.wrap(clock),
          random: chance,
        },
        onCreate: () => remember({ createdAgoMs: 0 }),
      });
      const write = async (section: OwnSection, options: Parameters<typeof comment.write>[1]) => {
        const result = await comment.write(section, options);
        if ('id' in result) remember({ id: result.id });
        if ('id' in result) hasStood = true;
        return result;
      };
      const step = async (): Promise<void> => {
        await write(own(memory.section, 'waiting'), { ...within(30_000), create: false });
        await process.wrap(clock).sleep(chance() * 2_000);
        const section = saved(racer.state, racer.state);
        remember({ section, stage: 'unwritten', isWanted: true });
        const result = await write(own(section), { ...within(55_000), create: true });
        if (!('warning' in result)) remember({ stage: 'written' });
      };
      const isKilled = fate.startsWith('is killed');
      await Promise.race([step(), ...(isKilled ? [clock.sleep(chance() * 6_000)] : [])]);
      if (isKilled) process.die();

      await clock.sleep(chance() * 1_000);
      const isLost = fate.endsWith('loses its mark');
      const left: SavedStepState = {
        end: isLost ? 'not begun' : isKilled ? 'killed' : 'finished',
        verdict: isKilled || isLost ? undefined : racer.state,
        savedComment: isLost ? undefined : memory,
        batchIds: [],
      };
      const post = isLost ? { ...writer, mark: lostMark(racer.name), isMarkLost: true } : writer;
      const result = await createStickyComment({
        ...{ client: github.client, issue: 1, writer: post, clock, random: chance },
      }).reconcile(
        {
          id: left.savedComment?.id,
          appearsWithinMs: isLost || memory.createdAgoMs !== undefined ? 8_000 : 0,
        },
        (there) => finalSection(left, there),
        { ...within(30_000), create: left.savedComment?.isWanted === true && memory.stage === 'unwritten' },
      );
      return hasStood || 'id' in result;
    }

    test('each job keeps one section, and none of a step that was killed is green or waits', async () => {
      const world = badDay(seed);
      const stood = await Promise.all(
        RACERS.map(async (racer, index) => {
          const fate = FATES[(index + seed) % FATES.length] ?? 'ends';
          await world.clock.sleep(world.chance() * 3_000);
          return { racer, fate, isThere: await job(racer, fate, world) };
        }),
      );
      const found = world.github.comments(1).map(({ body }) => {
        const state = parseComment(body, NAME);
        return state?.format === 'known' ? state.sections : [];
      });
      expect(found.length).toBe(1);
      for (const { racer, fate, isThere } of stood) {
        const own = found.flat().filter(({ mark }) => mark.endsWith(racer.name));
        if (isThere) expect([racer.name, own.length]).toEqual([racer.name, 1]);
        const allowed: Record<typeof fate, readonly State[]> = {
          ends: [racer.state],
          'is killed': racer.state === 'passed' ? ['cancelled'] : ['cancelled', racer.state],
          'loses its mark': [racer.state, 'cancelled'],
          'is killed and loses its mark': [racer.state, 'cancelled'],
        };
        for (const { state } of own)
          expect([racer.name, allowed[fate]]).toEqual([racer.name, expect.arrayContaining([state])]);
      }
    });
  },
);
