import { expect, test } from 'vitest';
import { errorMessageIn } from '../../src/http/error-body.ts';

test.each<[unknown, string]>([
  [{ detail: { status: 'not_found', message: 'No such invocation.' } }, 'No such invocation'],
  [
    { detail: [{ loc: ['body', 'tests', 0, 'test_id'], msg: 'Field required', type: 'missing' }] },
    'body.tests.0.test_id: Field required',
  ],
  [{ detail: [{ loc: {}, msg: 'Field required' }] }, 'Field required'],
  [
    { statusCode: 402, message: 'Payment required.', reason: 'billing_limit' },
    'Payment required: billing_limit',
  ],
  [{ detail: 'Not authenticated' }, 'Not authenticated'],
  [
    { message: ['a must be a UUID', 'b is empty'], error: 'Bad Request', statusCode: 400 },
    'a must be a UUID',
  ],
  [{ message: [], error: 'Bad Request' }, 'Bad Request'],
  [{ message: [] }, ''],
  [{ detail: null }, ''],
])('what the provider says in %j is %j', (body, expected) => {
  expect(errorMessageIn(body)).toBe(expected);
});
