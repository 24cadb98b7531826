/** A value, or why there is none. */
export type Result<Value> = { readonly kind: 'ok'; readonly value: Value } | Refused;

/** Reason why there is no value. */
export interface Refused {
  readonly kind: 'refused';
  /** One or two sentences that name the input and say what to do; a clause where a caller puts it into a sentence. */
  readonly problem: string;
  /** `key`: the provider does not accept it. `provider`: it did not tell what was needed. Absent: the input is wrong. */
  readonly cause?: 'key' | 'provider' | undefined;
}

/** Part of the user's input that must be corrected: the key, or anything else. */
export type Refusal = 'key' | 'request';

/** The user's part that is refused; `undefined` where the provider did not tell what was needed. */
export const refusalIn = ({ cause }: Refused): Refusal | undefined =>
  cause === 'provider' ? undefined : (cause ?? 'request');

export const ok = <Value>(value: Value): Result<Value> => ({ kind: 'ok', value });

export const refused = (problem: string): Refused => ({ kind: 'refused', problem });
