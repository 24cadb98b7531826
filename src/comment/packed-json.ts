/** JSON as one word that may stand in an HTML comment: compressed, in base64, which has no hyphen and no bracket. Pure. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { parseJson } from '../json.ts';

/** Texts that `packJson` writes: nothing else is unpacked. */
export const PACKED = /^[A-Za-z0-9+/]+={0,2}$/;

export interface PackOptions {
  /** Bytes of JSON: more than any of ours, and little enough to be harmless. */
  readonly maxBytes: number;
  /** Text that is likely to occur in the JSON, and need not be written then. The same for packing and unpacking. */
  readonly dictionary?: Buffer | undefined;
}

/** `undefined` for more bytes of JSON than `unpackJson` is to read. */
export function packJson(value: unknown, { maxBytes, dictionary }: PackOptions): string | undefined {
  const json = JSON.stringify(value);
  if (Buffer.byteLength(json) > maxBytes) return undefined;
  return deflateRawSync(json, { level: 9, ...(dictionary && { dictionary }) }).toString('base64');
}

/** The JSON that was packed; `undefined` for anything else, and for more than `maxBytes` of it. Never throws. */
export function unpackJson(word: string, { maxBytes, dictionary }: PackOptions): unknown {
  if (!PACKED.test(word)) return undefined;
  try {
    const options = { maxOutputLength: maxBytes, ...(dictionary && { dictionary }) };
    return parseJson(inflateRawSync(Buffer.from(word, 'base64'), options).toString());
  } catch {
    return undefined;
  }
}
