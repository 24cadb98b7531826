import { constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Opens a pipe without waiting for its other end; Windows has no such flag. */
const WITHOUT_WAITING = constants.O_NONBLOCK ?? 0;

/** A path that leads to no regular file, or to one that is too large. The message is a clause. */
export class UnsuitableFile extends Error {
  override name = 'UnsuitableFile';
}

/**
 * Reads a regular file. Rejects with an `UnsuitableFile` for a folder, a pipe or a device and for more than `maxBytes`,
 * otherwise with the error of the file system. Never waits for the other end of a pipe.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array> {
  return useRegularFile(path, constants.O_RDONLY, async (file, size) => {
    if (size > maxBytes) throw new UnsuitableFile(`it has ${size} bytes, and ${maxBytes} are allowed`);
    return await file.readFile();
  });
}

/** The same as text, without the byte order mark that some editors and shells put first. */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  return new TextDecoder().decode(await readRegularFile(path, maxBytes));
}

/** The text of a file, in pieces if it is long. */
export type FileContent = string | Iterable<string>;

/**
 * Writes a regular file, in place of its old content, and makes its folders. Rejects with an `UnsuitableFile` for
 * something else that exists, otherwise with the error of the file system: `EEXIST` if it `isNew` and there is something.
 * Never waits for the other end of a pipe.
 */
export async function writeRegularFile(
  path: string,
  content: FileContent,
  { isNew = false }: { readonly isNew?: boolean } = {},
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | (isNew ? constants.O_EXCL : 0);
  const write = (): Promise<void> =>
    useRegularFile(path, flags, async (file) => {
      await file.truncate();
      await file.writeFile(typeof content === 'string' ? content : inBlocks(content));
    });
  try {
    await write();
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(resolve(path)));
    await write();
  }
}

/** About how many characters are written at a time. */
const BLOCK = 100_000;

function* inBlocks(pieces: Iterable<string>): Generator<string> {
  let block = '';
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK) continue;
    yield block;
    block = '';
  }
  yield block;
}

/** Opens the path and checks the descriptor, since what the path leads to may change in between. */
async function useRegularFile<T>(
  path: string,
  flags: number,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const file = await open(resolve(path), flags | WITHOUT_WAITING).catch((error: unknown) => {
    // A pipe that nobody reads, or a socket.
    if (errorCodeOf(error) === 'ENXIO') throw new UnsuitableFile(NOT_REGULAR);
    throw error;
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new UnsuitableFile(NOT_REGULAR);
    return await use(file, stats.size);
  } finally {
    await file.close();
  }
}

const NOT_REGULAR = 'it is not a regular file';

/** Like `mkdir` with `recursive`, which does not return where a file system refuses folders with ENOENT, as `/proc` does. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return;
    if (errorCodeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path).catch((secondError: unknown) => {
      // Another job on the same machine may have made it.
      if (errorCodeOf(secondError) !== 'EEXIST') throw secondError;
    });
  }
}

/** The code of an error of the file system, like `ENOENT`. */
export function errorCodeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, 'code') : undefined;
}
