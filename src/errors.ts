/** An input that is missing or wrong. The message names every one of them; nothing was requested. */
export class InputError extends Error {
  override name = 'InputError';
}

/** What a provider did that ends the reading of a batch. The message is one sentence that says what to do. */
export class ProviderError extends Error {
  override name = 'ProviderError';
}

/** The provider says that there is no such thing: 404. */
export class NotFound extends ProviderError {
  override name = 'NotFound';
}

/** The time for asking was over before there was an answer. */
export class OutOfTime extends ProviderError {
  override name = 'OutOfTime';
}
