/** The version of package.json; a test compares them. */
export const VERSION = '2.0.0';

/** The value of `User-Agent` in every request. */
export const USER_AGENT = `agent-test-gate/${VERSION}`;
