import { INVISIBLE_CHARACTER } from './clean.ts';

const REDACTED = '***';

/** Takes the secrets out of a text. */
export interface Redactor {
  (text: string): string;
  /** Whether a text in JSON certainly holds no secret, at a small part of the price of redacting each of its strings. */
  readonly isClean?: (json: string) => boolean;
}

/**
 * Replaces every secret in a text by `***`, whatever the case of its letters: as it is, escaped for JSON, HTML or a URL,
 * in base64, or with invisible characters in it, which may be escaped as well. GitHub masks secrets in logs and nowhere
 * else. Empty secrets are ignored. A text is redacted before it is cut: half of a secret is not recognised any more.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const wanted = [...new Set(secrets.flatMap(bareForms))].sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return (text) => text;
  const forms = wanted.flatMap((secret) => [spelt(secret), ...inBase64(secret)]);
  const pattern = new RegExp(forms.join('|'), 'gi');
  // No spelling of a character is shorter than the character, and base64 is longer than what it holds.
  const shortest = Math.min(...wanted.map(({ length }) => length));
  const redact = (text: string): string => {
    if (text.length < shortest) return text;
    const shown = text.replace(pattern, REDACTED);
    if (!MAY_HIDE.test(shown)) return shown;
    const bare = withoutInvisible(shown);
    const found = bare.replace(pattern, REDACTED);
    return found === bare ? shown : found;
  };
  const needles = wanted.flatMap((secret) => [secret, ...ownBase64(secret)]).map(longestPlainPart);
  const longest = Math.max(...needles.map(({ length }) => length));
  // Much faster than to search for each of them in small letters.
  const needle = new RegExp(needles.map(exactly).join('|'), 'i');
  return Object.assign(redact, {
    isClean(json: string): boolean {
      if (RARE_ESCAPE.test(json)) return false;
      // Bit by bit, since an answer of 30 MB is not to be copied as a whole.
      let shown = '';
      for (let start = 0; start < json.length; ) {
        const end = start + BIT + (json.charAt(start + BIT - 1) === '\\' ? 1 : 0);
        const before = shown.slice(-longest);
        shown = before + json.slice(start, end).replace(NOT_SHOWN, '');
        if (needle.test(shown)) return false;
        start = end;
      }
      return true;
    },
  });
}

/** In JSON: what may spell a letter, or an invisible character, in another way. The rest is `\"`, `\/` and line breaks. */
const RARE_ESCAPE = /\\[u\\]|%[0-9a-f]{2}|&(?:#|[a-z]{2,8};)/i;
const BIT = 1024 * 1024;
/** Whatever may be invisible, and more. */
const NOT_SHOWN = /\\[bfnrt]|[^ -~]+/g;

/** A part of a secret, or of its base64, that is written in one way where there is no rare escape: all ASCII. */
function longestPlainPart(text: string): string {
  const [longest = ''] = text.split(/[^!-~]|[+/"]/).sort((one, other) => other.length - one.length);
  return longest;
}

/** Anything but printable ASCII, and what begins an escape. */
const MAY_HIDE = /[^ -~]|%[0-9a-f]{2}|[&\\]/i;

/** A URL's, JSON's (also within JSON) and HTML's; and the characters that they may stand for. */
const ESCAPE =
  /(?:%[0-9a-f]{2})+|(?:\\{1,8}u[0-9a-f]{4})+|\\{1,8}[bfnrtv]|&#x[0-9a-f]{1,9};|&#\d{1,9};|&(?:shy|zwn?j|[lr]rm);/gi;
const INVISIBLE = new RegExp(INVISIBLE_CHARACTER, 'gu');

/**
 * The text without invisible characters, escaped or not. Readers do not see them and `clean.ts` drops them, which would
 * put a secret together again.
 */
function withoutInvisible(text: string): string {
  const strip = (part: string): string => part.replace(INVISIBLE, '');
  return strip(
    text.replace(ESCAPE, (found) => {
      const meant = unescaped(found);
      const left = strip(meant);
      return left === meant ? found : left;
    }),
  );
}

/** For escapes that stand for invisible characters whatever their name. */
const ANY_INVISIBLE = '\u00ad';

function unescaped(written: string): string {
  if (written.startsWith('%')) return Buffer.from(written.replaceAll('%', ''), 'hex').toString();
  if (written.startsWith('&')) {
    const code = /^&#x/i.test(written)
      ? Number.parseInt(written.slice(3), 16)
      : Number.parseInt(written.slice(2), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : ANY_INVISIBLE;
  }
  const units = written.match(/[0-9a-f]{4}/gi);
  return units === null
    ? ANY_INVISIBLE
    : String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16)));
}

/** The secret, and what is left of it without the word that goes before it in a header. */
function bareForms(secret: string): string[] {
  const bare = secret.trim();
  return [bare, bare.replace(/^bearer\s+/i, '')].filter((form) => form !== '');
}

/** A pattern for the secret in which each character may be escaped in any of the usual ways, on its own. */
function spelt(secret: string): string {
  return [...secret].map(anySpelling).join('');
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
    `&#(?:0*${point}|x0*${hex(point, 1)});`,
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
function ownBase64(secret: string): string[] {
  return [0, 1, 2]
    .map((before) => {
      const encoded = Buffer.from(`${' '.repeat(before)}${secret}`)
        .toString('base64')
        .replaceAll('=', '');
      return encoded.slice(
        before === 0 ? 0 : before + 1,
        Math.floor(((Buffer.byteLength(secret) + before) * 4) / 3),
      );
    })
    .filter(({ length }) => length >= MIN_BASE64);
}

/** A pattern for each of those, in both alphabets of base64. */
function inBase64(secret: string): string[] {
  return ownBase64(secret).map(
    (own) => `${own.replaceAll('+', '[+-]').replaceAll('/', '[/_]')}[\\w+/-]?={0,2}`,
  );
}

function exactly(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/**
 * Takes the secrets out of every string of parsed JSON, names of fields included, in place: what is read of it may be
 * cut later. Returns the value.
 */
export function redactJson(value: unknown, redact: Redactor): unknown {
  if (typeof value === 'string') return redact(value);
  // A list of what is left to do, since foreign JSON may be nested more deeply than calls can be.
  const open: unknown[] = [value];
  const names = new Map<string, string>();
  const nameOf = (name: string): string => {
    const known = names.get(name) ?? redact(name);
    if (names.size < MOST_NAMES) names.set(name, known);
    return known;
  };
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (typeof part !== 'object' || part === null) continue;
    const fields = part as Record<string, unknown>;
    for (const name of Object.keys(fields)) {
      const field = fields[name];
      if (typeof field === 'string') {
        const shown = redact(field);
        if (shown !== field) fields[name] = shown;
      } else if (typeof field === 'object' && field !== null) open.push(field);
      if (Array.isArray(part)) continue;
      const shownName = nameOf(name);
      if (shownName !== name) {
        fields[shownName] = fields[name];
        delete fields[name];
      }
    }
  }
  return value;
}

/** Field names are few and repeat; the bound keeps a hostile answer from filling the memory. */
const MOST_NAMES = 10_000;
