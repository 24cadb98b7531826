import { INVISIBLE_CHARACTER, PRINTABLE_ASCII } from './clean.ts';
import { lazy } from './lazy.ts';

const REDACTED = '***';

/** Takes the secrets out of a text. */
export type Redactor = (text: string) => string;

/**
 * Replaces every secret in a text by `***`: as it is, escaped for JSON, HTML or a URL, in base64, or with invisible
 * characters in it. GitHub masks secrets in logs and nowhere else. Empty secrets are ignored.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const wanted = [...new Set(secrets.flatMap(bareForms))].sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return (text) => text;
  const pattern = (between: string) =>
    new RegExp(wanted.flatMap((secret) => [spelt(secret, between), ...inBase64(secret)]).join('|'), 'gu');
  // The first is made in no time, and enough for most lines of the log.
  const inPrintable = lazy(() => pattern(''));
  const inAny = lazy(() => pattern(`${INVISIBLE_CHARACTER}*`));
  return (text) => text.replace(PRINTABLE_ASCII.test(text) ? inPrintable() : inAny(), REDACTED);
}

/** The secret, and what is left of it without the word that goes before it in a header. */
function bareForms(secret: string): string[] {
  const bare = secret.trim();
  return [bare, bare.replace(/^bearer\s+/i, '')].filter((form) => form !== '');
}

/**
 * A pattern for the secret in which each character may be escaped in any of the usual ways, on its own. Invisible
 * characters between them do not hide it either: `markdown.ts` would drop those and put the secret together again.
 */
function spelt(secret: string, between: string): string {
  return [...secret].map(anySpelling).join(between);
}

function anySpelling(character: string): string {
  const literal = exactly(character);
  const utf16 = Array.from({ length: character.length }, (_, index) => hex(character.charCodeAt(index), 4));
  const utf8 = [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join('');
  const point = character.codePointAt(0) ?? 0;
  return `(?:${[
    // JSON, also within JSON; a form.
    `\\\\{0,8}${literal}`,
    utf16.map((unit) => `\\\\{1,8}u${unit}`).join(''),
    utf8,
    ...(character === ' ' ? ['\\+'] : []),
    // HTML and XML.
    `&#(?:0*${point}|[xX]0*${hex(point, 1)});`,
    ...(NAMED_ENTITIES[character] === undefined ? [] : [`&${NAMED_ENTITIES[character]};`]),
  ].join('|')})`;
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

/** Shorter pieces of base64 are found in any text. */
const MIN_BASE64 = 8;

/** The part of the secret's base64 that does not depend on what stands before and after it, for each alignment. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.from(`${' '.repeat(before)}${secret}`)
      .toString('base64')
      .replaceAll('=', '');
    const own = encoded.slice(
      before === 0 ? 0 : before + 1,
      Math.floor(((Buffer.byteLength(secret) + before) * 4) / 3),
    );
    if (own.length < MIN_BASE64) return [];
    const pattern = [...own].map((sign) => (sign === '+' ? '[+-]' : sign === '/' ? '[/_]' : sign)).join('');
    return [`${pattern}[\\w+/-]?={0,2}`];
  });
}

function exactly(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** A hexadecimal number in either case. */
function hex(value: number, digits: number): string {
  return value
    .toString(16)
    .padStart(digits, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
