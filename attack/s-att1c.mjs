import { sc, main, sleep, go, given, ALL, TARGET } from './h.mjs';
let seed = +(process.env.SEED || 1);
const rng = (s) => () => { s |= 0; s = (s + 0x6d2b79f5) | 0; let t = Math.imul(s ^ (s >>> 15), 1 | s); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
const N = +(process.env.N || 60);
for (let i = 0; i < N; i++) {
  const r = rng(seed * 1000 + i); const pick = (a) => a[Math.floor(r() * a.length)];
  const p = pick(ALL); const n = pick([2, 4, 8, 12, 20]); const keys = Array.from({ length: n }, (_, k) => 'k' + k);
  const kind = pick(['reruns', 'reruns', 'repeat', 'none']); const [K, M] = pick([[1, 2], [2, 3], [3, 5], [1, 3], [2, 2]]);
  const noise = pick([0, 0.1, 0.25, 0.5]); const scripts = Object.fromEntries(keys.map((k) => [k, Array.from({ length: 8 }, () => (r() < noise ? (r() < 0.2 && p !== 'elevenlabs' ? 'E' : 'F') : 'P')).join('')]));
  const spread = pick([0.3, 2, 5]); const lens = Object.fromEntries(keys.map((k) => [k, Array.from({ length: 8 }, () => 0.1 + r() * spread)]));
  const max = r() < 0.25 ? n + Math.floor(r() * 6) : undefined;
  // oracle
  let all = true, runs = 0, bad = 0, anyFirst = false;
  const first = kind === 'repeat' ? Math.min(K, M - K + 1) : 1;
  for (const k of keys) {
    const s = scripts[k]; const f0 = [...s.slice(0, first)].some((c) => c !== 'P'); if (f0) bad++;
    if (kind === 'none') { runs++; if (s[0] !== 'P') all = false; continue; }
    if (kind === 'reruns' && s[0] === 'P') { runs++; continue; }
    let P = 0, F = 0, j = 0; while (P < K && F < M - K + 1) { s[j++] === 'P' ? P++ : F++; } runs += Math.max(j, first); if (P < K) all = false;
  }
  const broad = kind !== 'none' && bad > 5 && bad > 0.3 * n;
  const can = all && !broad;
  const inputs = { ...(p === 'bland' ? { version: '4' } : {}), ...(kind === 'none' ? {} : { [kind]: `${K}/${M}`, 'max-flaky': '100%' }), ...(max ? { 'max-runs': String(max) } : {}), 'timeout-minutes': '1.5' };
  sc(`f-${seed}-${i}-${p}-${n}-${kind}${kind === 'none' ? '' : K + '/' + M}-noise${noise}-max${max ?? ''}`, (c) => go(c, p, { cases: keys, outcomes: scripts, len: (k, j) => lens[k]?.[j] ?? 0.3 }, inputs, { also: (R, w) => {
    const o = []; const tot = w.batches.reduce((s, b) => s + b.runs.length, 0);
    if (max !== undefined && n * first > max) return R.code === 1 && tot === 0 ? null : 'not refused';
    if (max !== undefined && tot > max) o.push(`${tot} runs of at most ${max}`);
    if (+R.outputs['started-runs'] !== tot) o.push(`started-runs ${R.outputs['started-runs']} and ${tot}`);
    if (R.code === 0 && !can) o.push('GREEN and the oracle says red ' + JSON.stringify(scripts));
    if (R.code !== 0 && can && max === undefined) o.push('red and the oracle says green ' + JSON.stringify(scripts));
    if (!broad && max === undefined && tot !== runs) o.push(`${tot} runs, oracle ${runs} ` + JSON.stringify(scripts));
    if (broad && tot > runs) o.push(`broad: ${tot} runs, oracle at most ${runs}`);
    for (const b of w.batches) if (new Set(b.runs.map((x) => x.case.id)).size !== b.runs.length) o.push('twice in one batch');
    return o; } }, { run: { limit: 110 } }));
}
main();
