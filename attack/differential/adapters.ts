import fc from '/work/wt/starters/node_modules/fast-check/lib/fast-check.js';
import { isDeepStrictEqual, inspect } from 'node:util';
import { scenes } from '/work/wt/starters/test/fuzz/scenes.ts';
import { KITS } from '/work/wt/starters/test/kits/kits.ts';
import { mutate, mutation } from '/work/wt/starters/test/fuzz/mutations.ts';
import { PROVIDERS as N } from '/work/wt/starters/src/providers/registry.ts';
import { PROVIDERS as O } from '/work/wt/old/src/providers/registry.ts';
import { ProviderError as NE } from '/work/wt/starters/src/runtime/errors.ts';
import { ProviderError as OE } from '/work/wt/old/src/runtime/errors.ts';
import { judge as NJ } from '/work/wt/starters/src/domain/verdict.ts';
import { judge as OJ } from '/work/wt/old/src/domain/verdict.ts';

function httpOf({ provider, bodies, pages }: any, PE: any, requests: string[], fault: number) {
  const { partOf, afterLast } = KITS[provider];
  let listed = 0, n = 0;
  const nextPage = () => { listed += 1; return listed > pages ? afterLast(bodies[pages] ?? null) : bodies[listed]; };
  return {
    async getJson({ path, query, read }: any) {
      n++;
      requests.push(JSON.stringify([path, query ?? {}]));
      if (n === fault) throw new PE('GET x answered 500.');
      const part = partOf(path);
      if (part === 'beside') throw new PE('GET x answered 403.');
      const body = part === 'page' ? nextPage() : part === 'detail' ? bodies[pages + 1] : bodies[0];
      try { return read(body, { date: undefined }); } catch (error: any) {
        const isFault = error instanceof Error && ['InvalidResponse', 'ErrorResponse', 'UnusableResponse'].includes(error.name);
        throw isFault ? new PE(`GET x ${error.message}`, { cause: error }) : error;
      }
    },
    postJsonOnce: () => Promise.reject(new Error('no')),
    sendCommand: () => Promise.reject(new Error('no')),
  };
}
const DL = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
async function readAll(P: any, PE: any, scene: any, opts: any, passed: string[], fault: number) {
  const requests: string[] = [];
  const adapter = P[scene.provider].createAdapter(httpOf(scene, PE, requests, fault), opts);
  let batch: any, problem: any, look: any;
  try {
    look = await adapter.fetchBatch(scene.batchId, DL);
    batch = await adapter.fetchRuns(look, DL);
    const l2 = batch; 
    batch = (await adapter.fetchFailureDetails?.(batch, DL, new Set(passed))) ?? batch;
  } catch (e: any) { problem = `${e.name}: ${e.message}`; }
  return { batch, problem, requests, look };
}
function norm(b: any): any { // rename outcome->conclusion, ignore undefined
  if (b === undefined) return undefined;
  const { outcome, conclusion, ...rest } = b;
  return JSON.parse(JSON.stringify({ ...rest, conclusion: conclusion ?? outcome, inconsistencies: rest.inconsistencies ?? [] }, (k, v) => k === "assertions" && Array.isArray(v) ? v.map(({ outcome, result, ...r }: any) => ({ ...r, result: result ?? outcome })) : v instanceof Map || v instanceof Set ? [...v] : v));
}
const anyMutation = fc.tuple(mutation, fc.nat()).map(([each, body]: any) => ({ ...each, body }));
const SEED = Number(process.argv[2] ?? 1), RUNS = Number(process.argv[3] ?? 100);
const seen = new Map<string, number>();
let cases = 0;
for (const scene of scenes) {
  const base = norm((await readAll(N, NE, scene, {}, [], -1)).batch);
  const ids = (base?.runs ?? []).map((r: any) => r.id);
  const arb = fc.record({ muts: fc.array(anyMutation, { minLength: 0, maxLength: 3 }), shows: fc.boolean(), passed: ids.length ? fc.subarray(ids.slice(0, 20)) : fc.constant([]), fault: fc.constantFrom(-1, -1, -1, 1, 2, 3, 4) });
  for (const c of fc.sample(arb, { numRuns: RUNS, seed: SEED }) as any[]) {
    const bodies = [...scene.bodies];
    for (const { body, ...each } of c.muts) { const i = body % bodies.length; bodies[i] = mutate(bodies[i] ?? null, each).json; }
    const sp = { ...scene, bodies };
    const opts = { showsConversations: c.shows };
    let a: any, b: any;
    a = await readAll(O, OE, sp, opts, c.passed, c.fault).catch((e) => ({ crash: String(e) }));
    b = await readAll(N, NE, sp, opts, c.passed, c.fault).catch((e) => ({ crash: String(e) }));
    cases++;
    let na: any, nb: any;
    try { na = norm(a.batch); nb = norm(b.batch); } catch { continue; }
    const deep = c.muts.some((m: any) => m.kind === 'deepen');
    let diff: string | undefined;
    if (a.problem !== b.problem) diff = `problem: ${String(a.problem).slice(0, 200)} <> ${String(b.problem).slice(0, 200)}`;
    else if (!isDeepStrictEqual(a.requests, b.requests)) diff = `requests ${a.requests.length} <> ${b.requests.length}`;
    else {
      try {
      if (!isDeepStrictEqual(na, nb)) {
        const keys = [...new Set([...Object.keys(na ?? {}), ...Object.keys(nb ?? {})])].filter((k) => !isDeepStrictEqual(na?.[k], nb?.[k]));
        const k = keys[0]!;
        diff = `batch.${keys.join(',')}`;
        if (k !== 'runs') diff += ` ${inspect(na?.[k])} <> ${inspect(nb?.[k])}`;
        else { const i = (na.runs ?? []).findIndex((r: any, i: number) => !isDeepStrictEqual(r, nb.runs[i])); const ra = na.runs[i], rb = nb.runs?.[i];
          const rk = [...new Set([...Object.keys(ra ?? {}), ...Object.keys(rb ?? {})])].filter((k) => !isDeepStrictEqual(ra?.[k], rb?.[k])); diff += ` run.${rk.join(',')} ${inspect(ra?.[rk[0]!])?.slice(0, 200)} <> ${inspect(rb?.[rk[0]!])?.slice(0, 200)}`; }
      }} catch (e) { diff = `compare ${e}`; }
    }
    // verdicts
    const facts = (r: any) => ({ batches: [r.batch ? { id: sp.batchId, batch: r.batch, isListConfirmed: true } : { id: sp.batchId, problem: String(r.problem) }], ending: r.batch?.settled === false ? 'deadline' : 'settled', providerTitle: 'X', timeoutMinutes: 1, now: Date.UTC(2026, 8, 15), maxBatchAgeMinutes: 1e6 });
    const ja = OJ(facts(a) as any), jb = NJ(facts(b) as any);
    if (diff === undefined && !isDeepStrictEqual(ja, jb)) diff = `judgement ${inspect(ja)} <> ${inspect(jb)}`;
    if (ja.verdict !== jb.verdict) diff = `VERDICT ${ja.verdict} <> ${jb.verdict} ` + diff;
    if (diff !== undefined) { const key = `${scene.provider}: ${diff}`.slice(0, 600); seen.set(key, (seen.get(key) ?? 0) + 1); }
  }
}
console.log(cases, 'cases');
for (const [k, n] of [...seen].sort((x, y) => y[1] - x[1]).slice(0, 40)) console.log(n, k);
