// Stand-ins for the four providers and GitHub, and a runner. From the contract and provider facts alone.
import http from 'node:http';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import crypto from 'node:crypto';

export const NODE = '/work/main/node_modules/node/bin/node';
export const TREE = process.env.TREE || (fs.existsSync('/work/wt/attack-tree/dist/index.js') ? '/work/wt/attack-tree' : '/work/main');
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const rnd = (n = 6) => crypto.randomBytes(n).toString('hex');
const uuid = () => crypto.randomUUID();
export const KEY = 'key_SECRETsecret' + '0123456789abcdef';
export const TOKEN = 'ghs_TOKENTOKENTOKENTOKEN0123456789';

// ---------- action.yml defaults
function defaults() {
  const y = fs.readFileSync(path.join(TREE, 'action.yml'), 'utf8');
  const inp = y.slice(y.indexOf('\ninputs:'), y.indexOf('\noutputs:'));
  const out = {};
  let cur;
  for (const l of inp.split('\n')) {
    let m;
    if ((m = /^ {2}([a-z-]+):/.exec(l))) { cur = m[1]; out[cur] = ''; }
    else if ((m = /^ {4}default: (.*)$/.exec(l))) { let v = m[1].trim(); if (/^['"]/.test(v)) v = v.slice(1, -1); out[cur] = v; }
  }
  return out;
}
export const DEFAULTS = defaults();

// ---------- generic server
export function serve(handler) {
  return new Promise((ok) => {
    const log = [];
    const srv = http.createServer((req, res) => {
      let body = '';
      req.on('data', (c) => (body += c));
      req.on('end', async () => {
        const u = new URL(req.url, 'http://x');
        const e = { t: Date.now(), method: req.method, path: u.pathname, query: Object.fromEntries(u.searchParams), url: req.url, body, headers: req.headers };
        try { e.json = body ? JSON.parse(body) : undefined; } catch {}
        log.push(e);
        res.on('error', () => {});
        try {
          await handler(e, req, res);
        } catch (x) { console.error('STANDIN ERROR', x); try { res.statusCode = 500; res.end('{}'); } catch {} }
      });
      req.on('error', () => {});
    });
    srv.keepAliveTimeout = 2000;
    srv.listen(0, '127.0.0.1', () => ok({ srv, log, url: 'http://127.0.0.1:' + srv.address().port, close: () => { srv.closeAllConnections(); srv.close(); } }));
  });
}
export function send(res, status, json, headers = {}) {
  res.statusCode = status;
  res.setHeader('content-type', 'application/json');
  for (const [k, v] of Object.entries(headers)) res.setHeader(k, v);
  res.end(typeof json === 'string' ? json : JSON.stringify(json));
}

// ---------- World: one provider account
/* opts: provider, cases: [{id,name,mod?}] or strings, outcomes: {caseId:'FP'}, on: {version: {caseId:'F'}}, len: secs | fn(case,k),
   versions:[{version,published}], skew ms, noDate, tweak(kind, json, ctx) -> json | {__status,..} | {__drop:true} */
export async function world(o) {
  const w = { o, batches: [], counts: {}, starts: [], edits: {}, now: () => Date.now() + (o.skew || 0) };
  w.provider = o.provider;
  w.cases = (o.cases || ['a', 'b']).map((c) => (typeof c === 'string' ? { id: mkId(o.provider, c), key: c, name: 'Case ' + c } : { name: 'Case ' + (c.key || c.id), ...c, id: c.id || mkId(o.provider, c.key) }));
  const t0 = Date.now();
  for (const c of w.cases) { c.key ??= c.id; c.mod ??= t0 - 7 * 86400e3; }
  w.byKey = (k) => w.cases.find((c) => c.key === k);
  w.agent = o.agent || (o.provider === 'vapi' ? '5a6b7c8d-1111-4222-8333-944455556666' : o.provider === 'elevenlabs' ? 'agent_0001' : o.provider === 'bland' ? 'e7575763-8f68-5232-8e7a-949df1cad4c9' : 'agent_0001');
  w.engine = 'llm_0001';
  w.mainBranch = 'agtbrch_main0001';
  w.versions = o.versions || [{ version: 4, published: false }, { version: 3, published: true }];
  w.latest = () => Math.max(...w.versions.map((v) => v.version));
  w.engineMod = o.engineMod ?? t0 - 86400e3;
  w.add = (ids, { version, created, name, branch, target, sims, iterations, transport, given, publish } = {}) => {
    const b = { id: o.batchId?.(w.batches.length) || (o.provider === 'retell' ? 'test_batch_' + rnd() : o.provider === 'elevenlabs' ? 'suite_' + rnd(8) : uuid()), created: created ?? w.now(), t: created ?? w.now(), version, name, branch, target, sims, iterations: iterations || 1, transport, runs: [], given, publish };
    for (let it = 0; it < b.iterations; it++) for (const id of ids) {
      const c = w.cases.find((x) => x.id === id) || { id, key: id, name: 'Case ' + id, mod: t0 - 7 * 86400e3 };
      const ck = (o.keyOf ? o.keyOf(b) : o.on ? String(version ?? branch ?? '') : '') + '|' + c.key;
      const k = (w.counts[ck] = (w.counts[ck] ?? -1) + 1);
      const script = (o.on && o.on[version ?? branch ?? '']?.[c.key]) ?? o.outcomes?.[c.key] ?? 'P';
      const out = script[Math.min(k, script.length - 1)];
      const len = typeof o.len === 'function' ? o.len(c.key, k, b) : (o.len ?? 0.2);
      b.runs.push({ id: (o.provider === 'retell' ? 'test_job_' : o.provider === 'elevenlabs' ? 'trun_' : '') + (o.provider === 'bland' || o.provider === 'vapi' ? uuid() : rnd()), case: c, k, out, end: b.created + len * 1000, mod: c.mod, it: it + 1 });
    }
    w.batches.push(b);
    return b;
  };
  w.st = (r) => (w.now() < r.end || r.out === 'N' ? 'pending' : { P: 'passed', F: 'failed', E: 'errored', C: 'cancelled', U: 'unknown', S: 'skipped' }[r.out]);
  w.done = (b) => b.runs.every((r) => w.st(r) !== 'pending') || b.forceDone;
  w.cnt = (b) => { const c = { total: b.runs.length, passed: 0, failed: 0, errored: 0, cancelled: 0, pending: 0, unknown: 0, skipped: 0 }; for (const r of b.runs) c[w.st(r)]++; return c; };
  const H = { retell, bland, vapi, elevenlabs }[o.provider];
  const s = await serve(async (e, req, res) => {
    if (o.noDate) res.sendDate = false;
    else if (o.skew || o.dateSkew) { res.sendDate = false; res.setHeader('date', new Date(Date.now() + (o.dateSkew ?? o.skew ?? 0)).toUTCString()); }
    const T = async (kind, json, ctx = {}, status = 200) => {
      let j = structuredClone(json);
      if (o.tweak) { const r = await o.tweak(kind, j, { w, e, ...ctx }); if (r !== undefined) j = r; }
      if (j && j.__drop) { req.socket.destroy(); return; }
      if (j && j.__hang) return; // never answers
      if (j && j.__raw !== undefined) { res.statusCode = j.__status || 200; for (const [k, v] of Object.entries(j.__headers || {})) res.setHeader(k, v); res.end(j.__raw); return; }
      if (j && j.__status) return send(res, j.__status, j.__body ?? {}, j.__headers);
      send(res, status, j);
    };
    if (o.pre) { const r = await o.pre(e, req, res, w); if (r === true) return; }
    const auth = o.provider === 'elevenlabs' ? e.headers['xi-api-key'] : o.provider === 'bland' ? e.headers.authorization : (e.headers.authorization || '').replace(/^Bearer /, '');
    if (auth !== (o.key || KEY)) return send(res, 401, { status: 'error', message: 'API key is missing or invalid.' });
    await H(w, e, T, req, res);
  });
  w.url = s.url; w.log = s.log; w.close = s.close;
  w.posts = () => s.log.filter((e) => e.method === 'POST' && /create-batch-test$|batch-run$|simulation\/run$|run-tests$/.test(e.path));
  return w;
}
export function mkId(p, k) {
  if (p === 'retell') return 'test_case_' + crypto.createHash('md5').update(k).digest('hex').slice(0, 12);
  if (p === 'elevenlabs') return 'test_' + crypto.createHash('md5').update(k).digest('hex').slice(0, 20);
  const h = crypto.createHash('md5').update(k).digest('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
const iso = (ms) => new Date(ms).toISOString();

// ---- Retell
async function retell(w, e, T) {
  const { path: p, query: q } = e;
  let m;
  const eng = (v) => ({ type: 'retell-llm', llm_id: w.engine, version: v });
  const nf = () => T('404', { __status: 404, __body: { status: 'error', message: 'The requested resource was not found.' } });
  const def = (c, mod) => ({ name: c.name, response_engine: eng(w.latest()), user_prompt: 'You call.', metrics: ['polite'], dynamic_variables: {}, tool_mocks: [], llm_model: 'gpt-5-mini', test_case_definition_id: c.id, type: 'simulation', creation_timestamp: 1788595200000, user_modified_timestamp: mod ?? c.mod });
  const batchJ = (b) => { const c = w.cnt(b); return { test_case_batch_job_id: b.id, status: w.done(b) ? 'complete' : 'in_progress', response_engine: eng(b.version), pass_count: c.passed, fail_count: c.failed, error_count: c.errored, total_count: c.total, creation_timestamp: b.created, user_modified_timestamp: w.now() }; };
  const runJ = (r) => { const s = w.st(r); return { test_case_job_id: r.id, status: { pending: 'in_progress', passed: 'pass', failed: 'fail', errored: 'error', cancelled: 'cancelled', unknown: 'wobbling' }[s], test_case_definition_id: r.case.id, test_case_definition_snapshot: def(r.case, r.mod), creation_timestamp: Math.round(r.end - 100), user_modified_timestamp: Math.round(r.end), transcript_snapshot: s === 'pending' ? null : { transcript: [{ role: 'agent', content: 'Hello, Bluewater.' }, { role: 'user', content: 'Hi ' + r.case.key }, { role: 'agent', content: 'TURN-THREE of ' + r.id }] }, result_explanation: s === 'pending' ? null : s === 'passed' ? 'fine' : 'The agent was rude in ' + r.case.key }; };
  if ((m = /^\/get-agent\/(.+)$/.exec(p))) {
    if (m[1] !== w.agent) return nf();
    const v = q.version !== undefined ? w.versions.find((x) => String(x.version) === q.version) : w.versions.find((x) => x.version === w.latest());
    if (!v) return nf();
    return T('agent', { agent_id: w.agent, agent_name: 'Front desk', version: v.version, is_published: v.published, last_modification_timestamp: w.engineMod, response_engine: w.o.customLlm ? { type: 'custom-llm', llm_websocket_url: 'wss://x' } : eng(v.version) });
  }
  if ((m = /^\/list-agent-versions\/(.+)$/.exec(p))) return T('versions', { items: [...w.versions].sort((a, b) => b.version - a.version).map((v) => ({ agent_id: w.agent, version: v.version, is_published: v.published, last_modification_timestamp: w.engineMod, response_engine: eng(v.version) })), has_more: false });
  if ((m = /^\/get-retell-llm\/(.+)$/.exec(p))) { const v = q.version !== undefined ? +q.version : w.latest(); const x = w.versions.find((y) => y.version === v); if (!x) return nf(); return T('engine', { llm_id: w.engine, version: v, is_published: x.published, last_modification_timestamp: w.engineMod }, { v }); }
  if (p === '/v2/list-test-case-definitions') return T('cases', { items: w.cases.map((c) => def(c)), has_more: false });
  if ((m = /^\/get-test-case-definition\/(.+)$/.exec(p))) { const c = w.cases.find((x) => x.id === m[1]); if (!c) return nf(); return T('case', def(c), { c }); }
  if (p === '/create-batch-test' && e.method === 'POST') {
    const pre = await w.o.onStart?.(w, e);
    if (pre) { if (!pre.silent) w.starts.push(e.json); if (pre.addThen) w.add(e.json.test_case_definition_ids, { version: e.json.response_engine.version }); return T('start', pre.answer, {}, 201); }
    const b = w.add(e.json.test_case_definition_ids, { version: e.json.response_engine.version });
    w.starts.push(e.json);
    return T('start', batchJ(b), { b, n: w.starts.length }, 201);
  }
  if ((m = /^\/get-batch-test\/(.+)$/.exec(p))) { const b = w.batches.find((x) => x.id === decodeURIComponent(m[1])); return b ? T('batch', batchJ(b), { b }) : nf(); }
  if ((m = /^\/v2\/list-test-runs\/(.+)$/.exec(p))) { const b = w.batches.find((x) => x.id === m[1]); return b ? T('runs', { items: b.runs.map(runJ), has_more: false }, { b }) : nf(); }
  if ((m = /^\/get-test-run\/(.+)$/.exec(p))) { for (const b of w.batches) for (const r of b.runs) if (r.id === m[1]) return T('run', runJ(r), { b, r }); return nf(); }
  if (p === '/v2/list-batch-tests') return T('list', { items: [...w.batches].reverse().filter((b) => !b.hidden && (q.version === undefined || String(b.version) === q.version)).map(batchJ), has_more: false });
  return nf();
}
// ---- Bland
async function bland(w, e, T) {
  const { path: p, query: q } = e;
  let m;
  const nf = () => T('404', { __status: 404, __body: { data: null, errors: [{ error: 'NOT_FOUND', message: 'Not found' }] } });
  const S = { pending: 'RUNNING', passed: 'PASSED', failed: 'FAILED', errored: 'ERROR', cancelled: 'CANCELLED', unknown: 'WOBBLING' };
  const scen = (c) => ({ id: c.id, org_id: 'o', pathway_id: w.agent, persona_id: null, name: c.name, description: '', category: c.category || 'CUSTOM', scenario_type: 'AGENT', is_required_for_promotion: !!c.required, enabled: c.enabled ?? true, assertions: [], most_recent_run: null, created_at: iso(c.mod), updated_at: iso(c.mod) });
  const runJ = (r, b) => ({ id: r.id, scenario_id: r.case.id, status: S[w.st(r)], overall_score: 0.9, turn_count: 4, duration_ms: 14000, created_at: iso(b.created), scenario: { id: r.case.id, name: r.case.name }, assertion_results: [], pathway_id: w.agent, persona_id: null, batch_id: b.id });
  const batchJ = (b) => { const c = w.cnt(b); const st = !w.done(b) ? 'RUNNING' : c.failed ? 'FAILED' : c.errored ? 'ERROR' : c.cancelled ? 'CANCELLED' : c.unknown ? 'WOBBLING' : 'PASSED'; return { id: b.id, status: st, total_scenarios: c.total, passed_scenarios: c.passed, failed_scenarios: c.failed, trigger_source: 'api', publish_on_pass: !!b.publish, created_at: iso(b.created), runs: b.runs.map((r) => runJ(r, b)) }; };
  if (p === '/v1/agent-testing/scenarios') return T('cases', { scenarios: w.cases.filter((c) => (q.enabled !== 'true' || (c.enabled ?? true))).map(scen) });
  if ((m = /^\/v1\/agent-testing\/scenarios\/([^/]+)$/.exec(p))) { const c = w.cases.find((x) => x.id === m[1]); return c ? T('case', scen(c), { c }) : nf(); }
  if (p === '/v1/agent-testing/batch-run' && e.method === 'POST') {
    const pre = await w.o.onStart?.(w, e);
    if (pre) { if (!pre.silent) w.starts.push(e.json); return T('start', pre.answer); }
    const b = w.add(e.json.scenario_ids, { version: e.json.version_number });
    w.starts.push(e.json);
    return T('start', { batch_id: b.id, runs: b.runs.map((r) => ({ run_id: r.id, scenario_id: r.case.id })) }, { b, n: w.starts.length });
  }
  if ((m = /^\/v1\/agent-testing\/batches\/([^/]+)$/.exec(p))) { const b = w.batches.find((x) => x.id === m[1]); return b ? T('batch', batchJ(b), { b }) : nf(); }
  if (p === '/v1/agent-testing/runs') {
    let all = w.batches.filter((b) => !b.hidden).flatMap((b) => b.runs.map((r) => runJ(r, b))).reverse();
    if (q.scenario_id) all = all.filter((r) => r.scenario_id === q.scenario_id);
    if (q.batch_id) all = all.filter((r) => r.batch_id === q.batch_id);
    const off = +(q.offset || 0), lim = +(q.limit || 50);
    return T('list', { runs: all.slice(off, off + lim), total_count: all.length });
  }
  if ((m = /^\/v1\/agent-testing\/runs\/([^/]+)$/.exec(p))) { for (const b of w.batches) for (const r of b.runs) if (r.id === m[1]) return T('run', { ...runJ(r, b), chat_history: [{ role: 'assistant', content: 'Hello' }, { role: 'user', content: 'Hi' }, { role: 'assistant', content: 'TURN-THREE' }], error_message: r.out === 'E' ? 'Invalid start_node_id' : null }, { b, r }); return nf(); }
  if ((m = /^\/v1\/pathway\/([^/]+)\/versions$/.exec(p)) || (m = /^\/v1\/convo_pathway\/([^/]+)\/versions$/.exec(p))) return T('versions', w.versions.map((v) => ({ id: 'v' + v.version, version_number: v.version, created_at: iso(1788595200000), name: 'V' + v.version, is_latest: v.version === w.latest(), ...(w.o.noProd ? {} : { is_prev_published: v.published, is_staging: false }) })));
  if ((m = /^\/v1\/pathway\/([^/]+)$/.exec(p))) return T('agent', { name: 'Front desk', description: '', id: m[1], ...(w.o.noProd ? {} : { production_version_number: w.versions.find((v) => v.published)?.version ?? null }), nodes: [], edges: [] });
  if ((m = /^\/v1\/personas\/([^/]+)$/.exec(p))) return T('agent', { data: { id: m[1], name: 'Persona' }, errors: null });
  return nf();
}
// ---- Vapi
async function vapi(w, e, T) {
  const { path: p, query: q } = e;
  let m;
  const nf = () => T('404', { __status: 404, __body: { statusCode: 404, message: 'not found' } });
  const S = { pending: 'running', passed: 'passed', failed: 'failed', errored: 'failed', cancelled: 'canceled', unknown: 'wobbling', skipped: 'passed' };
  const old = iso(Date.now() - 7 * 86400e3);
  const runJ = (b) => { const c = w.cnt(b); const sk = c.skipped; return { id: b.id, orgId: 'o', status: w.done(b) ? 'ended' : 'running', queuedAt: iso(b.created), createdAt: iso(b.created), updatedAt: iso(w.now()), ...(w.o.noCounts ? {} : { itemCounts: { total: c.total, passed: c.passed + sk, failed: c.failed + c.errored, running: c.pending, queued: 0, canceled: c.cancelled } }), simulations: b.sims || [...new Set(b.runs.map((r) => r.case.id))].map((id) => ({ type: 'simulation', simulationId: id })), target: b.target || { type: 'assistant', assistantId: w.agent }, iterations: b.iterations, ...(b.transport ? { transport: b.transport } : {}), url: 'https://dashboard.vapi.ai/r/' + b.id, ...(w.done(b) ? { endedAt: iso(w.now()) } : {}) }; };
  const itemJ = (r, b) => { const s = w.st(r); const done = s !== 'pending'; return { id: r.id, orgId: 'o', simulationId: r.case.id, runId: b.id, iterationNumber: r.it, status: S[s], queuedAt: iso(b.created), createdAt: iso(b.created), updatedAt: iso(b.created), startedAt: iso(b.created), ...(done ? { completedAt: iso(Math.min(w.now(), r.end)) } : {}), sessionId: 's', configurations: { transport: b.transport }, metadata: { simulation: { id: r.case.id, name: r.case.name, updatedAt: iso(r.mod) }, scenario: { updatedAt: iso(r.mod) }, call: { messages: [{ role: 'bot', message: 'Hello' }, { role: 'user', message: 'Hi' }, { role: 'bot', message: 'TURN-THREE' }] } }, ...(s === 'errored' ? { failureReason: 'boom' } : {}), ...(['passed', 'failed', 'skipped'].includes(s) ? { results: { passed: s !== 'failed', evaluations: [{ structuredOutputId: 'inline', name: 'booked', extractedValue: s === 'skipped' ? null : true, expectedValue: true, comparator: '=', passed: s === 'passed', required: true, ...(s === 'skipped' ? { isSkipped: true, skipReason: 'Evaluation needs audio' } : {}) }] } } : {}) }; };
  const sim = (c) => ({ id: c.id, orgId: 'o', name: c.name, scenarioId: mkId('vapi', 'sc' + c.key), personalityId: mkId('vapi', 'pe'), createdAt: old, updatedAt: iso(c.mod) });
  if (p === '/eval/simulation/run' && e.method === 'POST') {
    const ids = e.json.simulations.flatMap((s) => (s.type === 'simulationSuite' ? w.cases.map((c) => c.id) : [s.simulationId]));
    const pre = await w.o.onStart?.(w, e);
    if (pre) { if (!pre.silent) w.starts.push(e.json); return T('start', pre.answer, {}, 201); }
    const b = w.add(ids, { target: e.json.target, sims: e.json.simulations, iterations: e.json.iterations, transport: e.json.transport });
    w.starts.push(e.json);
    return T('start', { ...runJ(b), simulationRunItemIds: b.runs.map((r) => r.id) }, { b, n: w.starts.length }, 201);
  }
  if (p === '/eval/simulation/run') return T('list', { results: [...w.batches].reverse().filter((b) => !b.hidden).map((b) => ({ ...runJ(b), summary: { source: { type: 'api', name: 'API', linkable: false, simulationIds: [...new Set(b.runs.map((r) => r.case.id))] }, simulationCount: b.runs.length } })), metadata: { itemsPerPage: 100, totalItems: w.batches.length, currentPage: 1 } });
  if ((m = /^\/eval\/simulation\/run\/([^/]+)$/.exec(p))) { const b = w.batches.find((x) => x.id === m[1]); if (!b) return nf(); if (e.method === 'PATCH') { b.cancelled = true; for (const r of b.runs) if (w.st(r) === 'pending') { r.out = 'C'; r.end = 0; } return T('cancel', runJ(b)); } return T('batch', runJ(b), { b }); }
  if ((m = /^\/eval\/simulation\/run\/([^/]+)\/item$/.exec(p))) { const b = w.batches.find((x) => x.id === m[1]); if (!b) return nf(); const pg = +(q.page || 1), lim = +(q.limit || 100); return T('runs', b.runs.slice((pg - 1) * lim, pg * lim).map((r) => itemJ(r, b)), { b, pg, lim }); }
  if ((m = /^\/eval\/simulation\/run\/([^/]+)\/item\/([^/]+)$/.exec(p))) { for (const b of w.batches) for (const r of b.runs) if (r.id === m[2]) return T('run', itemJ(r, b), { b, r }); return nf(); }
  if (p === '/eval/simulation/concurrency') return T('concurrency', { orgId: 'o', concurrencyLimit: 10, activeSimulations: 0, availableToStart: 5, createdAt: null, updatedAt: null, isDefault: true });
  if (p === '/eval/simulation') { const ids = q.idAny ? q.idAny.split(',') : null; return T('cases', (+(q.page || 1) > 1 ? [] : w.cases.filter((c) => !ids || ids.includes(c.id)).map(sim))); }
  if ((m = /^\/eval\/simulation\/suite\/([^/]+)$/.exec(p))) return T('suite', { id: m[1], name: 'Suite', simulationIds: w.cases.map((c) => c.id), updatedAt: old, createdAt: old });
  if ((m = /^\/eval\/simulation\/(scenario|personality)\/([^/]+)$/.exec(p))) { const c = w.cases.find((x) => mkId('vapi', 'sc' + x.key) === m[2]); return T(m[1], { id: m[2], name: m[1], createdAt: old, updatedAt: c ? iso(c.mod) : old, evaluations: [] }); }
  if ((m = /^\/eval\/simulation\/([^/]+)$/.exec(p))) { const c = w.cases.find((x) => x.id === m[1]); return c ? T('case', sim(c), { c }) : nf(); }
  if ((m = /^\/assistant\/([^/]+)$/.exec(p))) return m[1] === w.agent ? T('agent', { id: w.agent, name: 'Front desk', createdAt: old, updatedAt: iso(w.engineMod), latestVersion: 'v3' }) : nf();
  if ((m = /^\/squad\/([^/]+)$/.exec(p))) return T('agent', { id: m[1], name: 'Squad', createdAt: old, updatedAt: iso(w.engineMod), members: [] });
  return nf();
}
// ---- ElevenLabs
async function elevenlabs(w, e, T) {
  const { path: p, query: q } = e;
  let m;
  const nf = () => T('404', { __status: 404, __body: { detail: { status: 'not_found', message: 'not found' } } });
  const secs = (ms) => Math.floor(ms / 1000);
  const S = { pending: 'pending', passed: 'passed', failed: 'failed', errored: 'failed', cancelled: 'cancelled', unknown: 'wobbling' };
  const R = { passed: 'success', failed: 'failure', errored: 'unknown' };
  const branch = (b) => (b === undefined || b === null ? w.mainBranch : b);
  const verOf = (br) => w.o.versionOf?.(br) ?? 'agtvrsn_' + br;
  const runJ = (r, b) => { const s = w.st(r); return { test_run_id: r.id, test_invocation_id: b.id, agent_id: b.agent || w.agent, branch_id: branch(b.branch), version_id: verOf(branch(b.branch)), ran_against_draft: false, status: S[s], test_id: r.case.id, test_name: r.case.name, last_updated_at_unix: secs(r.end), ...(r.node ? { workflow_node_id: r.node } : {}), condition_result: R[s] ? { result: R[s], rationale: { messages: ['Because ' + r.case.key], summary: 'Because ' + r.case.key } } : null, agent_responses: [{ role: 'user', message: 'Hi' }, { role: 'agent', message: 'TURN-THREE ' + r.id }], test_info: { id: r.case.id, name: r.case.name, last_updated_at_unix_secs: secs(r.mod) }, metadata: { workspace_id: 'ws', test_name: r.case.name, ran_by_user_email: 'dev-personal@example.com' }, credits_used: 10 }; };
  const invJ = (b) => ({ id: b.id, ...(b.name !== undefined ? { name: b.name } : {}), agent_id: b.agent || w.agent, branch_id: branch(b.branch), version_id: verOf(branch(b.branch)), ran_against_draft: !!b.draft, created_at: secs(b.created), repeat_count: b.iterations, cancelled: !!b.cancelled, test_runs: b.runs.map((r) => runJ(r, b)) });
  const testJ = (c) => ({ id: c.id, name: c.name, type: 'llm', entity_type: 'test', folder_parent_id: c.folder ?? null, folder_path: (c.path || []).map((id) => ({ id, name: 'Folder ' + id })), created_at_unix_secs: 1788000000, last_updated_at_unix_secs: secs(c.mod) });
  if ((m = /^\/v1\/convai\/agents\/([^/]+)\/run-tests$/.exec(p)) && e.method === 'POST') {
    const pre = await w.o.onStart?.(w, e);
    if (pre) { if (!pre.silent) w.starts.push(e.json); return T('start', pre.answer); }
    const b = w.add(e.json.tests.map((t) => t.test_id), { name: w.o.dropName ? undefined : e.json.name, branch: e.json.branch_id, iterations: e.json.repeat_count });
    e.json.tests.forEach((t, i) => { if (t.workflow_node_id && b.runs[i]) b.runs[i].node = t.workflow_node_id; });
    w.starts.push(e.json);
    return T('start', invJ(b), { b, n: w.starts.length });
  }
  if ((m = /^\/v1\/convai\/test-invocations\/([^/]+)\/cancel$/.exec(p))) { const b = w.batches.find((x) => x.id === m[1]); if (!b) return nf(); b.cancelled = true; for (const r of b.runs) if (w.st(r) === 'pending') { r.out = 'C'; r.end = 0; } return T('cancel', {}); }
  if ((m = /^\/v1\/convai\/test-invocations\/([^/]+)$/.exec(p))) { const b = w.batches.find((x) => x.id === m[1]); return b ? T('batch', invJ(b), { b }) : nf(); }
  if (p === '/v1/convai/test-invocations') return T('list', { meta: {}, results: [...w.batches].reverse().filter((b) => !b.hidden && (!q.branch_id || branch(b.branch) === q.branch_id)).map((b) => { const c = w.cnt(b); return { id: b.id, name: b.name ?? null, title: b.name ?? 't', agent_id: b.agent || w.agent, branch_id: branch(b.branch), version_id: verOf(branch(b.branch)), ran_against_draft: false, runs_diverged_from_version: false, created_at_unix_secs: secs(b.created), test_run_count: c.total, passed_count: c.passed, failed_count: c.failed + c.errored, pending_count: c.pending, cancelled_count: c.cancelled, repeat_count: b.iterations, cancelled: false }; }), has_more: false, next_cursor: null });
  if ((m = /^\/v1\/convai\/agents\/([^/]+)\/branches$/.exec(p))) return T('branches', { meta: {}, results: [{ id: w.mainBranch, name: 'Main', is_main: true }, { id: 'agtbrch_pr12', name: 'pr-12' }] });
  if ((m = /^\/v1\/convai\/agents\/([^/]+)$/.exec(p))) { if (m[1] !== w.agent) return nf(); const br = q.branch_id || w.mainBranch; return T('agent', { agent_id: w.agent, name: 'Front desk', conversation_config: {}, metadata: { created_at_unix_secs: 1788000000, updated_at_unix_secs: secs(w.engineMod) }, platform_settings: { testing: { attached_tests: w.o.attached || w.cases.map((c) => ({ test_id: c.id })) } }, tags: [], version_id: verOf(br), branch_id: br, main_branch_id: w.mainBranch }, { br }); }
  if (p === '/v1/convai/agent-testing') { let l = w.cases.filter((c) => !c.deleted).map(testJ); const fl = (w.o.folders || []).map((f) => ({ id: f.id, name: 'Folder ' + f.id, type: 'folder', entity_type: 'folder', folder_parent_id: f.parent ?? null, folder_path: (f.path || []).map((id) => ({ id, name: 'F' })), children_count: 2, created_at_unix_secs: 1788000000, last_updated_at_unix_secs: 1788000000 })); l = [...fl, ...l]; if (q.parent_folder_id) l = l.filter((x) => (x.folder_parent_id ?? 'root') === q.parent_folder_id); const types = e.url.match(/types=([a-z]+)/g)?.map((x) => x.slice(6)); if (types) l = l.filter((x) => types.includes(x.type)); const size = +(q.page_size || 30), off = +(q.cursor || 0); return T('cases', { tests: l.slice(off, off + size), has_more: off + size < l.length, next_cursor: off + size < l.length ? String(off + size) : null }); }
  if (p === '/v1/convai/agent-testing/summaries') return T('summaries', { tests: Object.fromEntries(w.cases.filter((c) => !c.deleted && e.json.test_ids.includes(c.id)).map((c) => [c.id, testJ(c)])) });
  if ((m = /^\/v1\/convai\/agent-testing\/folders\/([^/]+)$/.exec(p))) { const f = (w.o.folders || []).find((x) => x.id === m[1]); return f ? T('folder', { id: f.id, name: 'Folder ' + f.id, folder_path: [], children_count: 2 }) : nf(); }
  if ((m = /^\/v1\/convai\/agent-testing\/([^/]+)$/.exec(p))) { const c = w.cases.find((x) => x.id === m[1] && !x.deleted); return c ? T('case', testJ(c), { c }) : nf(); }
  return nf();
}

// ---------- GitHub
/* opts: visibility, comments[], contents {ref: {path: text}}, pulls [], commitPulls {sha: [..]}, tweak(e, state) -> {status, body, headers} | undefined, pageSize cap */
export async function github(o = {}) {
  const g = { o, comments: o.comments || [], nextId: 1000000, writes: [] };
  const s = await serve(async (e, req, res) => {
    const p = e.path, q = e.query;
    let m;
    const J = (status, body, headers = {}) => { const h = { ...headers }; if (status >= 200 && status < 300) h['x-ratelimit-remaining'] ??= '4000'; send(res, status, body, h); };
    if (o.tweak) { const t = await o.tweak(e, g, res, req); if (t === 'handled') return; if (t) return J(t.status, t.body ?? {}, t.headers); }
    if ((e.headers.authorization || '').replace(/^(token|bearer) /i, '') !== TOKEN) return J(401, { message: 'Bad credentials' });
    if ((m = /^\/repos\/o\/r\/issues\/(\d+)\/comments$/.exec(p))) {
      if (e.method === 'POST') { const c = { id: g.nextId++, body: e.json.body, user: { login: 'github-actions[bot]', type: 'Bot', id: 41898282 }, performed_via_github_app: { slug: 'github-actions' }, issue: +m[1], created_at: new Date().toISOString(), updated_at: new Date().toISOString() }; c.html_url = `https://github.com/o/r/pull/${m[1]}#issuecomment-${c.id}`; c.author_association = 'NONE'; g.comments.push(c); g.writes.push({ t: Date.now(), kind: 'create', body: e.json.body }); return J(201, c); }
      const all = g.comments.filter((c) => c.issue === +m[1]);
      const per = +(q.per_page || 30), page = +(q.page || 1);
      let items = all.slice((page - 1) * per, page * per);
      const h = {};
      if (o.cutPage) items = o.cutPage(items, page);
      const last = Math.max(1, Math.ceil(all.length / per));
      if (page < last) h.link = `<${g.url}/repositories/1/issues/${m[1]}/comments?per_page=${per}&page=${page + 1}>; rel="next", <${g.url}/repositories/1/issues/${m[1]}/comments?per_page=${per}&page=${last}>; rel="last"`;
      return J(200, items, h);
    }
    if ((m = /^\/repos\/o\/r\/issues\/comments\/(\d+)$/.exec(p))) {
      const c = g.comments.find((x) => x.id === +m[1]);
      if (!c) return J(404, { message: 'Not Found' });
      if (e.method === 'PATCH') { c.body = e.json.body; c.updated_at = new Date().toISOString(); g.writes.push({ t: Date.now(), kind: 'update', body: e.json.body, id: c.id }); }
      if (e.method === 'DELETE') { g.comments.splice(g.comments.indexOf(c), 1); return J(204, ''); }
      return J(200, c);
    }
    if (/^\/repos\/o\/r$/.test(p)) return J(200, { id: 1, full_name: 'o/r', private: o.visibility !== 'public', visibility: o.visibility || 'private', default_branch: 'main' });
    if ((m = /^\/repos\/o\/r\/contents\/(.+)$/.exec(p))) { const ref = q.ref || 'main'; const f = o.contents?.[ref.replace('refs/heads/', '')]?.[decodeURIComponent(m[1])]; if (f === undefined) return J(404, { message: 'Not Found' }); if (/raw/.test(e.headers.accept || '')) { res.setHeader('content-type', 'application/vnd.github.raw'); return res.end(f); } return J(200, { type: 'file', encoding: 'base64', size: Buffer.byteLength(f), content: Buffer.from(f).toString('base64'), path: m[1], sha: 'x' }); }
    if ((m = /^\/repos\/o\/r\/commits\/([^/]+)\/pulls$/.exec(p))) return J(200, o.commitPulls?.[m[1]] || []);
    if ((m = /^\/repos\/o\/r\/commits\/([^/]+)$/.exec(p))) return J(200, { sha: m[1] });
    if ((m = /^\/repos\/o\/r\/pulls\/(\d+)$/.exec(p))) { const pr = (o.pulls || []).find((x) => x.number === +m[1]); return pr ? J(200, pr) : J(200, { number: +m[1], state: 'open', head: { sha: SHA, ref: 'feature', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } } }); }
    if (/^\/repos\/o\/r\/pulls$/.test(p)) return J(200, (o.pulls || []).filter((x) => !q.state || q.state === 'all' || x.state === q.state));
    if ((m = /^\/repos\/o\/r\/git\/(ref|matching-refs)\/(.+)$/.exec(p))) return m[1] === 'ref' ? (/^heads\//.test(m[2]) ? J(200, { ref: 'refs/' + m[2], object: { sha: BASE, type: 'commit' } }) : J(404, { message: 'Not Found' })) : J(200, /^heads/.test(m[2]) ? [{ ref: 'refs/' + m[2], object: { sha: BASE } }] : []);
    if ((m = /^\/repos\/o\/r\/branches\/(.+)$/.exec(p))) return J(200, { name: m[1], commit: { sha: BASE } });
    if (p === '/user') return J(403, { message: 'Resource not accessible by integration' });
    g.unknown = (g.unknown || []).concat(e.method + ' ' + e.url);
    return J(404, { message: 'Not Found' });
  });
  g.url = s.url; g.log = s.log; g.close = s.close;
  return g;
}
export const SHA = 'a'.repeat(39) + '1';
export const HEAD = 'c'.repeat(39) + '3';
export const BASE = 'b'.repeat(39) + '2';

// ---------- runner
let live = new Set();
process.on('exit', () => { for (const c of live) try { process.kill(-c.pid, 'SIGKILL'); } catch {} });
/* run({w, g, inputs, env, event, eventName, limit secs, at: [{when(secs)|fn, signal}], ws, post:true}) */
export async function run(o) {
  const dir = o.dir || fs.mkdtempSync(path.join(os.tmpdir(), 'atk-'));
  const ws = o.ws || path.join(dir, 'ws');
  fs.mkdirSync(ws, { recursive: true });
  fs.mkdirSync(path.join(dir, 'tmp'), { recursive: true });
  const f = (n) => path.join(dir, n + '-' + rnd(3));
  const files = { out: f('out'), sum: f('sum'), state: f('state'), envf: f('env'), pathf: f('path'), ev: f('ev.json') };
  for (const k of ['out', 'sum', 'state', 'envf', 'pathf']) fs.writeFileSync(files[k], '');
  const event = o.event ?? { action: 'synchronize', number: 7, pull_request: { number: 7, head: { sha: HEAD, ref: 'feature', repo: { full_name: 'o/r', fork: false } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } } }, repository: { full_name: 'o/r', private: true, visibility: o.g?.o?.visibility || 'private', default_branch: 'main' } };
  fs.writeFileSync(files.ev, typeof event === 'string' ? event : JSON.stringify(event));
  const inputs = { ...DEFAULTS, 'github-token': o.g ? TOKEN : '', matrix: 'null', 'check-run-id': '77', provider: o.w?.provider ?? '', 'api-key': KEY, 'api-url': o.w?.url ?? '', 'poll-interval-seconds': '0.3', 'timeout-minutes': '0.5', comment: o.g ? 'always' : 'never', ...o.inputs };
  const env = { PATH: process.env.PATH, HOME: dir, LANG: 'C.UTF-8', CI: 'true', GITHUB_ACTIONS: 'true', RUNNER_OS: 'Linux', RUNNER_TEMP: path.join(dir, 'tmp'), RUNNER_TOOL_CACHE: dir, GITHUB_WORKSPACE: ws, GITHUB_OUTPUT: files.out, GITHUB_STEP_SUMMARY: files.sum, GITHUB_STATE: files.state, GITHUB_ENV: files.envf, GITHUB_PATH: files.pathf, GITHUB_EVENT_PATH: files.ev, GITHUB_EVENT_NAME: o.eventName ?? 'pull_request', GITHUB_REPOSITORY: 'o/r', GITHUB_REPOSITORY_OWNER: 'o', GITHUB_REPOSITORY_ID: '1', GITHUB_SHA: SHA, GITHUB_REF: 'refs/pull/7/merge', GITHUB_REF_NAME: '7/merge', GITHUB_HEAD_REF: 'feature', GITHUB_BASE_REF: 'main', GITHUB_RUN_ID: '5001', GITHUB_RUN_NUMBER: '50', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'gate', GITHUB_ACTION: '__o_gate', GITHUB_ACTION_REPOSITORY: 'o/gate', GITHUB_ACTION_REF: 'v1', GITHUB_WORKFLOW: 'Agent tests', GITHUB_WORKFLOW_REF: 'o/r/.github/workflows/agent.yml@refs/pull/7/merge', GITHUB_SERVER_URL: 'https://github.com', GITHUB_API_URL: o.g?.url ?? 'http://127.0.0.1:9', GITHUB_ACTOR: 'dev', NODE_OPTIONS: '', ...o.env };
  for (const [k, v] of Object.entries(inputs)) if (v !== undefined && v !== null) env['INPUT_' + k.replace(/ /g, '_').toUpperCase()] = String(v);
  for (const k of Object.keys(env)) if (env[k] === undefined || env[k] === null) delete env[k];
  const R = { dir, ws, files, t0: Date.now() };
  const go = (file, extra, limit) => new Promise((ok) => {
    const c = spawn(NODE, [file], { env: { ...env, ...extra }, cwd: ws, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    live.add(c);
    let out = ''; c.stdout.on('data', (d) => (out += d)); c.stderr.on('data', (d) => (out += d));
    const t = Date.now();
    let killed = false;
    const k = setTimeout(() => { killed = true; try { process.kill(-c.pid, 'SIGKILL'); } catch {} }, limit * 1000);
    const timers = (o.at || []).map((a) => (file.endsWith('index.js') ? setTimeout(() => { R.sigAt = Date.now(); try { c.kill(a.signal); } catch {} }, a.when * 1000) : null));
    o.during?.(c, R);
    c.on('close', (code, sig) => { clearTimeout(k); timers.forEach(clearTimeout); live.delete(c); ok({ code, sig, out, ms: Date.now() - t, killed, end: Date.now() }); });
  });
  const main = await go(path.join(TREE, 'dist/index.js'), {}, o.limit ?? 60);
  Object.assign(R, main);
  const parse = (file) => { const res = {}; const t = fs.readFileSync(file, 'utf8'); const lines = t.split('\n'); for (let i = 0; i < lines.length; i++) { const m = /^([^=<]+)<<(.+)$/.exec(lines[i]); if (m) { const acc = []; i++; while (i < lines.length && lines[i] !== m[2]) acc.push(lines[i++]); res[m[1]] = acc.join('\n'); } else { const k = lines[i].indexOf('='); if (k > 0) res[lines[i].slice(0, k)] = lines[i].slice(k + 1); } } return res; };
  R.outputs = parse(files.out);
  R.state = parse(files.state);
  R.summary = fs.readFileSync(files.sum, 'utf8');
  if (o.post !== false) { const st = Object.fromEntries(Object.entries(R.state).map(([k, v]) => ['STATE_' + k, v])); R.post = await go(path.join(TREE, 'dist/post.js'), { ...st, ...o.postEnv }, 75); }
  R.log = R.out;
  R.comments = o.g ? o.g.comments : [];
  R.comment = R.comments.filter((c) => c.user?.type === 'Bot').at(-1)?.body ?? '';
  R.verdict = R.outputs.verdict;
  R.reason = R.outputs.reason;
  R.files_ = () => fs.readdirSync(ws);
  return R;
}

// ---------- checking
export function check(R, x, w, g) {
  const bad = [];
  const say = (s) => bad.push(s);
  if (R.killed) say(`HANG: killed after ${R.ms} ms`);
  if (x.exit !== undefined && R.code !== x.exit) say(`exit ${R.code}${R.sig ? '/' + R.sig : ''}, wanted ${x.exit}`);
  if (x.verdict && ![].concat(x.verdict).includes(R.verdict)) say(`verdict ${R.verdict}, wanted ${x.verdict}`);
  if (R.code === 0 && R.verdict !== 'passed' && !x.failOnNothing && !x.noOut) say('EXIT 0 without verdict passed');
  if (R.code !== 0 && R.verdict === 'passed') say('verdict passed but exit ' + R.code);
  const hay = { log: R.log.replace(/^::add-mask::.*$/gm, ''), comment: R.comment, summary: R.summary, reason: R.reason ?? '' };
  for (const [k, h] of Object.entries(hay)) { for (const re of [].concat(x[k] ?? [])) if (!(re instanceof RegExp ? re.test(h) : h.includes(re))) say(`${k} lacks ${re}`); const nk = 'no' + k[0].toUpperCase() + k.slice(1); for (const re of [].concat(x[nk] ?? [])) if (re instanceof RegExp ? re.test(h) : h.includes(re)) say(`${k} has ${re}`); }
  for (const [k, v] of Object.entries(x.outputs ?? {})) if (v instanceof RegExp ? !v.test(R.outputs[k] ?? '') : (R.outputs[k] ?? '') !== String(v)) say(`output ${k}="${R.outputs[k]}", wanted ${v}`);
  if (w && x.starts !== undefined && w.posts().length !== x.starts) say(`${w.posts().length} starts, wanted ${x.starts}`);
  if (w && x.maxStarts !== undefined && w.posts().length > x.maxStarts) say(`${w.posts().length} starts, at most ${x.maxStarts}`);
  if (x.maxMs && R.ms > x.maxMs) say(`took ${R.ms} ms, at most ${x.maxMs}`);
  if (x.minMs && R.ms < x.minMs) say(`took ${R.ms} ms, at least ${x.minMs}`);
  // invariants
  const key = x.key || KEY;
  const masked = R.log.replace(/^::add-mask::.*$/gm, '');
  for (const s of [key, TOKEN]) { if (masked.includes(s)) say('LEAK in log: ' + s.slice(0, 12)); for (const [k, h] of [['comment', R.comment], ['summary', R.summary], ['outputs', JSON.stringify(R.outputs)], ['state', JSON.stringify(R.state)]]) if (h.includes(s)) say(`LEAK in ${k}: ` + s.slice(0, 12)); }
  for (const fn of R.files_()) { try { const st = fs.statSync(path.join(R.ws, fn)); if (st.isFile() && st.size < 5e6) { const t = fs.readFileSync(path.join(R.ws, fn), 'utf8'); if (t.includes(key) && !x.keyInWs) say('LEAK in file ' + fn); } } catch {} }
  if (masked.includes('dev-personal@example.com') || R.comment.includes('dev-personal@') || R.summary.includes('dev-personal@')) say('LEAK personal mail');
  if (R.comment.length > 65536) say('comment too long ' + R.comment.length);
  if (/\b(undefined|NaN|\[object Object\])\b/.test(R.comment + R.summary + R.log)) say('prints undefined/NaN/[object Object]: ' + (R.comment + R.summary + R.log).match(/.{0,60}\b(undefined|NaN|\[object Object\])\b.{0,40}/)?.[0]);
  if (/action itself failed|Please report this/i.test(R.log + R.summary)) say('internal fault: ' + (R.log + R.summary).match(/.{0,10}(action itself failed|Please report this).{0,200}/i)?.[0]);
  if (/UnhandledPromise|TypeError|ReferenceError|    at .*dist/.test(R.log)) say('stack in log');
  if (R.outputs.total !== undefined && R.outputs.total !== '') { const n = (k) => +(R.outputs[k] || 0); if (n('total') !== n('passed') + n('failed') + n('errored') + n('cancelled') + n('unfinished') + n('tolerated')) say('total is not the sum: ' + JSON.stringify(R.outputs)); }
  if (w && !x.anyStarted && R.outputs['started-runs'] !== undefined && x.startedRuns !== undefined && +R.outputs['started-runs'] !== x.startedRuns) say(`started-runs ${R.outputs['started-runs']}, wanted ${x.startedRuns}`);
  for (const q of g?.unknown || []) if (!x.unknownOk) R.note = (R.note || '') + ' unknown GitHub request ' + q;
  if (R.post && R.post.code !== 0) say('post exit ' + R.post.code);
  if (R.post && /LEAK|Error:/.test('') ) say('x');
  if (x.also) { try { const a = x.also(R, w, g); if (a) for (const s of [].concat(a)) if (s) say(s); } catch (e) { say('check threw: ' + e.message); } }
  return bad;
}

// ---------- scenarios
export const S = [];
export const sc = (id, fn) => S.push({ id, fn });
export async function main() {
  const args = process.argv.slice(2).filter((a) => !a.startsWith('-'));
  const verbose = process.argv.includes('-v');
  const conc = +(process.env.CONC || 3);
  const list = S.filter((s) => !args.length || args.some((a) => s.id === a || (a.endsWith('*') && s.id.startsWith(a.slice(0, -1)))));
  let i = 0, nbad = 0;
  const work = async () => {
    while (i < list.length) {
      const s = list[i++];
      const t = Date.now();
      const res = [];
      const closers = [];
      const ctx = {
        world: async (o) => { const w = await world(o); closers.push(w.close); return w; },
        github: async (o) => { const g = await github(o); closers.push(g.close); return g; },
        serve: async (h) => { const x = await serve(h); closers.push(x.close); return x; },
        run, bad: (m) => res.push(m), sleep,
        expect: (R, x, w, g) => { res.push(...check(R, x, w, g)); if (verbose) show(R, w, g); ctx.last = R; return R; },
      };
      try { await s.fn(ctx); } catch (e) { res.push('SCENARIO THREW ' + e.stack); }
      closers.forEach((c) => c());
      const R = ctx.last;
      if (res.length) nbad++;
      console.log(`${res.length ? 'BAD ' : 'ok  '} ${s.id} ${((Date.now() - t) / 1000).toFixed(1)}s exit=${R?.code} verdict=${R?.verdict} starts=${R?.w ?? ''} reason=${(R?.reason || '').slice(0, 160)}`);
      for (const b of res) console.log('       - ' + b);
      if (R?.note && verbose) console.log('       note' + R.note);
      if (R?.dir && !verbose && !process.env.KEEP) try { fs.rmSync(R.dir, { recursive: true, force: true }); } catch {}
    }
  };
  await Promise.all(Array.from({ length: verbose ? 1 : conc }, work));
  console.log(`${list.length} scenarios, ${nbad} bad`);
  process.exit(0);
}
export function show(R, w, g) {
  console.log('--- log\n' + R.log + '\n--- outputs ' + JSON.stringify(R.outputs, null, 1) + '\n--- comment\n' + R.comment.slice(0, 6000) + '\n--- post ' + JSON.stringify(R.post?.out));
  if (w) console.log('--- requests\n' + w.log.map((e) => `${((e.t - R.t0) / 1000).toFixed(1)} ${e.method} ${e.url} ${e.body.slice(0, 300)}`).join('\n'));
  if (g) console.log('--- github\n' + g.log.map((e) => `${((e.t - R.t0) / 1000).toFixed(1)} ${e.method} ${e.url}`).join('\n') + (g.unknown ? '\nUNKNOWN ' + g.unknown.join(', ') : ''));
}
