import { errorMessageOf } from '../runtime/errors.ts';
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
    warn(`${what} could not be written: ${errorMessageOf(error)}`);
  }
}
