import { expect, test } from 'vitest';
import type { Environment } from '../../src/cli/environment.ts';
import { chooseTarget, type ProviderSession } from '../../src/cli/init-questions.ts';

/** A session at a provider whose list of targets ends so; `shown` is what the live line held at each step. */
function sessionWith(listTargets: () => Promise<readonly unknown[]>) {
  const shown: string[] = [];
  const liveLine = { set: (text: string) => shown.push(text) };
  const prompts = {
    choose: async () => {
      shown.push('the question');
      return 'agent/a1';
    },
  };
  const provider = { title: 'Retell', listTargets };
  const environment = { liveLine, prompts } as unknown as Environment;
  return { shown, session: { name: 'retell', provider, environment } as unknown as ProviderSession };
}

test('the live line says what is asked, and is gone before the question', async () => {
  const { shown, session } = sessionWith(async () => [{ kind: 'agent', id: 'a1', name: 'Front desk' }]);
  expect(await chooseTarget({}, session)).toBe('agent/a1');
  expect(shown).toEqual(['asking Retell', '', 'the question']);
});

test('the live line is gone after a failure, too', async () => {
  const { shown, session } = sessionWith(() => Promise.reject(new Error('No.')));
  await expect(chooseTarget({}, session)).rejects.toThrow('No.');
  expect(shown).toEqual(['asking Retell', '']);
});
