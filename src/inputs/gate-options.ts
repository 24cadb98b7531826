import { ruleOf } from '../domain/pass-rule.ts';
import type { ParsedInputs } from './parse-inputs.ts';
import { resolveCount } from './schemas.ts';

/** The options of `runGate` that the inputs make, the same for the action and the command line. */
export const gateOptionsOf = ({ inputs, batchSource }: Pick<ParsedInputs, 'inputs' | 'batchSource'>) => ({
  ...inputs,
  batchSource,
  rule: ruleOf(inputs),
  maxFlaky: (testCases: number) => resolveCount(inputs.maxFlaky, testCases),
});

/** The options of `createProvider` that the inputs make, the same for the action and the command line. */
export const providerOptionsOf = ({ inputs, secrets, batchSource }: ParsedInputs) => ({
  name: inputs.provider,
  apiKey: secrets.apiKey,
  apiUrl: inputs.apiUrl,
  version: batchSource.version,
  showsConversations: inputs.transcripts !== 'none',
});
