/** The repository's own workflows and the examples in the docs, as text and as YAML. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface WorkflowStep {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string | boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly name?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The reusable workflow that it calls. Then it has no steps. */
  readonly uses?: string;
  readonly steps: readonly WorkflowStep[];
  readonly strategy?: { readonly matrix: { readonly include?: readonly Readonly<Record<string, string>>[] } };
}

export interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly concurrency?: { readonly group: string };
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface WorkflowFile {
  /** With slashes, from the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly workflow: Workflow;
}

export const ownWorkflows = workflowsIn('.github/workflows');
export const examples = workflowsIn('docs/examples');

/** The workflows in the README, in its order. */
export const [firstGate, recommended] = workflowsInReadme();

function workflowsInReadme(): readonly [WorkflowFile, WorkflowFile] {
  const blocks = readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```yaml\n(name: [\s\S]*?)```/g);
  const [first, second, ...others] = [...blocks].map(([, text = '']) => text);
  if (first === undefined || second === undefined || others.length > 0)
    throw new Error('README.md must have two whole workflows.');
  const fileOf = (title: string, text: string): WorkflowFile => ({
    path: `README.md (${title})`,
    text,
    workflow: parse(text) as Workflow,
  });
  return [fileOf('first gate', first), fileOf('recommended', second)];
}

function workflowsIn(folder: string): WorkflowFile[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => {
      const text = readFileSync(join(root, folder, name), 'utf8');
      return { path: `${folder}/${name}`, text, workflow: withSteps(parse(text) as Workflow) };
    });
}

/** A job that calls a workflow has no steps. */
function withSteps(workflow: Workflow): Workflow {
  const jobs = Object.entries(workflow.jobs).map(([id, job]) => [id, { ...job, steps: job.steps ?? [] }]);
  return { ...workflow, jobs: Object.fromEntries(jobs) as Workflow['jobs'] };
}

export function stepsOf({ jobs }: Workflow): WorkflowStep[] {
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

export interface ActionMetadata {
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly required: boolean; readonly default?: string }>
  >;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

export const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionMetadata;

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** What users follow: `v1` for every 1.x.y. */
export const MAJOR = `v${version.split('.')[0]}`;
