import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { renderJunit } from '../../../src/report/files/junit.ts';
import { testSuites } from '../../../src/report/files/test-suites.ts';
import { fileLine, fileText } from '../../../src/report/files/values.ts';
import type { Report } from '../../../src/report/report.ts';
import { EXAMPLES } from '../examples.ts';
import { reportOnRounds } from '../reports.ts';
import { anyReport, batch, mixedReport, report, reportOfEachState, run } from './file-reports.ts';

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
});

/** The root element of a document that has to be well-formed. */
function read(xml: string): Element {
  expect(XMLValidator.validate(xml)).toBe(true);
  const [root] = parser
    .parse(xml)
    .map(element)
    .filter(({ tag }: Element) => !tag.startsWith('#'));
  return root;
}

// biome-ignore lint/suspicious/noExplicitAny: the parser has no type for what it returns.
function element({ ':@': attributes = {}, ...node }: any): Element {
  const [tag = ''] = Object.keys(node);
  const inside: unknown[] = Array.isArray(node[tag]) ? node[tag] : [];
  const all = inside.map(element);
  const text = tag === '#text' ? node[tag] : all.map((child) => child.text).join('');
  return { tag, attributes, children: all.filter((child) => child.tag !== '#text'), text };
}

const named = (parent: Element, tag: string) => parent.children.filter((child) => child.tag === tag);
const cases = (root: Element) => named(root, 'testsuite').flatMap((suite) => named(suite, 'testcase'));
const result = (testCase: Element) =>
  named(testCase, 'failure')[0] ?? named(testCase, 'error')[0] ?? named(testCase, 'skipped')[0];

/** How many of each, by the elements and by what the attributes say. */
function sums(root: Element) {
  const said = (name: string) =>
    named(root, 'testsuite').reduce((sum, suite) => sum + Number(suite.attributes[name]), 0);
  const tags = cases(root).map((one) => result(one)?.tag);
  const seen = (tag: string) => tags.filter((one) => one === tag).length;
  return {
    counted: {
      tests: tags.length,
      failures: seen('failure'),
      errors: seen('error'),
      skipped: seen('skipped'),
    },
    said: {
      tests: said('tests'),
      failures: said('failures'),
      errors: said('errors'),
      skipped: said('skipped'),
    },
  };
}

/**
 * The schema with which Jenkins' xunit plugin checks files (github.com/jenkinsci/xunit-plugin, MIT, see the file):
 * for each element the attributes and children that it may have.
 */
const schema = read(readFileSync(new URL('../../fixtures/junit.xsd', import.meta.url), 'utf8'));
const types = new Map(named(schema, 'xs:complexType').map((one) => [one.attributes['name'], one]));
const declared = new Map(
  [...named(schema, 'xs:element'), ...[...types.values()].flatMap((type) => elementsIn(type))].map((one) => [
    one.attributes['name'],
    types.get(one.attributes['type']) ?? one,
  ]),
);

/** The elements that are declared inside a type. */
function elementsIn(parent: Element): Element[] {
  return parent.children.flatMap((child) => [
    ...(child.tag === 'xs:element' && child.attributes['name'] !== undefined ? [child] : []),
    ...elementsIn(child),
  ]);
}

function violations(one: Element): string[] {
  const declaration = declared.get(one.tag);
  if (declaration === undefined) return [`no element ${one.tag}`];
  const inside = (parent: Element): Element[] =>
    parent.children.flatMap((child) => [child, ...inside(child)]);
  const parts = inside(declaration);
  const attributes = parts.filter(({ tag }) => tag === 'xs:attribute').map((part) => part.attributes);
  const elements = parts
    .filter(({ tag }) => tag === 'xs:element')
    .map((part) => part.attributes['ref'] ?? part.attributes['name']);
  return [
    ...Object.keys(one.attributes)
      .filter((name) => !attributes.some((attribute) => attribute['name'] === name))
      .map((name) => `${one.tag} has no attribute ${name}`),
    ...attributes
      .filter(({ name = '', use }) => use === 'required' && one.attributes[name] === undefined)
      .map(({ name }) => `${one.tag} needs ${name}`),
    ...one.children
      .filter(({ tag }) => !elements.includes(tag))
      .map(({ tag }) => `${one.tag} has no ${tag} inside`),
    ...one.children.flatMap(violations),
  ];
}

test('the check against the schema sees an attribute and an element that do not belong', () => {
  const xml =
    '<testsuites skipped="1"><testsuite name="a" tests="1" errors="0"><nothing/></testsuite></testsuites>';
  expect(violations(read(xml))).toEqual([
    'testsuites has no attribute skipped',
    'testsuite needs failures',
    'testsuite has no nothing inside',
    'no element nothing',
  ]);
});

test('the JUnit report tells failures, errors and skipped runs apart', async () => {
  await expect(renderJunit(mixedReport)).toMatchFileSnapshot('../../golden/report.xml');
});

test.each(reportOfEachState)(
  'the JUnit report of a gate %s is valid, adds up, and is green only if it passed',
  (_, shown) => {
    const root = read(renderJunit(shown));
    expect(violations(root)).toEqual([]);
    const { counted, said } = sums(root);
    expect(said).toEqual(counted);
    expect(counted.failures + counted.errors === 0).toBe(shown.judgement?.verdict === 'passed');
  },
);

test('there is one suite for each batch and one test case for each run', () => {
  const shown = report([
    batch([run('1', 'passed'), run('2', 'failed')]),
    batch([run('3', 'errored')], { id: 'batch_2' }),
  ]);
  const suites = named(read(renderJunit(shown)), 'testsuite');
  expect(suites.map((suite) => [suite.attributes['name'], named(suite, 'testcase').length])).toEqual([
    ['Agent tests (Retell) (batch batch_1)', 2],
    ['Agent tests (Retell) (batch batch_2)', 1],
  ]);
});

function onlyRed(shown: Report) {
  return cases(read(renderJunit(shown)))
    .filter((one) => named(one, 'failure').length + named(one, 'error').length > 0)
    .map((one) => [one.attributes['classname'], one.attributes['name'], result(one)?.attributes['message']]);
}

test.each([
  [
    'a run was cancelled',
    report([batch([run('1', 'passed'), run('2', 'cancelled')])]),
    ['Agent tests (Retell)', 'Verdict of the gate', '1 of 2 test cases was cancelled at Retell.'],
  ],
  [
    'the second of two batches timed out',
    report([batch([run('1', 'passed')]), batch([run('2', 'pending')], { id: 'b2', settled: false })]),
    [
      'Agent tests (Retell) (batch b2)',
      'Verdict of the gate',
      'Batch b2 did not finish within 30 minutes (timeout-minutes).',
    ],
  ],
  [
    'the batch could not be read',
    report([{ id: 'batch_1', problem: 'The key was refused (401).' }]),
    [
      'Agent tests (Retell)',
      'Reading the batch',
      'Batch batch_1 could not be read: The key was refused (401).',
    ],
  ],
])('when %s and no run failed, one error says why', (_, shown, error) => {
  expect(onlyRed(shown)).toEqual([error]);
});

test('test cases that share a name have names of their own, and two runs of one are one entry', () => {
  const named3 = (id: string, caseId: string, name = 'Opening hours') =>
    run(id, 'passed', { testCase: { id: caseId, name } });
  const shown = report([
    batch([
      named3('1', 'a'),
      named3('2', 'b'),
      named3('3', 'b'),
      named3('4', 'c', 'Price'),
      named3('5', 'd', ''),
    ]),
  ]);
  expect(cases(read(renderJunit(shown))).map((one) => one.attributes['name'])).toEqual([
    'Opening hours (a)',
    'Opening hours (b)',
    'Price',
    'd',
  ]);
});

test('a name that is the word true stays a value', () => {
  expect(read(renderJunit(report([], { name: 'true' }))).attributes['name']).toBe('true');
});

test.each([
  ['unknown', undefined, undefined],
  ['not a number', Number.NaN, undefined],
  ['negative', -5, undefined],
  ['absurd', 1e300, undefined],
  ['zero', 0, '0.000'],
  ['fractional', 1234.5, '1.235'],
])('a duration that is %s is a number of seconds only if it is one', (_, durationMs, time) => {
  const more = durationMs === undefined ? {} : { durationMs };
  const root = read(renderJunit(report([batch([run('1', 'passed', more)])])));
  const [suite] = named(root, 'testsuite');
  const times = [root, suite, ...cases(root)].map((element) => element?.attributes['time']);
  expect(times).toEqual([time, time, time]);
});

test('the time of a suite is that of the runs whose time is known', () => {
  const runs = [run('1', 'passed', { durationMs: 2_000 }), run('2', 'passed')];
  const root = read(renderJunit(report([batch(runs)])));
  expect(cases(root).map(({ attributes }) => attributes['time'])).toEqual(['2.000', undefined]);
  expect(root.attributes['time']).toBe('2.000');
});

/** What XML 1.0 calls a character (https://www.w3.org/TR/xml/#charsets). */
const XML_TEXT = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

test('any report at all makes well-formed, valid XML that says what was put in and is never green', () => {
  fc.assert(
    fc.property(anyReport, (shown) => {
      const xml = renderJunit(shown);
      expect(xml).toMatch(XML_TEXT);
      const root = read(xml);
      expect(violations(root)).toEqual([]);
      const entries = testSuites(shown).flatMap((suite) => suite.entries);
      expect(
        cases(root).map((one) => {
          const found = result(one);
          return [
            one.attributes['name'],
            found?.attributes['message'],
            found?.attributes['type'],
            found?.text ?? '',
          ];
        }),
      ).toEqual(
        entries.map(({ name, status, message, rawStatus, details }) =>
          status === 'passed'
            ? [name, undefined, undefined, '']
            : [name, fileLine(message), fileLine(rawStatus), fileText(details)],
        ),
      );
      const { counted, said } = sums(root);
      expect(said).toEqual(counted);
      expect(counted.failures + counted.errors).toBeGreaterThan(0);
    }),
  );
});

test("a flaky test case passes with Surefire's elements for the runs that did not", () => {
  const root = read(renderJunit(EXAMPLES['red-everything']!));
  expect(violations(root)).toEqual([]);
  const flaky = cases(root).filter((one) => named(one, 'flakyFailure').length > 0);
  expect(flaky.map((one) => one.attributes['name'])).toEqual(['Books two siblings in one call']);
  const [failure] = named(flaky[0]!, 'flakyFailure');
  expect(failure?.attributes['type']).toBe('failed');
  expect(failure?.attributes['message']).toMatch(/^Only one of the two children was booked/);
  expect(result(flaky[0]!)).toBeUndefined();
});

test('a run that errored and was made good is a flakyError', () => {
  const shown = reportOnRounds([
    [run('1', 'errored', { explanation: 'No answer.' })],
    [run('1', 'passed', { id: 'run-1-2' })],
    [run('1', 'passed', { id: 'run-1-3' })],
  ]);
  const [only] = cases(read(renderJunit(shown)));
  expect(named(only!, 'flakyError').map((one) => one.attributes['message'])).toEqual(['No answer.']);
});

test('a tolerated test case is skipped, with the reason', () => {
  const root = read(renderJunit(EXAMPLES['red-everything']!));
  const skipped = cases(root).flatMap((one) =>
    named(one, 'skipped').map((found) => found.attributes['message']),
  );
  expect(skipped).toEqual([
    'Quarantined until 2026-12-05 (mira-k): umlauts in transcription, VOICE-311. The agent wrote Mueller where the caller spelt Müller.',
  ]);
  expect(named(root, 'testsuite')).toHaveLength(1);
  const { counted, said } = sums(root);
  expect(said).toEqual(counted);
  expect(counted).toEqual({ tests: 12, failures: 2, errors: 1, skipped: 1 });
});
