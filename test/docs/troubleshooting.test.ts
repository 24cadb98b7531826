import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Message, messagesIn, ownMessages, ownTexts } from './messages.ts';
import { root } from './workflow-files.ts';

/** An order to the reader: the message needs no entry, since the entry could only repeat it. */
const ORDER =
  /\b(?:Cancel|Check|Choose|Correct|Detach|Enable|Give|Leave|Look|Make|Please|Raise|Remove|Run|See|Set|Update|Use|Write)\b|\b(?:must|needs)\b|[:;,] (?:or )?(?:begin|check|give|keep|leave|look|name|pass|please|publish|raise|run|see|select|set|start|unlock|update|use|write) /;

/** Sentences after which nobody has to do anything: lines of the log, and what another sentence explains. */
const NOTHING_TO_DO: readonly string[] = [
  'All requests are used up.',
  'Batch … has ended and does not add up yet (…): reading it again.',
  "Batch … is in …'s list, and is the one that this step started.",
  'Batch … was started just now and is not there yet: looking again.',
  'Looking for at most … s for a comment that may still appear.',
  'Running … again to confirm.',
  'Running … again, as repeat: …/… asks.',
  'Started batch …: … on ….',
  'That the gate waits is not shown: …',
  'The comment is left as it is: a newer workflow run, or a newer attempt of this one, has written it.',
  'The comment on pull request #… was left as it is. It …. The job summary has the full report.',
  'The job summary has the full report.',
  'The one test case passed….',
  'The report is in the job summary of this workflow run.',
  'The request was stopped.',
  'The gate asks for … first, and for at most … in all.',
  'The gate asks for ….',
  'This step was cancelled (…).',
  'What is known could not be saved: …',
  'What later steps are to know could not be saved: …',
  '… accepted the cancellation of ….',
  '… could not be asked: …',
  '… failed (… in a row): …',
  '… has failed … times in a row: …. Still trying, … more.',
  '… invalid; no request was sent.',
  '… of … without a run: …',
  '… at a time: about … waves….',
  '…, with the kind before the id…',
  "… A batch may have been started: looking through …'s lists for 20 s.",
];

/** A whole sentence that does not say what to do. What the report says is explained with the report itself. */
const needsEntry = ({ text, place }: Message): boolean =>
  !place.startsWith('src/report/') && /^[\p{Lu}…].*[.…]$/u.test(text) && !ORDER.test(text);

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
  test('has every message that does not itself say what to do: add the ones that are listed here', () => {
    const missing = ownMessages()
      .filter(needsEntry)
      .filter(({ text }) => !documented.includes(text) && !NOTHING_TO_DO.includes(text));
    expect(missing.map(({ text, place }) => `${text}   (${place})`)).toEqual([]);
  });

  test('the list of those after which nothing is to be done holds no others', () => {
    const texts = ownMessages()
      .filter(needsEntry)
      .map(({ text }) => text);
    expect(NOTHING_TO_DO.filter((text) => !texts.includes(text) || documented.includes(text))).toEqual([]);
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
