import { createHash } from 'node:crypto';
import type { BatchScript, Outcome, RunScript } from './timeline.ts';

/** A test case with the recorded run of it that a scripted run is made from. */
export interface RecordedCase {
  readonly testCaseId: string;
  readonly name: string;
}

/** What was recorded for each outcome, each test case at its own place; `undefined` where there is nothing. */
export type Recordings<Case extends RecordedCase> = Readonly<Record<Outcome, readonly (Case | undefined)[]>>;

/** A scripted run with everything decided that does not change with time. */
export interface CastRun<Case extends RecordedCase> {
  readonly script: RunScript;
  readonly outcome: Outcome;
  readonly id: string;
  readonly testCaseId: string;
  readonly name: string;
  readonly recorded: Case;
}

/** Makes an id of the provider's form; the same seed gives the same id. */
export type MakeId = (kind: 'run' | 'test case' | 'batch', seed: string) => string;

/**
 * Gives each run of a script a recording that suits its outcome, so that a body tells one coherent story. A test case
 * that is used again gets a number behind its name and an id of its own.
 */
export function castRuns<Case extends RecordedCase>(
  script: Pick<BatchScript, 'id' | 'runs'>,
  recordings: Recordings<Case>,
  makeId: MakeId,
): CastRun<Case>[] {
  const uses = new Map<string, number>();
  return script.runs.map((run, index) => {
    const outcome = run.outcome ?? 'passed';
    const recorded = recordingFor(recordings[outcome], index, run.testCaseId);
    const used = (uses.get(recorded.name) ?? 0) + 1;
    uses.set(recorded.name, used);
    const name = run.name ?? (used === 1 ? recorded.name : `${recorded.name} (${used})`);
    return {
      script: run,
      outcome,
      id: run.id ?? makeId('run', `${script.id} ${index}`),
      testCaseId:
        run.testCaseId ?? (name === recorded.name ? recorded.testCaseId : makeId('test case', name)),
      name,
      recorded,
    };
  });
}

function recordingFor<Case extends RecordedCase>(
  recordings: readonly (Case | undefined)[],
  index: number,
  testCaseId: string | undefined,
): Case {
  const found =
    recordings.find((each) => each !== undefined && each.testCaseId === testCaseId) ??
    recordings[index % recordings.length] ??
    recordings.find((each) => each !== undefined);
  if (found === undefined) throw new Error('There is no recorded run with this outcome.');
  return found;
}

/** Ids that are UUIDs, as Bland and Vapi have them. */
export const makeUuid: MakeId = (kind, seed) =>
  digest(`${kind} ${seed}`).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-5$3-8$4-$5');

/** Ids that say what they are of, with so many digits, as Retell and ElevenLabs have them. */
export const makePrefixed =
  (prefixes: Readonly<Record<Parameters<MakeId>[0], string>>, digits: number): MakeId =>
  (kind, seed) =>
    `${prefixes[kind]}_${digest(seed).slice(0, digits)}`;

/** 40 hexadecimal digits that depend on nothing but the seed. */
export function digest(seed: string): string {
  return createHash('sha1').update(seed).digest('hex');
}
