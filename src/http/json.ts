import { parseJson } from '../json.ts';
import { type Redactor, redactJson } from '../text/redact.ts';
import { InvalidResponse } from './failure.ts';

/** Characters that are quoted of what should have been JSON. */
const QUOTED = 60;

/**
 * The JSON of a body, with the secrets taken out of its strings before anything reads or cuts them. Throws a
 * `InvalidResponse` that quotes the beginning of what is not JSON.
 */
export function parseBody(body: string, redact: Redactor): unknown {
  try {
    return redactJson(JSON.parse(body), redact);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const text = redact(body.trimStart());
    const start = text.slice(0, QUOTED);
    const what = start === '' ? 'an empty body' : `"${start}${text.length > QUOTED ? '…' : ''}"`;
    throw new InvalidResponse(
      `answered with something that is not JSON: ${what}. Check api-url if this persists.`,
      { isJson: false },
    );
  }
}

/** The same for an answer that says no, which need not be JSON: `undefined` where it is not. */
export function parseErrorBody(body: string, redact: Redactor): unknown {
  return redactJson(parseJson(body), redact);
}
