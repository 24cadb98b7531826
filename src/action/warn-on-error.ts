import type { Runtime } from '../runtime/runtime.ts';

/** Writes something; that it could not be written has no consequences but a warning. */
export async function warnOnError(
  { warn }: Pick<Runtime, 'warn'>,
  what: string,
  write: () => Promise<void> | void,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    warn(`${what} could not be written: ${messageOf(error)}`);
  }
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
