import { parseJson } from '../../../json.ts';

/** More than this is not laid out: the text stays as it is. */
const MAX_LENGTH = 1_000_000;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * JSON on several lines, two spaces for each level. Every token stays as it is written, so that no number loses a digit
 * and no key that is there twice is lost. `undefined` where the text is no JSON, or is a single value.
 */
export function layOutJson(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH || !/^[{[]/.test(trimmed) || parseJson(trimmed) === undefined)
    return undefined;
  const tokens = trimmed.match(TOKEN) ?? [];
  const parts: string[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1] ?? '';
    switch (token) {
      case '{':
      case '[':
        if (next === '}' || next === ']') parts.push(token);
        else {
          depth += 1;
          parts.push(token, newLine(depth));
        }
        break;
      case '}':
      case ']':
        if (!isOpening(tokens[index - 1])) {
          depth -= 1;
          parts.push(newLine(depth));
        }
        parts.push(token);
        break;
      case ',':
        parts.push(',', newLine(depth));
        break;
      case ':':
        parts.push(': ');
        break;
      default:
        parts.push(token);
    }
  }
  return parts.join('');
}

const isOpening = (token: string | undefined): boolean => token === '{' || token === '[';

/** Deeper levels are not set further in. */
const MAX_INDENT = 40;
const newLine = (depth: number): string => `\n${'  '.repeat(Math.min(depth, MAX_INDENT))}`;
