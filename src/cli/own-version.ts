/** Ways to test the pull request's own version. See docs/deploying.md. */
import type { ProviderName } from '../providers/registry.ts';
import { DEPLOY_SCRIPTS } from './deploy-scripts.ts';

/** Way in which a provider gets the version of a pull request. */
export interface OwnVersion {
  /** Kinds of targets that can be tested so. */
  readonly kinds: readonly string[];
  /** Written by the user: what the agent is to be. */
  readonly file: string;
  /** Content of the file, for a target of this kind. */
  readonly holds: (kind: string) => string;
  /** Makes the version; `undefined` where the gate sends the file with the tests. */
  readonly script?: DeployScript | undefined;
}

/** A script of the user's repository, and the step that runs it. */
export interface DeployScript {
  readonly path: string;
  readonly text: string;
  /** Name of its product in comments: `a draft of the agent`. */
  readonly makes: string;
  /** Output of the step that it sets. */
  readonly output: 'version' | 'branch';
  /** Name of the version, where it stays for later pushes. */
  readonly versionName?: string | undefined;
  /** The input `version` of the gate, and why it is written so. */
  readonly version: string;
  readonly versionComment: string;
  /** Whether it also deletes what it made. */
  readonly deletes?: boolean | undefined;
}

const PULL_REQUEST = `$\{{ github.event.pull_request.number }}`;
const NEVER_EMPTY = {
  version: `$\{{ steps.deploy.outputs.version || 'missing' }}`,
  versionComment: 'Never empty, since the gate would then test another version: `missing` is refused.',
};

const CHANGES = (): string => 'what a pull request may change';
const WHOLE = (kind: string): string => `the whole ${kind}`;

export const OWN_VERSIONS: Readonly<Record<ProviderName, OwnVersion>> = {
  retell: {
    kinds: ['agent'],
    file: 'agent/retell.json',
    holds: CHANGES,
    script: {
      path: '.github/deploy/retell.sh',
      text: DEPLOY_SCRIPTS.retell,
      makes: 'a draft of the agent',
      output: 'version',
      ...NEVER_EMPTY,
      deletes: true,
    },
  },
  bland: {
    kinds: ['pathway'],
    file: 'agent/bland.json',
    holds: WHOLE,
    script: {
      path: '.github/deploy/bland.sh',
      text: DEPLOY_SCRIPTS.bland,
      makes: 'a version of the pathway',
      output: 'version',
      versionName: `PR ${PULL_REQUEST}`,
      ...NEVER_EMPTY,
    },
  },
  vapi: { kinds: ['assistant', 'squad'], file: 'agent/vapi.json', holds: WHOLE },
  elevenlabs: {
    kinds: ['agent'],
    file: 'agent/elevenlabs.json',
    holds: CHANGES,
    script: {
      path: '.github/deploy/elevenlabs.sh',
      text: DEPLOY_SCRIPTS.elevenlabs,
      makes: 'a branch of the agent',
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
