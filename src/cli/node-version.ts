/** The first thing that the program does: what comes after it needs functions that older versions of Node.js lack. */

/** As `engines` of package.json. */
const MIN_NODE = 24;

/** Says which version is needed; `undefined` where the running one is new enough. */
export const nodeVersionProblem = (version: string): string | undefined =>
  Number.parseInt(version.replace(/^v/, ''), 10) >= MIN_NODE
    ? undefined
    : `agent-test-gate needs Node.js ${MIN_NODE} or newer, and this is ${version}: update Node.js.`;

const problem = nodeVersionProblem(process.version);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  // As for every other refusal before a request.
  process.exit(2);
}
