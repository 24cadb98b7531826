import type { Redactor } from '../text/redact.ts';
import type { Report } from './report.ts';

/** Fields whose words are ours, never text: a key that happens to be one of them must not break the report. */
const VOCABULARY: ReadonlySet<string> = new Set([
  ...['status', 'outcome', 'verdict', 'kind', 'speaker', 'transcripts'],
]);

/** The report without a secret in any of its texts. */
export function redactReport(report: Report, redact: Redactor): Report {
  return mapStrings(report, redact) as Report;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapStrings(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, VOCABULARY.has(key) ? one : mapStrings(one, change)]),
  );
}
