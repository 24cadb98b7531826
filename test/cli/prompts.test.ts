import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createPrompts } from '../../src/cli/prompts.ts';

test('a terminal that does not tell its size has 80 columns', async () => {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const prompts = createPrompts(Object.assign(stream, { columns: 0 }), new AbortController().signal);
  prompts.note('Retell has 2 test cases', 'Books a visit');
  expect(text).toContain('Books a visit');
});
