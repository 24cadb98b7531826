import { createHttpClient, type HttpClient, type HttpOptions } from '../../src/http/json-client.ts';

/** A client that needs nothing but what a test is about. */
export const httpClient = (
  options: Pick<HttpOptions, 'baseUrl' | 'fetch' | 'clock'> & Partial<HttpOptions>,
): HttpClient =>
  createHttpClient({
    headers: {},
    advice: (status) => `Advice on ${status}.`,
    redact: (text) => text,
    random: () => 0.5,
    log: () => {},
    trace: () => {},
    ...options,
  });
