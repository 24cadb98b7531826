/**
 * Stands in for the toolkit's HTTP client, with its copy of undici, and its way to start processes when the bundle is
 * built (`paths` in src/tsconfig.json). Nothing here calls them: requests go through Node's own `fetch`. They would add
 * half a megabyte that is parsed at every start. See docs/adr/0002-what-the-bundle-leaves-out.md.
 */
function leftOut(): never {
  throw new Error('This part of the GitHub toolkit is left out of the bundle (docs/adr/0002).');
}

export class HttpClient {
  constructor() {
    leftOut();
  }
}

export class BearerCredentialHandler {
  constructor() {
    leftOut();
  }
}

export const getExecOutput = leftOut;
