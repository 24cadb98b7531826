import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { messagesIn, ownMessages, ownTexts } from './messages.ts';
import { root } from './workflow-files.ts';

/** Names and labels of at least three words that nobody has to look up. */
const NAME =
  /^(Agent tests \(\w+\)|Agent Test Gate|version not stated|agent …, main branch|with changes that are not published|passed and failed|evaluation without a name)$/;

/** What the sentences of the report mean is explained with the report itself. */
const documented = ['docs/troubleshooting.md', 'docs/reading-a-report.md'].flatMap((path) =>
  documentedIn(readFileSync(join(root, path), 'utf8')),
);

/** The messages in the first column of the tables. Rows without one describe what a user sees instead. */
function documentedIn(text: string): string[] {
  const cells = text
    .split('\n')
    .flatMap((line) => (line.startsWith('| `') ? [line.split(' | ')[0] ?? ''] : []));
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message));
}

describe('docs/troubleshooting.md, and docs/reading-a-report.md for the report', () => {
  test('has every message of the action: add the ones that are listed here', () => {
    const missing = ownMessages().filter(({ text }) => !documented.includes(text) && !NAME.test(text));
    expect(missing.map(({ text, place }) => `${text}   (${place})`)).toEqual([]);
  });

  test('has no message that the action does not have: take out the ones that are listed here', () => {
    const texts = new Set(ownTexts());
    expect(documented.filter((message) => !texts.has(message))).toEqual([]);
  });

  test('has each message once', () => {
    expect(documented.filter((message, index) => documented.indexOf(message) !== index)).toEqual([]);
  });
});

describe('the messages in a source file', () => {
  const textsIn = (source: string, path = 'src/wait.ts') => messagesIn(source, path).map(({ text }) => text);

  test.each([
    ["throw new Error('The key is wrong.');", ['The key is wrong.']],
    [`warn(\`Batch \${id} is \${a}\${b} late\`);`, ['Batch … is … late']],
    ['const advice = { a: "Check the key again." };', ['Check the key again.']],
    [`say(\`\${count} failed\${also ? \`, and \${more} others\` : ''}\`);`, []],
    ["import { x } from './three/long/words.ts'; x('two words');", []],
  ])('of %s are %j', (source, expected) => {
    expect(textsIn(source)).toEqual(expected);
  });

  test('of the report are whole sentences', () => {
    const source = "words('Did not pass either:'); words('The run was not read.');";
    expect(textsIn(source, 'src/report/body.ts')).toEqual(['The run was not read.']);
    expect(textsIn(source)).toEqual(['Did not pass either:', 'The run was not read.']);
  });

  test('come with their place', () => {
    expect(messagesIn("\nfail('one two three');", 'src/a.ts')).toEqual([
      { text: 'one two three', place: 'src/a.ts:2' },
    ]);
  });
});
