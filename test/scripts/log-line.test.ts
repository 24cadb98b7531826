import { expect, test } from 'vitest';
import { asInGitHubLog } from '../../scripts/log-line.ts';

test.each([
  ['Verdict: passed.', 'Verdict: passed.'],
  ['a line with ::error:: in it', 'a line with ::error:: in it'],
  ['::error::The gate failed.', 'Error: The gate failed.'],
  ['::error title=Case 3%3A refund,file=a.ts::100%25 wrong%0ASecond line', 'Error: 100% wrong\nSecond line'],
  ['::error::%250A is no line break', 'Error: %0A is no line break'],
  ['::warning::Batch b1: https://example.com::x', 'Warning: Batch b1: https://example.com::x'],
  ['::notice::Wait', 'Notice: Wait'],
  ['::group::Settings', '▼ Settings'],
])('%j is shown as %j', (line, shown) => {
  expect(asInGitHubLog(line)).toBe(shown);
});

test.each(['::add-mask::secret', '::debug::GET /', '::endgroup::', '::stop-commands::word'])(
  '%j is not shown',
  (line) => {
    expect(asInGitHubLog(line)).toBeUndefined();
  },
);
