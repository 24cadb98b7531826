import type { Origin } from '../report/report.ts';
import { readTextFile } from '../runtime/regular-file.ts';
import { commitOfEvent, type EventPayload, readPayload } from './event.ts';

/** The workflow run that writes; decides who is newer. */
export interface WorkflowRun {
  /** Tells workflows apart: the path of the workflow's file. */
  readonly workflow: string;
  readonly id: number;
  readonly number: number;
  readonly attempt: number;
}

/** Facts of the runner about the workflow run. Outside GitHub nearly everything is absent. */
export interface GitHubContext {
  readonly eventName: string;
  readonly payload: EventPayload;
  /** Reason why the event file could not be read, if so: a sentence. */
  readonly payloadProblem?: string | undefined;
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

type Variables = Readonly<Record<string, string | undefined>>;

/** Facts about the event. The toolkit's own types promise strings that are absent outside GitHub. */
interface EventContext
  extends Pick<GitHubContext, 'payloadProblem'>,
    Readonly<Partial<Record<'eventName' | 'ref' | 'sha', string | undefined>>> {
  readonly payload: unknown;
}

/** More than any event has: GitHub cuts payloads at 25 MB. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** The toolkit's context is made of this process's own variables when the module loads. */
const loadToolkit = () => import(/* webpackMode: "eager", webpackExports: ["context"] */ '@actions/github');

/** Reads what the runner says of the event and the workflow run. Never rejects. */
export async function readContext(
  env: Variables,
  { checkRunId }: { readonly checkRunId?: number | undefined } = {},
  load: () => Promise<{ readonly context: EventContext }> = loadToolkit,
): Promise<GitHubContext> {
  const event = await load().then(
    ({ context }) => context,
    () => readEvent(env),
  );
  return contextOf(event, env, checkRunId);
}

/** Reads an event file with which the toolkit does not load: it begins with a byte order mark, or cannot be read. */
async function readEvent(env: Variables): Promise<EventContext> {
  const {
    GITHUB_EVENT_NAME: eventName,
    GITHUB_REF: ref,
    GITHUB_SHA: sha,
    GITHUB_EVENT_PATH: path = '',
  } = env;
  try {
    return { eventName, ref, sha, payload: JSON.parse(await readTextFile(path, MAX_EVENT_BYTES)) };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read';
    const payloadProblem = `The event file ${path} (GITHUB_EVENT_PATH) could not be used: ${why}.`;
    return { eventName, ref, sha, payload: {}, payloadProblem };
  }
}

/** Puts together what the toolkit says of the event and what the variables say of the workflow run. */
export function contextOf(event: EventContext, env: Variables, checkRunId?: number): GitHubContext {
  const payload = readPayload(event.payload);
  const repository = /^([^/]+)\/([^/]+)$/.exec(env['GITHUB_REPOSITORY'] ?? '');
  const [, owner = '', repo = ''] = repository ?? [];
  const sha = event.sha || undefined;
  const runId = wholeNumber(env['GITHUB_RUN_ID']);
  const runNumber = wholeNumber(env['GITHUB_RUN_NUMBER']);
  const runAttempt = wholeNumber(env['GITHUB_RUN_ATTEMPT']);
  const commit = payload.pull_request?.head?.sha ?? commitOfEvent(payload) ?? sha;
  const serverUrl = withoutSlash(env['GITHUB_SERVER_URL'] || 'https://github.com');
  const repositoryUrl = repository === null ? undefined : `${serverUrl}/${owner}/${repo}`;
  // GitHub calls a job by the id of its check run.
  const isJobKnown = repositoryUrl !== undefined && runId !== undefined && checkRunId !== undefined;

  return {
    eventName: event.eventName ?? '',
    payload,
    payloadProblem: event.payloadProblem,
    ref: event.ref || undefined,
    sha,
    repository: repository === null ? undefined : { owner, repo },
    apiUrl: githubApiUrl(env),
    run: { workflow: workflowOf(env), id: runId ?? 0, number: runNumber ?? 0, attempt: runAttempt ?? 1 },
    origin: {
      commit,
      repositoryUrl,
      ...{ runId, runNumber, runAttempt },
      jobUrl: isJobKnown ? `${repositoryUrl}/actions/runs/${runId}/job/${checkRunId}` : undefined,
      wordsUrl: explanationUrl(env, serverUrl),
    },
    visibility: visibilityOf(payload),
  };
}

/** The address of GitHub's API, without a slash at its end: `https://HOST/api/v3` on GitHub Enterprise Server. */
export function githubApiUrl(env: Variables): string {
  return withoutSlash(env['GITHUB_API_URL'] || 'https://api.github.com');
}

/** The workflow's file. Its ref differs from one pull request to the next, and the workflow does not. */
function workflowOf(env: Variables): string {
  return env['GITHUB_WORKFLOW_REF']?.split('@')[0] || env['GITHUB_WORKFLOW'] || '';
}

/** Page that explains the words of a report, in the repository of this action at the version that runs; both are empty for an action of the repository itself. */
function explanationUrl(env: Variables, serverUrl: string): string | undefined {
  const repository = env['GITHUB_ACTION_REPOSITORY'] ?? '';
  const ref = env['GITHUB_ACTION_REF'] ?? '';
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository) || ref === '') return undefined;
  const path = ref.split('/').map(encodeURIComponent).join('/');
  return `${serverUrl}/${repository}/blob/${path}/docs/reading-a-report.md`;
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
