import type { Clock, Deadline } from './clock.ts';

/** The deadline or the signal came before the task succeeded; `cause` is its last failure, if there was one. */
export class DeadlineExceeded extends Error {
  override name = 'DeadlineExceeded';
}

/** The same deadline, or an earlier one. */
export const withEarlierEnd = (deadline: Deadline, until: number): Deadline => ({
  ...deadline,
  until: Math.min(deadline.until, until),
});

/** True after the deadline, and after its signal has aborted. */
export const isOver = ({ until, signal }: Deadline, clock: Clock): boolean =>
  signal.aborted || clock.now() >= until;

/**
 * Runs a task, and rejects with `DeadlineExceeded` as soon as the deadline or the signal comes, even if the task does not
 * listen to its signal; what becomes of the task then is ignored.
 */
export async function withDeadline<T>(
  task: (deadline: Deadline) => Promise<T>,
  deadline: Deadline,
  clock: Clock,
): Promise<T> {
  const { until, signal } = deadline;
  if (isOver(deadline, clock)) throw new DeadlineExceeded();
  const over = new AbortController();
  const finished = new AbortController();
  void clock.sleep(until - clock.now(), finished.signal).then(() => over.abort());
  const stop = AbortSignal.any([signal, over.signal]);
  const stopped = new Promise<never>((_, reject) =>
    stop.addEventListener('abort', () => reject(new DeadlineExceeded()), { once: true }),
  );
  try {
    return await Promise.race([task({ ...deadline, signal: stop }), stopped]);
  } catch (error) {
    throw stop.aborted ? new DeadlineExceeded() : error;
  } finally {
    finished.abort();
  }
}
