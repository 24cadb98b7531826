/** The texts in `src/` that a person may come to read, taken from the source itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './workflow-files.ts';

/** With fewer words a text is a fragment, a name or a value, and not what anybody looks up. */
const MIN_WORDS = 3;

/** Descriptions in the JSON Schema: nothing prints them. */
const SCHEMA = 'src/report/files/json-schema.ts';

export interface Message {
  /** One line; what varies is `…`. */
  readonly text: string;
  /** `src/wait.ts:81` */
  readonly place: string;
}

/**
 * Every text of at least three words in a source file. In `src/report/`, whose words are mostly labels that explain
 * themselves, only whole sentences.
 */
export function messagesIn(source: string, path: string): Message[] {
  return textsIn(source, path).filter(({ text }) => isMessage(text, path));
}

/** Every text, however short, with `…` for what is put in. */
function textsIn(source: string, path: string): Message[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: Message[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || isDescription(node)) return;
    const text = textOf(node);
    if (text !== undefined) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push({ text, place: `${path}:${line + 1}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** What `action.yml` and the README say of inputs and outputs. */
function isDescription(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node))
    return ['description', 'emptyMeans', 'commandLineDescription'].includes(node.name.getText());
  return ts.isVariableDeclaration(node) && node.name.getText() === 'OUTPUTS';
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return oneLine(node.text);
  if (!ts.isTemplateExpression(node)) return undefined;
  return oneLine([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…'));
}

/** One line, spaces and `…` each once in a row. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/…+/g, '…').trim();
}

function isMessage(text: string, path: string): boolean {
  const words = text.split(' ').filter((word) => /\p{L}{2}|^[aI]$/u.test(word));
  if (words.length < MIN_WORDS) return false;
  return !path.startsWith('src/report/') || /^[\p{Lu}…].*\.$/u.test(text);
}

/** All messages of the action. */
export function ownMessages(): Message[] {
  return sources().flatMap(({ path, source }) => messagesIn(source, path));
}

/** All texts in its source. */
export function ownTexts(): string[] {
  return sources().flatMap(({ path, source }) => textsIn(source, path).map(({ text }) => text));
}

function sources(): { path: string; source: string }[] {
  return (
    readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map((name) => `src/${name.replaceAll('\\', '/')}`)
      // Most of what the command line says are its help, questions and the workflow: docs/command-line.md has its messages.
      .filter((path) => path.endsWith('.ts') && path !== SCHEMA && !path.startsWith('src/cli/'))
      .sort()
      .map((path) => ({ path, source: readFileSync(join(root, path), 'utf8') }))
  );
}
