import type { Redactor } from '../text/redact.ts';

/** Fields whose words are ours, never text: a key that happens to be one of them must not break the report. */
const VOCABULARY: ReadonlySet<string> = new Set(
  'status outcome conclusion result verdict kind speaker state transcripts withheldFor failureClass change'.split(
    ' ',
  ),
);

/**
 * The value with every text in it redacted, at any depth. What holds no secret is not copied, and what stands in
 * several places is looked at once: a run in its batch and in its test case.
 */
export function redactStrings<T>(value: T, redact: Redactor): T {
  const seen = new Map<object, unknown>();

  function redacted(part: unknown): unknown {
    if (typeof part === 'string') return redact(part);
    if (typeof part !== 'object' || part === null) return part;
    const known = seen.get(part);
    if (known !== undefined) return known;
    const result =
      part instanceof Map
        ? new Map([...part].map(([key, field]) => [redacted(key), redacted(field)]))
        : withRedactedFields(part);
    seen.set(part, result);
    return result;
  }

  /** The list or object itself, where nothing in it changes. */
  function withRedactedFields(part: object): object {
    const changes = Object.entries(part).flatMap(([key, field]) => {
      const result = VOCABULARY.has(key) ? field : redacted(field);
      return result === field ? [] : [[key, result] as const];
    });
    if (changes.length === 0) return part;
    const copy = Array.isArray(part) ? [...part] : { ...part };
    return Object.assign(copy, Object.fromEntries(changes));
  }

  return redacted(value) as T;
}
