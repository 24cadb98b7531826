import fc from '/work/wt/starters/node_modules/fast-check/lib/fast-check.js';
import { isDeepStrictEqual, inspect } from 'node:util';
import { judge as Nj } from '/work/wt/starters/src/domain/verdict.ts';
import { judge as Oj } from '/work/wt/old/src/domain/verdict.ts';
import { groupRunsByTestCase as Ng } from '/work/wt/starters/src/domain/test-case.ts';
import { groupRunsByTestCase as Og } from '/work/wt/old/src/domain/test-case.ts';
import { buildReport as Nb } from '/work/wt/starters/src/report/build-report.ts';
import { buildReport as Ob } from '/work/wt/old/src/report/report.ts';
import { renderSummary as Ns } from '/work/wt/starters/src/report/summary.ts';
import { renderSummary as Os } from '/work/wt/old/src/report/summary.ts';
import { renderBody as Nbo } from '/work/wt/starters/src/report/body.ts';
import { renderBody as Obo } from '/work/wt/old/src/report/body.ts';
import { renderJson as Njs } from '/work/wt/starters/src/report/files/json.ts';
import { renderJson as Ojs } from '/work/wt/old/src/report/files/json.ts';
import { renderJunit as Nju } from '/work/wt/starters/src/report/files/junit.ts';
import { renderJunit as Oju } from '/work/wt/old/src/report/files/junit.ts';
import { renderCtrf as Nct } from '/work/wt/starters/src/report/files/ctrf.ts';
import { renderCtrf as Oct } from '/work/wt/old/src/report/files/ctrf.ts';
import { annotationsFor as Na, closingLines as Nc } from '/work/wt/starters/src/report/annotations.ts';
import { annotationsFor as Oa, closingLines as Oc } from '/work/wt/old/src/report/annotations.ts';
import { createRedactor as Nr } from '/work/wt/starters/src/text/redact.ts';
import { createRedactor as Or } from '/work/wt/old/src/text/redact.ts';
import { jobFactsOf as Nf } from '/work/wt/starters/src/comment/jobs.ts';
import { jobFactsOf as Of } from '/work/wt/old/src/comment/jobs.ts';
const NOW = Date.UTC(2026, 8, 14, 8);
const p = (...x: any[]) => fc.constantFrom(...x);
const maybe = (a: any) => fc.option(a, { nil: undefined, freq: 2 });
const bits = ['<img src=x onerror=alert(1)>', '</details>', '`', '```', '|', '\n', '@octocat', '#1', 'GH-1', 'https://evil.example/x', 'www.evil.example', '[x](javascript:alert(1))', '![i](http://e/x)', '<!-- agent-test-gate -->', '-->', '\u202e', '\ud800', '\0', '::error::x', '%0A', '$x^2$', ':smile:', '**b**', '- [ ] t', '&lt;', '&#60;', '\\', '\u200b', '1. ', '> q', '0a1b2c3d4e5f6', 'secret-key-1234', 'secret-key-1234'.split('').join('\u200b'), 'Secret-Key-1234', 'x'.repeat(300), 'é日本', '\r', '\t', '~~~', '<script>', ']]>', '{{', 'plain words here', 'The agent quoted $1,200.'];
const text = fc.array(p(...bits), { minLength: 1, maxLength: 4 }).map((a: any) => a.join(' '));
const turn = fc.oneof(fc.record({ kind: fc.constant('speech'), speaker: p('agent', 'caller'), text }), fc.record({ kind: fc.constant('tool-call'), tool: text, input: text }), fc.record({ kind: fc.constant('tool-result'), output: text, succeeded: p(true, false, undefined) }), fc.record({ kind: fc.constant('transition'), from: maybe(text), to: text }));
const assertion = fc.record({ label: text, result: p('passed', 'failed', 'skipped', 'unknown'), required: p(true, false, undefined), expected: maybe(text), actual: maybe(text), explanation: maybe(text) });
const run = fc.record({ id: fc.oneof(fc.nat(99999).map((n: number) => 'run_' + n), text), testCase: fc.record({ id: p('t1', 't2', 't3', 't4', 't5', 't6', undefined), name: text }), status: p('passed', 'passed', 'failed', 'failed', 'errored', 'cancelled', 'pending'), unknownStatus: fc.option(text, { nil: undefined, freq: 8 }), conflict: fc.option(fc.constant(['a', 'b']), { nil: undefined, freq: 10 }), unproven: fc.option(fc.record({ kind: p('not-evaluated', 'nameless'), why: text }), { nil: undefined, freq: 10 }), explanation: maybe(text), assertions: fc.array(assertion, { maxLength: 3 }), criteria: fc.array(text, { maxLength: 3 }), turns: fc.array(turn, { maxLength: 6 }), durationMs: maybe(fc.nat(100000)), createdAt: maybe(fc.constant(NOW - 5000)), testFaults: fc.option(fc.array(text, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 6 }), guardrails: fc.constant(undefined), url: fc.option(p('https://dash.example/x', 'javascript:alert(1)', 'http://e/ "><b>'), { nil: undefined, freq: 4 }) }).map((r: any) => Object.fromEntries(Object.entries(r).filter(([, v]) => v !== undefined)));
const batch = fc.record({ runs: fc.array(run, { maxLength: 9 }), total: p('right', 'right', 'none', 'more'), settled: p(true, true, true, false), conclusion: p(undefined, undefined, undefined, 'passed', 'failed', 'errored', 'cancelled'), id: p('b1', 'b2', 'batch <x>'), round: p(1, 1, 2), problem: fc.option(text, { nil: undefined, freq: 8 }), mismatch: fc.option(text, { nil: undefined, freq: 10 }) });
const arb = fc.record({ batches: fc.array(batch, { minLength: 1, maxLength: 3 }), rule: p({ kind: 'every-run' }, { kind: 'reruns', need: 2, of: 3 }, { kind: 'repeat', need: 2, of: 3 }), transcripts: p('none', 'excerpt', 'full'), ending: p('settled', 'settled', 'deadline', 'cancelled', undefined), base: fc.boolean(), baseOutcomes: fc.array(p('passed', 'failed', 'errored'), { minLength: 6, maxLength: 6 }), q: p(0, 0, 1, 2), max: p(60000, 8000, 2500, 600), cmp: p(0, 0, 1), name: text, label: maybe(text), sel: fc.boolean(), withheld: p(undefined, 'public', 'unknown'), origin: p(0, 1), maxFlaky: p(undefined, 0, 3), ro: fc.boolean(), subject: maybe(text), note: maybe(text), file: maybe(text) });
const SEED = Number(process.argv[2] ?? 1), RUNS = Number(process.argv[3] ?? 300);
const seen = new Map<string, any>(); let n = 0; const verdicts: any = {};
const leak = (t: string) => t.includes('secret-key-1234');
for (const c of fc.sample(arb, { numRuns: RUNS, seed: SEED }) as any[]) {
  n++;
  const mk = (old: boolean) => {
    const batches = c.batches.map((b: any, i: number) => ({ id: b.id, round: b.round, batchIndex: b.round === 1 ? i : 0, ...(b.problem ? { problem: b.problem } : {}), ...(b.mismatch ? { mismatch: b.mismatch } : {}), isListConfirmed: true, batch: { id: b.id, settled: b.settled, announced: b.total === 'none' ? {} : { total: b.runs.length + (b.total === 'more' ? 2 : 0) }, ...(b.conclusion ? { [old ? 'outcome' : 'conclusion']: b.conclusion } : {}), createdAt: NOW - 9000, runs: b.runs.map((r: any) => ({ ...r, assertions: r.assertions.map(({ result, ...a }: any) => Object.fromEntries(Object.entries({ label: a.label, [old ? 'outcome' : 'result']: result, required: a.required, expected: a.expected, actual: a.actual, explanation: a.explanation }).filter(([, v]) => v !== undefined))) })) } }));
    let cases: any = (old ? Og : Ng)(batches, { rule: c.rule, isCutShort: c.ending !== 'settled' });
    if (c.q) cases = cases.map((k: any, i: number) => i % 2 === 0 && k.outcome !== 'unfinished' ? { ...k, quarantine: { state: c.q === 1 ? 'in-force' : 'expired', entry: { testCase: k.testCase.id, name: k.testCase.name, reason: 'because <b>', owner: '@me', until: '2026-09-20' } } } : k);
    if (c.cmp) cases = cases.map((k: any, i: number) => k.outcome !== 'passed' && k.outcome !== 'unfinished' ? { ...k, comparison: { outcome: i % 2 ? 'failed' : 'passed', passes: i % 2 ? 0 : 1, runs: [{ ...k.runs[0], id: k.runs[0].id + 'c' }] } } : k);
    const judgement = c.ending && (old ? Oj : Nj)({ batches, cases, ending: c.ending, providerTitle: 'Retell', timeoutMinutes: 30, now: NOW, maxFlaky: c.maxFlaky, canCancel: false } as any);
    if (!old && judgement) verdicts[judgement.verdict] = (verdicts[judgement.verdict] ?? 0) + 1;
    const base = c.base ? { branch: 'main', commit: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567', firstRuns: { passes: 3, total: 5 }, cases: new Map(['t1', 't2', 't3', 't4', 't5', 'gone'].map((id, i) => [id, { name: 'Base ' + id, outcome: c.baseOutcomes[i], passes: i % 3, runs: 3 }])) } : undefined;
    const f: any = { name: c.name, providerTitle: 'Retell', batches, cases, rule: c.rule, writtenAt: NOW, waitedMs: 70000, transcripts: c.transcripts, origin: c.origin ? { commit: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567', repositoryUrl: 'https://github.com/o/r', runId: 5, runNumber: 2, runAttempt: 1, jobUrl: 'https://github.com/o/r/actions/runs/5/job/6' } : {}, judgement, base, label: c.label, isReportOnly: c.ro, subject: c.subject, subjectNote: c.note, reportFile: c.file, withheldFor: c.withheld, selected: c.sel ? { count: 3, outOf: 5 } : undefined, comparedWith: c.cmp ? 'version 11' : undefined, started: c.sel ? { runs: 3, reruns: 1 } : undefined };
    const r: any = (old ? Ob : Nb)(f, (old ? Or : Nr)(['secret-key-1234']) as any);
    const out: any = { summary: (old ? Os : Ns)(r), body: (old ? Obo : Nbo)(r, { max: c.max, unit: 'characters' } as any), json: (old ? Ojs : Njs)(r), junit: (old ? Oju : Nju)(r), ctrf: (old ? Oct : Nct)(r), closing: JSON.stringify((old ? Oc : Nc)(r)), annotations: JSON.stringify((old ? Oa : Na)(r)), facts: JSON.stringify((old ? Of : Nf)(r)) };
    return out;
  };
  let a: any, b: any;
  try { a = mk(true); } catch (e: any) { a = { crash: e.message }; }
  try { b = mk(false); } catch (e: any) { b = { crash: e.stack.slice(0, 400) }; }
  for (const [k, v] of Object.entries(b)) if (leak(String(v))) { const key = 'LEAK ' + k; const e = seen.get(key) ?? { n: 0, ex: String(v).slice(String(v).indexOf('secret-key-1234') - 100).slice(0, 200) }; e.n++; seen.set(key, e); }
  for (const k of new Set([...Object.keys(a), ...Object.keys(b)])) if (a[k] !== b[k]) {
    const nz = (t: string) => k === 'closing' || k === 'annotations' ? t.replaceAll('Unfinished, broken test', 'Unfinished') : t; const x = nz(String(a[k])), y = nz(String(b[k])); if (x === y) continue; let i = 0; while (i < x.length && x[i] === y[i]) i++;
    const ex = `${JSON.stringify(x.slice(Math.max(0, i - 70), i + 130))}\n  <> ${JSON.stringify(y.slice(Math.max(0, i - 70), i + 130))}`;
    const key = `${k} ${x.slice(i - 12, i + 10).replace(/\W+/g, '.')}`.slice(0, 60); const e = seen.get(key) ?? { n: 0, ex }; e.n++; seen.set(key, e);
  }
}
console.log(n, JSON.stringify(verdicts), seen.size);
for (const [k, v] of [...seen].sort((x, y) => y[1].n - x[1].n).slice(0, 25)) console.log(v.n, k, '\n  ', v.ex);
