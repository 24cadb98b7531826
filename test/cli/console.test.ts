import { describe, expect, test } from 'vitest';
import { createConsole, createLiveLine, formatElapsed } from '../../src/cli/console.ts';
import { exitCodeOf } from '../../src/cli/run.ts';
import { virtualClock } from '../virtual-clock.ts';

function stream(properties: { isTTY?: boolean; columns?: number } = {}) {
  let text = '';
  return {
    ...properties,
    write: (more: string, done?: () => void) => {
      text += more;
      done?.();
    },
    text: () => text,
  };
}

describe('a stream', () => {
  test.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { NO_COLOR: '' }, true],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{}, {}, false],
  ])('%j with %j has colours: %s', (properties, env, hasColors) => {
    const { style } = createConsole(stream(properties), env);
    expect(style('red', 'x') !== 'x').toBe(hasColors);
  });

  test('as a terminal wraps at its width, and keys are taken out; elsewhere a line is one line', () => {
    const [terminal, pipe] = [stream({ isTTY: true, columns: 20 }), stream()];
    for (const target of [terminal, pipe]) {
      createConsole(target, {}, (text) => text.replaceAll('secret-key', '***')).line(
        '::warning::the secret-key is in\u001b[2J this line',
      );
    }
    expect(terminal.text()).toBe(': :warning::the ***\nis in this line\n'.replace('::the ***', '::the ***'));
    expect(pipe.text()).toBe(': :warning::the *** is in this line\n');
  });
});

test.each([
  ['ENOSPC', ['No.']],
  ['EPIPE', []],
])('of texts that cannot be written because of %s is said: %j', async (code, said) => {
  const reasons: string[] = [];
  const broken = {
    write: (_: string, done?: (error?: Error) => void) => done?.(Object.assign(new Error('No.'), { code })),
  };
  const console = createConsole(broken, {}, undefined, (reason) => reasons.push(reason));
  await console.write('one');
  await console.write('two');
  expect(reasons).toEqual(said);
});

describe('the live line', () => {
  test('is nothing where there is no terminal', () => {
    const pipe = stream();
    const live = createLiveLine(createConsole(pipe, {}), virtualClock());
    live.set('1 of 2');
    live.above(() => pipe.write('a line\n'));
    live.stop();
    expect(pipe.text()).toBe('a line\n');
  });

  test('never grows beyond one line, goes away for other lines, and leaves nothing behind', () => {
    const terminal = stream({ isTTY: true, columns: 20 });
    const live = createLiveLine(createConsole(terminal, { NO_COLOR: '1' }), virtualClock());
    live.set('日本語の名前がとても長い');
    live.above(() => terminal.write('a line\n'));
    live.stop();
    live.stop();
    const erase = '\r\u001b[2K';
    const drawn = `${erase}⠙ 0:00 日本語の名…`;
    expect(terminal.text()).toBe(`${drawn}${erase}a line\n${drawn}${erase}`);
  });

  test('an empty text takes it away, and the next one counts from when it appears', async () => {
    const terminal = stream({ isTTY: true, columns: 20 });
    const clock = virtualClock();
    const live = createLiveLine(createConsole(terminal, { NO_COLOR: '1' }), clock);
    live.set('one');
    await clock.sleep(5_000);
    live.set('');
    const shown = terminal.text();
    await clock.sleep(5_000);
    expect([shown.endsWith('one\r\u001b[2K'), terminal.text()]).toEqual([true, shown]);
    live.set('two');
    expect(terminal.text().slice(shown.length)).toMatch(/ 0:00 two$/);
    live.stop();
  });

  test.each([
    [0, '0:00'],
    [61_500, '1:01'],
    [3_723_000, '1:02:03'],
  ])('%i ms are %s', (ms, text) => {
    expect(formatElapsed(ms)).toBe(text);
  });
});

describe('the exit code', () => {
  const judgement = { reason: '', notes: [] };
  test.each([
    ['passed', 'any', undefined, 0],
    ['failed', 'any', undefined, 1],
    ['inconclusive', 'new', undefined, 1],
    ['failed', 'nothing', undefined, 0],
    ['cancelled', 'nothing', undefined, 0],
    ['inconclusive', 'nothing', true, 2],
    ['inconclusive', 'any', true, 2],
  ] as const)('of %s with fail-on %s, refused: %s, is %i', (verdict, failOn, isRefused, expected) => {
    expect(exitCodeOf({ ...judgement, verdict, refusal: isRefused ? 'request' : undefined }, failOn)).toBe(
      expected,
    );
  });
});
