import type { OctokitSettings } from '../../src/github/octokit.ts';

type Plugins = NonNullable<OctokitSettings['plugins']>;

/** A second of the plugins' pauses takes a millisecond. */
export const QUICK: Plugins = { retry: { retryAfterBaseValue: 1 }, throttle: { retryAfterBaseValue: 1 } };

/** For virtual time, which the plugins do not keep to. */
export const NONE: Plugins = { retry: { enabled: false }, throttle: { enabled: false } };
