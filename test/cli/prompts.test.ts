import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPrompts } from '../../src/cli/prompts.ts';

const ERASED = '\u001b[1G\u001b[J';

/** Longer than it takes to draw. */
const drawn = () => vi.advanceTimersByTime(500);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function terminal() {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream, text: () => text };
}

test('while something takes time, a line is written on a line of its own', async () => {
  const { stream, text } = terminal();
  const prompts = createPrompts(stream, new AbortController().signal);
  await prompts.during('Asking', async () => {
    drawn();
    prompts.above(() => stream.write('a line\n'));
    drawn();
  });
  prompts.above(() => stream.write('the last line\n'));
  drawn();
  const [before = '', after = ''] = text().split('a line\n');
  const afterAsking = (part: string) => part.slice(part.lastIndexOf('Asking'));
  expect(afterAsking(before)).toContain(ERASED);
  expect(afterAsking(after)).toContain(ERASED);
  expect(afterAsking(after)).toMatch(/Asking.*the last line\n$/s);
});

test('after Ctrl+C nothing is shown again', async () => {
  const { stream, text } = terminal();
  const cancelled = new AbortController();
  const prompts = createPrompts(stream, cancelled.signal);
  await prompts.during('Asking', async () => {
    drawn();
    cancelled.abort();
    prompts.above(() => stream.write('ending\n'));
    drawn();
  });
  expect(text()).toMatch(/Asking.*ending\n(?!.*Asking)/s);
});
