/** What holds for the reading of every provider, from a recorded batch that passed. */
import { describe, expect, test } from 'vitest';
import { findContradictions } from '../../src/domain/integrity.ts';
import { PROVIDERS, type ProviderName } from '../../src/providers/registry.ts';
import { type Json, type Path, placesIn, putAt, valueAt, without } from '../fuzz/mutations.ts';
import { readScene } from '../fuzz/scenes.ts';
import type { Kit, Scene } from '../kits/kit.ts';
import { EACH_KIT } from '../kits/kits.ts';

const passedScene = ({ scenes, isProof }: Kit): Scene => scenes.find(isProof) as Scene;

/** The first run's status: the body that holds it, and where. */
function runStatusIn({ bodies, provider }: Scene): { index: number; path: Path } {
  const passed = [...PROVIDERS[provider].statusWords.run].find(([, status]) => status === 'passed')?.[0];
  const places = bodies.flatMap((body, index) => placesIn(body).map((path) => ({ index, path })));
  const isRunStatus = ({ index, path }: (typeof places)[number]): boolean =>
    path.length > 1 && path.at(-1) === 'status' && valueAt(bodies[index] ?? null, path) === passed;
  return places.find(isRunStatus) as (typeof places)[number];
}

/** The scene with another status of the first run; `undefined` takes it away. */
function withRunStatus(scene: Scene, word: Json | undefined): Scene {
  const { index, path } = runStatusIn(scene);
  const body = scene.bodies[index] ?? null;
  const changed = word === undefined ? without(body, path) : putAt(body, path, word);
  return { ...scene, bodies: scene.bodies.with(index, changed) };
}

async function readBatch(scene: Scene) {
  const { facts, verdict } = await readScene(scene);
  return { batch: facts.batches[0]?.batch, verdict };
}

/** Words that only look like those of a table. */
const strangeWords = (words: ReadonlyMap<string, unknown>): string[] => [
  ...['toString', 'constructor', '__proto__', ''],
  ...[...words.keys()].flatMap((word) => [
    word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase(),
    `${word} `,
  ]),
];

describe.each(EACH_KIT)('%s', (name, kit) => {
  const scene = passedScene(kit);
  const { statusWords } = PROVIDERS[name];

  test('an answer for another batch is no answer', async () => {
    const { problem } = await readScene({ ...scene, batchId: 'another' });
    expect(problem).toContain(`answered for another batch: ${scene.batchId}.`);
  });

  test('a status word of a batch that is in no document is unknown, and not an end', async () => {
    const [body = null, ...more] = scene.bodies;
    for (const word of statusWords.batch.size === 0 ? [] : strangeWords(statusWords.batch)) {
      const { batch } = await readBatch({ ...scene, bodies: [putAt(body, ['status'], word), ...more] });
      expect(batch).toMatchObject({ settled: false, unknownStatus: word });
    }
  });

  test('a status word of a run that is in no document is unknown, and the run has not ended', async () => {
    for (const word of strangeWords(statusWords.run)) {
      const { batch, verdict } = await readBatch(withRunStatus(scene, word));
      expect(batch?.runs?.[0]).toMatchObject({ status: 'pending', unknownStatus: word });
      expect(verdict).not.toBe('passed');
    }
  });

  test.each([null, undefined])(
    'a run with the status %j has not ended, and is a doubt after the end',
    async (word) => {
      const { batch, verdict } = await readBatch(withRunStatus(scene, word));
      const [run] = batch?.runs ?? [];
      expect([run?.status, run?.unknownStatus]).toEqual(['pending', undefined]);
      expect(verdict).not.toBe('passed');
      if (batch?.settled) expect(findContradictions(batch)).toContain(`run ${run?.id} has no "status"`);
    },
  );
});

test.each<[ProviderName, string, Record<string, string>]>([
  ['retell', 'k1', { authorization: 'Bearer k1' }],
  ['retell', 'bearer k1', { authorization: 'Bearer k1' }],
  ['bland', 'org_1', { authorization: 'org_1' }],
  ['bland', 'Bearer org_1', { authorization: 'Bearer org_1' }],
  ['vapi', 'Bearer k1', { authorization: 'Bearer k1' }],
  ['elevenlabs', 'k1', { 'xi-api-key': 'k1' }],
])('%s: the key %j travels in %j', (name, key, headers) => {
  expect(PROVIDERS[name].headers(key)).toEqual(headers);
});
