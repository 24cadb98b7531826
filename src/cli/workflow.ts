/** The workflow that `init` writes: pure. */
import { stringify } from 'yaml';
import { ruleOf } from '../domain/pass-rule.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { maxRunsOfStep } from '../execution/planning.ts';
import type { KOfN } from '../inputs/schemas.ts';
import type { ProviderDescriptor } from '../providers/provider.ts';
import { cleanLine } from '../text/clean.ts';
import { type DeployScript, type OwnVersion, splitTarget } from './own-version.ts';

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

export const USES_FORM = 'must be OWNER/REPO@REF, like acme/agent-test-gate@v2.';

/** An `OWNER/REPO@REF` that a workflow can use, maybe with a folder before the `@`. */
export const isUses = (text: string): boolean =>
  /^[\w.-]+\/[\w.-]+(\/[\w.-]+)*@[\w.-]+(\/[\w.-]+)*$/.test(text);

/** A page of the documents, in the copy of the action that is used. */
export function documentOf(uses: string, page: string): string {
  const [path = '', ref = ''] = uses.split('@');
  return `https://github.com/${path.split('/').slice(0, 2).join('/')}/blob/${ref}/docs/${page}`;
}

/** True if GitHub would take a part of the text for an expression and evaluate it. */
export const hasExpression = (text: string): boolean => text.includes('${{');

/** `max-runs` for a gate of this size: what a step can need, with a quarter more test cases, in steps of 50. */
export const maxRunsFor = (testCases: number, reruns: KOfN | undefined): number =>
  50 * Math.ceil(mostRuns(Math.ceil(testCases * 1.25), reruns) / 50);

const mostRuns = (testCases: number, reruns: KOfN | undefined): number =>
  maxRunsOfStep(testCases, { rule: ruleOf({ reruns, repeat: undefined }), compares: false });

export function renderWorkflow(options: WorkflowOptions): string {
  const { provider, ownVersion } = options;
  const { title, keyVariable } = provider;
  const cancels = provider.capabilities.cancel
    ? `and the step asks ${title} to cancel what it started`
    : `and its batch keeps running, because ${title} cannot cancel one`;
  // Only a file of the repository needs it.
  const permissions = ownVersion === undefined ? '' : '      contents: read # the checkout\n';
  return `# Tests ${testedVersion(options)} at ${title}, and reports on the pull request. Written by "agent-test-gate init".
# The API key is the secret ${keyVariable}: Settings > Secrets and variables > Actions.
#
# Do not add an \`if:\` that skips this job for some pull requests: GitHub counts a skipped required check as passed.
name: Agent tests at ${title}

on:
  pull_request:

# No permissions by default; the job names what it needs.
permissions: {}

# A new push ends the run for the old commit, ${cancels}.
concurrency:
  group: $\{{ github.workflow }}-$\{{ github.ref }}
  cancel-in-progress: $\{{ github.event_name == 'pull_request' }} # never in a merge queue

jobs:
  agent-tests:
    name: Agent tests at ${title}
    runs-on: ubuntu-latest
    # Longer than the gate's own limit, which is 30 minutes, so that it can still report.
    timeout-minutes: 40
    permissions:
${permissions}      pull-requests: write # the comment
    steps:
${stepsOf(options).join('\n\n')}
`;
}

/** The steps of the job: checkout, deployment, gate, and the deletion of what was deployed. */
function stepsOf(options: WorkflowOptions): string[] {
  const { ownVersion, target } = options;
  if (ownVersion === undefined) return [gateStep(options)];
  const { script } = ownVersion;
  const checkout = `      - uses: ${CHECKOUT}
        with:
          persist-credentials: false`;
  if (script === undefined || target === undefined) return [checkout, gateStep(options)];
  const deployment = { ...options, target, script, file: ownVersion.file };
  return [
    checkout,
    deployStep(deployment),
    gateStep(options),
    ...(script.deletes === true ? [deleteStep(deployment)] : []),
  ];
}

function gateStep(options: WorkflowOptions): string {
  const { provider, uses, names, reruns, testCaseCount, ownVersion } = options;
  const selectors = options.testCases.split('\n').map((selector) => selector.trim());
  const script = options.target === undefined ? undefined : ownVersion?.script;
  const line = (input: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`          ${input}: ${scalar(value)}`];
  return [
    `      - uses: ${uses}`,
    '        with:',
    `          provider: ${provider.name}`,
    `          api-key: \${{ secrets.${provider.keyVariable} }}`,
    ...line('target', options.target),
    ...(script === undefined
      ? [...line('version', options.version), ...line('target-config', ownVersion?.file)]
      : [`          # ${script.versionComment}`, `          version: ${script.version}`]),
    ...selectors.flatMap((id) => commentOn(id, names.get(id))),
    '          test-cases: |',
    ...selectors.map((selector) => `            ${selector}`),
    ...(reruns === undefined
      ? []
      : [`          # ${ruleInWords(reruns)}`, `          reruns: ${reruns.need}/${reruns.of}`]),
    `          # ${capInWords(testCaseCount, reruns)}`,
    `          max-runs: "${maxRunsFor(testCaseCount, reruns)}"`,
    ...line('api-url', options.apiUrl),
  ].join('\n');
}

/** Options of the steps that run the script of a deployment. */
interface Deployment extends WorkflowOptions {
  readonly target: string;
  readonly script: DeployScript;
  readonly file: string;
}

/** The step before the gate. */
function deployStep({ uses, script, file, ...options }: Deployment): string {
  const { output, path, versionName } = script;
  const [nameVariable, nameArgument] =
    versionName === undefined ? ['', ''] : [`\n          NAME: ${versionName}`, ' "$NAME"'];
  return `      # Makes ${script.product} from a file of this commit: ${documentOf(uses, 'deploying.md')}
      - name: Deploy this commit's ${output}
        id: deploy
        shell: bash
        env:
${scriptVariables(options)}${nameVariable}
        run: |
          ${output}="$(bash ${path} "$${targetVariable(options)}" ${file}${nameArgument})"
          echo "${output}=$${output}" >> "$GITHUB_OUTPUT"`;
}

/** The step after the gate. */
function deleteStep({ script, ...options }: Deployment): string {
  return `      # Until then it is the latest version of the agent. \`always()\`: also after a red gate or a cancellation.
      - name: Delete the draft
        if: $\{{ always() && steps.deploy.outputs.version != '' }}
        shell: bash
        env:
${scriptVariables(options)}
          VERSION: $\{{ steps.deploy.outputs.version }}
        run: |
          bash ${script.path} delete "$${targetVariable(options)}" "$VERSION" ||
            echo "::warning::Draft $VERSION was not deleted: delete it at Retell."`;
}

/** Key, address and target, as variables of the environment. */
function scriptVariables(options: Pick<Deployment, 'provider' | 'apiUrl' | 'target'>): string {
  const { provider, apiUrl, target } = options;
  const { keyVariable } = provider;
  return [
    `          ${keyVariable}: $\{{ secrets.${keyVariable} }}`,
    ...(apiUrl === undefined ? [] : [`          ${keyVariable.replace(/KEY$/, 'URL')}: ${scalar(apiUrl)}`]),
    `          ${targetVariable(options)}: ${scalar(splitTarget(target).id)}`,
  ].join('\n');
}

const targetVariable = ({ target }: Pick<Deployment, 'target'>): string =>
  splitTarget(target).kind.toUpperCase();

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

/** The version that the gate tests, in a few words. */
function testedVersion({ provider: { capabilities }, version, ownVersion }: WorkflowOptions): string {
  if (ownVersion !== undefined) return "the pull request's own version";
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
