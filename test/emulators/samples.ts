import { readFileSync } from 'node:fs';

/** A recorded body of `test/fixtures`, by its file name without the ending. What each is: `index.json` there. */
export function readSample<Body = unknown>(name: string): Body {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as Body;
}
