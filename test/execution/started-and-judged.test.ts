/** What a step started, what its batches say that they are, and when nothing more is started. */
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/domain/batch.ts';
import type { Claims } from '../../src/domain/claims.ts';
import type { Run } from '../../src/domain/run.ts';
import type { RoundsOptions } from '../../src/execution/types.ts';
import type { BatchStarter, Listing, StartResponse, Subject } from '../../src/providers/starter.ts';
import { ProviderError } from '../../src/runtime/errors.ts';
import { runOf } from '../builders.ts';
import { EPOCH, play, type Story, SUBJECT } from './played-rounds.ts';

const OTHER: Claims = { version: 'version 11' };
const resolving = (claims: Claims): Partial<BatchStarter> => ({
  resolveTested: () => ({ ...SUBJECT, claims }),
});

describe('a batch that says it tested something else', () => {
  const ofFirst =
    <T>(said: T) =>
    (nth: number) =>
      nth === 1 ? said : {};

  test.each<[string, Story]>([
    ['at the end', { says: ofFirst({ claims: OTHER }) }],
    ['at one look, and never again', { saysAtFirst: ofFirst({ claims: OTHER }) }],
    [
      'at one look, and the truth at the end',
      { saysAtFirst: ofFirst({ claims: OTHER }), says: () => ({ claims: SUBJECT.claims }) },
    ],
    ['in the answer to its start', { answers: ofFirst({ claims: OTHER }) }],
    ['in a run of the answer to its start', { answers: ofFirst({ runs: [{ id: 'a-1', claims: OTHER }] }) }],
    [
      'in the answer to its start, and the truth at the end',
      { answers: ofFirst({ claims: OTHER }), says: () => ({ claims: SUBJECT.claims }) },
    ],
    [
      'in one of its runs',
      {
        says: (nth, runs) =>
          nth === 1 ? { runs: runs.map((run, at) => (at === 0 ? { ...run, claims: OTHER } : run)) } : {},
      },
    ],
  ])('%s proves nothing, and nothing is run again', async (_, story) => {
    const { verdict, reason, posts } = await play({ a: 'PPP', b: 'FPP' }, story);
    expect([verdict, posts.length]).toEqual(['inconclusive', 1]);
    expect(reason).toBe(
      'Batch started-1 is not what this step started: it tested version 11, and version 12 was asked for.',
    );
  });

  test('in a re-run never helps', async () => {
    const { verdict, notes, posts } = await play(
      { a: 'P', b: 'FPP' },
      { says: (nth) => (nth === 2 ? { claims: OTHER } : {}) },
    );
    expect([verdict, posts.length]).toEqual(['failed', 2]);
    expect(notes).toEqual([
      'Batch started-2 is not what this step started: it tested version 11, and version 12 was asked for.',
    ]);
  });

  test('in the answer to a re-run ends the starts of its round', async () => {
    const { verdict, notes, posts } = await play(
      { a: 'P', b: 'FPP' },
      { rule: { kind: 'reruns', need: 3, of: 5 }, answers: (nth) => (nth === 2 ? { claims: OTHER } : {}) },
    );
    expect([verdict, posts.length]).toEqual(['failed', 2]);
    expect(notes).toContain(
      'Not every test case could be run again: After batch started-2, which is not what was asked for, nothing more was started.',
    );
  });

  test('and was given is not run again, where something else would be', async () => {
    const { verdict, notes, posts } = await play(
      { a: 'P', b: 'FPP' },
      {
        given: true,
        says: () => ({ claims: { ...SUBJECT.claims, mode: 'the mode 7' } }),
        starter: resolving({ mode: 'the mode voice' }),
      },
    );
    expect([verdict, posts.length]).toEqual(['failed', 0]);
    expect(notes).toContain(
      '1 test case could not be run again: the batch says that it tested the mode 7, which cannot be tested again from here.',
    );
  });

  test('that says nothing, or only what was asked for, is believed', async () => {
    expect(await play({ a: 'P', b: 'FPP' })).toMatchObject({ verdict: 'passed' });
    const claims = { ...SUBJECT.claims, state: 'the published branch' };
    const told = { says: () => ({ claims }), saysAtFirst: () => ({ claims }), answers: () => ({ claims }) };
    expect(await play({ a: 'P', b: 'FPP' }, told)).toMatchObject({ verdict: 'passed' });
  });

  test('by a clock that the provider tells was created before its request', async () => {
    const listing: Listing = { batches: [], isComplete: true, date: EPOCH };
    const listBatches = async () => listing;
    const createdAgo = (ms: number) =>
      play({ a: 'P' }, { says: () => ({ createdAt: EPOCH - ms }), starter: { listBatches } });
    expect((await createdAgo(119_000)).verdict).toBe('passed');
    expect(await createdAgo(121_000)).toMatchObject({
      verdict: 'inconclusive',
      reason:
        'Batch started-1 is not what this step started: it was created at 2026-09-14 07:57:59 UTC, before the request of 2026-09-14 08:00:00 UTC, which may have started another one.',
    });
    // Without a Date header a time of creation tells nothing.
    expect((await play({ a: 'P' }, { says: () => ({ createdAt: 0 }) })).verdict).toBe('passed');
  });
});

describe('batches of one subject that say two versions', () => {
  const versions =
    (...words: string[]) =>
    (nth: number) => ({ claims: { id: 'x', version: words[nth - 1] ?? words.at(-1) ?? '' } });
  const subject = { ...SUBJECT, claims: {} };
  test.each<[string, Story]>([
    ['a re-run', {}],
    ['a re-run of a given batch', { given: true }],
    ['parallel runs', { rule: { kind: 'repeat', need: 2, of: 2 } }],
  ])('%s: not added up', async (_, story) => {
    const scripts = { a: story.rule === undefined ? 'FPP' : 'PP' };
    const common = { ...story, subject, starter: resolving({}) };
    const moved = await play(scripts, { ...common, says: versions('version v1', 'version v2') });
    expect([moved.verdict, moved.edits]).toEqual([
      'inconclusive',
      ['What is under test was edited: its batches say version v1 and version v2.'],
    ]);
    expect((await play(scripts, { ...common, says: versions('version v1') })).verdict).toBe('passed');
  });
});

describe('a failed run beside a doubt', () => {
  const failed = runOf('a', 'failed', 'a-1');
  test.each<[string, Partial<Batch>]>([
    [
      'about the status of another run',
      { runs: [failed, { ...runOf('b', 'pending', 'b-1'), unknownStatus: 'wobbling' }] },
    ],
    ['about the status of the batch', { unknownStatus: 'wobbling', runs: [failed] }],
    ['about the number of runs', { settled: true, announced: { total: 5 }, runs: [failed] }],
  ])('%s is not confirmed while the doubt lasts, nor after it', async (_, look) => {
    const { verdict, posts } = await play(
      { a: 'FPP', b: 'P' },
      {
        rule: { kind: 'reruns', need: 1, of: 2 },
        saysAtFirst: (nth) => (nth === 1 ? look : {}),
        says: (nth) => (nth === 1 ? { ...look, settled: true } : {}),
      },
    );
    expect([verdict === 'passed', posts.length]).toEqual([false, 1]);
  });
});

describe('a batch that was found after its answer was lost', () => {
  const lost: StartResponse = { kind: 'unknown', problem: 'POST x failed: ECONNRESET.', at: EPOCH };
  const finding = (subject: string | undefined) => (found: string) => {
    let isThere = false;
    return {
      startBatch: async () => {
        isThere = true;
        return lost;
      },
      listBatches: async (): Promise<Listing> => ({
        batches: isThere ? [{ id: found, createdAt: EPOCH, subject }] : [],
        isComplete: true,
      }),
      readBatchContents: async () => ({ testCases: ['a'] }),
    };
  };
  const adopting = async (starter: Partial<BatchStarter>, subject: Subject = SUBJECT) => {
    const { batches, verdict, reason } = await play({ a: 'P' }, { starter, subject });
    return { isAdopted: batches[0]?.isAdopted, verdict, reason };
  };

  test('and that the list calls ours is green', async () => {
    expect(await adopting(finding(SUBJECT.key)('found'))).toMatchObject({
      isAdopted: true,
      verdict: 'passed',
    });
  });

  test('a nightly batch on production was adopted as version 4, since the lists tell no version', async () => {
    const version4: Subject = {
      title: 'version 4',
      key: undefined,
      claims: {},
      request: { version_number: 4 },
    };
    const starter = () => ({ ...finding(undefined)('found'), title: 'Bland' });
    expect(await adopting(starter(), version4)).toMatchObject({
      isAdopted: true,
      verdict: 'inconclusive',
      reason:
        "Batch found may not test what was asked for: the answer to its start was lost, and Bland's lists do not say what it tests.",
    });
    // Where no version was asked for, the lists need not tell one.
    expect(await adopting(starter(), { ...version4, isProvenByLists: true })).toMatchObject({
      verdict: 'passed',
    });
  });

  test('and whose entry in the list leaves out the version is not proven either', async () => {
    expect(await adopting(finding(undefined)('found'))).toMatchObject({ verdict: 'inconclusive' });
  });
});

describe('nothing more is started once passed is out of reach for another reason', () => {
  const old: RoundsOptions['obstacles'] = () => ['Batch given-1 is 2 h old.'];
  test.each<[string, Story]>([
    ['a batch that is too old', { obstacles: old }],
    [
      'a batch that is inconsistent',
      { says: (_, runs) => ({ announced: { total: runs.length, passed: 0 } }) },
    ],
    [
      'a run with an unknown status',
      { says: (_, runs) => ({ runs: withLast(runs, { unknownStatus: 'x' }) }) },
    ],
    ['a batch called an error, with an errored run', { says: () => ({ conclusion: 'errored' }) }],
    ['a batch that was cancelled', { says: () => ({ conclusion: 'cancelled' }) }],
    ['a batch that cannot be read', { watched: () => ({ problem: 'GET x answered 500.' }) }],
    [
      'a run in which nothing was evaluated',
      {
        says: (_, runs) => ({
          runs: withLast(runs, { unproven: { kind: 'not-evaluated', why: 'x' } }),
        }),
      },
    ],
    ['a cancelled test case', {}],
  ])('%s', async (name, story) => {
    const last = name === 'a cancelled test case' ? 'C' : 'P';
    const { posts, remarks, verdict, started } = await play(
      { a: name.includes('errored run') ? 'E' : 'F', b: last },
      { given: true, ...story },
    );
    expect([posts, started.runs]).toEqual([[], 0]);
    expect(remarks).toEqual(['1 test case was not run again: the verdict cannot become passed.']);
    expect(verdict).not.toBe('passed');
  });

  test('failures for good do not stop the confirmation of others', async () => {
    const { posts, verdict } = await play({ a: 'FFF', b: 'FPP', c: 'P' });
    expect([posts, verdict]).toEqual([[['a', 'b', 'c'], ['a', 'b'], ['b']], 'failed']);
  });

  const withLast = (runs: readonly Run[], more: Partial<Run>): Run[] =>
    runs.map((run, index) => (index === runs.length - 1 ? { ...run, status: 'pending', ...more } : run));
});

describe('an edit of the configuration under test', () => {
  const reading = (...revisions: readonly (string | number | undefined | Error)[]) => {
    let reads = 0;
    const readRevision = async () => {
      const revision = revisions[Math.min(reads, revisions.length - 1)];
      reads += 1;
      if (revision instanceof Error) throw revision;
      return revision;
    };
    return { readRevision, reads: () => reads };
  };

  test('between the first start and the end of the last run is never green, with or without re-runs', async () => {
    const { readRevision, reads } = reading('v1', 'v2');
    expect(await play({ a: 'P' }, { starter: { readRevision } })).toMatchObject({
      verdict: 'inconclusive',
      reason: 'flow 1 version 12 was edited while it was tested.',
    });
    expect(reads()).toBe(2);
    const failed = await play({ a: 'FF' }, { starter: { readRevision: reading('v1', 'v2').readRevision } });
    expect([failed.verdict, failed.notes]).toEqual([
      'failed',
      ['flow 1 version 12 was edited while it was tested.'],
    ]);
  });

  test('is read once before the first start and once after the last run', async () => {
    const { readRevision, reads } = reading('v1');
    const { verdict, posts } = await play({ a: 'FPP' }, { starter: { readRevision } });
    expect([verdict, posts.length, reads()]).toEqual(['passed', 3, 2]);
  });

  test('that cannot be read before refuses the start; after it, nothing proves that there was none', async () => {
    const unreadable = new ProviderError('GET x answered 500.');
    const before = await play({ a: 'P' }, { starter: { readRevision: reading(unreadable).readRevision } });
    expect([before.verdict, before.reason, before.posts]).toEqual([
      'inconclusive',
      'GET x answered 500.',
      [],
    ]);
    const after = await play(
      { a: 'P' },
      { starter: { readRevision: reading('v1', unreadable).readRevision } },
    );
    expect([after.verdict, after.reason]).toEqual([
      'inconclusive',
      'Whether flow 1 version 12 was edited while it was tested could not be read: GET x answered 500.',
    ]);
  });

  test('where nothing tells it, as of a published version, is not looked for again', async () => {
    const { readRevision, reads } = reading(undefined);
    expect((await play({ a: 'P' }, { starter: { readRevision } })).verdict).toBe('passed');
    expect(reads()).toBe(1);
  });

  test('between a given batch and its re-runs is one', async () => {
    const given = { given: true, says: (nth: number) => (nth === 1 ? { createdAt: EPOCH - 60_000 } : {}) };
    const edited = (revision: number) =>
      play({ a: 'FPP' }, { ...given, starter: { readRevision: reading(revision).readRevision } });
    expect((await edited(EPOCH - 30_000)).reason).toBe('flow 1 version 12 was edited while it was tested.');
    expect((await edited(EPOCH - 90_000)).verdict).toBe('passed');
  });
});

test('what may have been started counts as started', async () => {
  const lost: StartResponse = { kind: 'unknown', problem: 'POST x failed: ECONNRESET.', at: EPOCH };
  const { started, verdict } = await play(
    { a: 'FPP', b: 'P' },
    { posted: (nth) => (nth === 2 ? lost : undefined) },
  );
  expect([started, verdict]).toEqual([{ runs: 3, reruns: 1 }, 'failed']);
});

test('the log says what is started', async () => {
  const { log } = await play({ a: 'FPP', b: 'P' });
  expect(log).toEqual([
    'Started batch started-1: 2 test cases on flow 1 version 12.',
    'Running 1 test case again to confirm.',
    'Started batch started-2: 1 test case on flow 1 version 12.',
    'Running 1 test case again to confirm.',
    'Started batch started-3: 1 test case on flow 1 version 12.',
  ]);
});

test('the log says that repeat asks for more runs, and not that they confirm anything', async () => {
  const { log } = await play({ a: 'PFP' }, { rule: { kind: 'repeat', need: 2, of: 3 } });
  expect(log.filter((line) => line.startsWith('Running'))).toEqual([
    'Running 1 test case again, as repeat: 2/3 asks.',
  ]);
});
