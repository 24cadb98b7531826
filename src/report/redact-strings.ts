import type { Redactor } from '../text/redact.ts';

/** Fields whose words are ours, never text: a key that happens to be one of them must not break the report. */
const VOCABULARY: ReadonlySet<string> = new Set([
  ...[
    'status',
    'outcome',
    'conclusion',
    'result',
    'verdict',
    'kind',
    'speaker',
    'state',
    'transcripts',
    'withheldFor',
  ],
  ...['failureClass', 'change'],
]);

/**
 * The value with every text in it redacted, at any depth. What holds no secret is not copied, and what stands in
 * several places is looked at once: a run in its batch and in its test case.
 */
export function redactStrings<T>(value: T, redact: Redactor): T {
  const seen = new Map<object, unknown>();

  function shown(part: unknown): unknown {
    if (typeof part === 'string') return redact(part);
    if (typeof part !== 'object' || part === null) return part;
    const known = seen.get(part);
    if (known !== undefined) return known;
    const result = Array.isArray(part) ? list(part) : part instanceof Map ? map(part) : record(part);
    seen.set(part, result);
    return result;
  }

  function list(parts: readonly unknown[]): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (const [index, part] of parts.entries()) {
      const result = shown(part);
      if (result !== part) {
        copy ??= [...parts];
        copy[index] = result;
      }
    }
    return copy ?? parts;
  }

  const map = (parts: ReadonlyMap<unknown, unknown>): ReadonlyMap<unknown, unknown> =>
    new Map([...parts].map(([key, part]) => [shown(key), shown(part)]));

  function record(parts: object): object {
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(parts)) {
      const part: unknown = Reflect.get(parts, key);
      const result = VOCABULARY.has(key) ? part : shown(part);
      if (result !== part) {
        copy ??= { ...parts };
        copy[key] = result;
      }
    }
    return copy ?? parts;
  }

  return shown(value) as T;
}
