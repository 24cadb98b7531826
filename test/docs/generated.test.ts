import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUpToDate, PLACES, upToDate } from '../../scripts/generate.ts';
import { OUTPUTS } from '../../src/action/outputs.ts';
import { INPUTS } from '../../src/inputs/inputs.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { action, root } from './workflow-files.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const files = [...new Set(PLACES.map(({ file }) => file))];
const providers = Object.values(PROVIDERS);

describe('what is made from something else in the repository', () => {
  const right = filesUpToDate(read);
  test.each(files)('%s is up to date (otherwise: npm run generate)', (file) => {
    expect(read(file)).toBe(right.get(file));
  });

  test.each(PLACES.map((place) => [place.file, place.what, place] as const))(
    '%s: an old text of %s does not stay',
    (file, _, place) => {
      const text = right.get(file) ?? '';
      const old = upToDate(text, { ...place, text: place.text.replace(/[A-Z]?[a-z]+/, 'old') });
      expect(old).not.toBe(text);
      expect(upToDate(old, place)).toBe(text);
    },
  );

  test('a place that is lost is an error', () => {
    expect(() => filesUpToDate(() => '')).toThrow('action.yml has lost the place of the description');
  });
});

test('action.yml has the inputs and outputs in order', () => {
  expect(Object.keys(action.inputs)).toEqual(Object.keys(INPUTS));
  expect(Object.keys(action.outputs)).toEqual(Object.keys(OUTPUTS));
});

test.each(Object.entries(PROVIDERS))('%s is the name that its descriptor has', (name, descriptor) => {
  expect(descriptor.name).toBe(name);
});

describe('CHANGELOG.md names everything that a user can notice: add what is listed here', () => {
  const changelog = read('CHANGELOG.md');
  const missing = (names: readonly string[]): string[] => names.filter((name) => !changelog.includes(name));

  test('every provider', () => {
    expect(missing(providers.map(({ product }) => product))).toEqual([]);
  });

  test('every input and output', () => {
    const names = [...Object.keys(INPUTS), ...Object.keys(OUTPUTS)];
    expect(missing([...new Set(names)].map((name) => `\`${name}\``))).toEqual([]);
  });
});
