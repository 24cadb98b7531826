import { styleText } from 'node:util';

/** Style of a piece of text. */
export type Look = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Dresses a text that was cleaned before; leaves it as it is where there are no colours. */
export type Style = (look: Look | readonly Look[], text: string) => string;

/** Width and style of a text, as its stream can show them. */
export interface TextFormat {
  /** Columns; `Infinity` where lines are not wrapped. */
  readonly width: number;
  readonly style: Style;
}

/** Style that leaves every text as it is. */
export const plain: Style = (_, text) => text;

/** The 16 colours that every terminal's theme has, so that they can be read on light and dark ones. */
export const colored: Style = (look, text) =>
  text === '' ? '' : styleText([look].flat() as Look[], text, { validateStream: false });
