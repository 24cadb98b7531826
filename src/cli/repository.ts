/** The files that `init` writes. */

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { errorMessageOf } from '../runtime/errors.ts';
import { errorCodeOf, writeRegularFile } from '../runtime/regular-file.ts';
import { CommandError, EXIT } from './exit.ts';

/** The path from here to the root of the repository, where alone GitHub looks for workflows; empty where there is none. */
export function repositoryRoot(): string {
  const here = resolve('.');
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return relative(here, folder);
    if (dirname(folder) === folder) return '';
  }
}

/** True if there is something at the path, or nobody can know. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => errorCodeOf(error) !== 'ENOENT',
  );

/** Refusal to write over a file. */
export const existsError = (path: string): CommandError =>
  new CommandError(`${path} exists: --force overwrites it.`);

/** Writes a file and makes its folders; never over a file that appeared meanwhile, unless it is forced. */
export async function writeNew(path: string, text: string, isForced: boolean): Promise<void> {
  try {
    await writeRegularFile(path, text, { isNew: !isForced });
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') throw existsError(path);
    throw new CommandError(`${path} could not be written: ${errorMessageOf(error)}`, EXIT.notPassed);
  }
}
