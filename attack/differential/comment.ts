import fc from '/work/wt/starters/node_modules/fast-check/lib/fast-check.js';
import { isDeepStrictEqual, inspect } from 'node:util';
import * as Nm from '/work/wt/starters/src/comment/merge.ts';
import * as Nk from '/work/wt/starters/src/comment/kept-records.ts';
import * as Nc from '/work/wt/starters/src/comment/current-sections.ts';
import * as Ncodec from '/work/wt/starters/src/comment/codec.ts';
import * as Nn from '/work/wt/starters/src/comment/next-step.ts';
import * as Om from '/work/wt/old/src/comment/merge.ts';
import * as Ocodec from '/work/wt/old/src/comment/codec.ts';
import * as On from '/work/wt/old/src/comment/next-step.ts';
import { encodeRecord } from '/work/wt/starters/src/comment/record.ts';
const p = (...x: any[]) => fc.constantFrom(...x);
const tally = (passed: number, failed: number) => ({ total: passed + failed, passed, flaky: 0, failed, errored: 0, cancelled: 0, unfinished: 0, tolerated: 0 });
const writer = fc.record({ job: p('a', 'a', 'b'), variant: p('', 'v', 'w'), workflow: p('W', 'W', 'X'), runNo: p(1, 2, 2, 3), attempt: p(1, 1, 2), mark: p('m1', 'm2', 'm3', '?l1', '?l2'), checkRunId: p(undefined, 7, 8), commit: p(undefined, 'c'.repeat(40), 'd'.repeat(40)), target: p(undefined, 'agent/x') });
const own = fc.record({ state: p('waiting', 'passed', 'failed', 'errored', 'cancelled', 'inconclusive'), label: p('chat', 'voice', 'x'.repeat(120), 'a <!-- agent-test-gate -->'), size: p(10, 1000, 30000, 70000), hasFacts: fc.boolean(), record: p(undefined, 1, 2), factCommit: p(undefined, 'e'.repeat(40)) });
const step = fc.record({ w: writer, o: own, isOwnUndefined: p(false, false, false, true), head: p(undefined, 'c'.repeat(40), 'd'.repeat(40)), other: p(0, 0, 0, 1, 2), create: p(true, true, false), appear: p(false, false, true), spoil: p(0, 0, 0, 0, 0, 1, 2, 3) });
const rec = (n: number) => encodeRecord({ target: 'agent/x', branch: 'main', cases: new Map([['t' + n, { outcome: 'passed', name: 'x', runs: [1, 0, 0] }]]), pushes: [], base: undefined, commit: 'abc' } as any);
let R: any[] = []; try { R = [undefined, rec(1), rec(2)]; } catch (e) { console.log('no rec', String(e).slice(0, 200)); R = [undefined, 'x1', 'x2']; }
function toOwn(o: any) {
  const text = (max: number) => ('T' + 'y'.repeat(o.size)).slice(0, Math.max(0, Math.floor(max)));
  return { state: o.state, tally: tally(2, o.state === 'failed' ? 1 : 0), label: o.label, record: R[o.record ?? 0], facts: o.hasFacts ? { result: '1 of 3', took: '1 min', providerTitle: 'Retell', footer: ['f'], next: 'do', hint: '', startsBatch: true, origin: { commit: o.factCommit, runId: 5 } } : undefined, render: text, renderClosing: (m: number) => 'closing'.slice(0, Math.max(0, Math.floor(m))) };
}
const SEED = Number(process.argv[2] ?? 1), RUNS = Number(process.argv[3] ?? 300);
let n = 0; const seen = new Map<string, any>(); const kinds: any = {};
const bad = (k: string, c: any) => { const e = seen.get(k) ?? { n: 0, c }; e.n++; seen.set(k, e); };
for (const steps of fc.sample(fc.array(step, { minLength: 1, maxLength: 10, size: 'max' }), { numRuns: RUNS, seed: SEED }) as any[][]) {
  const bodies: string[] = [];
  let written: any, writtenO: any;
  for (const s of steps) {
    n++;
    const run = { workflow: s.w.workflow, id: 100 + s.w.runNo + (s.w.workflow === 'X' ? 10 : 0), number: s.w.runNo, attempt: s.w.attempt };
    const w = { name: 'G', run, job: s.w.job, variant: s.w.variant, mark: s.w.mark, checkRunId: s.w.checkRunId, commit: s.w.commit, target: s.w.target };
    const wo = { ...w, isMarkLost: w.mark.startsWith('?') };
    if (s.spoil && bodies.length) { const b = bodies[0]!; bodies[0] = s.spoil === 1 ? b.replaceAll('\n', '\r\n') : s.spoil === 2 ? b.slice(0, Math.floor(b.length * 0.7)) + b.slice(Math.floor(b.length * 0.75)) : b.replace(/agent-test-gate-text 0 end/, 'x'); }
    const sN = bodies.map((b) => Ncodec.parseComment(b, 'G')), sO = bodies.map((b) => Ocodec.parseComment(b, 'G'));
    if (!isDeepStrictEqual(sN, sO)) { bad('parse', { bodies, sN, sO }); }
    const fN = bodies.flatMap((b, i) => sN[i] ? [{ id: i + 1, url: 'u', body: Ncodec.normalize(b), state: sN[i] }] : []), fO = bodies.flatMap((b, i) => sO[i] ? [{ id: i + 1, url: 'u', body: Ocodec.normalize(b), state: sO[i] }] : []);
    const eN = fN.map((f) => f.state), eO = fO.map((f) => f.state);
    const o = s.isOwnUndefined ? undefined : toOwn(s.o);
    const cmp = (k: string, a: any, b: any) => { if (!isDeepStrictEqual(JSON.parse(JSON.stringify(a ?? null)), JSON.parse(JSON.stringify(b ?? null)))) bad(k, { a: inspect(a, { depth: 4 }).slice(0, 1500), b: inspect(b, { depth: 4 }).slice(0, 1500), s }); };
    cmp('find', Om.findSection(eO as any, wo as any), Nc.findSection(eN as any, w as any));
    cmp('record', Om.recordIn(eO as any, wo as any), Nk.recordIn(eN as any, w as any));
    if (o) { cmp('head', Om.needsHead(eO as any, o as any, wo as any), Nc.needsHead(eN as any, o as any, w as any)); }
    if (eN.length > 1) cmp('superseded', Om.isSupersededBy(eO[1] as any, eO[0] as any, { writer: wo, headSha: s.head } as any), Nm.isSupersededBy(eN[1] as any, eN[0] as any, { writer: w, headSha: s.head } as any));
    const args = { own: o, create: s.create, mayAppearLater: s.appear, headSha: s.head } as any;
    const a: any = On.nextStep({ ...args, found: fO, written: writtenO, writer: wo } as any), b: any = Nn.nextStep({ ...args, found: fN, written, writer: w } as any);
    kinds[b.step + (b.why ?? '')] = (kinds[b.step + (b.why ?? '')] ?? 0) + 1;
    cmp('next', a, b);
    written = undefined; writtenO = undefined;
    if (b.step === 'write') { const body = b.written.body; if (b.into === undefined || s.other === 1) bodies.push(body); else bodies[b.into.id - 1] = body; written = b.written; writtenO = a.written; if (bodies.length > 2) bodies.splice(1, 1); }
    else if (b.step === 'look again') { written = b.written; writtenO = a.written; }
  }
}
console.log(n, 'steps', JSON.stringify(kinds), seen.size);
for (const [k, v] of seen) console.log(k, v.n, inspect(v.c, { depth: 5 }).slice(0, 3000));
