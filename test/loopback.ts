import { setImmediate as nextTurn } from 'node:timers/promises';
import { send } from '../src/http/send.ts';
import type { Fetch } from '../src/http/whole-answer.ts';
import { stalled } from './emulators/stalled.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How many requests of this process are on their way. */
let open = 0;

/**
 * What the action sends with, to servers on loopback, beside a virtual clock: that stands still while an answer is on its
 * way. For an answer that an emulator holds back for ever it goes on.
 */
export function onLoopback(clock: VirtualClock): Fetch {
  return async (url, init) => {
    open += 1;
    const release = clock.hold(() => init.signal.aborted || open > stalled.count);
    let isDone = false;
    const done = () => {
      if (!isDone) open -= 1;
      isDone = true;
      release();
    };
    try {
      const answer = await send(url, init);
      // A redirect's body is never read.
      if (answer.headers.get('location')) done();
      return { ...answer, body: answer.body && whenRead(answer.body, done) };
    } catch (error) {
      await seenByServer();
      done();
      throw error;
    }
  };
}

/** After a request was given up: until the emulator that held its answer back knows it. */
async function seenByServer(): Promise<void> {
  const before = stalled.count;
  for (let turns = 0; turns < 1_000 && before > 0 && stalled.count === before; turns += 1) await nextTurn();
}

/** The same bytes, and word of their end. */
async function* whenRead(body: AsyncIterable<Uint8Array>, done: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    await seenByServer();
    throw error;
  } finally {
    done();
  }
}
