import type { Http } from '../../src/http/json-client.ts';

/** A transport that only reads, for adapters that are to start nothing. */
export const reading = (getJson: Http['getJson']): Http => ({
  getJson,
  postJsonOnce: () => Promise.reject(new Error('This test starts nothing.')),
  command: () => Promise.reject(new Error('This test ends nothing.')),
});
