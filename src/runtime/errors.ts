/** Missing or wrong inputs; nothing was requested. The message is a sentence. */
export class InputError extends Error {
  override name = 'InputError';
  /** One sentence for each wrong input, where the message does not say it. */
  readonly problems: readonly string[];
  constructor(message: string, problems: readonly string[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** A failure of a provider that ends the reading of a batch. The message is one sentence that says what to do. */
export class ProviderError extends Error {
  override name = 'ProviderError';
}

/** The provider refuses what the user gave: an id, a value, the key. The same request would be refused again. */
export class RequestRefused extends ProviderError {
  override name = 'RequestRefused';
}

/** The provider says that there is no such thing: 404. */
export class NotFound extends RequestRefused {
  override name = 'NotFound';
}

/** The provider does not accept the key, or the key may not do this: 401, 403. */
export class KeyRefused extends RequestRefused {
  override name = 'KeyRefused';
}

/** Refusal of the key, or of something else that the user gave; `undefined` for every other failure. */
export function refusalOf(error: ProviderError): 'key' | 'request' | undefined {
  if (error instanceof KeyRefused) return 'key';
  return error instanceof RequestRefused ? 'request' : undefined;
}

/** The time for asking was over before there was an answer. */
export class ProviderTimeout extends ProviderError {
  override name = 'ProviderTimeout';
}

/** The message of whatever was thrown. */
export const errorMessageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Makes handlers for `catch`: what stands in after an error of this kind; any other error is thrown on. */
export const onErrorOf =
  <E extends Error>(Kind: abstract new (...args: never[]) => E) =>
  <T>(instead: (error: E) => T) =>
  (error: unknown): T => {
    if (error instanceof Kind) return instead(error);
    throw error;
  };

/** For `catch`: what stands in for something that a provider did not do. */
export const onProviderError = onErrorOf(ProviderError);
