import fc from '/work/wt/starters/node_modules/fast-check/lib/fast-check.js';
import { isDeepStrictEqual, inspect } from 'node:util';
import { KITS } from '/work/wt/starters/test/kits/kits.ts';
import { virtualClock } from '/work/wt/starters/test/virtual-clock.ts';
import { onLoopback } from '/work/wt/starters/test/loopback.ts';
import * as Nreg from '/work/wt/starters/src/providers/registry.ts';
import * as Oreg from '/work/wt/old/src/providers/registry.ts';
import { runGate as Ngate } from '/work/wt/starters/src/gate.ts';
import { runGate as Ogate } from '/work/wt/old/src/gate.ts';
import { parseInputs as Nparse } from '/work/wt/starters/src/inputs/parse-inputs.ts';
import { parseInputs as Oparse } from '/work/wt/old/src/inputs/inputs.ts';
import { gateOptionsOf as Nopts, providerOptionsOf as Npopts } from '/work/wt/starters/src/inputs/gate-options.ts';
import { gateOptionsOf as Oopts, providerOptionsOf as Opopts } from '/work/wt/old/src/inputs/gate-options.ts';
import { createStartNames as Nnames } from '/work/wt/starters/src/execution/start-name.ts';
import { createStartNames as Onames } from '/work/wt/old/src/execution/start-name.ts';
import { buildReport as Nbuild } from '/work/wt/starters/src/report/build-report.ts';
import { buildReport as Obuild } from '/work/wt/old/src/report/report.ts';
import { renderSummary as Nsum } from '/work/wt/starters/src/report/summary.ts';
import { renderSummary as Osum } from '/work/wt/old/src/report/summary.ts';
import { renderJson as Njson } from '/work/wt/starters/src/report/files/json.ts';
import { renderJson as Ojson } from '/work/wt/old/src/report/files/json.ts';
import { renderJunit as Njunit } from '/work/wt/starters/src/report/files/junit.ts';
import { renderJunit as Ojunit } from '/work/wt/old/src/report/files/junit.ts';
import { renderBody as Nbody } from '/work/wt/starters/src/report/body.ts';
import { renderBody as Obody } from '/work/wt/old/src/report/body.ts';
import { renderCtrf as Nctrf } from '/work/wt/starters/src/report/files/ctrf.ts';
import { renderCtrf as Octrf } from '/work/wt/old/src/report/files/ctrf.ts';
import { annotationsOf as _x } from '/tmp/difft/empty.ts';
import { createRedactor } from '/work/wt/starters/src/text/redact.ts';

process.on('unhandledRejection', (e) => console.log('UNHANDLED', e));
const TESTS: any = {
  retell: ['test_case_06f9df2f60e7'], 
};
const FAULTS: any = {
  500: { kind: 'answer', status: 500 }, 404: { kind: 'answer', status: 404 }, 429: { kind: 'answer', status: 429, headers: {} }, 401: { kind: 'answer', status: 401 }, 422: { kind: 'answer', status: 422 }, 400: { kind: 'answer', status: 400 }, 402: { kind: 'answer', status: 402 }, 403: { kind: 'answer', status: 403 },
  408: { kind: 'answer', status: 408 }, reset: { kind: 'reset', when: 'before' }, mid: { kind: 'reset', when: 'middle' }, cut: { kind: 'cut' }, half: { kind: 'broken-json' }, hang: { kind: 'hang', when: 'before' },
  empty: { kind: 'answer', status: 200, body: {} }, list: { kind: 'answer', status: 200, body: [] }, page: { kind: 'answer', status: 200, body: '<html>' }, nul: { kind: 'answer', status: 200, body: null },
  doneReset: { kind: 'done-but', then: { kind: 'reset', when: 'before' } }, done500: { kind: 'done-but', then: { kind: 'answer', status: 500 } }, doneEmpty: { kind: 'done-but', then: { kind: 'answer', status: 200, body: {} } }, doneHang: { kind: 'done-but', then: { kind: 'hang', when: 'before' } },
  redirect: { kind: 'answer', status: 302, headers: { location: 'http://127.0.0.1:1/x' }, body: '' }, redirect303: { kind: 'answer', status: 303, headers: { location: '/x' }, body: '' },
};
const faultName = fc.constantFrom(...Object.keys(FAULTS));
const anyFault = fc.record({ method: fc.constantFrom('GET', 'POST', 'ANY', 'PATCH'), path: fc.constantFrom('', 'batch', 'run', 'test', 'agent', 'list'), from: fc.integer({ min: 1, max: 6 }), times: fc.constantFrom(1, 1, 2, 4, 1000), fault: faultName });
const letters = fc.array(fc.constantFrom('P', 'P', 'P', 'P', 'FP', 'FPP', 'F', 'E', 'EP', 'C', 'CP', 'FPFP', 'PF', 'N'), { minLength: 8, maxLength: 8 });
const pick = <T>(...x: T[]) => fc.constantFrom(...x);
const caseArb = fc.record({
  provider: pick('retell', 'bland', 'vapi', 'elevenlabs'),
  given: pick(false, false, true),
  letters, faults: fc.oneof(fc.constant([]), fc.array(anyFault, { maxLength: 2, minLength: 1 })),
  reruns: pick('0', '0', '1/2', '2/3', '3/5'), repeat: pick('1', '1', '2/3', '1/2', '3/3'),
  maxRuns: pick('', '', '', '3', '6', '1'), maxFlaky: pick('15%', '0', '1', '100%'),
  compare: fc.boolean(), failOn: pick('any', 'new', 'nothing'), reuse: pick('0', '0', '24'), jobRerun: pick(false, false, false, true),
  timeout: pick('30', '30', '1', '0.2'), poll: pick('5', '1'), version: pick('', 'a', 'b', 'c'), target: pick(0, 0, 0, 1, 2), selector: pick(0, 0, 1, 2, 3, 4), mode: pick('', 'voice'), transcripts: pick('none', 'full', 'excerpt'), age: pick('', '', '60'),
  earlier: fc.boolean(), cancelAt: pick(0, 0, 0, 0, 3, 20), quarantine: pick(0, 0, 0, 1, 2), batchEmu: fc.record({ words: pick(undefined, undefined, undefined, { ended: 'archived' }), announce: pick(undefined, undefined, undefined, { total: 9 }, { passed: 0 }, { failed: 2 }), late: fc.boolean() }),
  emu: pick(0, 0, 1, 2),
});
function inputsOf(c: any, ids: string[], target: string, versions: string[]): Record<string, string> {
  const i: Record<string, string> = { provider: c.provider, 'api-key': 'test-key', reruns: c.reruns, repeat: c.reruns === '0' ? c.repeat : '1', 'max-runs': c.maxRuns, 'max-flaky': c.reruns === '0' && (c.repeat === '1') ? '' : c.maxFlaky, 'timeout-minutes': c.timeout, 'poll-interval-seconds': c.poll, transcripts: c.transcripts, 'fail-on': c.failOn, 'max-batch-age-minutes': c.age };
  if (c.given) { i['batch-id'] = ids.join(','); if (c.provider === 'bland') i['version'] = ['', 'production', '3', ''][['', 'a', 'b', 'c'].indexOf(c.version)]!; if (i['fail-on'] === 'new') i['fail-on'] = 'any'; if (c.reruns === '0') i['repeat'] = '1'; }
  else {
    i['target'] = target; i['version'] = ({ '': '', a: versions[0], b: versions[1], c: versions[2] } as any)[c.version] ?? '';
    i['test-cases'] = ids.join('\n'); i['reuse-hours'] = ['retell', 'elevenlabs'].includes(c.provider) ? c.reuse : '0';
    if (c.provider === 'vapi') i['mode'] = c.mode;
    if (c.compare && c.provider !== 'vapi') i['compare-with'] = versions[1] ?? ''; else if (i['fail-on'] === 'new') i['fail-on'] = 'any';
    if (i['max-flaky'] === '') delete i['max-flaky'];
  }
  return i;
}
async function one(side: 'old' | 'new', c: any) {
  const clock = virtualClock();
  const kit = KITS[c.provider as 'retell'];
  const kitStart = kit.starting;
  const counts = new Map<string, number>();
  const { byLetters } = await import('/work/wt/starters/test/emulators/outcomes.ts');
  const lettersMap: Record<string, string> = {};
  let nth = 0;
  const mk = byLetters(new Proxy({}, { get: (_t, id: string) => { if (typeof id !== 'string') return undefined; lettersMap[id] ??= c.letters[nth++ % 8]; return lettersMap[id]; } }) as any);
  const created = (ids: readonly string[]) => { const s: any = mk(ids); if (c.batchEmu.late) s.runs = s.runs.map((r: any, i: number) => ({ ...r, listedAt: 1500 * i })); return { ...s, ...(c.batchEmu.words ? { words: c.batchEmu.words } : {}), ...(c.batchEmu.announce ? { announce: c.batchEmu.announce } : {}) }; };
  const hits = c.faults.map(() => 0);
  const faults = (request: any) => {
    for (const [k, f] of c.faults.entries()) {
      if (f.method !== 'ANY' && request.method !== f.method) continue;
      if (!request.path.includes(f.path)) continue;
      hits[k] += 1;
      if (hits[k] >= f.from && hits[k] < f.from + f.times) {
        const fault = FAULTS[f.fault];
        if (fault.kind === 'done-but' && request.method === 'GET') return fault.then;
        return fault;
      }
    }
    return undefined;
  };
  const extra: any = c.emu === 0 ? {} : c.provider === 'vapi' ? { lists: c.emu === 1 ? 'paginated' : 'bare', longestPage: c.emu === 1 ? 2 : 1000 } : c.provider === 'elevenlabs' ? { dropsNames: c.emu === 1 } : c.provider === 'bland' ? { envelope: c.emu === 1 ? true : 'array', assertions: 'live' } : { longestPage: 2, missing: c.emu === 1 ? 404 : 422 };
  const emulator: any = await kit.start({ ...({ now: clock.now, epoch: clock.epoch } as any), batches: [], created, faults, ...extra } as any);
  try {
    // what can be tested
    const S = await import('/work/wt/starters/test/emulators/samples.ts');
    let target = `${kitStart.target.kind}/${kitStart.target.id}`, versions: string[] = [], ids: string[] = ['*'];
    if (c.provider === 'retell') { const fl = 'conversation_flow_3b21278178ed'; target = ['agent/agent_5f0c2e9a7b1d', `conversation-flow/${fl}`, 'agent/agent_missing'][c.target]!; versions = ['published', '4', 'latest']; if (c.target === 1) versions = ['12', '11', 'latest']; }
    if (c.provider === 'bland') { versions = ['production', '3', '99']; if (c.target === 1) target = 'pathway/e7575763-8f68-5232-8e7a-949df1cad4c9'; if (c.target === 2) target = ''; }
    if (c.provider === 'elevenlabs') { versions = ['branch/branch_main', 'branch/branch_next', 'branch/none']; if (c.target === 2) target = 'agent/missing'; }
    if (c.provider === 'vapi') { target = 'assistant/88fa3acd-8cf0-518c-af48-6d7ba8f4aa84'; if (c.target === 2) target = 'assistant/5fa3acd0-8cf0-518c-af48-6d7ba8f4aa84'; }
    const all = KNOWN[c.provider]!;
    ids = [['*'], [all[0].id], [all[0].name, all[1].id], ['*', '!' + all[1].id], [all[0].id, 'nonsense']][c.selector]!;
    if (c.provider === 'vapi' && ids[0] === '*') ids = all.map((x: any) => x.id).concat(ids.slice(1));
    if (c.provider === 'bland' && target === '' && c.selector === 0) ids = all.map((x: any) => x.id);
    if (c.given || c.earlier) {
      const script = { ...created(all.slice(0, 3).map((x: any) => x.id)), };
      script.runs = script.runs.map((r: any, i: number) => ({ ...r, testCaseId: all[i % all.length].id, name: all[i % all.length].name }));
      emulator.add({ id: 'b1', ...script, ...(c.given ? {} : { createdAt: clock.epoch() - 3_600_000 }) });
    }
    const inputs = inputsOf(c, c.given ? (c.selector > 2 ? ['b1', 'b2'] : ['b1']) : ids, target, versions);
    inputs['api-url'] = emulator.url;
    const parse: any = side === 'old' ? Oparse : Nparse;
    let parsed: any;
    try { parsed = parse((n: string) => inputs[n] ?? ''); } catch (e: any) { return { refused: e.message.replaceAll(emulator.url, 'URL') }; }
    const log: string[] = [];
    const reg: any = side === 'old' ? Oreg : Nreg;
    const provider = reg.createProvider((side === 'old' ? Opopts : Npopts)(parsed), { fetch: onLoopback(clock), clock, random: () => 0.5, redact: (t: string) => t.replaceAll('test-key', '***'), log: (l: string) => log.push(l), trace: () => undefined });
    const shown: any[] = [], published: any[] = [], named: any[] = [];
    const abort = new AbortController();
    if (c.cancelAt > 0) void clock.sleep(c.cancelAt * 1000).then(() => abort.abort('SIGTERM'));
    const opts: any = { ...(side === 'old' ? Oopts : Nopts)(parsed), isJobRerun: c.jobRerun };
    let rnd = 0;
    const names: any = (side === 'old' ? Onames : Nnames)({ repository: 'o/r', pullRequest: 3, commit: 'abcdef1', random: () => (rnd = (rnd + 0.123) % 1) } as any);
    const entries = [{ testCase: all[0].id, name: all[0].name, reason: 'x', owner: 'o', until: c.quarantine === 2 ? '2026-09-13' : '2026-09-20', line: 3 }];
    const quarantine = c.quarantine === 0 ? undefined : async () => ({ path: 'quarantine.yml', tested: { kind: 'entries', entries }, base: c.quarantine === 1 ? { kind: 'entries', entries } : { kind: 'absent' } });
    let judgement: any, thrown: any;
    try {
      judgement = await (side === 'old' ? Ogate : (Ngate as any))(opts, {
        provider, publisher: { showWaiting: (f: any) => shown.push(f), publish: async (f: any) => { published.push(f); }, readHistory: async () => ({ baseUnavailableReason: 'nobody knows' }) },
        historyReader: { read: async () => ({ baseUnavailableReason: 'nobody knows' }) }, clock, signal: abort.signal, log: (l: string) => log.push(l), warn: (l: string) => log.push('W ' + l), startName: names, onBatches: (b: any) => named.push(b.join(" ")), readQuarantine: quarantine,
      });
    } catch (e: any) { thrown = `${e.name}: ${e.message}`; }
    const posts = emulator.requests.filter((r: any) => r.method !== 'GET').map((r: any) => `${r.method} ${r.path} ${r.body}`);
    const gets = emulator.requests.filter((r: any) => r.method === 'GET').length;
    const clean = (t: any) => (typeof t === 'string' ? t : JSON.stringify(t) ?? 'undefined').replaceAll(emulator.url, 'URL').replaceAll(emulator.url.slice(7), 'HOST');
    let report: any = {};
    const last = published.at(-1);
    if (last) {
      try {
        const r = (side === 'old' ? Obuild : Nbuild)({ ...last, origin: {}, transcripts: parsed.inputs.transcripts === 'auto' ? 'none' : parsed.inputs.transcripts, }, createRedactor(['test-key']) as any);
        report = { sum: clean((side === 'old' ? Osum : Nsum)(r as any)), json: clean((side === 'old' ? Ojson : Njson)(r as any)), junit: clean((side === 'old' ? Ojunit : Njunit)(r as any)), ctrf: clean((side === 'old' ? Octrf : Nctrf)(r as any)), body: clean((side === 'old' ? Obody : Nbody)(r as any, { max: 8000, unit: 'characters' } as any)) };
      } catch (e: any) { report = { crash: e.stack }; }
    }
    return { judgement: judgement && JSON.parse(clean(judgement)), thrown, posts, named, log: log.map(clean), gets, waitings: shown.length, took: clock.now(), ...report };
  } finally { await emulator.close(); }
}
import { readSample } from '/work/wt/starters/test/emulators/samples.ts';
import { recordedTests } from '/work/wt/starters/test/emulators/elevenlabs-bodies.ts';
import { recordedDefinitions } from '/work/wt/starters/test/emulators/retell-bodies.ts';
import { recordedSimulations } from '/work/wt/starters/test/emulators/vapi-bodies.ts';
const sc: any = readSample('bland__list-scenarios__docs');
const blandScenarios = (Array.isArray(sc) ? sc : sc.scenarios ?? sc.data);
const KNOWN: Record<string, any[]> = { retell: (recordedDefinitions as any[]).map((d) => ({ id: d.test_case_definition_id, name: d.name })), elevenlabs: [...recordedTests] as any, vapi: [...recordedSimulations] as any, bland: blandScenarios.map((s: any) => ({ id: s.id, name: s.name })) };
for (const k of Object.keys(KNOWN)) if (process.argv[4]) console.log(k, KNOWN[k]!.length);
const SEED = Number(process.argv[2] ?? 1), RUNS = Number(process.argv[3] ?? 50);
const seen = new Map<string, { n: number; ex: any }>();
let n = 0; const verdicts: any = {};
for (const c of fc.sample(caseArb, { numRuns: RUNS, seed: SEED }) as any[]) {
  const [a, b]: any[] = [await one('old', c).catch((e) => ({ crash: e.stack })), await one('new', c).catch((e) => ({ crash: e.stack }))];
  n++;
  const v = a.judgement?.verdict ?? (a.refused ? 'REFUSED' : 'x'); verdicts[v] = (verdicts[v] ?? 0) + 1;
  if (process.argv[4] && (a.refused || a.crash)) console.log(a.refused ?? a.crash);
  if (b.thrown && n < 8) console.log('THROWN', b.thrown); const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => !isDeepStrictEqual(a[k], b[k]));
  if (keys.length === 0) continue;
  const strong = ['judgement', 'posts', 'thrown', 'named', 'refused', 'crash'].filter((k) => keys.includes(k));
  const k = strong[0] ?? keys[0]!;
  const show = (x: any, y: any): string => { if (Array.isArray(x) && Array.isArray(y)) { const i = x.findIndex((e, i) => !isDeepStrictEqual(e, y[i])); const j = i < 0 ? x.length : i; return `[${j}] ${inspect(x[j]).slice(0, 400)} <> ${inspect(y[j]).slice(0, 400)}`; }
    if (typeof x === 'string' && typeof y === 'string') { const i = [...x].findIndex((ch, i) => ch !== y[i]); return `...${x.slice(Math.max(0, i - 60), i + 200)} <> ${y.slice(Math.max(0, i - 60), i + 200)}`; }
    return `${inspect(x).slice(0, 500)} <> ${inspect(y).slice(0, 500)}`; };
  const key = `${c.provider} ${keys.join(',')}: ${show(a[k], b[k])}`;
  const norm = key.replace(/\d+/g, '#').slice(0, 300);
  const e = seen.get(norm) ?? { n: 0, ex: key + '\n   ' + JSON.stringify(c) };
  e.n++; seen.set(norm, e);
}
console.log(n, 'cases', JSON.stringify(verdicts), seen.size, 'kinds of differences');
for (const [, { n, ex }] of [...seen].sort((x, y) => y[1].n - x[1].n).slice(0, 25)) console.log(n, ex.slice(0, 1500), '\n');
process.exit(0);
