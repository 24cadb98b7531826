import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Result } from '../../src/domain/result.ts';
import { parseTarget, parseVersion, type TargetRules, type VersionRules } from '../../src/domain/target.ts';

const RETELL: TargetRules = { title: 'Retell', kinds: ['agent', 'retell-llm', 'conversation-flow'] };
const BLAND: TargetRules = { title: 'Bland', kinds: ['pathway', 'persona'] };

const RETELL_VERSIONS: VersionRules = {
  words: { latest: RETELL.kinds, published: ['agent'] },
  hasNumbers: true,
  hasBranches: false,
  fallback: 'latest',
};
const BLAND_VERSIONS: VersionRules = {
  words: { production: BLAND.kinds },
  hasNumbers: true,
  hasBranches: false,
  fallback: 'production',
};
const ELEVENLABS_VERSIONS: VersionRules = {
  words: {},
  hasNumbers: false,
  hasBranches: true,
  fallback: undefined,
};
const VAPI_VERSIONS: VersionRules = { words: {}, hasNumbers: false, hasBranches: false, fallback: undefined };

const valueOr = (parsed: Result<unknown>) => (parsed.kind === 'ok' ? parsed.value : parsed.problem);

describe('target', () => {
  test.each<[string, TargetRules, unknown]>([
    ['agent/agent_1', RETELL, { kind: 'agent', id: 'agent_1' }],
    [' retell-llm/llm_1\n', RETELL, { kind: 'retell-llm', id: 'llm_1' }],
    [
      'conversation-flow/conversation_flow_1',
      RETELL,
      { kind: 'conversation-flow', id: 'conversation_flow_1' },
    ],
    [
      'persona/e7575763-8f68-5232-8e7a-949df1cad4c9',
      BLAND,
      { kind: 'persona', id: 'e7575763-8f68-5232-8e7a-949df1cad4c9' },
    ],
    [
      'agent_1',
      RETELL,
      'target is "agent_1": it must be agent/ID, retell-llm/ID or conversation-flow/ID at Retell, with the kind before the id: agent/agent_1.',
    ],
    [
      'pathway/p1',
      RETELL,
      'target is "pathway/p1": it must be agent/ID, retell-llm/ID or conversation-flow/ID at Retell.',
    ],
    [
      'Pathway/p1',
      BLAND,
      'target is "Pathway/p1": it must be pathway/ID or persona/ID at Bland (pathway in small letters).',
    ],
    [
      'agent/',
      RETELL,
      'target is "agent/": the id is missing, so check that the variable it comes from is set.',
    ],
    ['agent/a/b', RETELL, 'target is "agent/a/b": what comes after agent/ is not an id.'],
    ['agent/..', RETELL, 'target is "agent/..": what comes after agent/ is not an id.'],
    ['agent/a b', RETELL, 'target is "agent/a b": what comes after agent/ is not an id.'],
    ['', BLAND, 'target is "": it must be pathway/ID or persona/ID at Bland, with the kind before the id.'],
    [
      `agent/${'a'.repeat(201)}`,
      RETELL,
      `target is "agent/${'a'.repeat(74)}…": what comes after agent/ is not an id.`,
    ],
  ])('%j', (input, rules, expected) => {
    expect(valueOr(parseTarget(input, rules))).toEqual(expected);
  });

  test('whatever is accepted is one segment of a path after a kind that there is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((id) => `agent/${id}`),
        ),
        (input) => {
          const parsed = parseTarget(input, RETELL);
          if (parsed.kind === 'refused') expect(parsed.problem.length).toBeLessThan(400);
          else {
            const { pathname } = new URL(
              `https://a.example/get-agent/${encodeURIComponent(parsed.value.id.toWellFormed())}`,
            );
            expect([RETELL.kinds.includes(parsed.value.kind), pathname.split('/').length]).toEqual([true, 3]);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('version', () => {
  const retell = (input: string | undefined, targetKind = 'agent') =>
    valueOr(parseVersion(input, RETELL_VERSIONS, { title: 'Retell', targetKind }));

  test.each<[string | undefined, unknown]>([
    [undefined, { kind: 'latest' }],
    ['  ', { kind: 'latest' }],
    ['latest', { kind: 'latest' }],
    ['published', { kind: 'published' }],
    ['12', { kind: 'number', number: 12 }],
    ['0', { kind: 'number', number: 0 }],
    ...['v12', '12.0', '-1', 'Latest', 'production', 'branch/b'].map((text): [string, string] => [
      text,
      `version is "${text}": it must be a number like 12, latest or published for a target agent/ at Retell.`,
    ]),
  ])('%j of a Retell agent', (input, expected) => {
    expect(retell(input)).toEqual(expected);
  });

  test('only an agent has a published version', () => {
    expect(retell('published', 'retell-llm')).toBe(
      'version is "published": it must be a number like 12 or latest for a target retell-llm/ at Retell.',
    );
  });

  test.each<[string | undefined, VersionRules, string, unknown]>([
    [undefined, BLAND_VERSIONS, 'pathway', { kind: 'production' }],
    ['4', BLAND_VERSIONS, 'persona', { kind: 'number', number: 4 }],
    [
      'latest',
      BLAND_VERSIONS,
      'pathway',
      'compare-with is "latest": it must be a number like 12 or production for a target pathway/ at X.',
    ],
    [undefined, ELEVENLABS_VERSIONS, 'agent', undefined],
    ['branch/b1', ELEVENLABS_VERSIONS, 'agent', { kind: 'branch', id: 'b1' }],
    [
      'branch/',
      ELEVENLABS_VERSIONS,
      'agent',
      'compare-with is "branch/": the id is missing, so check the step that it comes from and its id.',
    ],
    [
      'missing',
      BLAND_VERSIONS,
      'pathway',
      'compare-with is "missing": it stands for an empty output of the step that deploys, so check that step and its id.',
    ],
    [
      '3',
      ELEVENLABS_VERSIONS,
      'agent',
      'compare-with is "3": it must be branch/ID for a target agent/ at X.',
    ],
    ['3', VAPI_VERSIONS, 'squad', 'compare-with is "3": X has no versions of a target squad/: leave it out.'],
  ])('%j elsewhere', (input, rules, targetKind, expected) => {
    expect(valueOr(parseVersion(input, rules, { title: 'X', targetKind, name: 'compare-with' }))).toEqual(
      expected,
    );
  });
});
