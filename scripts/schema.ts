import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { reportSchema } from '../src/report/files/json-schema.ts';

/** Where the JSON Schema of the JSON report is kept. */
export const SCHEMA_FILE = new URL('../docs/report.schema.json', import.meta.url);

/**
 * The JSON Schema of the JSON report. As a schema for input it lets fields pass that it does not know, since a
 * later release may add some within the same version of the format.
 */
export function schemaText(): string {
  return `${JSON.stringify(z.toJSONSchema(reportSchema, { io: 'input' }), null, 2)}\n`;
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(SCHEMA_FILE, schemaText());
  else if (readFileSync(SCHEMA_FILE, 'utf8') !== schemaText()) {
    console.error('docs/report.schema.json is not up to date: run `node scripts/schema.ts`.');
    process.exitCode = 1;
  }
}
