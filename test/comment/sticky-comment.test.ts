import { describe, expect, test } from 'vitest';
import type { OwnSection, Section } from '../../src/comment/state.ts';
import {
  createStickyComment,
  type StickyComment,
  type WriteOptions,
} from '../../src/comment/sticky-comment.ts';
import type { WorkflowRun } from '../../src/github/context.ts';
import { tallyOf } from '../builders.ts';
import {
  DEFAULT_TOKEN,
  type GitHubEmulator,
  type GitHubRequest,
  primaryRateLimit,
  secondaryRateLimit,
  startGitHub,
} from '../emulators/github.ts';
import { clientOf } from '../github/client-of.ts';
import { fastClock } from '../github/fast-clock.ts';
import { OLDER, RUN, sectionOf, writerOf } from './gate-comment.ts';

const BOT = { login: 'github-actions[bot]', type: 'Bot' } as const;
const COMMENTS = '/repos/acme/voice-agents/issues/1/comments';
const COMMENT = '/repos/acme/voice-agents/issues/comments';

const WAITING = section('waiting', 'Nothing yet.');
const PASSED = section('passed', 'All is well.');
const FAILED = section('failed', 'Something broke.');

function section(state: OwnSection['state'], markdown: string): OwnSection {
  return {
    state,
    tally: tallyOf({ unfinished: 1 }),
    label: 'sales',
    render: (max) => markdown.slice(0, max),
  };
}

/** A job's comment. */
function jobOf(
  github: GitHubEmulator,
  { run = RUN, token = DEFAULT_TOKEN, limits = 20, job = 'gate' } = {},
): StickyComment & { options(rest?: Partial<WriteOptions>): WriteOptions } {
  const clock = fastClock({ limits });
  const comment = createStickyComment({
    client: clientOf(github, { clock, fetch, token }),
    ...{ issue: 1, writer: writerOf(job, run), clock, random: () => 0.5 },
  });
  const options = (rest: Partial<WriteOptions> = {}) => ({
    create: true,
    until: clock.now() + 60_000,
    signal: new AbortController().signal,
    ...rest,
  });
  return { ...comment, options };
}

/** What stands in the section of each comment on the pull request: `null` where there is none of this run. */
const sections = (github: GitHubEmulator, run = RUN): (string | null)[] =>
  github.comments(1).map(({ body }) => sectionOf(body, 'gate', run)?.markdown ?? null);

/** What the `post` step wants where this is to stand unless the step's own verdict does. */
const unlessEnded =
  (own: OwnSection) =>
  (there: Section | undefined): OwnSection | undefined =>
    there === undefined || there.state === 'waiting' || there.state === 'passed' ? own : undefined;
const known = (id: number) => ({ id, appearsWithinMs: 0 });

/** The text that a run's job has written. */
async function textBy(run: WorkflowRun, own = PASSED, job = 'gate'): Promise<string> {
  await using github = await startGitHub();
  const writer = jobOf(github, { run, job });
  await writer.write(own, writer.options());
  return github.comments(1)[0]?.body ?? '';
}

const isWrite = ({ method }: GitHubRequest): boolean => ['POST', 'PATCH', 'DELETE'].includes(method);

describe('one job', () => {
  test('makes its comment, brings it up to date, and looks each time whether it stays', async () => {
    await using github = await startGitHub();
    const job = jobOf(github);
    const created = await job.write(WAITING, job.options());
    const updated = await job.write(FAILED, job.options());
    const [comment] = github.comments(1);
    expect([created, updated]).toEqual([
      { status: 'created', id: comment?.id, url: comment?.html_url },
      { status: 'updated', id: comment?.id, url: comment?.html_url },
    ]);
    expect(sections(github)).toEqual(['Something broke.']);
    expect(github.calls()).toEqual([
      `GET ${COMMENTS}`,
      `POST ${COMMENTS}`,
      `GET ${COMMENTS}`,
      `GET ${COMMENT}/${comment?.id}`,
      `GET ${COMMENT}/${comment?.id}`,
      `PATCH ${COMMENT}/${comment?.id}`,
      `GET ${COMMENT}/${comment?.id}`,
    ]);
  });

  test('writes nothing where nothing has changed', async () => {
    await using github = await startGitHub();
    const job = jobOf(github);
    await job.write(PASSED, job.options());
    const before = github.requests.length;
    expect(await job.write(PASSED, job.options())).toMatchObject({ status: 'unchanged' });
    expect(await jobOf(github).write(PASSED, job.options())).toMatchObject({ status: 'unchanged' });
    expect(
      github.requests
        .slice(before)
        .filter(({ path }) => path !== '/graphql')
        .filter(isWrite),
    ).toEqual([]);
  });

  test('may leave a pull request without a comment as it is, and still brings an existing one up to date', async () => {
    await using github = await startGitHub();
    const job = jobOf(github);
    expect(await job.write(PASSED, job.options({ create: false }))).toEqual({
      status: 'left',
      why: 'absent',
    });
    expect(github.calls()).toEqual([`GET ${COMMENTS}`]);
    github.plant(1, { ...BOT, body: await textBy(OLDER, FAILED) });
    expect(await job.write(PASSED, job.options({ create: false }))).toMatchObject({ status: 'updated' });
    expect(sections(github)).toEqual(['All is well.']);
  });
});

describe('whose comment it is', () => {
  test.each([
    ['a person', { login: 'mallory', type: 'User' }],
    ['another bot', { login: 'other[bot]', type: 'Bot' }],
    ['a person with the name of the bot', { login: 'github-actions', type: 'User' }],
  ] as const)("%s's comment with our marker is neither written nor counted", async (_, author) => {
    const body = await textBy(OLDER);
    await using github = await startGitHub({ issues: { 1: { comments: [{ ...author, body }] } } });
    const job = jobOf(github);
    expect(await job.write(PASSED, job.options())).toMatchObject({ status: 'created' });
    expect(github.comments(1).map((comment) => [comment.user.login, comment.body === body])).toEqual([
      [author.login, true],
      [BOT.login, false],
    ]);
  });

  test.each([
    ["a person's token", { login: 'mona', type: 'User' }, { login: 'Mona', type: 'User' }],
    ["an app's token", { login: 'gate[bot]', graphqlLogin: 'gate' }, { login: 'gate[bot]', type: 'Bot' }],
    ["the workflow's token without GraphQL", { graphqlLogin: null }, BOT],
  ] as const)('with %s its own comment is known', async (_, token, author) => {
    await using github = await startGitHub({ tokens: { secret: token } });
    const { id } = github.plant(1, { ...author, body: await textBy(OLDER) });
    const job = jobOf(github, { token: 'secret' });
    expect(await job.write(PASSED, job.options())).toMatchObject({ status: 'updated', id });
  });

  test('nobody is asked whose a token is where there is no comment of ours', async () => {
    await using github = await startGitHub({ issues: { 1: { comments: [{ body: 'Looks good.' }] } } });
    const job = jobOf(github);
    await job.write(PASSED, job.options());
    expect(github.calls().filter((call) => /graphql|user/.test(call))).toEqual([]);
  });
});

describe('other runs', () => {
  test('a comment of a newer version is left alone with a warning', async () => {
    const body = (await textBy(OLDER)).replace('"version":3', '"version":4');
    await using github = await startGitHub({ issues: { 1: { comments: [{ ...BOT, body }] } } });
    const job = jobOf(github);
    expect(await job.write(PASSED, job.options())).toEqual({
      status: 'left',
      why: 'newer-format',
      warning:
        'The comment on pull request #1 was left as it is. It was written by a newer version of this action: use the same version wherever the name is the same. The job summary has the full report.',
    });
    expect(github.comments(1)[0]?.body).toBe(body);
  });

  test('second comments of older runs are removed', async () => {
    const body = await textBy(OLDER);
    await using github = await startGitHub({
      issues: {
        1: {
          comments: [
            { ...BOT, body },
            { ...BOT, body },
            { login: 'mallory', body },
            { ...BOT, body },
          ],
        },
      },
    });
    const [kept, , stranger] = github.comments(1);
    const job = jobOf(github);
    await job.write(PASSED, job.options());
    expect(github.comments(1).map(({ id }) => id)).toEqual([kept?.id, stranger?.id]);
  });
});

describe('two calls of one job', () => {
  test('a later one ends the one before and is what stays', async () => {
    await using github = await startGitHub({ latencyMs: () => 20 });
    const job = jobOf(github);
    const results = await Promise.all([
      job.write(WAITING, job.options()),
      job.write(FAILED, job.options()),
      job.write(PASSED, job.options()),
    ]);
    expect(results.slice(0, 2)).toEqual([
      { status: 'left', why: 'superseded' },
      { status: 'left', why: 'superseded' },
    ]);
    expect(sections(github)).toEqual(['All is well.']);
  });
});

describe('the end of the job', () => {
  async function afterStep(last: OwnSection) {
    const github = await startGitHub();
    const step = jobOf(github);
    const result = await step.write(last, step.options());
    const before = github.requests.length;
    const calls = () => github.calls().slice(before);
    return { github, post: jobOf(github), id: result.id ?? 0, calls };
  }
  const CANCELLED = section('cancelled', 'Cancelled.');

  test('a final section needs one look at the list and one at the comment', async () => {
    const { github, post, id, calls } = await afterStep(FAILED);
    await using _ = github;
    expect(await post.reconcile(known(id), unlessEnded(CANCELLED), post.options())).toMatchObject({
      status: 'unchanged',
      id,
    });
    expect(calls()).toEqual([`GET ${COMMENTS}`, `GET ${COMMENT}/${id}`]);
  });

  test.each([
    ['still waits is finished', WAITING, true],
    ['is green, of a step that was cancelled after it had written it, is corrected', PASSED, true],
    ['a killed step could not say which comment has is found', WAITING, false],
  ])('a section that %s', async (_, last, isKnown) => {
    const { github, post, id } = await afterStep(last);
    await using _github = github;
    const recalled = isKnown ? known(id) : { appearsWithinMs: 0 };
    expect(await post.reconcile(recalled, unlessEnded(CANCELLED), post.options())).toMatchObject({
      status: 'updated',
      id,
    });
    expect(sections(github)).toEqual(['Cancelled.']);
  });

  test.each([
    [true, 'GitHub answered 500 to the only create', { status: 'created' }, ['Something broke.']],
    [false, 'the step was to make none', { status: 'left', why: 'absent' }, []],
  ])('whether post makes a comment where there is none: %j, where %s', async (create, _, result, there) => {
    await using github = await startGitHub();
    const post = jobOf(github);
    const options = post.options({ create });
    expect(await post.reconcile({ appearsWithinMs: 0 }, unlessEnded(FAILED), options)).toMatchObject(result);
    expect(sections(github)).toEqual(there);
  });
});

describe('a GitHub that has bad days', () => {
  const NEEDS =
    'Give the job "permissions: pull-requests: write" (on an issue "issues: write"); the job summary has the full report.';
  const failed = (why: string, needs = NEEDS) => ({
    status: 'failed',
    warning: `The comment on pull request #1 could not be written: ${why} ${needs}`,
  });

  test('a comment that was deleted while we waited is made again, unless none may be made', async () => {
    await using github = await startGitHub();
    const job = jobOf(github);
    const first = await job.write(WAITING, job.options());
    github.remove(first.id ?? 0);
    expect(await job.write(FAILED, job.options())).toMatchObject({ status: 'created' });
    expect(sections(github)).toEqual(['Something broke.']);
    github.remove(github.comments(1)[0]?.id ?? 0);
    expect(await job.write(PASSED, job.options({ create: false }))).toEqual({
      status: 'left',
      why: 'absent',
    });
  });

  test('a comment that is deleted between reading and writing is made again', async () => {
    await using github = await startGitHub({ latencyMs: () => 1 });
    const job = jobOf(github);
    await job.write(WAITING, job.options());
    github.fail({ when: ({ method }) => method === 'PATCH', fault: { kind: 'answer', status: 404 } });
    github.remove(github.comments(1)[0]?.id ?? 0);
    expect(await job.write(FAILED, job.options())).toMatchObject({ status: 'created' });
    expect(sections(github)).toEqual(['Something broke.']);
  });

  test('a refusal is one warning, after one try', async () => {
    await using github = await startGitHub({ tokens: { fork: { permission: 'read' } } });
    const job = jobOf(github, { token: 'fork' });
    expect(await job.write(PASSED, job.options())).toEqual(
      failed(
        `GitHub answered 403 (Resource not accessible by integration) to POST ${COMMENTS}.`,
        `${NEEDS} Pull requests from forks and from Dependabot get a read-only token whatever the job says.`,
      ),
    );
    expect(github.requests.filter(isWrite)).toHaveLength(1);
    expect(github.comments(1)).toEqual([]);
  });

  test('a write that failed begins again with reading', async () => {
    await using github = await startGitHub();
    const job = jobOf(github);
    const other = jobOf(github, { job: 'other' });
    await other.write(section('passed', 'Mine.'), other.options());
    let meanwhile: Promise<unknown> | undefined;
    github.fail({
      when: ({ method, body }) => {
        if (method !== 'PATCH' || meanwhile !== undefined) return false;
        meanwhile = Promise.resolve(body);
        const { id, body: text } = github.comments(1)[0] ?? { id: 0, body: '' };
        github.edit(id, text.replace('Mine.', 'Mine, and newer.'));
        return true;
      },
      fault: { kind: 'answer', status: 502 },
    });
    await job.write(PASSED, job.options());
    expect(github.comments(1)[0]?.body).toContain('Mine, and newer.');
    expect(sections(github)).toEqual(['All is well.']);
  });

  test.each([
    ['the secondary rate limit', secondaryRateLimit(9)],
    ['the primary rate limit', primaryRateLimit(Math.floor(Date.now() / 1_000) + 2)],
    ['a server error', { kind: 'answer', status: 503, headers: { 'retry-after': '3' } }],
    ['a reset', { kind: 'reset', when: 'before' }],
  ] as const)('%s is outlasted', async (_, fault) => {
    await using github = await startGitHub();
    github.fail({ fault }, { fault, when: isWrite });
    const job = jobOf(github);
    expect(await job.write(PASSED, job.options())).toMatchObject({ status: 'created' });
    expect(sections(github)).toEqual(['All is well.']);
  });

  test('a GitHub that hangs costs no more than the time there is', async () => {
    await using github = await startGitHub();
    github.fail({ times: 99, fault: { kind: 'hang', when: 'before' } });
    const job = jobOf(github, { limits: 200 });
    expect(await job.write(PASSED, job.options())).toEqual(
      failed(
        `no answer from GitHub to GET ${COMMENTS}: nothing for 15 s. It was tried again as long as there was time.`,
      ),
    );
  });

  test('a cancellation ends it at once', async () => {
    await using github = await startGitHub();
    github.fail({ fault: { kind: 'hang', when: 'before' } });
    const job = jobOf(github, { limits: 1 });
    const stop = new AbortController();
    const result = job.write(PASSED, job.options({ signal: stop.signal }));
    stop.abort();
    expect(await result).toEqual(failed('GitHub did not answer in time. It may be slow or down.'));
  });

  test('a mistake in the renderer is a warning, not the end of the step', async () => {
    await using github = await startGitHub();
    const job = jobOf(github);
    const broken: OwnSection = {
      ...PASSED,
      render: () => {
        throw new TypeError('turns is not iterable');
      },
    };
    expect(await job.write(broken, job.options())).toEqual(failed('turns is not iterable.'));
  });
});
