import { sc, main, sleep, go, given, ALL, TARGET } from './h.mjs';
let seed = +(process.env.SEED || 1);
const rng = (s) => () => { s |= 0; s = (s + 0x6d2b79f5) | 0; let t = Math.imul(s ^ (s >>> 15), 1 | s); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
for (let i = 0; i < +(process.env.N || 60); i++) {
  const r = rng(seed * 7919 + i); const pick = (a) => a[Math.floor(r() * a.length)];
  const n = pick([2, 3, 5]); const keys = Array.from({ length: n }, (_, k) => 'k' + k);
  const rule = pick([null, [1, 2], [2, 3], [3, 5]]); const kind = rule && pick(['reruns', 'repeat']);
  const S = (noise) => Array.from({ length: 8 }, () => (r() < noise ? 'F' : 'P')).join('');
  const on = { 4: Object.fromEntries(keys.map((k) => [k, S(pick([0, 0.3, 0.9]))])), 3: Object.fromEntries(keys.map((k) => [k, S(pick([0, 0.4, 1]))])) };
  const dec = (s) => { if (!rule) return { ok: s[0] === 'P', runs: 1 }; const [K, M] = rule; if (kind === 'reruns' && s[0] === 'P') return { ok: true, runs: 1 }; let P = 0, F = 0, j = 0; while (P < K && F < M - K + 1) s[j++] === 'P' ? P++ : F++; return { ok: P >= K, runs: j }; };
  let runs = 0, red = 0, pass = 0; for (const k of keys) { const a = dec(on[4][k]); runs += a.runs; if (a.ok) { pass++; continue; } const b = dec(on[3][k]); runs += b.runs; if (b.ok) red++; }
  const green = red === 0 && pass > 0;
  const max = r() < 0.2 ? n * 2 + Math.floor(r() * 4) : undefined;
  sc(`d-${seed}-${i}-n${n}-${kind ?? 'none'}${rule ?? ''}-max${max ?? ''}`, (c) => go(c, 'retell', { cases: keys, on, len: () => 0.1 + r() * 2 }, { version: '4', 'compare-with': 'published', 'fail-on': 'new', ...(rule ? { [kind]: rule.join('/'), 'max-flaky': '100%' } : {}), ...(max ? { 'max-runs': String(max) } : {}), 'timeout-minutes': '1.5' }, { also: (R, w) => {
    const o = []; const tot = w.batches.reduce((s, b) => s + b.runs.length, 0);
    if (max && tot > max) o.push(`${tot} of at most ${max}`);
    if (R.outputs['started-runs'] !== undefined && +R.outputs['started-runs'] !== tot) o.push(`started-runs ${R.outputs['started-runs']} and ${tot}`);
    if (R.code === 0 && !green) o.push('GREEN, oracle red ' + JSON.stringify(on));
    if (R.code !== 0 && green && !max) o.push('red, oracle green ' + JSON.stringify(on));
    if (!max && tot !== runs) o.push(`${tot} runs, oracle ${runs} ` + JSON.stringify(on));
    return o; } }, { run: { limit: 110 } }));
}
main();
