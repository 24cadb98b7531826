/** Writes every example report as Markdown and as pages that look as GitHub shows them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderBody } from '../src/report/body.ts';
import { renderHeading, renderSummary } from '../src/report/summary.ts';
import { EXAMPLES } from '../test/report/examples.ts';
import { renderGitHubPage } from './github-page.ts';

const MAX_COMMENT = 60_000;

const folder = fileURLToPath(new URL('../demo-output/preview/', import.meta.url));
await mkdir(folder, { recursive: true });

const examples = EXAMPLES;
for (const [name, report] of Object.entries(examples)) {
  const body = renderBody(report, { max: MAX_COMMENT, unit: 'characters' });
  const renderings = {
    summary: renderSummary(report),
    comment: `${renderHeading(report)}\n\n${body}\n`,
  };
  for (const [kind, markdown] of Object.entries(renderings)) {
    await writeFile(`${folder}${name}.${kind}.md`, markdown);
    for (const theme of ['light', 'dark'] as const) {
      const page = await renderGitHubPage({ title: `${name}, ${kind}`, markdown, theme });
      await writeFile(`${folder}${name}.${kind}.${theme}.html`, page);
    }
  }
}
console.log(`${Object.keys(examples).length} reports are in ${folder}`);
