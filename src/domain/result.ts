/** A value, or why there is none. */
export type Result<Value> = { readonly kind: 'ok'; readonly value: Value } | Refused;

/** The problem is one sentence, or two, that name the input and say what to do; a clause where a caller puts it into a sentence. */
export interface Refused {
  readonly kind: 'refused';
  readonly problem: string;
  /** The provider does not accept the key, or did not tell what was needed; absent where what the user wrote is wrong. */
  readonly cause?: 'key' | 'provider' | undefined;
}

/** Things that are refused before anything is started: the key, or something else that the user gave. */
export type Refusal = 'key' | 'request';

/** The refusal of what the user gave; `undefined` where the provider did not tell what was needed. */
export const refusalIn = ({ cause }: Refused): Refusal | undefined =>
  cause === 'provider' ? undefined : (cause ?? 'request');

export const ok = <Value>(value: Value): Result<Value> => ({ kind: 'ok', value });

export const refused = (problem: string): Refused => ({ kind: 'refused', problem });
