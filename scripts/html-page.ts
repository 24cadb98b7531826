/**
 * Puts the style and the script of the HTML report into `src/report/files/html/page-source.ts`, small and with the
 * hashes that the page's policy needs: `npm run html-page`. `test/report/files/html.test.ts` fails when the file is
 * out of date.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

const folder = fileURLToPath(new URL('../src/report/files/html/', import.meta.url));

/** The file that is written. */
export const PAGE_SOURCE = join(folder, 'page-source.ts');

/** What the file must hold. */
export function pageSource(): string {
  const style = small('style.css', 'css');
  const script = small('script.ts', 'ts');
  return `/** Written by \`npm run html-page\` from the files in \`page/\`: change those. */

export const STYLE: string =
  ${literal(style)};
export const STYLE_HASH: string = '${hashOf(style)}';

export const SCRIPT: string =
  ${literal(script)};
export const SCRIPT_HASH: string = '${hashOf(script)}';
`;
}

function small(name: string, loader: 'css' | 'ts'): string {
  const source = readFileSync(join(folder, 'page', name), 'utf8');
  const { code } = transformSync(source, {
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

const literal = (text: string): string => JSON.stringify(text);

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE_SOURCE, pageSource());
  console.log('Written: src/report/files/html/page-source.ts');
}
