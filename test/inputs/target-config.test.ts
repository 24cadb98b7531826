import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfigFile, secretsIn } from '../../src/inputs/target-config.ts';

/** What is read of a file with this content. */
async function reading(content: string | Uint8Array) {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'agent.json');
  writeFileSync(path, content);
  return { folder, file: await readConfigFile(path) };
}

describe('the file of target-config', () => {
  test('is a JSON object, with a byte order mark or without', async () => {
    const expected = { kind: 'ok', value: { json: { name: 'Front desk' }, secrets: [] } };
    expect((await reading('{"name":"Front desk"}')).file).toEqual(expected);
    expect((await reading('\uFEFF{"name":"Front desk"}')).file).toEqual(expected);
    expect(await readConfigFile(' ')).toBeUndefined();
  });

  test.each<[string, string | Uint8Array, string]>([
    ['no JSON, of which nothing is told', '{"apiKey": sk_live_123456}', 'it is not JSON'],
    [
      'no JSON from some place on',
      '{"apiKey":\n"sk_live_1" "x"}',
      'it is not JSON, from line 2 column 13 on',
    ],
    ['nothing', '', 'it is not JSON'],
    ['a list', '[]', 'it must hold a JSON object'],
    ['a text', '"x"', 'it must hold a JSON object'],
    ['null', 'null', 'it must hold a JSON object'],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'it is not JSON'],
    ['too much', ' '.repeat(1024 * 1024 + 1), 'it has 1048577 bytes, and 1048576 are allowed'],
    [
      'too many secrets',
      JSON.stringify({ keys: Array.from({ length: 1_001 }, (_, index) => `secret-${index}`) }),
      'it has 1001 texts under names with key, token, secret, password or authorization in it, and 1000 can be masked',
    ],
  ])('is refused: %s', async (_, content, problem) => {
    expect((await reading(content)).file).toEqual({ kind: 'refused', problem });
  });

  test.each([
    ['nothing', (folder: string) => join(folder, 'none.json'), 'there is no such file'],
    ['what lies under a file', (folder: string) => join(folder, 'agent.json', 'x'), 'there is no such file'],
    ['a folder', (folder: string) => folder, 'it is not a regular file'],
    [
      'a pipe',
      (folder: string) => {
        execFileSync('mkfifo', [join(folder, 'pipe')]);
        return join(folder, 'pipe');
      },
      'it is not a regular file',
    ],
  ])('is refused where the path leads to %s', async (_, pathIn, problem) => {
    const { folder } = await reading('{}');
    expect(await readConfigFile(pathIn(folder))).toEqual({ kind: 'refused', problem });
  });
});

describe('secrets of a configuration', () => {
  test('are the texts of 8 or more characters at or under a name that says so, each once', () => {
    const config = {
      server: { url: 'https://example.com/hooks', secret: 'server-secret' },
      model: { headers: { Authorization: 'Bearer abcdefgh', 'X-API-KEY': 'x-api-key-1' } },
      credentials: [{ 'Token ': ['token-in-a-list', 'server-secret'] }],
      keys: { any: { depth: 'under-a-key' } },
      serverUrlSecret: 'short',
      password: 12_345_678,
      firstMessage: 'Hello, how can I help?',
    };
    expect(secretsIn(config).toSorted()).toEqual([
      'Bearer abcdefgh',
      'server-secret',
      'token-in-a-list',
      'under-a-key',
      'x-api-key-1',
    ]);
  });

  test('are found however deep they are', () => {
    const depth = 100_000;
    let config: unknown = { apiKey: 'deep-secret' };
    for (let level = 0; level < depth; level += 1) config = [config];
    expect(secretsIn(config)).toEqual(['deep-secret']);
  });
});
