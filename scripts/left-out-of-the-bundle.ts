/**
 * Stands in for the toolkit's HTTP client, its copy of undici and its way to start processes when the bundle is built
 * (`paths` in src/tsconfig.json). Nothing here calls them: requests go through Node's own `fetch`. They would add half a
 * megabyte that is parsed at every start. See docs/adr/0002-what-the-bundle-leaves-out.md.
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
