import { sc, main, mkId, sleep, go, given, ALL, TARGET, KEY, TOKEN, SHA, HEAD, BASE } from './h.mjs';
import fs from 'node:fs'; import path from 'node:path'; import os from 'node:os';
const isRe = (x) => x.w.batches.indexOf(x.b) > 0;
const A = (n, p, W, inputs, x, more = {}) => sc('a-' + n, (c) => go(c, p, W, inputs, x, more));
const el = (w, mins, opt = {}) => w.add(w.cases.map((k) => k.id), { created: Date.now() - mins * 60e3, ...opt });
const re = (w, mins, opt = {}) => w.add(w.cases.map((k) => k.id), { version: 3, created: Date.now() - mins * 60e3, ...opt });
const REU = { 'reuse-hours': '2' }, RRE = { 'reuse-hours': '2', version: 'published' };
// red one on the second page, has_more left out
A('el-page2-nomore', 'elevenlabs', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'list') { const q = x.e.query.cursor; const r = j.results; j.results = q ? r.slice(1) : r.slice(0, 1); delete j.has_more; j.next_cursor = q ? null : 'c2'; } } }, REU, { starts: 1 }, { before: (w) => { el(w, 60); el(w, 30); } });
A('re-page2-nomore', 'retell', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'list') { const q = x.e.query.pagination_key; const r = j.items; j.items = q ? r.slice(1) : r.slice(0, 1); delete j.has_more; j.pagination_key = q ? null : 'c2'; } } }, RRE, { starts: 1 }, { before: (w) => { re(w, 60); re(w, 30); } });
A('re-list-nullversion', 'retell', { outcomes: { a: 'FP' }, tweak: (k, j) => { if (k === 'list') for (const i of j.items) delete i.response_engine; } }, RRE, { starts: 1 }, { before: (w) => { re(w, 60); re(w, 30); } });
A('re-count-missing', 'retell', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'list') for (const i of j.items) { i.total_count = null; delete i.creation_timestamp; } } }, RRE, { starts: 1 }, { before: (w) => { re(w, 60); re(w, 30); } });
A('re-red-short-runs', 'retell', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'runs' && x.w.batches.indexOf(x.b) === 0) j.items.shift(); } }, RRE, { starts: 1 }, { before: (w) => { re(w, 60); re(w, 30); } });
A('el-red-short-runs', 'elevenlabs', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) === 0) j.test_runs.shift(); } }, REU, { starts: 1 }, { before: (w) => { el(w, 60); el(w, 30); } });
A('el-diverged-red', 'elevenlabs', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'list') j.results.at(-1).runs_diverged_from_version = true; } }, REU, { starts: 1 }, { before: (w) => { el(w, 60); el(w, 30); } });
A('el-batch-no-node', 'elevenlabs', { outcomes: {} }, REU, { starts: 0, exit: 0 }, { before: (w) => { el(w, 30); } });
A('el-red-goes-green-between', 'elevenlabs', { outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) === 0) { x.w.n = (x.w.n || 0) + 1; if (x.w.n > 1) { j.test_runs[0].status = 'passed'; j.test_runs[0].condition_result.result = 'success'; } } } }, { ...REU, 'timeout-minutes': '0.3' }, { exit: 1 }, { before: (w) => { el(w, 30); } });
A('re-red-goes-green-between', 'retell', { outcomes: { a: 'F' }, tweak: (k, j, x) => { if (!x.b || x.w.batches.indexOf(x.b)) return; if (k === 'runs') { x.w.n = (x.w.n || 0) + 1; if (x.w.n > 1) j.items[0].status = 'pass'; } if (k === 'batch' && x.w.n) { j.pass_count = 2; j.fail_count = 0; } } }, { ...RRE, 'timeout-minutes': '0.3' }, { exit: 1 }, { before: (w) => { re(w, 30); } });
A('re-same-second', 'retell', {}, { ...REU, version: 'latest' }, { starts: 1, exit: 0 }, { before: (w) => { const b = re(w, 30, { version: 4 }); w.engineMod = b.created; } });
A('el-case-same-second', 'elevenlabs', {}, REU, { starts: 1, exit: 0 }, { before: (w) => { const b = el(w, 30); w.cases[0].mod = b.created + 300; } });
A('re-reuse-reruns-edited', 'retell', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'runs' && x.w.starts.length === 0) x.w.engineMod = Date.now(); } }, { ...REU, version: 'latest', reruns: '1/2', 'timeout-minutes': '0.4' }, { exit: 1 }, { before: (w) => { re(w, 30, { version: 4 }); } });
A('el-reuse-reruns-edited', 'elevenlabs', { outcomes: { a: 'FP' }, versionOf: (br) => (globalThis.elv || 'agtvrsn_1'), tweak: (k, j, x) => { if (k === 'start') globalThis.elv = 'agtvrsn_1'; } }, { ...REU, reruns: '1/2', 'timeout-minutes': '0.4' }, { exit: 0, starts: 1 }, { before: (w) => { el(w, 30); } });
A('re-skew-ahead', 'retell', { skew: 3600e3 }, { 'reuse-hours': '0.4', version: 'published' }, { starts: 1, exit: 0 }, { before: (w) => { re(w, -35); } });
A('re-repeat-batch', 'retell', { outcomes: { a: 'PF' } }, RRE, { starts: 1 }, { before: (w) => { re(w, 30); re(w, 30); } });
A('re-two-targets', 'retell', {}, RRE, { starts: 0, exit: 0 }, { before: (w) => { re(w, 30); } });
A('re-case-deleted', 'retell', { cases: ['a', 'b', 'c'] }, { ...RRE, 'test-cases': '*' }, { starts: 1, exit: 0 }, { before: (w) => { re(w, 30); w.cases.pop(); } });
// flips of cancelled
A('vapi-cancel-then-pass', 'vapi', { len: (k) => (k === 'a' ? 0.2 : 3), outcomes: { b: 'P' }, tweak: (k, j, x) => { if (k === 'runs' && !x.w.done(x.b)) j.forEach((i) => { if (i.status === 'passed') { i.status = 'canceled'; delete i.results; } }); if (k === 'batch' && !x.w.done(x.b)) { j.itemCounts.passed = 0; j.itemCounts.canceled = x.w.cnt(x.b).passed; } } }, { reruns: '1/2', 'timeout-minutes': '0.4' }, { exit: 1 });
A('el-cancel-then-pass', 'elevenlabs', { len: (k) => (k === 'a' ? 0.2 : 3), tweak: (k, j, x) => { if (k === 'batch' && !x.w.done(x.b)) j.test_runs.forEach((i) => { if (i.status === 'passed') { i.status = 'cancelled'; i.condition_result = null; } }); } }, { 'timeout-minutes': '0.4' }, { exit: 1 });
A('el-fail-replaced', 'elevenlabs', { len: (k) => (k === 'a' ? 0.2 : 3), outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.done(x.b)) { const i = j.test_runs[0]; i.test_run_id = 'trun_new'; i.status = 'passed'; i.condition_result = { result: 'success', rationale: null }; } } }, { 'timeout-minutes': '0.4' }, { exit: 1 });
A('bland-fail-replaced', 'bland', { len: (k) => (k === 'a' ? 0.2 : 3), outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.done(x.b)) { const i = j.runs[0]; i.id = '11111111-1111-4111-8111-111111111111'; i.status = 'PASSED'; j.status = 'PASSED'; j.passed_scenarios = 2; j.failed_scenarios = 0; } } }, { 'timeout-minutes': '0.4' }, { exit: 1 });
// counters that move wrongly
A('re-counter-fails-and-back', 'retell', { len: (k) => (k === 'a' ? 0.2 : 4), tweak: (k, j, x) => { if (k === 'batch' && !x.w.done(x.b)) { j.fail_count = 1; j.pass_count = 0; } } }, { reruns: '1/2', 'timeout-minutes': '0.4' }, { exit: 1, maxStarts: 1 });
A('re-counter-huge', 'retell', { len: (k) => (k === 'a' ? 0.2 : 4), tweak: (k, j, x) => { if (k === 'batch' && !x.w.done(x.b)) { j.fail_count = 1e9; } } }, { reruns: '1/2', 'timeout-minutes': '0.4' }, { exit: 1, maxStarts: 1 });
A('re-counter-total-grows', 'retell', { len: (k) => (k === 'a' ? 0.2 : 4), tweak: (k, j, x) => { if (k === 'batch' && !x.w.done(x.b)) { j.total_count = 5; } } }, { reruns: '1/2', 'timeout-minutes': '0.4' }, { exit: 1, maxStarts: 1 });
// one run id in two batches with live comparison
const asst = { name: 'Front desk', firstMessage: 'Hi', model: { provider: 'openai', model: 'gpt-4.1', messages: [] } };
const ovr = { conversation_config: { agent: {} }, platform_settings: {} };
const tmpws = () => fs.mkdtempSync(path.join(os.tmpdir(), 'att1-'));
const tc = (n, p, cfg, W, inputs, x, more = {}) => sc('a-tc-' + n, (c) => { const ws = tmpws(); fs.writeFileSync(path.join(ws, 'a.json'), typeof cfg === 'string' || Buffer.isBuffer(cfg) ? cfg : JSON.stringify(cfg)); more.ws?.(ws); return go(c, p, W, { 'target-config': 'a.json', ...inputs }, { keyInWs: true, ...x }, { g: true, run: { ws, limit: 70 }, ...more }); });
const LIVE = { 'compare-with': 'live', 'fail-on': 'new', 'timeout-minutes': '0.8' };
for (const [p, cfg] of [['vapi', asst], ['elevenlabs', ovr]]) {
  const key = p === 'vapi' ? 'id' : 'test_run_id';
  tc('live-excused-' + p, p, cfg, { outcomes: { a: 'F' } }, LIVE, { exit: 0, starts: 2, outputs: { tolerated: '1' } });
  tc('live-passes-' + p, p, cfg, { outcomes: { a: 'FP' } }, LIVE, { exit: 1, starts: 2 });
  tc('live-same-run-id-' + p, p, cfg, { outcomes: { a: 'F' }, tweak: (k, j, x) => { if ((k === 'runs' || k === 'batch') && isRe(x)) { const list = p === 'vapi' ? (k === 'runs' ? j : []) : j.test_runs; for (const i of list) i[key] = x.w.batches[0].runs[0].id; } } }, LIVE, { exit: 1 });
  tc('live-same-batch-' + p, p, cfg, { outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'start' && x.n === 2) j.id = x.w.batches[0].id; } }, LIVE, { exit: 1 });
  tc('live-lost-' + p, p, cfg, { outcomes: { a: 'F' }, tweak: (k, j, x) => (k === 'start' && x.n === 2 ? { __drop: true } : undefined) }, LIVE, { starts: 2, startedRuns: 3 });
  tc('live-lost-hidden-' + p, p, cfg, { outcomes: { a: 'F' }, tweak: (k, j, x) => (k === 'start' && x.n === 2 ? ((x.b.hidden = true), { __drop: true }) : undefined) }, LIVE, { exit: 1, starts: 2, startedRuns: 3 });
  tc('lost-' + p, p, cfg, { tweak: (k, j, x) => (k === 'start' ? { __drop: true } : undefined) }, { 'timeout-minutes': '0.8' }, { starts: 1, startedRuns: 2 });
  tc('live-errored-' + p, p, cfg, { outcomes: { a: 'FE' } }, LIVE, { exit: 1, starts: 2 });
  tc('live-cancelled-' + p, p, cfg, { outcomes: { a: 'FC' } }, LIVE, { exit: 1, starts: 2 });
  tc('live-config-answer-' + p, p, cfg, { outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'batch' && isRe(x)) { if (p === 'vapi') j.target = { type: 'assistant', assistant: asst }; else j.agent_config_override = ovr; } } }, LIVE, { exit: 1 });
  tc('live-edited-between-' + p, p, cfg, { outcomes: { a: 'FPF' } }, { ...LIVE, reruns: '2/3' }, { });
  tc('disk-edited-' + p, p, cfg, { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'start') fs.writeFileSync(globalThis.cfgws + '/a.json', '{"name":"evil"}'); } }, { reruns: '1/2' }, { exit: 0, starts: 2, also: (r, w) => JSON.stringify(w.starts[0].target ?? w.starts[0].agent_config_override) === JSON.stringify(w.starts[1].target ?? w.starts[1].agent_config_override) ? null : 'config changed' }, { ws: (ws) => { globalThis.cfgws = ws; } });
  const S1 = 'Basic dXNlcjpwYXNzd29yZDEyMw==', S2 = 'multi\nline"quote\\back/secret', S3 = 'ünïcödé-secret-ß', S4 = 'x'.repeat(3990) + 'TAILTAIL';
  const secret = { ...cfg, headers: { Authorization: S1 }, deep: [{ deeper: { api_keys: [['' + S2], { note: S3 }] } }], clientSecret: S4 };
  const leak = (r) => { const o = []; const hay = { log: r.log.replace(/^::add-mask::.*$/gm, ''), sum: r.summary, com: r.comment, out: JSON.stringify(r.outputs), state: JSON.stringify(r.state) }; for (const f of ['r.json', 'r.html', 'r.xml', 'c.json']) if (fs.existsSync(path.join(r.ws, f))) hay[f] = fs.readFileSync(path.join(r.ws, f), 'utf8'); for (const [k, h] of Object.entries(hay)) for (const s of ['dXNlcjpwYXNzd29yZDEyMw', 'quote', 'cödé-secret', 'TAILTAIL', 'xxxxxxxxxxxx']) if (h.includes(s)) o.push('LEAK ' + s + ' in ' + k + ': ' + h.slice(Math.max(0, h.indexOf(s) - 80), h.indexOf(s) + 40)); return o; };
  const FILES = { 'report-json': 'r.json', 'report-html': 'r.html', 'report-junit': 'r.xml', 'report-ctrf': 'c.json', transcripts: 'full' };
  tc('secret-in-refusal-' + p, p, secret, { onStart: () => ({ answer: { __status: 400, __body: { message: ['bad header ' + 'dXNlcjpwYXNzd29yZDEyMw==', 'bad ' + S2, 'bad ' + S3, S4], error: 'Bad Request', statusCode: 400 } } }) }, FILES, { exit: 1, also: leak });
  tc('secret-in-refusal-raw-' + p, p, secret, { onStart: (w, e) => ({ answer: { __status: 422, __raw: '<html>' + e.body + '</html>' } }) }, FILES, { exit: 1, also: leak });
  tc('secret-in-runs-' + p, p, secret, { outcomes: { a: 'F' }, tweak: (k, j, x) => { const say = [S1, S2, S3, S4].join(' '); if (p === 'vapi' && k === 'runs') j.forEach((i) => { i.failureReason = say; i.metadata.call.messages.push({ role: 'bot', message: say }); }); if (p === 'elevenlabs' && k === 'batch') j.test_runs.forEach((i) => { if (i.condition_result) i.condition_result.rationale = { messages: [say], summary: say }; i.agent_responses.push({ role: 'agent', message: say }); }); } }, FILES, { exit: 1, also: leak });
  tc('bom-1mib-' + p, p, '\ufeff' + JSON.stringify(cfg).padEnd(1024 * 1024 - 3), {}, {}, { exit: 0, starts: 1 });
  tc('over-1mib-' + p, p, JSON.stringify(cfg).padEnd(1024 * 1024 + 1), {}, {}, { exit: 1, starts: 0 });
  tc('proto-' + p, p, JSON.stringify(cfg).replace(/^\{/, '{"__proto__":{"x":1,"constructor":{"prototype":{"y":1}}},'), {}, {}, { starts: 1, also: (r, w) => (JSON.stringify(w.starts[0]).includes('__proto__') ? null : '__proto__ not sent') });
  tc('dupkey-' + p, p, JSON.stringify(cfg).replace(/^\{/, '{"api_key":"FIRSTSECRET1",').replace(/\}$/, ',"api_key":"SECONDSECRET2"}'), { onStart: (w, e) => ({ answer: { __status: 400, __body: { message: 'FIRSTSECRET1 SECONDSECRET2' } } }) }, {}, { exit: 1, noLog: /^(?!::add-mask::).*SECONDSECRET2/m });
  tc('nothing-refused-' + p, p, cfg, { onStart: () => ({ answer: { __status: 400, __body: { message: 'no' } } }) }, { 'fail-on': 'nothing' }, { exit: 1, starts: 1, failOnNothing: true });
  tc('nothing-red-' + p, p, cfg, { outcomes: { a: 'F' } }, { 'fail-on': 'nothing' }, { exit: 0, verdict: 'failed', failOnNothing: true });
  tc('quarantine-live-' + p, p, cfg, { cases: ['a', 'b', 'c'], outcomes: { a: 'F', b: 'F' } }, { ...LIVE, quarantine: 'q.yml' }, { starts: 2 });
}
// fail-on nothing
const NT = { 'fail-on': 'nothing' }; const FN = { failOnNothing: true };
A('nothing-key', 'retell', { key: 'other' }, NT, { exit: 1, starts: 0, ...FN });
A('nothing-maxruns', 'retell', {}, { ...NT, 'max-runs': '1' }, { exit: 1, starts: 0, ...FN });
A('nothing-selection', 'retell', {}, { ...NT, 'test-cases': 'nope' }, { exit: 1, starts: 0, ...FN });
A('nothing-target', 'retell', {}, { ...NT, target: 'agent/agent_zzz' }, { exit: 1, starts: 0, ...FN });
A('nothing-402', 'retell', { onStart: () => ({ answer: { __status: 402 } }) }, NT, { starts: 1, ...FN });
A('nothing-badinput', 'retell', {}, { ...NT, reruns: 'x' }, { exit: 1, starts: 0, ...FN });
A('nothing-custom', 'retell', { customLlm: true }, NT, { exit: 1, starts: 0, ...FN });
A('nothing-lost', 'retell', { onStart: () => ({ answer: { __drop: true } }) }, { ...NT, 'timeout-minutes': '0.8' }, { exit: 0, verdict: 'inconclusive', starts: 1, startedRuns: 2, ...FN });
A('nothing-key-later', 'retell', { tweak: (k, j, x) => (k === 'batch' ? { __status: 401 } : undefined) }, NT, { starts: 1, ...FN });
A('nothing-key-given', 'retell', { key: 'other' }, { ...NT, 'batch-id': 'b1' }, { exit: 1, ...FN });
// max-runs and early
for (const p of ALL) {
  const v = p === 'bland' ? { version: '4' } : {};
  A('max-early-' + p, p, { cases: ['a', 'b', 'c', 'd', 'e', 'f'], len: (k, n) => (n ? 1 : { a: 0.3, b: 1, c: 2, d: 3 }[k] ?? 4), outcomes: { a: 'FFF', b: 'FFF', c: 'FFF', d: 'FPP' } }, { ...v, reruns: '2/3', 'max-runs': '8', 'timeout-minutes': '0.6' }, { exit: 1, also: (r, w) => { const n = w.batches.reduce((s, b) => s + b.runs.length, 0); return n > 8 ? n + ' runs' : +r.outputs['started-runs'] !== n ? `started-runs ${r.outputs['started-runs']} and ${n}` : null; } });
  A('sigint-early-' + p, p, { cases: ['a', 'b', 'c', 'd'], len: (k, n) => (n ? 20 : { a: 0.3, b: 3 }[k] ?? 15), outcomes: { a: 'FPP', b: 'FPP' } }, { ...v, reruns: '2/3', 'timeout-minutes': '1' }, { exit: 1, also: (r, w) => (w.posts().some((e) => e.t > r.sigAt + 200) ? 'started after the signal' : null) }, { run: { at: [{ when: 4, signal: 'SIGINT' }] } });
  A('rerun-has-first-id-' + p, p, { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (!x.b || !isRe(x)) return; const list = p === 'vapi' ? (k === 'runs' ? j : []) : k === 'runs' || k === 'batch' ? j.items || j.runs || j.test_runs || [] : []; for (const i of list) for (const kk of ['id', 'test_run_id', 'test_case_job_id']) if (i[kk]) i[kk] = x.w.batches[0].runs[1].id.toUpperCase(); } }, { ...v, reruns: '1/2', 'timeout-minutes': '0.4' }, { exit: 1 });
}
main();
