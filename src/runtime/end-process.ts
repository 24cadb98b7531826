/**
 * Ends the process with an exit code, whatever is open. `process.exit` waits for threads, and one that is blocked in
 * the file system or in a look-up of a name never returns; in that case an empty Node.js process replaces this one.
 */
export function endProcess(exitCode: number): never {
  const isBlocked = process
    .getActiveResourcesInfo()
    .some((resource) => /^(FSReq|Get\w+InfoReq)/.test(resource));
  if (isBlocked) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    try {
      process.execve?.(process.execPath, [process.execPath, '-e', `process.exitCode = ${exitCode}`], env);
    } catch {
      // Windows does not have it.
    }
  }
  process.exit(exitCode);
}
