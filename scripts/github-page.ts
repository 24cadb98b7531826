import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PhrasingContent, Root, RootContent } from 'mdast';
import rehypeRaw from 'rehype-raw';
import rehypeSanitize from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';

/** A page that shows Markdown as GitHub shows it in a comment, for looking at it without GitHub. */
export async function renderGitHubPage(page: {
  title: string;
  markdown: string;
  theme: 'light' | 'dark';
}): Promise<string> {
  const stylesheet = import.meta.resolve(`github-markdown-css/github-markdown-${page.theme}.css`);
  const css = await readFile(fileURLToPath(stylesheet), 'utf8');
  const [surface, edge] = page.theme === 'light' ? ['#ffffff', '#d1d9e0'] : ['#0d1117', '#3d444d'];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<style>
${css}
body { margin: 0; padding: 16px; background: ${surface}; }
.markdown-body { max-width: 860px; margin: 0 auto; padding: 16px; border: 1px solid ${edge}; border-radius: 6px;
  font-size: 14px; overflow-wrap: break-word; }
</style>
</head>
<body>
<article class="markdown-body">
${await renderGitHubHtml(page.markdown)}
</article>
</body>
</html>
`;
}

/** Markdown as GitHub's HTML: its dialect, its line breaks in comments, and only the tags that it lets through. */
async function renderGitHubHtml(markdown: string): Promise<string> {
  const html = await unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(() => breakLines)
    .use(remarkRehype, { allowDangerousHtml: true })
    .use(rehypeRaw)
    .use(rehypeSanitize)
    .use(rehypeStringify)
    .process(markdown);
  return String(html);
}

/** In comments, GitHub shows each line break of a paragraph as one. */
function breakLines(node: Root | RootContent): void {
  if (!('children' in node)) return;
  node.children = (node.children as RootContent[]).flatMap((child): RootContent[] =>
    child.type === 'text' ? splitLines(child.value) : [child],
  ) as typeof node.children;
  for (const child of node.children) breakLines(child);
}

function splitLines(text: string): PhrasingContent[] {
  return text
    .split('\n')
    .flatMap((line, index): PhrasingContent[] =>
      index === 0 ? [{ type: 'text', value: line }] : [{ type: 'break' }, { type: 'text', value: line }],
    );
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
