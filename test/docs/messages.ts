/** The texts in `src/` that a person may come to read, taken from the source itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './workflow-files.ts';

/** Fewer words than this are a fragment, a name or a value, and not what anybody looks up. */
const MIN_WORDS = 3;

export interface Message {
  /** What varies is `…`. */
  readonly text: string;
  /** `src/wait.ts:81` */
  readonly place: string;
}

/** Every text of at least three words in a source file, with `…` for what is put in. */
export function messagesIn(source: string, path: string): Message[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: Message[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text !== undefined && countWords(text) >= MIN_WORDS) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push({ text, place: `${path}:${line + 1}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return normalize(node.text);
  if (!ts.isTemplateExpression(node)) return undefined;
  return normalize([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…'));
}

/** One line, spaces and `…` each once in a row. */
export function normalize(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/…+/g, '…').trim();
}

function countWords(text: string): number {
  return text.match(/\p{L}{2,}/gu)?.length ?? 0;
}

/** All of them in `src/`. */
export function ownMessages(): Message[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => {
      const path = `src/${name.replaceAll('\\', '/')}`;
      return messagesIn(readFileSync(join(root, path), 'utf8'), path);
    });
}
