import * as z from 'zod/mini';

const errorBody = z.record(z.string(), z.unknown());

/**
 * The provider's own words in an error body: `message` (`msg`), or the first of `errors`, or of lists of these, or inside
 * `detail` (ElevenLabs), after the place that it is about (`loc`) and with its `reason` (Vapi), at most 200 characters and
 * without the full stop; empty where there is none. The body must be without secrets already (`json.ts`).
 */
export function errorMessageIn(body: unknown, depth = 3): string {
  const { message, msg, detail, error, errors, reason, loc } = errorBody.safeParse(body).data ?? {};
  const first = Array.isArray(errors) ? errors[0] : undefined;
  const hasValue = (part: unknown): boolean =>
    part !== undefined && part !== null && !(Array.isArray(part) && part.length === 0);
  const given = [first, message, msg, detail, error].find(hasValue);
  const value = Array.isArray(given) ? (given[0] as unknown) : given;
  if (value === undefined) return '';
  const text =
    typeof value === 'string' ? value : (depth > 0 && errorMessageIn(value, depth - 1)) || toText(value);
  const place = Array.isArray(loc) && loc.length > 0 ? `${loc.map(toText).join('.')}: ` : '';
  const more = typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
  const sentence = `${place}${text.trim().replace(/\.$/, '')}${more}`;
  return sentence.replaceAll(/\s+/g, ' ').slice(0, 200).replace(/\.$/, '');
}

/** Any JSON as text: what is nested too deeply to be written is a dot-dot-dot. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    return '…';
  }
}
