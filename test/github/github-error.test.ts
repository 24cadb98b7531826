import { expect, test } from 'vitest';
import { toGitHubError } from '../../src/github/github-error.ts';

const EPOCH = Date.UTC(2026, 8, 14, 8, 0, 0);
const LIMITED = 'API rate limit exceeded for installation ID 1.';
const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';

const inSeconds = (seconds: number) => String(EPOCH / 1_000 + seconds);

test.each([
  [401, 'Bad credentials', {}, 'bad-token', undefined],
  [403, 'Resource not accessible by integration', {}, 'no-permission', undefined],
  [403, 'Unable to create comment because issue is locked.', {}, 'locked', undefined],
  [403, SECONDARY, { 'retry-after': '7' }, 'rate-limited', 7_000],
  [403, SECONDARY, {}, 'rate-limited', undefined],
  [403, 'Validation Failed: was submitted too quickly', {}, 'rate-limited', undefined],
  [422, 'Validation Failed: was submitted too quickly', {}, 'rate-limited', undefined],
  [403, 'You have triggered an abuse detection mechanism.', {}, 'rate-limited', undefined],
  [403, 'Commenting is disabled on issues with more than 2500 comments', {}, 'denied', undefined],
  [403, 'Repository was archived so is read-only.', {}, 'denied', undefined],
  [
    403,
    'Although you appear to have the correct authorization, the `acme` organization has an IP allow list enabled',
    {},
    'denied',
    undefined,
  ],
  [403, 'Resource protected by organization SAML enforcement.', {}, 'denied', undefined],
  [
    403,
    'Resource not accessible by integration',
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(30) },
    'no-permission',
    31_000,
  ],
  [
    403,
    LIMITED,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(30) },
    'rate-limited',
    31_000,
  ],
  [429, 'Too many', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(-30) }, 'rate-limited', 0],
  [429, '', { 'retry-after': 'Mon, 14 Sep 2026 08:00:12 GMT' }, 'rate-limited', 12_000],
  [429, '', { 'retry-after': 'Mon, 14 Sep 2026 07:00:00 GMT' }, 'rate-limited', 0],
  [429, '', { 'retry-after': 'soon' }, 'rate-limited', undefined],
  // Our clock is two hours ahead of GitHub's.
  [
    429,
    '',
    { 'retry-after': 'Mon, 14 Sep 2026 06:00:12 GMT', date: 'Mon, 14 Sep 2026 06:00:00 GMT' },
    'rate-limited',
    12_000,
  ],
  [404, 'Not Found', {}, 'not-found', undefined],
  [410, 'This issue was deleted', {}, 'not-found', undefined],
  [422, 'Body is too long (maximum is 65536 characters)', {}, 'too-long', undefined],
  [422, 'Validation Failed', {}, 'refused', undefined],
  [400, 'Problems parsing JSON', {}, 'refused', undefined],
  [408, '', {}, 'unavailable', undefined],
  [500, '', {}, 'unavailable', undefined],
  [503, 'Sorry', { 'retry-after': '5' }, 'unavailable', 5_000],
] as const)('%i "%s" %j is %s, wait %s', (status, message, headers, kind, retryAfterMs) => {
  const failure = toGitHubError({ status, headers, message }, { request: 'GET /user', epoch: EPOCH });
  expect({ kind: failure.kind, retryAfterMs: failure.retryAfterMs }).toEqual({ kind, retryAfterMs });
});

test('says what came to which request in one line', () => {
  const message = `Sorry,\n${'no '.repeat(200)}`;
  const failure = toGitHubError(
    { status: 503, headers: {}, message },
    { request: 'GET /user', epoch: EPOCH },
  );
  expect(failure.message).toMatch(/^GitHub answered 503 \(Sorry, no no .*…\) to GET \/user$/);
  expect(failure.message.length).toBeLessThan(210);
});
