/** State that the step leaves for its `post` part: values in the runner's state, and a file beside them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { jobFactsSchema } from '../comment/job-facts.ts';
import { TALLY_KEYS } from '../domain/batch.ts';
import { VERDICTS, type Verdict } from '../domain/verdict.ts';
import { lenient, parseJson, whole } from '../json.ts';

const savedSectionSchema = z.object({
  state: z.enum(VERDICTS),
  tally: z.record(z.enum(TALLY_KEYS), whole),
  label: z.string(),
  facts: lenient(jobFactsSchema),
  record: lenient(z.string()),
  markdown: z.string(),
  closing: lenient(z.string()),
});
const savedCommentSchema = z.object({
  section: savedSectionSchema,
  stage: z.enum(['waiting', 'unwritten', 'written']),
  isWanted: lenient(z.boolean()),
  id: lenient(whole),
  createdAgoMs: lenient(z.number()),
});

/** A job's section of the comment, rendered. */
export type SavedSection = z.infer<typeof savedSectionSchema>;

/** Last known state of the step's comment. */
export interface SavedComment {
  /** Section that is to stand in the comment if the step says nothing more. */
  readonly section: SavedSection;
  /**
   * `waiting`: the section says that the step was stopped. Then it is the gate's verdict: `unwritten` until it is known
   * to stand in the comment, or that there is none to write.
   */
  readonly stage: 'waiting' | 'unwritten' | 'written';
  /** True if a comment is to be made if there is none yet. */
  readonly isWanted?: boolean | undefined;
  /** The comment, if it is known. */
  readonly id?: number | undefined;
  /** Shortest possible time since this job asked for a new comment, in milliseconds; it may have been made or not. */
  readonly createdAgoMs?: number | undefined;
}

/** End of the step, and everything that it left. */
export interface SavedStepState {
  /**
   * `not begun`: it was killed before it listened to signals, since the runner starts `post` only after the step.
   * `killed`: it did not say that it ended.
   */
  readonly end: 'not begun' | 'killed' | 'finished';
  /** `undefined` where the gate came to none, or was killed before. */
  readonly verdict: Verdict | undefined;
  /** The step's mark on its section of the comment; `undefined` where it was not saved. */
  readonly mark?: string | undefined;
  /** `undefined` where nothing was left or it cannot be read. */
  readonly savedComment: SavedComment | undefined;
  /** The batches of the step, as far as they were known. */
  readonly batchIds: readonly string[];
}

/** The runner's state commands and variables. */
interface Runner {
  readonly saveState: (name: string, value: string) => void;
  readonly getState: (name: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A mark that no other step has. */
export const randomMark = (): string => randomBytes(6).toString('base64url');

/**
 * For the step. Keeps what is known of the comment in a file that only this user can read; nowhere if the runner gives no private folder.
 * Each method throws what the file system or the runner throws.
 */
export function createStepState({ saveState, env }: Pick<Runner, 'saveState' | 'env'>) {
  const folder = env['RUNNER_TEMP'];
  const file = folder ? join(folder, `agent-test-gate-${randomUUID()}.json`) : undefined;
  const mark = randomMark();
  let isNamed = false;
  return {
    /** Stands in the step's section of the comment, and tells it from those of other jobs that are otherwise equal. */
    mark,
    /** Before the first write: the mark must be known to `post`. */
    begin() {
      saveState('mark', mark);
      saveState('phase', 'started');
    },
    /** The batches that are known so far; at once, so that a kill a moment later leaves their ids. */
    saveBatchIds: (batchIds: readonly string[]) => saveState('batches', batchIds.join('\n')),
    /** `verdict`: `undefined` where the gate came to none. */
    finish(verdict: Verdict | undefined) {
      saveState('verdict', verdict ?? '');
      saveState('phase', 'finished');
    },
    saveComment(comment: SavedComment) {
      if (file === undefined) return;
      if (!isNamed) saveState('comment', file);
      isNamed = true;
      // Renamed in one step, so that a kill while writing leaves the last whole file.
      writeFileSync(`${file}.new`, JSON.stringify(comment), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  };
}

/** Saves the state of the step. */
export type StepStateWriter = ReturnType<typeof createStepState>;

/** For the `post` part: how the step ended and what it knew. Deletes the file. What cannot be read is not there. */
export function readStepState({ getState }: Pick<Runner, 'getState'>): SavedStepState {
  const phase = getState('phase');
  const file = getState('comment');
  return {
    end: phase === '' ? 'not begun' : phase === 'finished' ? 'finished' : 'killed',
    verdict: VERDICTS.find((verdict) => verdict === getState('verdict')),
    mark: getState('mark') || undefined,
    savedComment: file === '' ? undefined : takeSavedComment(file),
    batchIds: getState('batches')
      .split('\n')
      .filter((id) => id !== ''),
  };
}

function takeSavedComment(file: string): SavedComment | undefined {
  try {
    return savedCommentSchema.safeParse(parseJson(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  } finally {
    for (const path of [file, `${file}.new`]) rmSync(path, { force: true });
  }
}
