/** A value, or why there is none. */
export type Result<Value> = { readonly kind: 'ok'; readonly value: Value } | Refused;

/** The problem is one sentence, or two, that name the input and say what to do; a clause where a caller puts it into a sentence. */
export interface Refused {
  readonly kind: 'refused';
  readonly problem: string;
  /** The provider did not tell what was needed: it is not about what the user gave. */
  readonly isUnreadable?: boolean | undefined;
  /** The provider does not accept the key. */
  readonly isKeyRefused?: boolean | undefined;
}

/** Things that are refused before anything is started: the key, or something else that the user gave. */
export type Refusal = 'key' | 'request';

/** The refusal of what the user gave; `undefined` where the provider did not tell what was needed. */
export function refusalIn({ isUnreadable, isKeyRefused }: Refused): Refusal | undefined {
  if (isUnreadable === true) return undefined;
  return isKeyRefused === true ? 'key' : 'request';
}

export const ok = <Value>(value: Value): Result<Value> => ({ kind: 'ok', value });

export const refused = (problem: string): Refused => ({ kind: 'refused', problem });
