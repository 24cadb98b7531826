import { FULL, sc, main, mkId, sleep, go, given, ALL, TARGET, KEY, TOKEN, NODE, TREE } from './h.mjs';
import fs from 'node:fs'; import path from 'node:path'; import os from 'node:os'; import zlib from 'node:zlib'; import http from 'node:http'; import { execFileSync } from 'node:child_process';
const tmpws = () => { const d = fs.mkdtempSync(path.join(os.tmpdir(), 'atw-')); return d; };
// row 19
for (const kind of ['json', 'junit', 'ctrf', 'html']) {
  sc('r19-fifo-' + kind, async (c) => { const ws = tmpws(); execFileSync('mkfifo', [path.join(ws, 'p')]); await go(c, 'retell', {}, { ['report-' + kind]: 'p' }, { exit: 0, maxMs: 20000, log: /::warning/, outputs: { ['report-' + kind]: '' }, also: (r, w, g) => (g.comments.length === 1 ? null : 'no comment') }, { g: true, run: { ws, limit: 40 } }); });
  sc('r19-proc-' + kind, async (c) => go(c, 'retell', {}, { ['report-' + kind]: '/proc/nope/x' }, { exit: 0, maxMs: 20000, log: /::warning/ }, { g: true, run: { limit: 40 } }));
}
sc('r19-dir', (c) => { const ws = tmpws(); fs.mkdirSync(path.join(ws, 'd')); return go(c, 'retell', {}, { 'report-json': 'd' }, { exit: 0, log: /::warning/ }, { run: { ws } }); });
sc('r19-devfull', (c) => go(c, 'retell', {}, { 'report-json': '/dev/full' }, { exit: 0, log: /::warning/ }));
sc('r19-devnull', (c) => go(c, 'retell', {}, { 'report-json': '/dev/null' }, { exit: 0 }));
sc('r19-symlink-fifo', (c) => { const ws = tmpws(); execFileSync('mkfifo', [path.join(ws, 'p')]); fs.symlinkSync('p', path.join(ws, 'l')); return go(c, 'retell', {}, { 'report-json': 'l' }, { exit: 0, log: /::warning/, maxMs: 20000 }, { run: { ws, limit: 40 } }); });
sc('r19-subdir', (c) => go(c, 'retell', {}, { 'report-json': 'a/b/c.json', 'report-html': 'a/h.html' }, { exit: 0, outputs: { 'report-json': /a\/b\/c.json/, 'report-html': /a\/h.html/ } }));
sc('r19-baseline-fifo', (c) => { const ws = tmpws(); execFileSync('mkfifo', [path.join(ws, 'p')]); return go(c, 'retell', {}, { baseline: 'p' }, { exit: 0, maxMs: 30000 }, { run: { ws, limit: 50 } }); });
sc('r19-baseline-zero', (c) => go(c, 'retell', {}, { baseline: '/dev/zero' }, { exit: 0, maxMs: 30000 }, { run: { limit: 50 } }));
sc('r19-tc-fifo', (c) => { const ws = tmpws(); execFileSync('mkfifo', [path.join(ws, 'p')]); return go(c, 'vapi', {}, { 'target-config': 'p' }, { exit: 1, maxMs: 30000 }, { run: { ws, limit: 50 } }); });
sc('r19-fifo-sigint', async (c) => { const ws = tmpws(); execFileSync('mkfifo', [path.join(ws, 'p')]); await go(c, 'retell', { outcomes: { a: 'N' } }, { 'report-json': 'p' }, { exit: 1, verdict: 'cancelled', also: (r) => (r.end - r.sigAt > 6000 ? 'ended ' + (r.end - r.sigAt) + ' ms after the signal' : null) }, { g: true, run: { ws, limit: 40, at: [{ when: 2.5, signal: 'SIGINT' }] } }); });
sc('r19-same-path', (c) => go(c, 'retell', {}, { 'report-json': 'x', 'report-html': 'x' }, {}));
sc('r19-summary-unwritable', (c) => go(c, 'retell', {}, {}, { exit: 0 }, { run: { env: { GITHUB_STEP_SUMMARY: '/proc/nope' } } }));
sc('r19-output-unwritable', (c) => go(c, 'retell', {}, {}, { }, { run: { env: { GITHUB_OUTPUT: '/proc/nope' } } }));
// row 22
sc('r22-noproxy', async (c) => {
  const seen = []; const px = await c.serve((e, req, res) => { seen.push(e.url); res.statusCode = 502; res.end(); });
  for (const [np, want] of [['localhost', 0], ['127.0.0.1', 0], ['other.test', 1]]) { seen.length = 0; const w = await c.world({ provider: 'retell' }); const R = await c.run({ w, inputs: { 'test-cases': '*', target: 'agent/agent_0001', 'api-url': w.url.replace('127.0.0.1', 'api.voice.localhost'), 'timeout-minutes': '0.1' }, env: { http_proxy: px.url, HTTP_PROXY: px.url, no_proxy: np === '127.0.0.1' ? 'localhost' : np, NO_PROXY: undefined }, post: false }); c.last = R; px.log.length = 0; if (want === 0 && seen.length) c.bad(np + ': key went through the proxy'); if (want === 1 && !seen.length) c.bad('proxy not used: ' + R.reason); }
});
sc('r22-noproxy-connect', async (c) => {
  const hits = []; const px = http.createServer((q, r) => { hits.push(q.url); r.statusCode = 502; r.end(); }); px.on('connect', (q, s) => { hits.push('CONNECT ' + q.url); s.end('HTTP/1.1 502 x\r\n\r\n'); }); await new Promise((r) => px.listen(0, '127.0.0.1', r)); const url = 'http://127.0.0.1:' + px.address().port;
  for (const [np, want] of [['internal.test', 0], ['.internal.test', 0], ['*.internal.test', null], ['voice.internal.test', 0], ['nternal.test', 1], ['api.voice.internal.test:443', 0], ['api.voice.internal.test:444', 1], ['*', 0], ['INTERNAL.TEST', 0], [' internal.test , b', 0]]) { hits.length = 0; const R = await c.run({ inputs: { provider: 'retell', 'batch-id': 'b1', 'api-url': 'https://api.voice.internal.test', 'timeout-minutes': '0.05' }, env: { https_proxy: url, no_proxy: np }, post: false, limit: 20 }); c.last = R; if (want === 0 && hits.length) c.bad(`no_proxy=${np}: went through the proxy`); if (want === 1 && !hits.length) c.bad(`no_proxy=${np}: proxy not used`); }
  px.close();
});
// row 23
for (const [enc, f] of [['deflate', zlib.deflateSync], ['x-gzip', zlib.gzipSync], ['gzip', zlib.gzipSync], ['br', zlib.brotliCompressSync], ['deflate-raw', zlib.deflateRawSync], ['identity', (b) => b], ['zstd', zlib.zstdCompressSync], ['gzip, deflate', (b) => zlib.deflateSync(zlib.gzipSync(b))], ['GZIP', zlib.gzipSync], ['lzma', (b) => b]]) sc('r23-' + enc.replace(/\W/g, '_'), (c) => go(c, 'retell', { tweak: (k, j) => (k === 'batch' || k === 'runs' || k === 'agent' ? { __raw: f(Buffer.from(JSON.stringify(j))), __headers: { 'content-encoding': enc.replace('-raw', ''), 'content-type': 'application/json' } } : undefined) }, { 'timeout-minutes': '0.2' }, enc === 'lzma' || enc === 'zstd' ? { also: (r) => (r.code === 0 || /lzma|zstd|coding|encoding/i.test(r.log) ? null : 'unknown coding not named: ' + r.reason) } : { exit: 0 }));
sc('r23-bom', (c) => go(c, 'retell', { tweak: (k, j) => (k === 'batch' ? { __raw: '\ufeff' + JSON.stringify(j), __headers: { 'content-type': 'application/json' } } : undefined) }, { 'timeout-minutes': '0.2' }, { exit: 0 }));
// row 26
sc('r26-baseline-bom', async (c) => { const ws = tmpws(); await go(c, 'retell', { outcomes: { b: 'F' } }, { 'report-json': 'b.json' }, { exit: 1 }, { run: { ws } }); const f = path.join(ws, 'b.json'); fs.writeFileSync(f, '\ufeff' + fs.readFileSync(f, 'utf8')); await go(c, 'retell', { outcomes: { a: 'F', b: 'F' } }, { baseline: 'b.json' }, { exit: 1, outputs: { 'new-failures': '1' }, noSummary: /no JSON report/ }, { run: { ws } }); });
sc('r26-event-bom', (c) => go(c, 'retell', {}, {}, { exit: 0, also: (r, w, g) => (g.comments.length === 1 ? null : 'no comment') }, { g: true, run: { event: '\ufeff' + JSON.stringify({ number: 7, pull_request: { number: 7, head: { sha: 'c'.repeat(40), ref: 'f', repo: { full_name: 'o/r' } }, base: { ref: 'main', repo: { full_name: 'o/r' } } }, repository: { full_name: 'o/r', private: true } }) } }));
sc('r26-baseline-junk', async (c) => { for (const t of ['', '{}', '[]', 'null', '{"testCases":{}}', '<html>', '{"schema":1}', '{"__proto__":{"x":1}}']) { const ws = tmpws(); fs.writeFileSync(path.join(ws, 'b.json'), t); await go(c, 'retell', {}, { baseline: 'b.json' }, { exit: 0 }, { run: { ws } }); } });
// signals
for (const p of ALL) sc('sig-int-' + p, (c) => go(c, p, { outcomes: { a: 'N' } }, {}, { exit: 1, verdict: 'cancelled', also: (r, w) => [r.end - r.sigAt > 5500 ? 'ended ' + (r.end - r.sigAt) + ' ms after SIGINT' : null, /workflow was cancelled/i.test(r.log + r.summary + r.comment) ? 'names the workflow' : null, ['vapi', 'elevenlabs'].includes(p) && !w.batches[0].cancelled ? 'not cancelled at the provider' : null, ['retell', 'bland'].includes(p) && !(r.log + r.summary).includes(w.batches[0].id) ? 'batch id not said' : null] }, { g: true, run: { limit: 40, at: [{ when: 3, signal: 'SIGINT' }] } }));
sc('sig-int-failed', (c) => go(c, 'bland', { outcomes: { a: 'F', b: 'N' } }, {}, { exit: 1, verdict: 'failed' }, { run: { limit: 40, at: [{ when: 3, signal: 'SIGINT' }] } }));
sc('sig-term', (c) => go(c, 'retell', { outcomes: { a: 'N' } }, {}, { exit: 1, verdict: 'cancelled' }, { run: { limit: 40, at: [{ when: 3, signal: 'SIGTERM' }] } }));
sc('sig-int-term', (c) => go(c, 'retell', { outcomes: { a: 'N' } }, {}, { exit: 1, verdict: 'cancelled', also: (r) => (r.end - r.sigAt > 5500 ? 'late' : null) }, { g: { tweak: () => 'handled' }, run: { limit: 40, at: [{ when: 3, signal: 'SIGINT' }] } }));
sc('sig-nothing', (c) => go(c, 'retell', { outcomes: { a: 'N' } }, { 'fail-on': 'nothing' }, { exit: 0, failOnNothing: true, verdict: 'cancelled' }, { run: { limit: 40, at: [{ when: 3, signal: 'SIGINT' }] } }));
sc('sig-given-not-cancelled', (c) => go(c, 'vapi', { outcomes: { a: 'N' } }, { 'batch-id': 'x' }, { exit: 1, verdict: 'cancelled', also: (r, w) => (w.batches[0].cancelled ? 'cancelled a given batch' : null) }, { before: (w) => { w.ids = [given(w).id]; }, run: { limit: 40, at: [{ when: 3, signal: 'SIGINT' }] } }));
sc('sig-during-post', (c) => go(c, 'vapi', { onStart: async (w, e) => { await sleep(3000); } }, {}, { exit: 1, verdict: 'cancelled', also: (r, w) => (w.batches[0] && !w.batches[0].cancelled && !/may have been started/.test(r.log + r.summary) ? 'start in flight at SIGINT: neither cancelled nor said: ' + r.reason : null) }, { run: { limit: 40, at: [{ when: 2, signal: 'SIGINT' }] } }));
sc('sig-early-reruns', (c) => go(c, 'vapi', { outcomes: { a: 'FN', b: 'N' } }, { reruns: '1/2' }, { exit: 1, verdict: 'cancelled', also: (r, w) => w.batches.filter((b) => !b.cancelled).map((b) => 'batch left running ' + b.id) }, { run: { limit: 40, at: [{ when: 5, signal: 'SIGINT' }] } }));
sc('sig-kill-post', async (c) => { const { R, w, g } = await go(c, 'retell', { outcomes: { a: 'N' } }, {}, { also: (r, w, g) => [g.comments.length && /wait|running/i.test(g.comments.at(-1)?.body.split('\n')[0]) ? 'comment left waiting' : null, r.post?.code !== 0 ? 'post code ' + r.post?.code : null] }, { g: true, run: { limit: 40, post: true, at: [{ when: 3, signal: 'SIGKILL' }] } }); });
for (let i = 0; i < 12; i++) sc('sig-random-' + i, (c) => go(c, ['retell', 'bland', 'vapi', 'elevenlabs'][i % 4], { len: 0.5, outcomes: { a: 'FP' } }, { reruns: '1/2' }, { also: (r) => [r.code === 0 && r.verdict !== 'passed' ? 'green' : null, r.end - r.sigAt > 5500 ? 'late ' + (r.end - r.sigAt) : null] }, { g: true, run: { limit: 40, at: [{ when: 0.15 + i * 0.25, signal: i % 3 ? 'SIGINT' : 'SIGTERM' }] } }));
// state / post
sc('post-ok', (c) => go(c, 'retell', {}, {}, { exit: 0, also: (r, w, g) => [r.post.code !== 0 ? 'post ' + r.post.code : null, g.comments.length !== 1 ? 'comments ' + g.comments.length : null] }, { g: true, run: { post: true } }));
// quarantine
const Q = (es) => 'quarantine:\n' + es.map((e) => `  - test-case: ${e.id}\n    name: N\n    reason: R (#1)\n    owner: acme/voice\n    until: ${e.until || new Date(Date.now() + 5 * 86400e3).toISOString().slice(0, 10)}\n`).join('');
const q = (n, base, head, W, x, inputs = {}) => sc('q-' + n, (c) => go(c, 'retell', { cases: ['a', 'b', 'c'], ...W }, { quarantine: '.github/q.yml', ...inputs }, x, { g: { contents: { main: base === null ? {} : { '.github/q.yml': base }, ['b'.repeat(39) + '2']: base === null ? {} : { '.github/q.yml': base }, ['a'.repeat(39) + '1']: head === null ? {} : { '.github/q.yml': head } } } }));
const A = mkId('retell', 'a'), B = mkId('retell', 'b');
q('both', Q([{ id: A }]), Q([{ id: A }]), { outcomes: { a: 'F' } }, { exit: 0, verdict: 'passed', outputs: { tolerated: '1' } });
q('only-head', null, Q([{ id: A }]), { outcomes: { a: 'F' } }, { exit: 1, verdict: 'failed', comment: /after the merge/i });
q('only-base', Q([{ id: A }]), 'quarantine: []\n', { outcomes: { a: 'F' } }, { exit: 1, verdict: 'failed' });
q('base-only-nohead', Q([{ id: A }]), null, { outcomes: { a: 'F' } }, { exit: 1, verdict: 'failed' });
q('expired', Q([{ id: A, until: '2026-11-20' }]), Q([{ id: A, until: '2026-11-20' }]), { outcomes: { a: 'F' } }, { exit: 1, verdict: 'failed', comment: /expired|quarantine ended/i });
q('two-of-3', Q([{ id: A }, { id: B }]), Q([{ id: A }, { id: B }]), { outcomes: { a: 'F' } }, { exit: 1, verdict: 'failed' });
q('toolong', Q([{ id: A, until: '2027-11-20' }]), Q([{ id: A, until: '2027-11-20' }]), { outcomes: { a: 'F' } }, { exit: 1, verdict: 'failed' });
q('alias', Q([{ id: A }]) + '    extra: 1\n', Q([{ id: A }]) + '    extra: 1\n', { outcomes: { a: 'F' } }, { exit: 1, verdict: 'failed' });
q('bom', '\ufeff' + Q([{ id: A }]), '\ufeff' + Q([{ id: A }]), { outcomes: { a: 'F' } }, { exit: 0 });
q('only-quarantined', Q([{ id: A }]), Q([{ id: A }]), { cases: ['a'], outcomes: { a: 'P' } }, { exit: 1, verdict: 'inconclusive' });
q('not-rerun', Q([{ id: A }]), Q([{ id: A }]), { outcomes: { a: 'FP' } }, { exit: 0, starts: 1 }, { reruns: '1/2' });
q('early', Q([{ id: A }]), Q([{ id: A }]), { outcomes: { a: 'F', b: 'FP' }, len: (k, n) => (k === 'c' ? 3 : 0.3) }, { exit: 0, starts: 2 }, { reruns: '1/2' });
q('edited-flaky-quarantined', Q([{ id: A }]), Q([{ id: A }]), { outcomes: { a: 'E' } }, { exit: 0 });
q('cancelled-batch-with', Q([{ id: A }]), Q([{ id: A }]), { outcomes: { a: 'U' } }, {}, { 'timeout-minutes': '0.3' });
q('missing-run-of-quarantined', Q([{ id: A }]), Q([{ id: A }]), { tweak: (k, j) => { if (k === 'runs') j.items = j.items.filter((i) => i.test_case_definition_id !== A); } }, { exit: 1 }, { 'timeout-minutes': '0.3' });
sc('q-github-down', (c) => go(c, 'retell', { cases: ['a', 'b', 'c'], outcomes: { a: 'F' } }, { quarantine: 'q.yml' }, { exit: 1, verdict: 'failed', maxMs: 90000 }, { g: { tweak: (e) => (/contents/.test(e.path) ? { status: 500 } : undefined) }, run: { limit: 100 } }));
sc('q-path-escape', (c) => go(c, 'retell', { outcomes: { a: 'F' } }, { quarantine: '../../etc/passwd' }, { exit: 1 }, { g: true }));
// reuse-hours
const RU = (n, before, W, x, inputs = {}, more = {}) => sc('reuse-' + n, (c) => go(c, 'retell', W, { 'reuse-hours': '2', version: 'published', ...inputs }, x, { before, ...more }));
const past = (w, mins, ids = w.cases.map((k) => k.id), opt = {}) => w.add(ids, { version: 3, created: Date.now() - mins * 60e3, ...opt });
RU('found', (w) => { past(w, 30); }, {}, { exit: 0, verdict: 'passed', starts: 0, log: /reus/i });
RU('found-red', (w) => { past(w, 30); }, { outcomes: { a: 'FP' } }, { exit: 1, verdict: 'failed', starts: 0 });
RU('too-old', (w) => { past(w, 150); }, {}, { exit: 0, starts: 1 });
RU('other-version', (w) => { past(w, 30, undefined, { version: 4 }); }, {}, { exit: 0, starts: 1 });
RU('fewer-cases', (w) => { past(w, 30, [w.cases[0].id]); }, {}, { exit: 0, starts: 1 });
RU('more-cases', (w) => { past(w, 30, [...w.cases.map((k) => k.id), 'test_case_other']); }, {}, { exit: 0, starts: 1 });
RU('case-edited-since', (w) => { past(w, 30); w.cases[0].mod = Date.now() - 60e3; }, {}, { exit: 0, starts: 1 });
RU('engine-edited-since', (w) => { past(w, 30); w.engineMod = Date.now() - 60e3; }, {}, { exit: 0, starts: 1 }, { version: '4' });
RU('engine-edited-draft', (w) => { past(w, 30, undefined, { version: 4 }); w.engineMod = Date.now() - 60e3; }, {}, { exit: 0, starts: 1 }, { version: 'latest' });
RU('disagree', (w) => { past(w, 40); past(w, 30); }, { outcomes: { a: 'FP' } }, { exit: undefined, starts: 1 });
RU('disagree-then-agree', (w) => { past(w, 50); past(w, 40); past(w, 30); }, { outcomes: { a: 'FPP' } }, { starts: 1 });
RU('unfinished', (w) => { past(w, 30); }, { outcomes: { a: 'NP' }, len: 1 }, { starts: 1, exit: 0 });
RU('attempt2', (w) => { past(w, 30); }, {}, { starts: 1, exit: 0 }, {}, { run: { env: { GITHUB_RUN_ATTEMPT: '2' } } });
RU('maxage', (w) => { past(w, 30); }, {}, { starts: 1 }, { 'max-batch-age-minutes': '5' });
RU('rerun-flaky-batch', (w) => { past(w, 40); past(w, 30, [w.cases[0].id]); }, { outcomes: { a: 'FP' } }, { exit: undefined }, {});
RU('dup-case', (w) => { past(w, 30, [w.cases[0].id, w.cases[0].id]); }, {}, { starts: 1, exit: 0 });
RU('edited-during', (w) => { past(w, 30).runs[0].mod = Date.now() - 31 * 60e3; }, {}, { starts: 1, exit: 0 });
RU('future', (w) => { const b = past(w, -60); b.runs.forEach((r) => (r.end = 0)); }, {}, { exit: 0, starts: 1 });
RU('counts-lie', (w) => { past(w, 30); }, { tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) === 0) { j.total_count = 9; } } }, { }, { 'timeout-minutes': '0.3' });
RU('list-500', (w) => { past(w, 30); }, { tweak: (k) => (k === 'list' ? { __status: 500 } : undefined) }, { }, { 'timeout-minutes': '0.3' });
RU('with-reruns', (w) => { past(w, 30); }, { outcomes: { a: 'FP' } }, { exit: 0, starts: 1, outputs: { flaky: '1' } }, { reruns: '1/2' });
RU('open-then-red', (w) => { past(w, 30); }, { outcomes: { a: 'E' } }, { exit: 1, starts: 0 });
for (const [n, W, mk, st] of [['el-found', {}, (w) => w.add(w.cases.map((k) => k.id), { created: Date.now() - 1800e3 }), 0], ['el-draft', {}, (w) => { const b = w.add(w.cases.map((k) => k.id), { created: Date.now() - 1800e3 }); b.draft = true; return b; }, 1], ['el-otherbranch', {}, (w) => w.add(w.cases.map((k) => k.id), { created: Date.now() - 1800e3, branch: 'agtbrch_pr12' }), 1], ['el-edited', {}, (w) => { const b = w.add(w.cases.map((k) => k.id), { created: Date.now() - 1800e3 }); w.cases[0].mod = Date.now() - 60e3; return b; }, 1], ['el-diverged', { tweak: (k, j) => { if (k === 'list') j.results.forEach((r) => (r.runs_diverged_from_version = true)); } }, (w) => w.add(w.cases.map((k) => k.id), { created: Date.now() - 1800e3 }), 1], ['el-override', { tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) === 0) j.agent_config_override = { conversation_config: {} }; } }, (w) => w.add(w.cases.map((k) => k.id), { created: Date.now() - 1800e3 }), undefined]]) sc('reuse-' + n, (c) => go(c, 'elevenlabs', W, { 'reuse-hours': '2' }, { exit: 0, starts: st }, { before: mk }));
// target-config
const tc = (n, p, cfg, W, inputs, x, more = {}) => sc('tc-' + n, (c) => { const ws = tmpws(); fs.writeFileSync(path.join(ws, 'a.json'), typeof cfg === 'string' ? cfg : JSON.stringify(cfg)); return go(c, p, W, { 'target-config': 'a.json', ...inputs }, { keyInWs: true, ...x }, { g: true, run: { ws, limit: 70 }, ...more }); });
const asst = { name: 'Front desk', firstMessage: 'Hi', model: { provider: 'openai', model: 'gpt-4.1', messages: [] }, server: { url: 'https://x', secret: 'SUPERSECRETVALUE1' } };
tc('vapi-ok', 'vapi', asst, {}, { 'report-json': 'r.json' }, { exit: 0, starts: 1, noLog: /SUPERSECRETVALUE1/, noComment: /SUPERSECRETVALUE1/, comment: /a\.json/, also: (r, w) => (w.starts[0].target.assistant ? (w.starts[0].target.assistantId ? 'id and inline together' : null) : 'not inline: ' + JSON.stringify(w.starts[0].target)) });
tc('vapi-secret-echo', 'vapi', asst, { outcomes: { a: 'F' }, tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { i.failureReason = 'the agent said SUPERSECRETVALUE1 aloud'; i.metadata.call.messages.push({ role: 'bot', message: 'SUPERSECRETVALUE1' }); if (i.results) i.results.evaluations[0].extractedValue = 'SUPERSECRETVALUE1'; }); } }, { transcripts: FULL, 'report-json': 'r.json', 'report-html': 'r.html', 'report-junit': 'r.xml' }, { exit: 1, noLog: /(?<!::add-mask::)SUPERSECRETVALUE1/, noComment: /SUPERSECRETVALUE1/, noSummary: /SUPERSECRETVALUE1/, also: (r) => ['r.json', 'r.html', 'r.xml'].map((f) => (fs.existsSync(path.join(r.ws, f)) && fs.readFileSync(path.join(r.ws, f), 'utf8').includes('SUPERSECRETVALUE1') ? 'secret in ' + f : null)) });
tc('vapi-wrong-inline', 'vapi', asst, { tweak: (k, j) => { if (k === 'batch') j.target = { type: 'assistant', assistantId: '5a6b7c8d-1111-4222-8333-944455556666' }; } }, { 'timeout-minutes': '0.4' }, { exit: 1 });
tc('vapi-other-inline', 'vapi', asst, { tweak: (k, j) => { if (k === 'batch') j.target = { type: 'assistant', assistant: { name: 'Other', firstMessage: 'Other', model: {} } }; } }, { 'timeout-minutes': '0.4' }, {});
tc('vapi-live-excused', 'vapi', asst, { outcomes: { a: 'F' } }, { 'compare-with': 'live', 'fail-on': 'new' }, { exit: 0, starts: 2, outputs: { tolerated: '1' }, also: (r, w) => (w.starts[1] && w.starts[1].target.assistantId ? null : 'comparison not on the live one: ' + JSON.stringify(w.starts[1]?.target)) });
tc('vapi-live-inline-again', 'vapi', asst, { outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'batch') j.target = { type: 'assistant', assistant: asst }; } }, { 'compare-with': 'live', 'fail-on': 'new', 'timeout-minutes': '0.4' }, { exit: 1 });
tc('el-ok', 'elevenlabs', { conversation_config: { agent: {} }, platform_settings: {} }, {}, {}, { exit: 0, also: (r, w) => (w.starts[0].agent_config_override ? null : 'no override sent') });
tc('el-missing-required', 'elevenlabs', { conversation_config: {} }, {}, {}, { exit: 1, starts: 0 });
tc('badjson', 'vapi', '{nope', {}, {}, { exit: 1, starts: 0 }); tc('array', 'vapi', [], {}, {}, { exit: 1, starts: 0 }); tc('string', 'vapi', '"x"', {}, {}, { exit: 1, starts: 0 }); tc('bom', 'vapi', '\ufeff' + JSON.stringify(asst), {}, {}, { exit: 0 }); tc('huge', 'vapi', { name: 'x'.repeat(5e6) }, {}, {}, { exit: 1, starts: 0 });
sc('tc-escape', (c) => go(c, 'vapi', {}, { 'target-config': '/etc/passwd' }, { exit: 1, starts: 0, noLog: /root:/ }));
sc('tc-escape2', (c) => go(c, 'vapi', {}, { 'target-config': '../../../../etc/hosts' }, { exit: 1, starts: 0 }));
tc('el-reuse-refused', 'elevenlabs', { conversation_config: {}, platform_settings: {} }, {}, { 'reuse-hours': '2' }, { exit: 1, starts: 0 });
tc('given', 'vapi', asst, {}, { 'batch-id': 'b1' }, { exit: 1, starts: 0 });
main();
