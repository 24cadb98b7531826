import { readFileSync } from 'node:fs';
import type { WorkflowRun } from '../report/comment.ts';
import type { Origin } from '../report/report.ts';
import { type EventPayload, readPayload } from './event.ts';

/** What the runner says about where we are. Outside GitHub nearly everything is absent. */
export interface GitHubContext {
  readonly eventName: string;
  readonly payload: EventPayload;
  /** Why the event file could not be read, if so: a sentence. */
  readonly payloadProblem?: string;
  readonly ref?: string | undefined;
  /** `GITHUB_SHA`: for a pull request the commit that merges it into its base. */
  readonly sha?: string | undefined;
  readonly repository?: { readonly owner: string; readonly repo: string } | undefined;
  readonly apiUrl: string;
  readonly run: WorkflowRun;
  readonly origin: Origin;
  /** Of the repository in which the workflow runs; with a fork's pull request that is the one it goes to. */
  readonly visibility: 'public' | 'private' | 'internal' | 'unknown';
}

/**
 * Reads the runner's variables and its event file. Never throws.
 *
 * Not `context` of `@actions/github`: importing that fails when the event file is not JSON, and costs the start-up
 * a client of its own.
 */
export function readContext(env: Readonly<Record<string, string | undefined>>): GitHubContext {
  const { payload, ...problem } = readEventFile(env['GITHUB_EVENT_PATH']);
  const repository = /^([^/]+)\/([^/]+)$/.exec(env['GITHUB_REPOSITORY'] ?? '');
  const [, owner = '', repo = ''] = repository ?? [];
  const sha = env['GITHUB_SHA'] || undefined;
  const runId = wholeNumber(env['GITHUB_RUN_ID']);
  const runNumber = wholeNumber(env['GITHUB_RUN_NUMBER']);
  const runAttempt = wholeNumber(env['GITHUB_RUN_ATTEMPT']);
  const commit = payload.pull_request?.head?.sha ?? payload.workflow_run?.head_sha ?? sha;
  const serverUrl = withoutSlash(env['GITHUB_SERVER_URL'] || 'https://github.com');

  return {
    eventName: env['GITHUB_EVENT_NAME'] ?? '',
    payload,
    ...problem,
    ref: env['GITHUB_REF'] || undefined,
    sha,
    repository: repository === null ? undefined : { owner, repo },
    apiUrl: withoutSlash(env['GITHUB_API_URL'] || 'https://api.github.com'),
    run: { workflow: workflowOf(env), id: runId ?? 0, number: runNumber ?? 0, attempt: runAttempt ?? 1 },
    origin: {
      ...(commit === undefined ? {} : { commit }),
      ...(repository === null ? {} : { repositoryUrl: `${serverUrl}/${owner}/${repo}` }),
      ...(runId === undefined ? {} : { runId }),
      ...(runNumber === undefined ? {} : { runNumber }),
      ...(runAttempt === undefined ? {} : { runAttempt }),
    },
    visibility: visibilityOf(payload),
  };
}

function readEventFile(path: string | undefined): Pick<GitHubContext, 'payload' | 'payloadProblem'> {
  if (path === undefined || path === '') return { payload: {} };
  try {
    return { payload: readPayload(JSON.parse(readFileSync(path, 'utf8'))) };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read';
    return {
      payload: {},
      payloadProblem: `The event file ${path} (GITHUB_EVENT_PATH) tells nothing: ${why}.`,
    };
  }
}

/** The workflow's file. Its ref differs from one pull request to the next, and the workflow does not. */
function workflowOf(env: Readonly<Record<string, string | undefined>>): string {
  return env['GITHUB_WORKFLOW_REF']?.split('@')[0] || env['GITHUB_WORKFLOW'] || '';
}

function visibilityOf({ repository }: EventPayload): GitHubContext['visibility'] {
  if (repository?.visibility !== undefined) return repository.visibility;
  if (repository?.private === undefined) return 'unknown';
  return repository.private ? 'private' : 'public';
}

function wholeNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
