/** The workflow that `init` writes: pure. */
import { stringify } from 'yaml';
import { ruleOf } from '../domain/pass-rule.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { maxRunsOfStep } from '../execution/planning.ts';
import type { KOfN } from '../inputs/schemas.ts';
import type { ProviderDescriptor } from '../providers/provider.ts';
import { cleanLine } from '../text/clean.ts';
import { deleteStep, deployStep, type OwnVersion } from './own-version.ts';

/** Path of the workflow, from the root of the repository. */
export const WORKFLOW_PATH = '.github/workflows/agent-tests.yml';

/** Pinned like in docs/examples; a test compares them. */
const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';

/** Target and test cases of the workflow. All values were checked at the provider. */
export interface WorkflowOptions {
  readonly provider: Pick<ProviderDescriptor, 'name' | 'title' | 'keyVariable' | 'capabilities'>;
  /** `OWNER/REPO@REF`. */
  readonly uses: string;
  /** `KIND/ID` */
  readonly target: string | undefined;
  readonly version: string | undefined;
  /** One selector per line. */
  readonly testCases: string;
  readonly reruns: KOfN | undefined;
  /** Names of the test cases by id, for the comments beside ids. */
  readonly names: ReadonlyMap<string, string>;
  /** Number of test cases that there are now. */
  readonly testCaseCount: number;
  readonly apiUrl: string | undefined;
  /** Way to test the pull request's own version; `undefined`: it tests what is live. Needs a target. */
  readonly ownVersion?: OwnVersion | undefined;
}

/** An `OWNER/REPO@REF` that a workflow can use, maybe with a folder before the `@`. */
export const isUses = (text: string): boolean =>
  /^[\w.-]+\/[\w.-]+(\/[\w.-]+)*@[\w.-]+(\/[\w.-]+)*$/.test(text);

/** A page of the documents, in the copy of the action that is used. */
export function documentOf(uses: string, page: string): string {
  const [path = '', ref = ''] = uses.split('@');
  return `https://github.com/${path.split('/').slice(0, 2).join('/')}/blob/${ref}/docs/${page}`;
}

/** Whether GitHub would take a part of the text for an expression and evaluate it. */
export const hasExpression = (text: string): boolean => text.includes('${{');

/** `max-runs` for a gate of this size: what a step can need, with a quarter more test cases, in steps of 50. */
export const maxRunsFor = (testCases: number, reruns: KOfN | undefined): number =>
  50 * Math.ceil(mostRuns(Math.ceil(testCases * 1.25), reruns) / 50);

const mostRuns = (testCases: number, reruns: KOfN | undefined): number =>
  maxRunsOfStep(testCases, { rule: ruleOf({ reruns, repeat: undefined }), compares: false });

export function renderWorkflow(options: WorkflowOptions): string {
  const { provider, uses, target, testCases, names, reruns, testCaseCount, apiUrl, ownVersion } = options;
  const { title, name, keyVariable, capabilities } = provider;
  const selectors = testCases.split('\n').map((selector) => selector.trim());
  const cancels = capabilities.cancel
    ? `and the step asks ${title} to cancel what it started`
    : `and its batch keeps running, because ${title} cannot cancel one`;
  const line = (input: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`          ${input}: ${scalar(value)}`];
  const step =
    ownVersion?.script === undefined || target === undefined
      ? undefined
      : {
          script: ownVersion.script,
          file: ownVersion.file,
          page: documentOf(uses, 'deploying.md'),
          target,
          keyVariable,
          apiUrl,
          scalar,
        };
  const version =
    step === undefined
      ? line('version', options.version)
      : [`          # ${step.script.versionComment}`, `          version: ${step.script.version}`];
  const tested = ownVersion === undefined ? testedVersion(options) : "the pull request's own version";
  return [
    `# Tests ${tested} at ${title}, and reports on the pull request. Written by "agent-test-gate init".`,
    `# The API key is the secret ${keyVariable}: Settings > Secrets and variables > Actions.`,
    '#',
    '# Do not add an `if:` that skips this job for some pull requests: GitHub counts a skipped required check as passed.',
    `name: Agent tests at ${title}`,
    '',
    'on:',
    '  pull_request:',
    '',
    '# No permissions by default; the job names what it needs.',
    'permissions: {}',
    '',
    `# A new push ends the run for the old commit, ${cancels}.`,
    'concurrency:',
    `  group: $\{{ github.workflow }}-$\{{ github.ref }}`,
    `  cancel-in-progress: $\{{ github.event_name == 'pull_request' }} # never in a merge queue`,
    '',
    'jobs:',
    '  agent-tests:',
    `    name: Agent tests at ${title}`,
    '    runs-on: ubuntu-latest',
    "    # Longer than the gate's own limit, which is 30 minutes, so that it can still report.",
    '    timeout-minutes: 40',
    '    permissions:',
    // Only a file of the repository needs it.
    ...(ownVersion === undefined ? [] : ['      contents: read # the checkout']),
    '      pull-requests: write # the comment',
    '    steps:',
    ...(ownVersion === undefined
      ? []
      : [`      - uses: ${CHECKOUT}`, '        with:', '          persist-credentials: false', '']),
    ...(step === undefined ? [] : deployStep(step)),
    `      - uses: ${uses}`,
    '        with:',
    `          provider: ${name}`,
    `          api-key: \${{ secrets.${keyVariable} }}`,
    ...line('target', target),
    ...version,
    ...(step === undefined ? line('target-config', ownVersion?.file) : []),
    ...selectors.flatMap((id) => commentOn(id, names.get(id))),
    '          test-cases: |',
    ...selectors.map((selector) => `            ${selector}`),
    ...(reruns === undefined
      ? []
      : [`          # ${ruleInWords(reruns)}`, `          reruns: ${reruns.need}/${reruns.of}`]),
    `          # ${capInWords(testCaseCount, reruns)}`,
    `          max-runs: "${maxRunsFor(testCaseCount, reruns)}"`,
    ...line('api-url', apiUrl),
    ...(step === undefined ? [] : deleteStep(step)),
    '',
  ].join('\n');
}

/** An id says nothing to a person. A name may hold anything, but a comment ends with its line. */
function commentOn(id: string, name: string | undefined): string[] {
  if (name === undefined || name === id || hasExpression(name)) return [];
  return [`          # ${id}: ${cleanLine(name, 80)}`];
}

const ruleInWords = ({ need, of }: KOfN): string =>
  `A failure counts when ${of - need + 1} of at most ${of} runs did not pass.`;

/** The reason for `max-runs`. */
function capInWords(testCases: number, reruns: KOfN | undefined): string {
  const most = mostRuns(testCases, reruns);
  const need = testCases === 1 ? 'needs' : 'need';
  return `The most runs that a push may start, since each costs money: ${formatCaseCount(testCases)} ${need} at most ${most}.`;
}

/** What the gate tests where no version is made, in a few words. */
function testedVersion({ provider: { capabilities }, version }: WorkflowOptions): string {
  const { versions } = capabilities;
  if (version === undefined) {
    return versions !== false && versions.fallback === 'latest'
      ? 'the latest version, published or not,'
      : 'what is live';
  }
  return version === 'published' || version === 'production' ? 'what is live' : `the version ${version}`;
}

/** A value on one line, in quotes where YAML needs them. */
const scalar = (value: string): string => stringify(value, { lineWidth: 0 }).trimEnd();
