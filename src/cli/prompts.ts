/** Questions in a terminal, drawn by a library. All labels must be clean. */
import type { Writable } from 'node:stream';
import { autocomplete, isCancel, multiselect, note, type Option, select, text } from '@clack/prompts';
import { DEFAULT_WIDTH } from './console.ts';
import { CommandError } from './exit.ts';

/** One answer to choose. */
export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string | undefined;
}

export interface Prompts {
  select<Value extends string>(question: string, choices: readonly Choice<Value>[]): Promise<Value>;
  /** From a list that may be long: typing narrows it. */
  choose(question: string, choices: readonly Choice<string>[]): Promise<string>;
  chooseSeveral(question: string, choices: readonly Choice<string>[]): Promise<readonly string[]>;
  /** `problem` says what is wrong with an answer. */
  text(question: string, problem: (answer: string) => string | undefined): Promise<string>;
  note(title: string, body: string): void;
}

/** More choices than this are scrolled. */
const MAX_ITEMS = 12;
const DEFAULT_HEIGHT = 24;

/** End of the questions by the user. */
export const nothingWritten = (): CommandError => new CommandError('Nothing was written.', 130);

/** Questions on standard error, so that standard output has the result alone. */
export function createPrompts(output: Writable & { columns?: number }, signal: AbortSignal): Prompts {
  // A terminal that does not tell its size.
  if (output.columns === 0) Object.assign(output, { columns: DEFAULT_WIDTH, rows: DEFAULT_HEIGHT });
  const common = { output, signal };
  const answer = <T>(given: T): Exclude<T, symbol> => {
    // Ctrl+C or Escape.
    if (isCancel(given)) throw nothingWritten();
    return given as Exclude<T, symbol>;
  };
  const options = <Value extends string>(choices: readonly Choice<Value>[]): Option<Value>[] =>
    choices.map(({ value, label, hint }) => ({
      value,
      label,
      ...(hint === undefined ? {} : { hint }),
    })) as Option<Value>[];
  return {
    select: async (message, choices) =>
      answer(await select({ ...common, message, options: options(choices), maxItems: MAX_ITEMS })),
    choose: async (message, choices) =>
      answer(
        await autocomplete({
          ...common,
          message,
          options: options(choices),
          maxItems: MAX_ITEMS,
          placeholder: 'type to search',
        }),
      ),
    chooseSeveral: async (message, choices) =>
      answer(
        await multiselect({
          ...common,
          message,
          options: options(choices),
          maxItems: MAX_ITEMS,
          required: true,
        }),
      ),
    text: async (message, problem) =>
      answer(await text({ ...common, message, validate: (given) => problem(given ?? '') })),
    note: (title, body) => note(body, title, common),
  };
}
