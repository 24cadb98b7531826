import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import * as z from 'zod';
import { reportSchema } from '../../src/report/files/json-schema.ts';

const root = new URL('../../', import.meta.url);

/**
 * The JSON Schema of the JSON report. As a schema for input it lets fields pass that it does not know, since a
 * later release may add some within the same version of the format.
 */
export function reportSchemaJson(): string {
  return `${JSON.stringify(z.toJSONSchema(reportSchema, { io: 'input' }), null, 2)}\n`;
}

const PAGE_FOLDER = new URL('src/report/files/html/page/', root);

/** Style and script of the HTML report, small and with the hashes that the page's policy needs. */
export function pageSource(): string {
  const style = minified('style.css', 'css');
  const script = minified('script.ts', 'ts');
  return `/** Written by \`npm run generate\` from the files in \`page/\`: change those. */

export const STYLE: string =
  ${JSON.stringify(style)};
export const STYLE_HASH: string = '${hashOf(style)}';

export const SCRIPT: string =
  ${JSON.stringify(script)};
export const SCRIPT_HASH: string = '${hashOf(script)}';
`;
}

function minified(name: string, loader: 'css' | 'ts'): string {
  const { code } = transformSync(readFileSync(new URL(name, PAGE_FOLDER), 'utf8'), {
    loader,
    ...(loader === 'ts' ? { format: 'iife' } : {}),
    minify: true,
    charset: 'ascii',
    target: 'es2022',
    legalComments: 'none',
  });
  const text = code.trim();
  if (/<\/(?:script|style)|<!--/i.test(text)) throw new Error(`${name} would end its element.`);
  return text;
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** The scripts of `docs/examples/deploy/`, which `init` writes into the user's repository. */
export function deployScriptsSource(): string {
  const folder = new URL('docs/examples/deploy/', root);
  const scripts = readdirSync(folder).filter((file) => file.endsWith('.sh'));
  const entries = scripts.toSorted().map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return `  ${file.replace('.sh', '')}:\n    ${JSON.stringify(text)},\n`;
  });
  return `/** Written by \`npm run generate\` from docs/examples/deploy: change those files. */

export const DEPLOY_SCRIPTS = {
${entries.join('')}} as const;
`;
}
