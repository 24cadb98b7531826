/** Times and counts in words, the same in every rendering; and times in the texts of others. */

/** The moment that a text names, in milliseconds since the epoch; `undefined` where it names none. */
export function parseTime(text: string | null | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

/** `2026-09-14 08:00 UTC`; `undefined` for a time that no calendar has. Milliseconds since the epoch. */
export function formatTime(ms: number | undefined): string | undefined {
  const date = new Date(ms ?? Number.NaN);
  const year = date.getUTCFullYear();
  if (!(year >= 1970 && year <= 9999)) return undefined;
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `2026-09-14 08:00:00 UTC`, as it is found in a provider's list; a number that no calendar has stays one. Milliseconds since the epoch. */
export function formatMoment(epochMs: number): string {
  const date = new Date(epochMs);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9_999
    ? `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
    : `${epochMs} ms since 1970`;
}

/** `0.6 s`, `21 s`, `1 min 29 s`, `2 h 5 min`; `undefined` for what is no duration. Milliseconds. */
export function formatDuration(ms: number | undefined): string | undefined {
  if (ms === undefined || !(ms >= 0 && ms < 1e12)) return undefined;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return join([minutes, 'min'], [seconds % 60, 's']);
  return join([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
}

/** The age of something to the minute: `30 min`, `3 h`; `45 s` below one. Milliseconds. */
export const formatAge = (ms: number): string =>
  formatDuration(ms < 60_000 ? Math.max(0, ms) : Math.floor(ms / 60_000) * 60_000) ?? 'long';

const join = (...parts: [number, string][]): string =>
  parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');

/** `1,237` */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1,237`, `0.005`: an amount to so many decimals, more where it is smaller, without zeros at its end. */
export function formatAmount(amount: number, decimals: number): string {
  const needed = amount > 0 ? Math.min(20, Math.ceil(-Math.log10(amount))) : 0;
  const [whole = '', fraction = ''] = amount.toFixed(Math.max(decimals, needed)).split('.');
  const digits = fraction.replace(/0+$/, '');
  return `${formatCount(Number(whole))}${digits === '' ? '' : `.${digits}`}`;
}
