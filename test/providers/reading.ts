import type { HttpClient } from '../../src/http/json-client.ts';

/** A transport that only reads, for adapters that are to start nothing. */
export const reading = (getJson: HttpClient['getJson']): HttpClient => ({
  getJson,
  postJsonOnce: () => Promise.reject(new Error('This test starts nothing.')),
  sendCommand: () => Promise.reject(new Error('This test ends nothing.')),
});
