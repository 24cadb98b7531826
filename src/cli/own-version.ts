/** Ways to test the pull request's own version. See docs/deploying.md. */
import type { ProviderName } from '../providers/registry.ts';
import { DEPLOY_SCRIPTS } from './deploy-scripts.ts';

/** Way in which a provider gets the version of a pull request. */
export interface OwnVersion {
  /** Kinds of targets that can be tested so. */
  readonly kinds: readonly string[];
  /** Path of the file in which the user describes that version. */
  readonly file: string;
  /** True if the file describes the whole target, and not only what a pull request may change. */
  readonly isWhole: boolean;
  /** Makes the version; `undefined` where the gate sends the file with the tests. */
  readonly script?: DeployScript | undefined;
}

/** A script of the user's repository, and the step that runs it. */
export interface DeployScript {
  readonly path: string;
  readonly text: string;
  /** Name of what it makes, in comments: `a draft of the agent`. */
  readonly product: string;
  /** Name of the step's output for what it made. */
  readonly output: 'version' | 'branch';
  /** Third argument: the name of the version, where later pushes change the same one. */
  readonly versionName?: string | undefined;
  /** The input `version` of the gate, and why it is written so. */
  readonly version: string;
  readonly versionComment: string;
  /** True if it also deletes what it made. */
  readonly deletes?: boolean | undefined;
}

const PULL_REQUEST = `$\{{ github.event.pull_request.number }}`;
const NEVER_EMPTY = {
  version: `$\{{ steps.deploy.outputs.version || 'missing' }}`,
  versionComment: 'Never empty, since the gate would then test another version: `missing` is refused.',
};

export const OWN_VERSIONS: Readonly<Record<ProviderName, OwnVersion>> = {
  retell: {
    kinds: ['agent'],
    file: 'agent/retell.json',
    isWhole: false,
    script: {
      path: '.github/deploy/retell.sh',
      text: DEPLOY_SCRIPTS.retell,
      product: 'a draft of the agent',
      output: 'version',
      ...NEVER_EMPTY,
      deletes: true,
    },
  },
  bland: {
    kinds: ['pathway'],
    file: 'agent/bland.json',
    isWhole: true,
    script: {
      path: '.github/deploy/bland.sh',
      text: DEPLOY_SCRIPTS.bland,
      product: 'a version of the pathway',
      output: 'version',
      versionName: `PR ${PULL_REQUEST}`,
      ...NEVER_EMPTY,
    },
  },
  vapi: { kinds: ['assistant', 'squad'], file: 'agent/vapi.json', isWhole: true },
  elevenlabs: {
    kinds: ['agent'],
    file: 'agent/elevenlabs.json',
    isWhole: false,
    script: {
      path: '.github/deploy/elevenlabs.sh',
      text: DEPLOY_SCRIPTS.elevenlabs,
      product: 'a branch of the agent',
      output: 'branch',
      versionName: `pr-${PULL_REQUEST}`,
      version: `branch/$\{{ steps.deploy.outputs.branch }}`,
      versionComment: 'Without the id of a branch this is refused.',
    },
  },
};

/** Kind and id of a target `KIND/ID`. */
export function splitTarget(target: string): { readonly kind: string; readonly id: string } {
  const slash = target.indexOf('/');
  return { kind: target.slice(0, slash).trim(), id: target.slice(slash + 1).trim() };
}
