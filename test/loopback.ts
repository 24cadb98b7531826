import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fetch } from '../src/http/fetch-text.ts';
import { stalled } from './emulators/stalled.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How many requests of this process are on their way. */
let open = 0;

/**
 * The real `fetch`, to servers on loopback, beside a virtual clock: that stands still while an answer is on its way. For
 * an answer that an emulator holds back for ever it goes on.
 */
export function onLoopback(clock: VirtualClock): Fetch {
  return async (url, init) => {
    open += 1;
    const release = clock.hold(() => init.signal?.aborted === true || open > stalled.count);
    let isDone = false;
    const done = () => {
      if (!isDone) open -= 1;
      isDone = true;
      release();
    };
    try {
      const response = await fetch(url, init);
      if (response.body === null) {
        done();
        return response;
      }
      return withBody(response, whenRead(response.body, done));
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
function whenRead(body: ReadableStream<Uint8Array>, done: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done: isLast } = await reader.read();
        if (!isLast) return controller.enqueue(value);
        done();
        controller.close();
      } catch (error) {
        await seenByServer();
        done();
        controller.error(error);
      }
    },
    cancel(reason) {
      done();
      return reader.cancel(reason);
    },
  });
}

/** A response cannot be made with every status that a server may send, so its parts are handed on. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, headers, ok } = response;
  return { status, headers, ok, body } as Response;
}
