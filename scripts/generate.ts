/**
 * Brings everything up to date that is made from something else in the repository: `npm run generate`.
 * `test/docs/generated.test.ts` fails when something is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TABLES } from './generate/tables.ts';
import { deployScriptsSource, pageSource, reportSchemaJson } from './generate/whole-files.ts';

/** A stretch of a file, or a whole file, that is made from something else. */
export interface Place {
  readonly file: string;
  /** Name of the stretch, for messages. */
  readonly what: string;
  /** The text before the stretch, the stretch, and the text after it, as three groups. */
  readonly pattern: RegExp;
  readonly text: string;
}

const WHOLE = { what: 'the file', pattern: /^(\n)([\s\S]*)()$/ };

/** Every place, in the order of files. */
export const PLACES: readonly Place[] = [
  ...TABLES,
  { file: 'docs/report.schema.json', ...WHOLE, text: reportSchemaJson() },
  { file: 'src/report/files/html/page-source.ts', ...WHOLE, text: pageSource() },
  { file: 'src/cli/deploy-scripts.ts', ...WHOLE, text: deployScriptsSource() },
];

/** The file's text with the place up to date. Throws where the place is not there. */
export function upToDate(text: string, { file, what, pattern, text: right }: Place): string {
  const padded = `\n${text}`;
  if (!pattern.test(padded)) throw new Error(`${file} has lost the place of ${what}: ${pattern}`);
  return padded.replace(pattern, (_, before: string, __, after: string) => before + right + after).slice(1);
}

/** Every file that has a place, as it must be. */
export function filesUpToDate(read: (file: string) => string): Map<string, string> {
  const files = new Map<string, string>();
  for (const place of PLACES) {
    files.set(place.file, upToDate(files.get(place.file) ?? read(place.file), place));
  }
  return files;
}

if (import.meta.main) {
  const pathOf = (file: string): string => join(fileURLToPath(new URL('..', import.meta.url)), file);
  for (const [file, text] of filesUpToDate((name) => readFileSync(pathOf(name), 'utf8'))) {
    writeFileSync(pathOf(file), text);
    console.log(file);
  }
}
