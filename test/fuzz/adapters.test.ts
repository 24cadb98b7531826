import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROVIDER_NAMES } from '../../src/providers/registry.ts';
import { renderBody } from '../../src/report/body.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { renderCtrf } from '../../src/report/files/ctrf.ts';
import { renderJson } from '../../src/report/files/json.ts';
import { renderJunit } from '../../src/report/files/junit.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { createRedactor } from '../../src/text/redact.ts';
import { KITS } from '../kits/kits.ts';
import { htmlPage } from '../report/files/html-page.ts';
import { placed } from '../run.ts';
import { cases } from './cases.ts';
import {
  type Json,
  type Mutation,
  mutate,
  mutation,
  type Path,
  placesIn,
  putAt,
  valueAt,
  without,
} from './mutations.ts';
import { isProof, type Reading, readScene, type Scene, scenes } from './scenes.ts';

const SEED = 20260914;
const CASES_PER_SCENE = cases(40);
const RENDERED = cases(200);

/** The scene with each mutation done to one of its bodies, one after the other. */
function spoil(
  scene: Scene,
  mutations: readonly (Mutation & { body: number })[],
): { scene: Scene; paths: Path[] } {
  const bodies = [...scene.bodies];
  const paths: Path[] = [];
  for (const { body, ...each } of mutations) {
    const index = body % bodies.length;
    const { json, path } = mutate(bodies[index] ?? null, each);
    bodies[index] = json;
    paths.push(path);
  }
  return { scene: { ...scene, bodies }, paths };
}

const anyMutation = fc.tuple(mutation, fc.nat()).map(([each, body]) => ({ ...each, body }));
const mutations = fc.array(anyMutation, { minLength: 1, maxLength: 3 });

/** Whether a complaint names a place that was touched, or says in words what is wrong. */
function namesPlace(problem: string, paths: readonly Path[]): boolean {
  if (/for another batch|answered with an error|"has_more"|does not end|a usable known field/.test(problem))
    return true;
  const [, named] = /without a usable "([^"]+)" field/.exec(problem) ?? [];
  if (named === undefined) return false;
  // The envelope is taken off before a field is looked for.
  const touched = paths.flatMap((path) => [path, path.slice(1), ['runs', ...path.slice(1)]]);
  return touched.some((path) => {
    const place = path.join('.');
    return place === '' || named === place || named.startsWith(`${place}.`) || place.startsWith(`${named}.`);
  });
}

describe(`${scenes.length} recorded answers, each spoilt in ${CASES_PER_SCENE} ways (${scenes.length * CASES_PER_SCENE} cases)`, () => {
  test.each(scenes.map((scene) => [scene.name, scene] as const))('%s', async (_, scene) => {
    const untouched = await readScene(scene);
    await fc.assert(
      fc.asyncProperty(mutations, async (all) => {
        const spoilt = spoil(scene, all);
        const reading = await readScene(spoilt.scene);
        if (reading.verdict === 'passed') expect(isProof(spoilt.scene)).toBe(true);
        // Where several places were touched, the first may have moved.
        if (reading.problem !== undefined && untouched.problem === undefined && all.length === 1) {
          expect([reading.problem, namesPlace(reading.problem, spoilt.paths)]).toEqual([
            reading.problem,
            true,
          ]);
        }
      }),
      { numRuns: CASES_PER_SCENE, seed: SEED },
    );
  });
});

const provingScenes = scenes.filter(isProof);
const REPLACEMENTS: readonly (Json | undefined)[] = [
  undefined,
  null,
  '',
  'x',
  0,
  2,
  7,
  true,
  [],
  {},
  'FAILED',
  'error',
];
/** At each place a third of them, in turn; all of them with `npm run test:thorough`. */
const replacementsAt = (place: number) =>
  REPLACEMENTS.filter((_, nth) => cases(1) > 1 || (place + nth) % 3 === 0);
const places = provingScenes.flatMap((scene) =>
  scene.bodies
    .slice(0, 1 + scene.pages)
    .flatMap((body, index) => placesIn(body).map((path, place) => ({ scene, index, path, place }))),
);

describe('the answers that prove a pass', () => {
  test('are there, for each provider, and are green', async () => {
    expect(new Set(provingScenes.map(({ provider }) => provider))).toEqual(new Set(PROVIDER_NAMES));
    const readings = await Promise.all(scenes.map(readScene));
    expect(readings.map(({ verdict }) => verdict === 'passed')).toEqual(scenes.map(isProof));
  });

  test(`with other values in each of ${places.length} places: green only with the proof, and whenever the place is only shown`, async () => {
    const wrong: string[] = [];
    for (const { scene, index, path, place } of places) {
      for (const value of replacementsAt(place)) {
        const body = scene.bodies[index] ?? null;
        const changed = value === undefined ? without(body, path) : putAt(body, path, value);
        const spoilt = { ...scene, bodies: scene.bodies.with(index, changed) };
        const { verdict } = await readScene(spoilt);
        const isRight =
          verdict === 'passed' ? isProof(spoilt) : !KITS[scene.provider].shownOnly.test(path.join('.'));
        if (!isRight) wrong.push(`${scene.name}: ${path.join('.')} = ${JSON.stringify(value)}: ${verdict}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

test('a run that is listed twice in place of another: never green', async () => {
  const wrong: string[] = [];
  for (const scene of provingScenes) {
    for (const [index, body] of scene.bodies.entries()) {
      for (const [from, to] of pairsOfItems(body)) {
        const bodies = scene.bodies.with(index, putAt(body, to, valueAt(body, from)));
        const spoilt = { ...scene, bodies };
        const { verdict } = await readScene(spoilt);
        if (verdict === 'passed' && !isProof(spoilt)) {
          wrong.push(`${scene.name}: ${from.join('.')} in place of ${to.join('.')}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

/** Each place of an item of a list, with each other one of that list. */
function pairsOfItems(json: Json): [Path, Path][] {
  const lists = placesIn(json).filter((path) => Array.isArray(valueAt(json, path)));
  return lists.flatMap((path) => {
    const items = Object.keys(valueAt(json, path) as object).map((key): Path => [...path, key]);
    return items.flatMap((from) => items.filter((to) => to !== from).map((to): [Path, Path] => [from, to]));
  });
}

test(`whatever an adapter makes of spoilt answers can be reported (${RENDERED} cases)`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...scenes), mutations, async (scene, all) => {
      render(await readScene(spoil(scene, all).scene));
    }),
    { numRuns: RENDERED, seed: SEED },
  );
});

function render({ facts, verdict = 'inconclusive', problem = '' }: Reading): void {
  const report = buildReport(
    {
      name: 'Gate',
      providerTitle: 'Provider',
      judgement: { verdict, reason: problem, notes: [] },
      batches: placed(facts.batches),
      writtenAt: facts.now,
      waitedMs: 1_000,
      transcripts: 'excerpt',
      origin: {},
    },
    createRedactor(['test-key']),
  );
  expect(Buffer.byteLength(renderSummary(report))).toBeLessThanOrEqual(1_000_000);
  expect(renderBody(report, { max: 60_000, unit: 'characters' }).length).toBeLessThanOrEqual(60_000);
  for (const text of [renderJson(report), renderCtrf(report)]) expect(typeof JSON.parse(text)).toBe('object');
  expect(htmlPage(report).endsWith('</html>\n')).toBe(true);
  expect(renderJunit(report)).toMatch(/^<\?xml/);
}
