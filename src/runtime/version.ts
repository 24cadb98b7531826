/** The version of package.json; a test compares them. */
export const VERSION = '2.0.0';

/** How every request introduces itself. */
export const USER_AGENT = `agent-test-gate/${VERSION}`;
