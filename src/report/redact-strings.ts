import type { Redactor } from '../text/redact.ts';

/** Fields whose words are ours, never text: a key that happens to be one of them must not break the report. */
const VOCABULARY: ReadonlySet<string> = new Set([
  ...['status', 'outcome', 'verdict', 'kind', 'speaker', 'state', 'transcripts'],
]);

/** The value with every text in it redacted, at any depth. */
export function redactStrings<T>(value: T, redact: Redactor): T {
  return mapStrings(value, redact) as T;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapStrings(one, change));
  if (value instanceof Map) {
    return new Map([...value].map(([key, one]) => [mapStrings(key, change), mapStrings(one, change)]));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, VOCABULARY.has(key) ? one : mapStrings(one, change)]),
  );
}
