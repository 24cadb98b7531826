import { describe, expect, test } from 'vitest';
import { finalSection } from '../../src/action/post.ts';
import type { SavedComment, SavedSection, SavedStepState } from '../../src/action/step-state.ts';
import { jobVariant, type OwnSection, substituteMark, type Writer } from '../../src/comment/state.ts';
import { createStickyComment, type WriteOptions } from '../../src/comment/sticky-comment.ts';
import { EMPTY_TALLY } from '../../src/domain/batch.ts';
import type { State, Verdict } from '../../src/domain/verdict.ts';
import type { WorkflowRun } from '../../src/github/context.ts';
import { COMMENT_APPEARS_MS } from '../../src/runtime/limits.ts';
import { cases } from '../fuzz/cases.ts';
import { seeded, type VirtualGitHub, virtualGitHub } from '../github/virtual-github.ts';
import { virtualClock } from '../virtual-clock.ts';
import { OLDER, RUN, sectionOf, sectionsIn, tallyFor, writerOf } from './gate-comment.ts';

const SEEDS = Array.from({ length: cases(10) }, (_, seed) => seed);
const LEGS = ['a', 'b', 'c', 'd', 'e'];

const section = (key: string, state: 'waiting' | 'passed'): OwnSection => ({
  ...{ state, tally: tallyFor(state), label: `batch ${key}`, render: () => `Report of ${key}: ${state}.` },
});

type VirtualOptions = Omit<Parameters<typeof virtualGitHub>[0], 'clock'>;

/** A GitHub on a virtual clock, and comments of jobs on it. */
function worldWith(options: VirtualOptions, random: () => number = () => 0.5) {
  const clock = virtualClock();
  const github = virtualGitHub({ clock, ...options });
  return {
    clock,
    random,
    github,
    commentOf: (writer: Writer, more: { beforeCreate?: () => void; client?: VirtualGitHub['client'] } = {}) =>
      createStickyComment({ client: github.client, issue: 1, clock, random, writer, ...more }),
    within: (ms = 55_000): Omit<WriteOptions, 'create'> => ({
      until: clock.now() + ms,
      signal: new AbortController().signal,
    }),
    /** What stands in the section of a job, in each comment. */
    standing: (job: string) => github.comments(1).map(({ body }) => sectionOf(body, job)?.markdown),
  };
}

/** A GitHub that takes up to 1.5 s each way. */
function slowWorld(seed: number) {
  const random = seeded(seed);
  return worldWith({ latencyMs: () => random() * 1_500 }, random);
}

/** A GitHub whose list lacks what is younger than 4 s, and that loses the answers to some writes. */
function badDay(seed: number) {
  const random = seeded(seed);
  const latencyMs = () => random() * 500;
  return worldWith({ latencyMs, staleMs: 4_000, losesAnswer: () => random() < 0.2 }, random);
}

type World = ReturnType<typeof worldWith>;

const statesIn = ({ github }: World) =>
  github.comments(1).map(({ body }) => LEGS.map((key) => sectionOf(body, key)?.markdown));

const ALL_PASSED = [LEGS.map((key) => `Report of ${key}: passed.`)];

test('however slow GitHub is, it is looked at once more in the time there is', async () => {
  const { github, clock, commentOf, within } = worldWith({ latencyMs: () => 7_000 }, () => 0.9);
  const options = { ...within(60_000), create: true };
  expect(await commentOf(writerOf('a')).write(section('a', 'passed'), options)).toMatchObject({
    status: 'created',
  });
  expect({ calls: github.calls.map((call) => call.split(' ')[0]), now: clock.now() }).toEqual({
    calls: ['GET', 'POST', 'GET', 'GET'],
    now: 58_000,
  });
});

test('a GitHub that stops answering after the writing has still been written to', async () => {
  const isWrite = (call = '') => call.startsWith('POST /repos');
  const world: World = worldWith({
    latencyMs(): number {
      const { calls } = world.github;
      return calls.some(isWrite) && !isWrite(calls.at(-1)) ? 100_000 : 10;
    },
  });
  const options = { ...world.within(60_000), create: true };
  const comment = world.commentOf(writerOf('a'));
  expect(await comment.write(section('a', 'passed'), options)).toMatchObject({ status: 'created' });
});

describe.each(SEEDS)('with seed %i', (seed) => {
  const write = ({ commentOf, within }: World, key: string, run?: WorkflowRun) =>
    commentOf(writerOf(key, run)).write(section(key, 'passed'), { ...within(60_000), create: true });

  test('five jobs that write for the first time at the same moment make one comment of five sections', async () => {
    const world = slowWorld(seed);
    const results = await Promise.all(LEGS.map((key) => write(world, key)));
    expect(results.filter(({ status }) => status !== 'created' && status !== 'updated')).toEqual([]);
    expect(statesIn(world)).toEqual(ALL_PASSED);
  });

  test('so do five jobs over the comment of an older run', async () => {
    const world = slowWorld(seed);
    await write(world, 'old', OLDER);
    await Promise.all(LEGS.map((key) => write(world, key)));
    expect(statesIn(world)).toEqual(ALL_PASSED);
  });

  test('no job stays waiting when all end within moments of each other', async () => {
    const world = slowWorld(seed);
    const { clock, random, commentOf, within } = world;
    await Promise.all(
      LEGS.map(async (key) => {
        const comment = commentOf(writerOf(key));
        await comment.write(section(key, 'waiting'), { ...within(60_000), create: true });
        await clock.sleep(random() * 2_000);
        await comment.write(section(key, 'passed'), { ...within(60_000), create: true });
      }),
    );
    expect(statesIn(world)).toEqual(ALL_PASSED);
  });

  test('an older run that ends last, and one of its jobs that starts late, change nothing', async () => {
    const world = slowWorld(seed);
    const slow = world.commentOf(writerOf('a', OLDER));
    await slow.write(section('a', 'waiting'), { ...world.within(60_000), create: true });
    await Promise.all([
      ...LEGS.map((key) => write(world, key)),
      slow.write(section('a', 'passed'), { ...world.within(60_000), create: true }),
      write(world, 'b', OLDER),
    ]);
    expect(statesIn(world)).toEqual(ALL_PASSED);
  });
});

/** The step writes its section, and then its `post` part checks it, as `action/post.ts` does; it may not know which comment it is. */
async function stepAndPost(
  { clock, commentOf, within }: World,
  writer: Writer,
  own: OwnSection,
  { knowsId }: { knowsId: boolean },
): Promise<void> {
  let createdAt = Number.NEGATIVE_INFINITY;
  const beforeCreate = () => {
    createdAt = clock.now();
  };
  const result = await commentOf(writer, { beforeCreate }).write(own, { ...within(), create: true });
  await commentOf(writer).reconcile(
    {
      id: knowsId ? result.id : undefined,
      appearsWithinMs: Math.max(0, createdAt + COMMENT_APPEARS_MS - clock.now()),
    },
    (there) => (there?.state === own.state ? undefined : own),
    { ...within(), create: !knowsId },
  );
}

describe.each(SEEDS)('stale lists and lost answers, with seed %i', (seed) => {
  const job = (world: World, key: string, run?: WorkflowRun) =>
    stepAndPost(world, writerOf(key, run), section(key, 'passed'), { knowsId: true });

  test('a job that is alone makes one comment', async () => {
    const world = badDay(seed);
    await job(world, 'a');
    expect(world.standing('a')).toEqual(['Report of a: passed.']);
  });

  test('five legs of a matrix end with one comment of five sections', async () => {
    const world = badDay(seed);
    await Promise.all(
      LEGS.map(async (key) => {
        await world.clock.sleep(world.random() * 3_000);
        await job(world, key);
      }),
    );
    expect(statesIn(world)).toEqual(ALL_PASSED);
  });

  test('a new attempt of two of them replaces their sections and keeps the others', async () => {
    const world = badDay(seed);
    await Promise.all(LEGS.map((key) => job(world, key)));
    await Promise.all(['b', 'd'].map((key) => job(world, key, { ...RUN, attempt: 2 })));
    const attempts = world.github.comments(1).map(({ body }) =>
      sectionsIn(body)
        .map(({ label, run }) => `${label} ${run.attempt}`)
        .toSorted(),
    );
    expect(attempts).toEqual([['batch a 1', 'batch b 2', 'batch c 1', 'batch d 2', 'batch e 1']]);
  });
});

test('after a create whose answer was lost it is looked for, for as long as the list may be stale', async () => {
  const answers = ['lost'];
  const losesAnswer = () => answers.pop() === 'lost';
  const { github, commentOf, within } = worldWith({ latencyMs: () => 100, staleMs: 4_000, losesAnswer });
  const options = { ...within(), create: true };
  expect(await commentOf(writerOf('a')).write(section('a', 'passed'), options)).toMatchObject({
    status: 'unchanged',
    id: 1001,
  });
  expect(github.calls.filter((call) => call.startsWith('POST /repos'))).toHaveLength(1);
});

test('a create that a cancellation overtakes is waited for, and the comment then says so', async () => {
  const { clock, commentOf, within, standing } = worldWith({ latencyMs: () => 1_000, staleMs: 4_000 });
  const cancelled = new AbortController();
  const beforeCreate = () => void clock.sleep(500).then(() => cancelled.abort());
  const comment = commentOf(writerOf('a'), { beforeCreate });
  await comment.write(section('a', 'passed'), { ...within(), signal: cancelled.signal, create: true });
  const end = { ...section('a', 'passed'), render: () => 'Cancelled.' };
  expect(await comment.write(end, { ...within(20_000), create: true })).toMatchObject({ status: 'updated' });
  expect(standing('a')).toEqual(['Cancelled.']);
});

test('a list that shows our comment twice does not make us delete it', async () => {
  const { github, commentOf, within, standing } = worldWith({ latencyMs: () => 1 });
  const client = {
    ...github.client,
    async listComments(...args: Parameters<typeof github.client.listComments>) {
      const all = await github.client.listComments(...args);
      return [...all, ...all];
    },
  };
  for (const state of ['waiting', 'passed'] as const)
    await commentOf(writerOf('a'), { client }).write(section('a', state), { ...within(), create: true });
  expect(standing('a')).toEqual(['Report of a: passed.']);
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

const COMMIT = 'c'.repeat(40);

describe.each(SEEDS)('jobs that nothing tells apart, in two workflows, with seed %i', (seed) => {
  /** A step and its `post` part, which knows its mark. */
  function step(world: World, racer: Racer, { attempt = 1, number = 12 } = {}): Promise<void> {
    const id = number * 100 + (racer.workflow === 'test' ? 1 : 2);
    const writer = writerOf(
      racer.job,
      { workflow: racer.workflow, id, number, attempt },
      {
        mark: `${racer.name}${number}.${attempt}`,
        variant: jobVariant({ label: racer.label }),
        checkRunId: RACERS.indexOf(racer) + 10 * attempt,
        commit: COMMIT,
      },
    );
    const own = { ...section(racer.name, 'passed'), state: racer.state, label: racer.label ?? 'gate' };
    return stepAndPost(world, writer, own, { knowsId: false });
  }
  const found = ({ github }: World): string[][] =>
    github.comments(1).map(({ body }) =>
      sectionsIn(body)
        .map(({ markdown, run }) => `${markdown.charAt(10)}${run.attempt}`)
        .toSorted(),
    );
  const heading = ({ github }: World) => github.comments(1)[0]?.body.split('\n')[0] ?? '';

  test('each keep their section, whoever comes first', async () => {
    const world = badDay(seed);
    await Promise.all(
      RACERS.map(async (racer) => {
        await world.clock.sleep(world.random() * 3_000);
        await step(world, racer);
      }),
    );
    expect(found(world)).toEqual([['A1', 'B1', 'C1', 'D1', 'E1', 'F1']]);
    expect(heading(world)).toContain('❌');
  });

  test('a new attempt of two replaces what is certainly theirs, and hides nothing red', async () => {
    const world = badDay(seed);
    await Promise.all(RACERS.map((racer) => step(world, racer)));
    const again = RACERS.filter(({ name }) => ['B', 'D', 'F'].includes(name));
    await Promise.all(again.map((racer) => step(world, { ...racer, state: 'passed' }, { attempt: 2 })));
    expect(found(world)).toEqual([['A1', 'B1', 'B2', 'C1', 'D2', 'E1', 'F2']]);
    expect(heading(world)).toContain('❌');
  });

  test('a newer run of one workflow leaves the other alone, and an older one that ends last nothing', async () => {
    const world = badDay(seed);
    await Promise.all(RACERS.map((racer) => step(world, racer)));
    const slow = RACERS.filter(({ name }) => name === 'A').map(async (racer) => {
      await world.clock.sleep(20_000);
      await step(world, racer);
    });
    const newer = RACERS.filter(({ name }) => ['B', 'C'].includes(name));
    await Promise.all([...newer.map((racer) => step(world, racer, { number: 13 })), ...slow]);
    expect(found(world)).toEqual([['B1', 'C1', 'E1', 'F1']]);
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
      { clock, random, github, within, commentOf }: World,
    ): Promise<boolean> {
      const run = { workflow: racer.workflow, id: racer.workflow === 'test' ? 1 : 2, number: 12, attempt: 1 };
      const writer = writerOf(racer.job, run, {
        mark: racer.name,
        variant: jobVariant({ label: racer.label }),
        checkRunId: RACERS.indexOf(racer) + 10,
        commit: COMMIT,
      });
      const label = racer.label ?? 'gate';
      const saved = (state: Verdict, said: string): SavedSection => ({
        ...{ state, label, tally: EMPTY_TALLY, markdown: `${racer.name} ${said}` },
      });
      const own = (section: SavedSection, state: State = section.state): OwnSection => ({
        ...{ ...section, state, render: () => section.markdown },
      });
      const process = mortal();
      let memory: SavedComment = { section: saved('cancelled', 'stopped'), stage: 'waiting' };
      const remember = (news: Partial<SavedComment>): void => {
        if (process.isAlive()) memory = { ...memory, ...news };
      };
      let hasStood = false;
      const comment = createStickyComment({
        ...{ client: process.wrap(github.client), issue: 1, writer, clock: process.wrap(clock), random },
        beforeCreate: () => remember({ createdAgoMs: 0 }),
      });
      const write = async (section: OwnSection, options: Parameters<typeof comment.write>[1]) => {
        const result = await comment.write(section, options);
        if (result.id !== undefined) remember({ id: result.id });
        if (result.id !== undefined) hasStood = true;
        return result;
      };
      const step = async (): Promise<void> => {
        await write(own(memory.section, 'waiting'), { ...within(30_000), create: false });
        await process.wrap(clock).sleep(random() * 2_000);
        const section = saved(racer.state, racer.state);
        remember({ section, stage: 'unwritten', isWanted: true });
        const result = await write(own(section), { ...within(55_000), create: true });
        if (result.warning === undefined) remember({ stage: 'written' });
      };
      const isKilled = fate.startsWith('is killed');
      await Promise.race([step(), ...(isKilled ? [clock.sleep(random() * 6_000)] : [])]);
      if (isKilled) process.die();

      await clock.sleep(random() * 1_000);
      const isLost = fate.endsWith('loses its mark');
      const left: SavedStepState = {
        end: isLost ? 'not begun' : isKilled ? 'killed' : 'finished',
        verdict: isKilled || isLost ? undefined : racer.state,
        savedComment: isLost ? undefined : memory,
        batchIds: [],
      };
      const post = isLost ? { ...writer, mark: substituteMark(racer.name) } : writer;
      const result = await commentOf(post).reconcile(
        {
          id: left.savedComment?.id,
          appearsWithinMs: isLost || memory.createdAgoMs !== undefined ? COMMENT_APPEARS_MS : 0,
        },
        (there) => finalSection(left, there),
        { ...within(30_000), create: left.savedComment?.isWanted === true && memory.stage === 'unwritten' },
      );
      return hasStood || result.id !== undefined;
    }

    test('each job keeps one section, and none of a step that was killed is green or waits', async () => {
      const world = badDay(seed);
      const stood = await Promise.all(
        RACERS.map(async (racer, index) => {
          const fate = FATES[(index + seed) % FATES.length] ?? 'ends';
          await world.clock.sleep(world.random() * 3_000);
          return { racer, fate, isThere: await job(racer, fate, world) };
        }),
      );
      const found = world.github.comments(1).map(({ body }) => sectionsIn(body));
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
