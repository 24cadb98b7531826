import type { Clock } from '../runtime/clock.ts';
import { cleanLine, withoutCommands } from '../text/clean.ts';
import { truncate, wrap } from './layout.ts';
import { colored, plain, type Style } from './style.ts';

/** The part of an output stream of the process that is used. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string, done?: () => void): unknown;
}

/** One of the two streams, with what it can show. */
export interface Console {
  readonly style: Style;
  readonly isTerminal: boolean;
  /** Columns; `Infinity` where nothing shows where a line ends. */
  width(): number;
  /** A text that was cleaned before, as it is. Resolves when it was handed on. */
  write(text: string): Promise<void>;
  /** A sentence, which may hold foreign text: one line, wrapped in a terminal. */
  line(text: string): void;
}

/** More characters than any sentence needs. */
const MAX_LINE = 4_000;
const DEFAULT_WIDTH = 80;
/** A text is not wider than this: longer lines are hard to read. */
const MAX_WIDTH = 120;

/** A stream as a console. Colours only in a terminal, and not where `NO_COLOR` is set to anything. */
export function createConsole(
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
  redact: (text: string) => string = (text) => text,
): Console {
  const isTerminal = stream.isTTY === true;
  const hasColors = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const width = (): number =>
    isTerminal ? Math.min(MAX_WIDTH, Math.max(1, stream.columns || DEFAULT_WIDTH)) : Number.POSITIVE_INFINITY;
  const write = (text: string): Promise<void> =>
    new Promise((done) => {
      stream.write(text, () => done());
    });
  return {
    style: hasColors ? colored : plain,
    isTerminal,
    width,
    write,
    line(text) {
      const lines = wrap(cleanLine(redact(text), MAX_LINE), width());
      write(`${lines.map(withoutCommands).join('\n')}\n`).catch(() => undefined);
    },
  };
}

/** The line at the end of a terminal that is written again and again; nothing elsewhere. */
export interface LiveLine {
  /** Replaces the text after the elapsed time. */
  set(text: string): void;
  /** Does something with the line out of the way. */
  above(write: () => void): void;
  /** Takes the line away for good. */
  stop(): void;
}

const ERASE = '\r\u001b[2K';
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const FRAME_MS = 100;

export function createLiveLine(console: Console, clock: Clock): LiveLine {
  const started = clock.now();
  const ended = new AbortController();
  let text = '';
  let frame = 0;
  const draw = (): void => {
    if (text === '' || ended.signal.aborted) return;
    const head = `${FRAMES[frame % FRAMES.length]} ${formatElapsed(clock.now() - started)}`;
    const rest = truncate(withoutCommands(cleanLine(text, 500)), console.width() - head.length - 2);
    console.write(`${ERASE}${console.style('cyan', head)} ${rest}`).catch(() => undefined);
  };
  const erase = (): void => {
    if (text !== '') console.write(ERASE).catch(() => undefined);
  };
  async function animate(): Promise<void> {
    while (!ended.signal.aborted) {
      draw();
      frame += 1;
      await clock.sleep(FRAME_MS, ended.signal);
    }
  }
  if (console.isTerminal) animate().catch(() => undefined);
  return {
    set(next) {
      text = console.isTerminal ? next : '';
      draw();
    },
    above(write) {
      erase();
      write();
      draw();
    },
    stop() {
      if (ended.signal.aborted) return;
      ended.abort();
      erase();
    },
  };
}

/** `0:42`, `1:02:03` */
export function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  const tail = `${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}
