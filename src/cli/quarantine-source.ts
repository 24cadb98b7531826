import type { QuarantineFile, QuarantineFiles } from '../domain/quarantine.ts';
import { refused } from '../domain/result.ts';
import { parseQuarantine } from '../inputs/quarantine-file.ts';
import { readRegularFile } from '../runtime/regular-file.ts';

/** More than any quarantine file may have; `parseQuarantine` says how much that is. */
const MAX_BYTES = 1024 * 1024;

/** Reads a quarantine file from disk. `now` is in milliseconds since the epoch. Never rejects. */
export async function readQuarantineFile(path: string, now: number): Promise<QuarantineFile> {
  try {
    return parseQuarantine(await readRegularFile(path, MAX_BYTES), now);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return refused(`it cannot be read (${error instanceof Error ? error.message : error})`);
  }
}

/** The same as the gate takes it: there is no base branch here that has a say. */
export async function readQuarantineFiles(path: string, now: number): Promise<QuarantineFiles> {
  const tested = await readQuarantineFile(path, now);
  return {
    path,
    tested: tested.kind === 'absent' ? refused('there is no such file') : tested,
  };
}
