import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gatesOfJob, parseComment } from '../../src/comment/codec.ts';
import { recordIn } from '../../src/comment/kept-records.ts';
import { COMMENT_LIMIT } from '../../src/comment/layout.ts';
import { isSupersededBy, type Merge, mergeSection } from '../../src/comment/merge.ts';
import { decodeRecord, encodeRecord, MAX_RECORD } from '../../src/comment/record.ts';
import { isReadable, type OwnSection as Own, type ReadableComment } from '../../src/comment/state.ts';
import type { Tally } from '../../src/domain/batch.ts';
import type { State } from '../../src/domain/verdict.ts';
import type { WorkflowRun } from '../../src/github/context.ts';
import { tallyOf } from '../builders.ts';
import { NAME, OLDER, RUN, sectionOf, sectionsIn, stateOf, writerOf } from './gate-comment.ts';

/** A job and its section. */
type OwnSection = Own & { readonly key: string };

function section(
  key: string,
  state: State,
  counts: Partial<Tally>,
  markdown = `Report of ${key}.`,
): OwnSection {
  return {
    key,
    state,
    tally: tallyOf(counts),
    label: `batch ${key}`,
    render: (max) => markdown.slice(0, max),
  };
}

function merge(existing: readonly string[], own: OwnSection, run = RUN, limit = COMMENT_LIMIT): Merge {
  const states = existing.flatMap((body) => parseComment(body, NAME) ?? []);
  return mergeSection({ existing: states, own, writer: writerOf(own.key, run), limit });
}

function bodyOf(merged: Merge): string {
  if (merged.action !== 'write') throw new Error(`nothing was written: ${merged.why}`);
  return merged.body;
}

/** The comment after each of these jobs has written in turn. */
function written(...steps: readonly [OwnSection, WorkflowRun?][]): string {
  return steps.reduce<string[]>((existing, [own, run]) => [bodyOf(merge(existing, own, run))], [])[0] ?? '';
}

function readable(body: string): ReadableComment {
  const state = stateOf(body);
  if (!isReadable(state)) throw new Error('this is of a newer format');
  return state;
}

/** Without markers: what a reader sees. */
const shown = (body: string): string => body.replace(/<!-- .*? -->\n*/g, '').trim();

const folded = (title: string, body: string): string[] => [
  `<details>\n<summary>${title}</summary>`,
  body,
  '</details>',
];

const PASSED = section('a', 'passed', { passed: 3 });
const FAILED = section('b', 'failed', { passed: 8, failed: 2 });
const WAITING = section('c', 'waiting', { unfinished: 4 });

describe('the text', () => {
  test('one job has its headline as the heading and no heading of its own', () => {
    expect(shown(written([PASSED]))).toBe('## ✅ Agent tests (Retell): all 3 passed\n\nReport of a.');
  });

  test('our data are the last lines of the comment, one for each section, and nothing stands before the text', () => {
    const lines = written([PASSED], [FAILED]).split('\n');
    expect(
      lines.map((line) => /^<!-- (agent-test-gate\S*)/.exec(line)?.[1] ?? (line === '' ? '' : 'text')),
    ).toEqual([
      ...['text', '', 'text', 'text', 'text', 'text', ''],
      ...['text', '', 'agent-test-gate-text', '', 'text', '', 'agent-test-gate-text', ''],
      ...['text', 'text', '', 'agent-test-gate-text', '', 'text', '', 'agent-test-gate-text', '', 'text', ''],
      ...['text', '', 'text', ''],
      ...['agent-test-gate', 'agent-test-gate-section', 'agent-test-gate-section'],
    ]);
    expect(lines.at(-3)).toBe('<!-- agent-test-gate {"version":3,"name":"Agent tests (Retell)"} -->');
  });

  test('several jobs have one heading and one overview, the worst first; what passed or waits is folded', () => {
    expect(shown(written([FAILED], [WAITING], [PASSED]))).toBe(
      [
        '## ❌ Agent tests (Retell): batch b failed, 1 of 3 still running',
        [
          '| Job | Result |',
          '| :- | :- |',
          '| ❌ **batch b** | 2 of 10 failed |',
          '| ⏳ **batch c** | waiting, 0 of 4 finished |',
          '| ✅ **batch a** | all 3 passed |',
        ].join('\n'),
        '## ❌ batch b',
        'Report of b.',
        ...folded('⏳ <b>batch c</b>', 'Report of c.'),
        ...folded('✅ <b>batch a</b>', 'Report of a.'),
        '---',
        '**Next:** **batch b**: see above why it failed.',
      ].join('\n\n'),
    );
  });

  const worstFirst = [
    'failed',
    'errored',
    'cancelled',
    'timed-out',
    'inconclusive',
    'waiting',
    'passed',
  ] as const;
  test.each(
    worstFirst.flatMap((worse, rank) => worstFirst.slice(rank).map((better) => [worse, better] as const)),
  )('%s and %s together are called the former', (worse, better) => {
    const first = section('a', worse, { passed: 1 });
    const second = section('b', better, { passed: 1 });
    const heading = /^## (\S+)/m;
    const alone = heading.exec(written([first]))?.[1];
    expect(heading.exec(written([first], [second]))?.[1]).toBe(alone);
    expect(heading.exec(written([second], [first]))?.[1]).toBe(alone);
  });

  test('the order of writing makes no difference', () => {
    const orders = [
      [PASSED, FAILED, WAITING],
      [WAITING, FAILED, PASSED],
      [FAILED, PASSED, WAITING],
    ];
    expect(new Set(orders.map((order) => written(...order.map((own) => [own] as [OwnSection])))).size).toBe(
      1,
    );
  });

  test('line breaks of another kind, as the web page saves them, change nothing', () => {
    const body = written([PASSED], [FAILED]);
    expect(bodyOf(merge([`${body.replaceAll('\n', '\r\n')}\r\n`], PASSED))).toBe(body);
  });

  test('whatever keys and labels are, every section is read back', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }),
        fc.string({ unit: 'binary' }),
        (keys, label) => {
          const sections = keys.map((key) => ({ ...PASSED, key, label: `${label}--><!-- @somebody` }));
          const body = written(...sections.map((own) => [own] as [OwnSection]));
          const standing = keys.map((key) => sectionOf(body, key));
          expect(standing.map((one) => one?.markdown)).toEqual(keys.map(() => 'Report of a.'));
        },
      ),
    );
  });
});

describe('whose comment it is', () => {
  test.each([
    ['another gate', written([PASSED]), 'Agent tests (Bland)'],
    ['a comment with the marker further down', `> ${written([PASSED])}`, NAME],
    ['a marker that is cut off', written([PASSED]).slice(0, -60), NAME],
    ['a marker without a name', written([PASSED]).replace('"name":', '"game":'), NAME],
    ['a quotation in a comment of somebody', written([PASSED]).replace(/^/gm, '> '), NAME],
    ['no marker at all', '## ✅ Agent tests (Retell): all 3 passed', NAME],
  ])('not ours: %s', (_, body, name) => {
    expect(parseComment(body, name)).toBeUndefined();
  });

  test('a section whose text is cut off is one line, and does not hide the next', () => {
    const body = written([PASSED], [FAILED]).replace('<!-- agent-test-gate-text 0 end -->', '');
    expect(parseComment(body, NAME)).toMatchObject({
      sections: [
        { label: 'batch a', isCollapsed: true, markdown: '' },
        { label: 'batch b', isCollapsed: false, markdown: 'Report of b.' },
      ],
    });
  });

  test('a section whose data cannot be read is not there, and does not hide the next', () => {
    const body = written([PASSED], [FAILED]).replace(/(?<=-section )\S+/, 'AAAA');
    expect(parseComment(body, NAME)).toMatchObject({ sections: [{ label: 'batch b' }] });
  });

  test('a newer format is left alone', () => {
    const newer = written([PASSED]).replace('"version":3', '"version":4,"anything":[]');
    expect(merge([newer], FAILED)).toEqual({ action: 'leave', why: 'newer-format' });
  });
});

describe('who may write', () => {
  test.each([
    ['an older run of this workflow', OLDER, 'replaced'],
    ['a newer run of this workflow', { ...RUN, id: 9999, number: 13 }, 'left'],
    ['a newer run with a lower id, which only the number tells', { ...RUN, id: 7, number: 13 }, 'left'],
    ['a later attempt of this run', { ...RUN, attempt: 2 }, 'left'],
    ['another job of this run', RUN, 'joined'],
  ] as const)('over the comment of %s: %s', (_, theirs, expected) => {
    const merged = merge([written([PASSED, theirs])], FAILED);
    const both = written([PASSED], [FAILED]);
    const outcome = { replaced: written([FAILED]), joined: both, left: 'newer-run' }[expected];
    expect(merged.action === 'write' ? merged.body : merged.why).toBe(outcome);
  });

  test('a new attempt keeps the jobs that do not run again, passed or not, and says from which attempt they are', () => {
    const again = { ...RUN, attempt: 2 };
    const body = written([PASSED], [FAILED], [section('d', 'waiting', {}), again]);
    expect(shown(body)).toBe(
      [
        '## ❌ Agent tests (Retell): batch b failed, 1 of 3 still running',
        [
          '| Job | Result |',
          '| :- | :- |',
          '| ❌ **batch b** (attempt 1) | 2 of 10 failed |',
          '| ⏳ **batch d** | waiting for the first result |',
          '| ✅ **batch a** (attempt 1) | all 3 passed |',
        ].join('\n'),
        '## ❌ batch b',
        'Report of b.',
        ...folded('⏳ <b>batch d</b>', 'Report of d.'),
        ...folded('✅ <b>batch a</b>', 'Report of a.'),
        '---',
        '**Next:** **batch b**: see above why it failed.',
      ].join('\n\n'),
    );
  });

  test('what an earlier attempt left waiting has been stopped: no job of it runs any more', () => {
    const again = { ...RUN, attempt: 2 };
    expect(shown(written([WAITING], [PASSED, again]))).toBe(
      [
        '## 🚫 Agent tests (Retell): batch c did not pass',
        [
          '| Job | Result |',
          '| :- | :- |',
          '| 🚫 **batch c** (attempt 1) | cancelled, 0 of 4 finished |',
          '| ✅ **batch a** | all 3 passed |',
        ].join('\n'),
        '## 🚫 batch c',
        'The step was stopped before it reached a verdict.',
        ...folded('✅ <b>batch a</b>', 'Report of a.'),
        '---',
        '**Next:** **batch c**: run it again.',
      ].join('\n\n'),
    );
  });

  test('two comments of a race become one, and what is final wins over what waits', () => {
    const first = written([section('a', 'waiting', {}, 'Old.')], [section('b', 'waiting', {}, 'Old.')]);
    const second = written([PASSED]);
    expect(shown(bodyOf(merge([first, second], FAILED)))).toBe(shown(written([PASSED], [FAILED])));
  });
});

describe('the section of a job', () => {
  test('is found with its data', () => {
    expect(sectionOf(written([PASSED], [FAILED]), 'b')).toEqual({
      key: '3e23e8160039594a',
      variant: '',
      run: { ...RUN, workflow: 'b7326c8537f3993d' },
      mark: 'b 9001 1',
      state: 'failed',
      tally: tallyOf({ passed: 8, failed: 2 }),
      label: 'batch b',
      markdown: 'Report of b.',
      isCollapsed: false,
    });
  });

  test.each([
    ['of another job', written([FAILED])],
    ['of an earlier attempt', written([PASSED, { ...RUN, attempt: 0 }])],
    ['of another run', written([PASSED, { ...RUN, id: 9002, number: 13 }])],
  ])('is not the one %s', (_, body) => {
    expect(sectionOf(body, 'a')).toBeUndefined();
  });

  const first = { ...RUN, attempt: 0 };
  test.each([
    ['the same section', written([PASSED]), true],
    ['an older run', written([FAILED, OLDER]), true],
    ['an earlier attempt of the same job', written([PASSED, first]), true],
    ['the waiting state of the same job', written([section('a', 'waiting', {})]), true],
    ['a job that the other lacks', written([PASSED], [FAILED]), false],
    ['the end of a job that waits in the other', written([{ ...FAILED, key: 'c' }]), false],
    ['a newer run', written([PASSED, { ...RUN, id: 9002, number: 13 }]), false],
    ['a newer format', written([PASSED]).replace('"version":3', '"version":4'), false],
  ])('a second comment with %s can go: %j', (_, body, expected) => {
    const kept = stateOf(written([PASSED], [WAITING]));
    expect(isSupersededBy(stateOf(body), kept, { writer: writerOf('a') })).toBe(expected);
  });

  test("a step that does not know its gate's name finds it by the job", () => {
    const mine = written([PASSED, OLDER]);
    expect(gatesOfJob([mine, 'Looks good.', mine], 'a', RUN.workflow)).toEqual([NAME]);
    expect(gatesOfJob([mine], 'b', RUN.workflow)).toEqual([]);
    expect(gatesOfJob([mine], 'a', 'another workflow')).toEqual([]);
  });
});

describe('the room', () => {
  const LIMIT = 4_000;
  const long = (key: string, state: State = 'failed', length = 100_000) =>
    section(key, state, { failed: 1 }, key.repeat(length));
  /** In hundreds: headlines take a little of the room. */
  const lengths = (body: string): Record<string, number | 'one line'> => {
    return Object.fromEntries(
      sectionsIn(body).map(({ label, markdown, isCollapsed }) => [
        label,
        isCollapsed ? 'one line' : Math.round(markdown.length / 100),
      ]),
    );
  };
  /** Each job writes once, in turn. */
  const share = (...jobs: readonly OwnSection[]) => {
    const bodies: string[] = [];
    for (const own of jobs) bodies.push(bodyOf(merge(bodies.slice(-1), own, RUN, LIMIT)));
    expect(bodies.filter((body) => body.length > LIMIT)).toEqual([]);
    return lengths(bodies.at(-1) ?? '');
  };

  test('one job has it all, less a reserve', () => {
    const body = bodyOf(merge([], long('a')));
    expect(body.length).toBe(65_000);
  });

  test('a job takes what the others leave', () => {
    expect(share(section('a', 'passed', {}, 'a'.repeat(100)), long('b'))).toEqual({
      'batch a': 1,
      'batch b': 26,
    });
  });

  test('a job leaves their share to those that still wait', () => {
    expect(share(section('a', 'waiting', {}, 'a'.repeat(100)), long('b'))).toEqual({
      'batch a': 1,
      'batch b': 13,
    });
  });

  test('a short report makes nobody shrink', () => {
    expect(share(long('a', 'failed', 2_500), section('b', 'passed', {}, 'b'.repeat(100)))).toEqual({
      'batch a': 25,
      'batch b': 1,
    });
  });

  test('a job that comes late to a full comment gets its share, and no more', () => {
    expect(share(long('a'), long('b'))).toEqual({ 'batch a': 'one line', 'batch b': 14 });
  });

  test('jobs that write again and again come to rest at their shares', () => {
    const jobs = [long('a'), long('b'), long('c')];
    const settled = share(...jobs, ...jobs);
    expect(settled).toEqual({ 'batch a': 8, 'batch b': 8, 'batch c': 8 });
    expect(share(...jobs, ...jobs, ...jobs)).toEqual(settled);
  });

  test('says of a job that shrank how it ended and where the rest is', () => {
    const body = bodyOf(merge([bodyOf(merge([], long('a'), RUN, LIMIT))], long('b'), RUN, LIMIT));
    expect(shown(body)).toContain('| ❌ **batch a** | 1 of 1 failed |');
    expect(shown(body)).toContain(
      '## ❌ batch a\n\nOmitted to make room for other jobs; see the job summary.\n\n',
    );
  });

  test('a job whose own report does not fit at all is one line too', () => {
    const stubborn = { ...long('b'), render: () => 'b'.repeat(5_000) };
    expect(share(section('a', 'passed', {}, 'a'.repeat(100)), stubborn)).toEqual({
      'batch a': 1,
      'batch b': 'one line',
    });
  });

  test('more jobs than lines are refused', () => {
    const bodies: string[] = [];
    let last: Merge = { action: 'leave', why: 'full' };
    for (let job = 0; job < 20; job += 1) {
      last = merge(bodies.slice(-1), long(`job ${job}`), RUN, LIMIT);
      if (last.action === 'leave') break;
      bodies.push(last.body);
    }
    expect({ last, written: bodies.length }).toEqual({ last: { action: 'leave', why: 'full' }, written: 9 });
  });

  /** The comment when so many jobs have passed that there is no line for one more. */
  function fullOfPassed(): string {
    const body = Array.from({ length: 20 }).reduce<string>((before, _, job) => {
      const merged = merge(
        before === '' ? [] : [before],
        section(`job ${job}`, 'passed', { passed: 1 }),
        RUN,
        LIMIT,
      );
      return merged.action === 'write' ? merged.body : before;
    }, '');
    expect(merge([body], section('one more', 'passed', { passed: 1 }), RUN, LIMIT)).toEqual({
      action: 'leave',
      why: 'full',
    });
    return body;
  }

  test.each(['failed', 'errored', 'cancelled', 'timed-out', 'inconclusive'] as const)(
    'where all lines are of jobs that passed, one that is %s takes the place of some',
    (state) => {
      const full = fullOfPassed();
      const body = bodyOf(merge([full], section('red', state, { failed: 1 }), RUN, LIMIT));
      expect(full).toMatch(/^## ✅/);
      expect(body).toMatch(/^## (?!✅).*batch red/);
      expect(body.length).toBeLessThanOrEqual(LIMIT);
      // Its line is longer than one of theirs.
      expect(Object.keys(lengths(body)).length).toBeGreaterThanOrEqual(Object.keys(lengths(full)).length - 1);
    },
  );

  test('one that still waits does not', () => {
    const merged = merge([fullOfPassed()], section('late', 'waiting', {}), RUN, LIMIT);
    expect(merged).toEqual({ action: 'leave', why: 'full' });
  });

  const FACTS = {
    ...{ result: '1 of 5 failed', took: '2 min 10 s', providerTitle: 'Retell', startsBatch: true },
    footer: ['5 runs in 2 min 10 s · Front desk, version 5', 'batch `test_batch_9ad43d3e7105`'],
    ...{ next: 'fix the failure.', hint: "If a judgement is wrong, edit the test case's criteria." },
    origin: { repositoryUrl: 'https://github.com/acme/agents', runId: 9001, runNumber: 12, runAttempt: 1 },
  };

  test.each([
    [110, 'jobs with all details', { ...section('leg 0', 'failed', { failed: 1 }), facts: FACTS }],
    [150, 'long reports', long('leg 0', 'failed', 1_000)],
  ])('a matrix of %i %s fits, each with its verdict', (count, _, own) => {
    const { sections, ...first } = readable(bodyOf(merge([], own)));
    const others = Array.from({ length: count - 1 }, (_none, nth) => ({
      ...sections[0]!,
      ...{ key: nth.toString(16).padStart(16, '0'), mark: `mark ${nth}`, label: `leg ${nth + 1}` },
    }));
    const existing = [{ ...first, sections: others }];
    const body = bodyOf(mergeSection({ existing, own, writer: writerOf(own.key) }));
    expect(body.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(Object.keys(lengths(body))).toHaveLength(count);
    expect(body).toContain(`${count} jobs did not pass`);
  });
});

describe('several jobs', () => {
  const ORIGIN = {
    commit: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
    repositoryUrl: 'https://github.com/acme/agents',
    runId: 9001,
    runNumber: 12,
  };
  const part = (result: string, footer: readonly string[], next = '') => ({
    ...{ result, footer, next, took: '2 min 4 s', providerTitle: 'Retell', origin: ORIGIN },
    ...{ hint: next === '' ? '' : 'Or the judge is wrong.', startsBatch: true },
  });
  const CLOSING = '---\n\n**Next:** fix it.\n\n<sub>Batch `b1`\\\nCommit `0a1b2c3`</sub>';
  const red = {
    ...section('b', 'failed', { failed: 1, passed: 9 }, 'Why.\n\n### ❌ A case\n\nEvidence.'),
    facts: part('1 of 10 failed, new', ['Batch `b1`', 'version 3'], 'fix the failure.'),
    renderClosing: () => CLOSING,
  };
  const green = {
    ...section('a <b> @somebody', 'passed', { passed: 3 }, 'All.'),
    facts: part('all 3 passed', ['Batch `b2`']),
    label: 'a <b> @somebody',
    renderClosing: () => '<sub>Batch `b2`</sub>',
  };
  const gap = '\u200b';
  const commit =
    '[`0a1b2c3`](https://github.com/acme/agents/commit/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567)';

  test('one job has its own line about what to do and its own footer', () => {
    expect(shown(written([red]))).toBe(
      `## ❌ Agent tests (Retell): 1 of 10 failed, new\n\nWhy.\n\n### ❌ A case\n\nEvidence.\n\n${CLOSING}`,
    );
  });

  test('share one overview, one line about what to do and one footer; and names notify nobody', () => {
    const body = shown(written([red], [green]));
    expect(body).toBe(
      [
        '## ❌ Agent tests (Retell): batch b failed',
        [
          '| Job | Result | Took |',
          '| :- | :- | :-: |',
          '| ❌ **batch b** | 1 of 10 failed, new | 2\u00a0min\u00a04\u00a0s |',
          `| ✅ **a &lt;b> @${gap}somebody** | all 3 passed | 2\u00a0min\u00a04\u00a0s |`,
        ].join('\n'),
        '## ❌ batch b',
        'Why.',
        '### ❌ A case',
        'Evidence.',
        ...folded(`✅ <b>a &#60;b&#62; @${gap}somebody</b>`, 'All.'),
        '---',
        '**Next:** **batch b**: fix the failure. Or the judge is wrong. [Re-run the failed job](https://github.com/acme/agents/actions/runs/9001) to test again.',
        `<sub>[Workflow run 12](https://github.com/acme/agents/actions/runs/9001) for ${commit}</sub>`,
        '<details>\n<summary><sub>Details of each job</sub></summary>',
        '<sub>**batch b:** Batch `b1`\\\nversion 3</sub>',
        `<sub>**a &lt;b> @${gap}somebody:** Batch \`b2\`</sub>`,
        '</details>',
      ].join('\n\n'),
    );
  });

  test('that all passed have nothing to do, and the footer names the workflow run', () => {
    const other = { ...green, key: 'c', label: 'c' };
    const body = shown(written([green], [other]));
    expect(body).not.toContain('Next:');
    expect(body).toContain(
      `<sub>[Workflow run 12](https://github.com/acme/agents/actions/runs/9001) for ${commit}</sub>`,
    );
  });

  test('a body is read back with its own headings, however often it is written', () => {
    const body = written([red], [green]);
    expect(sectionOf(body, 'b')?.markdown).toBe('Why.\n\n### ❌ A case\n\nEvidence.');
    expect(bodyOf(merge([body], red))).toBe(body);
    expect(bodyOf(merge([body], green))).toBe(body);
  });

  test('a section that is alone is read back as body and closing', () => {
    expect(sectionOf(written([red]), 'b')).toMatchObject({
      markdown: 'Why.\n\n### ❌ A case\n\nEvidence.',
      closing: CLOSING,
      facts: red.facts,
    });
  });

  test('a body that ends as a line about what to do and a footer would is kept as it is', () => {
    const quoting = section('q', 'failed', { failed: 1 }, 'Why.\n\n---\n\nMore.\n\n<sub>Run `r1`</sub>');
    expect(shown(written([quoting], [green]))).toContain(
      '\n\nWhy.\n\n---\n\nMore.\n\n<sub>Run `r1`</sub>\n\n',
    );
  });

  test('the room for a footer is counted: a long report and its footer fill the comment together', () => {
    const renderClosing = (max: number) => 'f'.repeat(Math.min(max, 30_000));
    const own = { ...section('a', 'failed', { failed: 1 }, 'x'.repeat(100_000)), renderClosing };
    const body = bodyOf(merge([], own));
    expect(body.length).toBe(65_000);
    expect(sectionOf(body, 'a')?.closing?.length).toBe(16_250);
  });
});

describe('the record of a job', () => {
  const NEXT = { ...RUN, id: 9100, number: 13 };
  const LAST = { ...RUN, id: 9200, number: 14 };

  /** A section with the record of one push, and as many test cases as it takes to be long. */
  const recorded = (own: OwnSection, commit: string, cases = 1): OwnSection => ({
    ...own,
    record: encodeRecord({
      cases: new Map(
        Array.from({ length: cases }, (_, index) => [
          `${own.key} ${(index * 2_654_435_761) % 2 ** 32} ${(index * 40_503) % 9_973}`,
          { name: `Case ${index}`, outcome: 'failed', passes: 0, runs: 1 },
        ]),
      ),
      firstRuns: { passes: 0, total: 1 },
      pushes: [{ commit, attempt: 1, verdict: 'failed', failureCount: 1, total: 1, failedCaseIds: ['x'] }],
    }),
  });
  const pushes = (body: string, job: string): string[] | undefined => {
    const record = recordIn([stateOf(body)], writerOf(job, LAST));
    return record === undefined ? undefined : decodeRecord(record)?.pushes.map(({ commit }) => commit);
  };

  test('goes on from push to push, whichever job writes first', () => {
    const body = written(
      [recorded(PASSED, 'c1')],
      [recorded(FAILED, 'c1')],
      [recorded(FAILED, 'c2'), NEXT],
      [recorded(PASSED, 'c2'), NEXT],
      [recorded(PASSED, 'c3'), LAST],
      [recorded(FAILED, 'c3'), LAST],
    );
    expect([pushes(body, 'a'), pushes(body, 'b')]).toEqual([
      ['c1', 'c2', 'c3'],
      ['c1', 'c2', 'c3'],
    ]);
    expect(shown(body)).toBe(shown(written([PASSED, LAST], [FAILED, LAST])));
  });

  test('stays while the job waits, and while it does not run at all', () => {
    const waits = written(
      [recorded(PASSED, 'c1')],
      [recorded(FAILED, 'c1')],
      [section('b', 'waiting', {}), NEXT],
    );
    expect([pushes(waits, 'a'), pushes(waits, 'b')]).toEqual([['c1'], ['c1']]);
    const later = written([recorded(PASSED, 'c1')], [FAILED, NEXT], [FAILED, LAST]);
    expect(pushes(later, 'a')).toEqual(['c1']);
  });

  test('of a job that went away goes after 20 workflow runs', () => {
    const runsAfter = (count: number): [OwnSection, WorkflowRun][] =>
      Array.from({ length: count }, (_, index) => [
        FAILED,
        { ...RUN, id: RUN.id + index + 1, number: RUN.number + index + 1 },
      ]);
    expect(pushes(written([recorded(PASSED, 'c1')], ...runsAfter(20)), 'a')).toEqual(['c1']);
    expect(pushes(written([recorded(PASSED, 'c1')], ...runsAfter(21)), 'a')).toBeUndefined();
  });

  test('is not written twice by a section that is written again', () => {
    const once = written([recorded(PASSED, 'c1')], [recorded(PASSED, 'c2'), NEXT]);
    expect(bodyOf(merge([once], recorded(PASSED, 'c2'), NEXT))).toBe(once);
  });

  test('stays in a section that shrank to one line', () => {
    const long = section('d', 'failed', { failed: 1 }, 'x'.repeat(70_000));
    const other = section('e', 'failed', { failed: 1 }, 'y'.repeat(70_000));
    const body = written([recorded(long, 'c1')], [recorded(other, 'c1')], [recorded(PASSED, 'c1')]);
    expect([pushes(body, 'd'), pushes(body, 'e'), pushes(body, 'a')]).toEqual([['c1'], ['c1'], ['c1']]);
    expect(body.length).toBeLessThanOrEqual(COMMENT_LIMIT);
  });

  test('of each of 12 jobs gets its share, and the reports keep two thirds', () => {
    const jobs = Array.from({ length: 12 }, (_, index) =>
      recorded(section(`job ${index}`, 'failed', { failed: 1 }, 'x'.repeat(70_000)), 'c1', 600),
    );
    expect(jobs[0]?.record?.length).toBeGreaterThan(MAX_RECORD / 2);
    const body = written(...jobs.map((own): [OwnSection] => [own]));
    const sections = sectionsIn(body);
    expect(sections.map(({ key, record = '' }) => [key, decodeRecord(record) === undefined])).toEqual(
      sections.map(({ key }) => [key, false]),
    );
    const sum = sections.reduce((all, { record = '' }) => all + record.length, 0);
    expect(sum).toBeLessThanOrEqual(COMMENT_LIMIT / 3);
    expect(body.length).toBeLessThanOrEqual(COMMENT_LIMIT);
  });

  test('gives way where there is no room even for one line of each job', () => {
    const jobs = Array.from({ length: 6 }, (_, index) =>
      recorded(section(`job ${index}`, 'failed', { failed: 1 }), 'c1', 30),
    );
    const alone = written(...jobs.map((own): [OwnSection] => [{ ...own, record: undefined }]));
    const limit = alone.length + 1_050;
    const first = jobs
      .slice(0, 5)
      .reduce<string[]>((body, own) => [bodyOf(merge(body, own, RUN, limit))], []);
    const last = jobs[5] ?? PASSED;
    expect(merge(first, last, RUN, limit).action).toBe('write');
  });

  test('in words that a provider chose is none', () => {
    const forged = '<!-- agent-test-gate-record {"key":"ca978112ca1bbdca","record":"AAAA","runs":0} -->';
    const body = written([{ ...FAILED, label: forged }]);
    expect(parseComment(body, NAME)).toMatchObject({ orphanedRecords: [], sections: [{ label: forged }] });
  });

  test('that cannot be read is left out, and the section stands', () => {
    const body = written([recorded(PASSED, 'c1')]).replace(/(?<=-section \S+ )\S+(?= -->)/, '<script>');
    expect(sectionOf(body, 'a')).toMatchObject({ markdown: 'Report of a.', record: undefined });
  });
});
