import type { GitHubClient } from '../../src/github/client.ts';
import type { Fetch } from '../../src/http/fetch-text.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { DEFAULT_REPOSITORY, DEFAULT_TOKEN, type GitHubComment } from '../emulators/github.ts';
import { answerTo, GitHubState, sent } from '../emulators/github-routes.ts';
import { clientOf } from './client-of.ts';

const URL_OF_IT = 'https://github.test';

export interface VirtualGitHub {
  readonly client: GitHubClient;
  readonly state: GitHubState;
  comments(issue: number): GitHubComment[];
  /** `METHOD /path` of each request. */
  readonly calls: readonly string[];
}

/**
 * The emulator's rules without its server, on a virtual clock, so that a race runs the same each time. A request
 * takes `latencyMs()` to arrive, and its answer as long again.
 */
export function virtualGitHub({
  clock,
  latencyMs,
  staleMs = 0,
  losesAnswer = () => false,
}: {
  clock: Clock;
  latencyMs: () => number;
  /** For so long a new comment is missing from the list. */
  staleMs?: number;
  /** Whether a write that was carried out is answered with 502. */
  losesAnswer?: () => boolean;
}): VirtualGitHub {
  const state = new GitHubState(DEFAULT_REPOSITORY, { issues: { 1: {} }, pulls: [] });
  const calls: string[] = [];
  const madeAt = new Map<number, number>();
  const virtualFetch: Fetch = async (address, { method = 'GET', headers, body }) => {
    const { pathname, searchParams } = new URL(address);
    await clock.sleep(latencyMs());
    calls.push(`${method} ${pathname}`);
    const request = {
      method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(new Headers(headers)),
      body: body ? await new Response(body).json() : undefined,
    };
    const answer = answerTo(request, { state, tokens: { [DEFAULT_TOKEN]: {} }, url: URL_OF_IT });
    if (method === 'POST' && answer.status === 201)
      madeAt.set((answer.body as GitHubComment).id, clock.now());
    const isShown = ({ id }: GitHubComment) => (madeAt.get(id) ?? -staleMs) + staleMs <= clock.now();
    const isList = method === 'GET' && /\/issues\/\d+\/comments$/.test(pathname);
    const shown = isList ? (answer.body as GitHubComment[]).filter(isShown) : answer.body;
    const isLost = method !== 'GET' && answer.status < 300 && losesAnswer();
    const text = shown === undefined || isLost ? null : JSON.stringify(shown);
    await clock.sleep(latencyMs());
    return new Response(text, {
      status: isLost ? 502 : answer.status,
      headers: { 'content-type': 'application/json', ...answer.headers },
    });
  };
  const client = clientOf({ url: URL_OF_IT }, { clock, fetch: virtualFetch });
  return { client, state, calls, comments: (issue) => state.comments(issue).map(sent) };
}

/** Numbers from 0 up to 1 that look random and are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
