/**
 * Stands in for parts of the toolkit and of Octokit when the bundle is built (`paths` in src/tsconfig.json): the
 * toolkit's HTTP client with its copy of undici, its way to start processes, and Octokit's table of all endpoints.
 * Nothing of ours calls them. See docs/adr/0002-what-the-bundle-leaves-out.md.
 */
function leftOut(): never {
  throw new Error('This part of the GitHub toolkit is left out of the bundle (docs/adr/0002).');
}

/** `@actions/github` makes one while it loads and asks it for agents that only its own client would use. */
export class HttpClient {
  getAgent(): undefined {
    return undefined;
  }
  getAgentDispatcher(): undefined {
    return undefined;
  }
  getJson = leftOut;
}

export class BearerCredentialHandler {
  constructor() {
    leftOut();
  }
}

export const fetch = leftOut;
export const getProxyUrl = leftOut;
export const getExecOutput = leftOut;

/** Plugins of Octokit: they add nothing. */
export const restEndpointMethods = () => ({});
export const legacyRestEndpointMethods = restEndpointMethods;
