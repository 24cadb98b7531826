import fc from '/work/wt/starters/node_modules/fast-check/lib/fast-check.js';
import { isDeepStrictEqual } from 'node:util';
import { parseInputs as Np, valuesToMask as Nv } from '/work/wt/starters/src/inputs/parse-inputs.ts';
import { parseInputs as Op, valuesToMask as Ov } from '/work/wt/old/src/inputs/inputs.ts';
import { INPUTS } from '/work/wt/starters/src/inputs/inputs.ts';
const p = (...x: any[]) => fc.constantFrom(...x);
const S = 'key_secret_12345678';
const val: Record<string, string[]> = { provider: ['retell', 'bland', 'vapi', 'elevenlabs', '', 'x', ' retell ', '"retell"', S], 'api-key': [S, '', 'short', 'Bearer ' + S, '"' + S + '"'], 'batch-id': ['', '', '', 'b1', 'b1,b1', 'a\nb', '..', S + ',b', 'a/../b', '"b"'], 'test-cases': ['', '*', '*', 'a\n!b', '!b', 'category:x', 'suite:y', 'required:true', S, 'a\n' + S, '**', 'test_case_1'], target: ['', '', 'agent/x', 'agent/x', 'assistant/y', 'squad/y', 'pathway/z', 'persona/q', 'retell-llm/a', 'nonsense', 'agent/', S, 'agent/' + S, 'agnet/x'], version: ['', '', '', '12', 'latest', 'published', 'production', 'branch/b', 'x', S, '0', '-1', 'live'], 'target-config': ['', '', '', 'a.json', S], mode: ['', '', 'chat', 'voice', 'x'], reruns: ['0', '', '1/2', '2/3', '5/3', 'x', '3/5'], repeat: ['1', '', '2/3', '0', 'x'], 'reuse-hours': ['0', '', '24', '169', '-1', 'x'], 'max-flaky': ['', '15%', '0', '101%', 'x'], 'max-runs': ['', '3', '0', 'x'], 'compare-with': ['', '', 'published', 'production', '11', 'live', S], 'fail-on': ['', 'any', 'new', 'nothing', 'x'], 'timeout-minutes': ['', '30', '0', '1e9', 'x', '0.5'], 'report-json': ['', 'a', './a', S], 'report-html': ['', 'a', 'b'], 'report-junit': ['', 'c'], transcripts: ['', 'none', 'auto', 'x'], comment: ['', 'always', 'never', 'x'], annotations: ['', 'true', 'no'], 'pull-request': ['', '12', '0', 'x'], name: ['', 'N', 'a\nb', S], label: ['', 'L', S], 'api-url': ['', 'http://u:p@h/x', 'ftp://x', 'nonsense', 'https://h/?a'], 'github-token': ['', 'tok_12345678'], quarantine: ['', 'q.yml', '../q.yml', '/abs', S], baseline: ['', 'b.json'], 'max-batch-age-minutes': ['', '5', 'x'], 'poll-interval-seconds': ['', '5', '0', '0.1'], matrix: ['', '{}', 'null'], 'check-run-id': ['', '7', 'x'] };
const arb = fc.record({ ...Object.fromEntries(Object.entries(val).map(([k, v]) => [k, p(...v)])), __cfg: p(0, 0, 1, 2), __calm: fc.nat(9) });
let n = 0, ok = 0; const seen = new Map<string, any>();
console.log('inputs not covered', Object.keys(INPUTS).filter((k) => !(k in val)).join());
for (const c of fc.sample(arb, { numRuns: Number(process.argv[3] ?? 5000), seed: Number(process.argv[2] ?? 1) }) as any[]) {
  n++; const keep = c.__calm;
  const i: any = {}; let k = 0; for (const [name, v] of Object.entries(c)) { k++; i[name] = keep < 7 && (name === 'api-key') ? S : keep < 7 && k > 6 && (k * 7 + n) % 10 > 3 ? '' : v; }
  if (keep < 7) { if (!['retell', 'bland', 'vapi', 'elevenlabs'].includes(i.provider)) i.provider = ['retell', 'bland', 'vapi', 'elevenlabs'][n % 4]; if (n % 2) i['batch-id'] = ''; else i['test-cases'] = ''; }
  const cfg: any = c.__cfg === 0 ? undefined : c.__cfg === 1 ? { kind: 'ok', value: { name: 'a.json', json: { conversation_config: {}, platform_settings: {}, model: 1 }, secrets: [] } } : { kind: 'refused', problem: 'it is not JSON' };
  const run = (P: any) => { try { return P((x: string) => i[x] ?? '', (t: string) => t.replaceAll(S, '***'), i['target-config'] === '' ? undefined : cfg); } catch (e: any) { return { e: e.message, p: e.problems, name: e.name }; } };
  const a = run(Op), b = run(Np);
  if (!('e' in b)) ok++;
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))) { const key = JSON.stringify([a.e, b.e]).slice(0, 80); const s = seen.get(key) ?? { n: 0, a, b, i }; s.n++; seen.set(key, s); }
  const shown = JSON.stringify([b.e, b.p, b.effectiveInputs, b.batchSource]); if (shown.includes(S)) { const s = seen.get('LEAK') ?? { n: 0, a: '', b: shown, i }; s.n++; seen.set('LEAK', s); }
  if (!isDeepStrictEqual(Ov((x: string) => i[x] ?? ''), Nv((x: string) => i[x] ?? ''))) seen.set('mask', { n: 1, a: Ov((x: string) => i[x] ?? ''), b: Nv((x: string) => i[x] ?? ''), i });
}
console.log(n, ok, seen.size);
for (const [k, v] of [...seen].slice(0, 8)) console.log(v.n, k, '\n ', JSON.stringify(v.a).slice(0, 700), '\n ', JSON.stringify(v.b).slice(0, 700));
