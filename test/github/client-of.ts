import { createGitHubClient, type GitHubClient } from '../../src/github/client.ts';
import type { Fetch } from '../../src/http/fetch-text.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { DEFAULT_REPOSITORY, DEFAULT_TOKEN } from '../emulators/github.ts';

/** A client of the emulator's repository, or of another one of its owner. */
export function clientOf(
  { url }: { readonly url: string },
  {
    clock,
    fetch,
    token = DEFAULT_TOKEN,
    repo,
    trace = () => {},
  }: { clock: Clock; fetch: Fetch; token?: string; repo?: string; trace?: (line: string) => void },
): GitHubClient {
  const [owner = '', name = ''] = DEFAULT_REPOSITORY.split('/');
  return createGitHubClient({
    token,
    apiUrl: url,
    repository: { owner, repo: repo ?? name },
    redact: (text) => text,
    fetch,
    clock,
    trace,
  });
}
