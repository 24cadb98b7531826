import { ALL_INVISIBLE, PRINTABLE_ASCII } from './clean.ts';

const REDACTED = '***';

/** Takes the secrets out of a text. */
export interface Redactor {
  (text: string): string;
  /** The same for the names of fields, which decide what is read: of the secrets that nobody can choose in a file. */
  readonly ofNames?: (text: string) => string;
}

/**
 * Replaces every secret in a text by `***`, whatever the case of its letters: as it is, escaped for JSON, HTML or a URL,
 * in base64 or hexadecimal, or with invisible characters in it. GitHub masks secrets in logs and nowhere else. Empty
 * secrets are ignored. A text is redacted before it is cut: half of a secret is not recognised any more.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = new Set(secrets.flatMap(bareForms).flatMap(literalForms));
  if (forms.size === 0) return (text) => text;
  // The longest first: one secret may be the beginning of another.
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(sorted.map(escapeForRegExp).join('|'), 'gi');
  return (text) => {
    const redacted = text.replace(pattern, REDACTED);
    const bare = withoutDisguise(redacted);
    if (bare === redacted) return redacted;
    const found = bare.replace(pattern, REDACTED);
    return found === bare ? redacted : found;
  };
}

/** A redactor that is told of more secrets later, which stay in names of fields. */
export function createGrowingRedactor(secrets: readonly string[]): {
  readonly redact: Redactor;
  readonly add: (more: readonly string[]) => void;
} {
  let known = secrets;
  const ofNames = createRedactor(known);
  let redact = ofNames;
  return {
    redact: Object.assign((text: string) => redact(text), { ofNames }),
    add(more) {
      known = [...known, ...more];
      redact = createRedactor(known);
    },
  };
}

/**
 * One character as JSON, a URL or HTML may write it although it need not: `\/`, `\u002f`, `\x2f`, `%2f`, `&#47;`,
 * `&#x2f;`; also escaped several times.
 */
const ESCAPE =
  /\\+u00(?<json>[0-9a-f]{2})|\\+x(?<hex>[0-9a-f]{2})|%(?:25)*(?<url>[0-7][0-9a-f])|&(?:amp;)*#(?:0*(?<decimal>\d{2,3})|x0*(?<entity>[0-9a-f]{2}));|\\+(?=["'/])/gi;

/**
 * The text with what its escapes stand for, and without what shows nothing: `clean.ts` takes that out later, which would
 * put a secret together again.
 */
function withoutDisguise(text: string): string {
  const plain = /[\\%&]/.test(text) ? text.replace(ESCAPE, unescaped) : text;
  return PRINTABLE_ASCII.test(plain) ? plain : plain.replace(ALL_INVISIBLE, '');
}

function unescaped(_escape: string, ...[json, hex, url, decimal, entity]: (string | undefined)[]): string {
  const digits = json ?? hex ?? url ?? entity;
  const code = digits === undefined ? decimal : `0x${digits}`;
  return code === undefined ? '' : String.fromCharCode(Number(code));
}

/** Words that go before a secret in a header. */
const SCHEME = /^(?:api-?key|basic|digest|key|token)\s+(?=\S{8})/i;

/** The secret, and what is left of it without the word that goes before it in a header. */
function bareForms(secret: string): string[] {
  const bare = secret.trim();
  return [bare, bare.replace(/^bearer\s+/i, ''), bare.replace(SCHEME, '')].filter((form) => form !== '');
}

/** Every way in which a secret is commonly written. */
function literalForms(secret: string): string[] {
  const inHtml = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    ...["'", '&#39;', '&#x27;', '&apos;'].map((apostrophe) => inHtml.replaceAll("'", apostrophe)),
    ...base64Forms(secret),
    ...[Buffer.from(secret).toString('hex')].filter(({ length }) => length >= MIN_ENCODED),
  ];
}

/** Shorter pieces of base64 and hexadecimal are found in any text. */
const MIN_ENCODED = 8;

/**
 * The part of the secret's base64 that does not depend on what stands before and after it, for each alignment and in
 * both alphabets.
 */
function base64Forms(secret: string): string[] {
  return [0, 1, 2]
    .map((before) => {
      const encoded = Buffer.from(`${' '.repeat(before)}${secret}`)
        .toString('base64')
        .replaceAll('=', '');
      const end = Math.floor(((Buffer.byteLength(secret) + before) * 4) / 3);
      return encoded.slice(before === 0 ? 0 : before + 1, end);
    })
    .filter(({ length }) => length >= MIN_ENCODED)
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

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
    const known = names.get(name) ?? (redact.ofNames ?? redact)(name);
    if (names.size < MAX_NAMES) names.set(name, known);
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
const MAX_NAMES = 10_000;
