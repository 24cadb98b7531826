import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { PROVIDER_NAMES } from '../../src/providers/registry.ts';
import { root } from '../docs/workflow-files.ts';
import { asking } from '../providers/asking.ts';

test('scripts/emulators.ts serves every provider, with a batch that passes and one that fails', async () => {
  const child = spawn(process.execPath, [join(root, 'scripts/emulators.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill();
    await once(child, 'close');
  });
  const said = new Map<string, string>();
  for await (const line of createInterface(child.stdout)) {
    if (line === 'ready') break;
    const [name = '', value = ''] = line.split(/=(.*)/s);
    said.set(name, value);
  }
  const key = said.get('api-key') ?? '';
  for (const name of PROVIDER_NAMES) {
    const { provider, deadline } = asking(name, said.get(`${name}-url`) ?? '', key);
    for (const batch of ['passing-batch', 'failing-batch']) {
      const id = said.get(batch) ?? '';
      expect(await provider.fetchBatch(id, deadline())).toMatchObject({ id });
    }
  }
});
