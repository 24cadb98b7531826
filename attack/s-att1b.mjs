import { sc, main, mkId, sleep, go, given, ALL, TARGET, KEY, TOKEN, SHA, HEAD, BASE } from './h.mjs';
import fs from 'node:fs'; import path from 'node:path'; import os from 'node:os';
const isRe = (x) => x.w.batches.indexOf(x.b) > 0;
const A = (n, p, W, inputs, x, more = {}) => sc('b-' + n, (c) => go(c, p, W, inputs, x, more));
const FILES = { 'report-json': 'r.json', 'report-html': 'r.html', 'report-junit': 'r.xml', 'report-ctrf': 'c.json', transcripts: 'full' };
const set = (o, names, v) => { for (const n of names) if (o && n in o) o[n] = v; };
const re = (w, mins, opt = {}) => w.add(w.cases.map((k) => k.id), { version: 3, created: Date.now() - mins * 60e3, ...opt });
const el = (w, mins, opt = {}) => w.add(w.cases.map((k) => k.id), { created: Date.now() - mins * 60e3, ...opt });
for (const [n, v] of [['huge', 1e20], ['neg', -1e20], ['max', 1.7e308], ['zero', 0], ['frac', 1e12 + 0.5], ['str', '1e20']]) {
  A('time-re-' + n, 'retell', { outcomes: { a: 'FP' }, tweak: (k, j) => { for (const o of [j, ...(j.items || [])]) { set(o, ['creation_timestamp', 'user_modified_timestamp', 'last_modification_timestamp'], v); set(o.test_case_definition_snapshot, ['creation_timestamp', 'user_modified_timestamp'], v); } } }, { ...FILES, reruns: '1/2', 'timeout-minutes': '0.3', 'max-batch-age-minutes': '60' }, {});
  A('time-reuse-re-' + n, 'retell', { tweak: (k, j) => { if (k === 'list' || k === 'batch') for (const o of [j, ...(j.items || [])]) set(o, ['creation_timestamp'], v); } }, { 'reuse-hours': '2', version: 'published', 'timeout-minutes': '0.3' }, {}, { before: (w) => re(w, 30) });
  A('time-reuse-el-' + n, 'elevenlabs', { tweak: (k, j) => { if (k === 'list' || k === 'batch') for (const o of [j, ...(j.results || [])]) set(o, ['created_at', 'created_at_unix_secs'], v); } }, { 'reuse-hours': '2', 'timeout-minutes': '0.3' }, {}, { before: (w) => el(w, 30) });
  A('time-reuse-mod-' + n, 'elevenlabs', { tweak: (k, j) => { if (k === 'cases') for (const o of j.tests) set(o, ['last_updated_at_unix_secs'], v); } }, { 'reuse-hours': '2', 'timeout-minutes': '0.3' }, {}, { before: (w) => el(w, 30) });
  A('time-el-' + n, 'elevenlabs', { outcomes: { a: 'FP' }, tweak: (k, j) => { for (const o of [j, ...(j.results || []), ...(j.test_runs || []), ...(Array.isArray(j.tests) ? j.tests : [])]) { set(o, ['created_at', 'created_at_unix_secs', 'last_updated_at_unix', 'last_updated_at_unix_secs'], v); set(o.test_info, ['last_updated_at_unix_secs'], v); } } }, { ...FILES, reruns: '1/2', 'timeout-minutes': '0.3', 'max-batch-age-minutes': '60' }, {});
  A('time-vapi-' + n, 'vapi', { outcomes: { a: 'F' }, tweak: (k, j) => { for (const o of [j, ...(Array.isArray(j) ? j : []), ...(j.results || [])]) set(o, ['createdAt', 'updatedAt', 'startedAt', 'completedAt', 'endedAt', 'queuedAt'], n === 'huge' ? '+275760-09-13T00:00:00.001Z' : n === 'neg' ? '-271821-04-20T00:00:00.000Z' : v); } }, { ...FILES, reruns: '1/2', 'timeout-minutes': '0.3', 'max-batch-age-minutes': '60' }, {});
  A('time-bland-' + n, 'bland', { outcomes: { a: 'F' }, tweak: (k, j) => { for (const o of [j, ...(j.runs || [])]) { set(o, ['created_at', 'updated_at'], n === 'huge' ? '+275760-09-13T00:00:00.001Z' : n === 'neg' ? '-271821-04-20T00:00:00.000Z' : v); set(o, ['duration_ms'], v); } } }, { ...FILES, version: '4', reruns: '1/2', 'timeout-minutes': '0.3', 'max-batch-age-minutes': '60' }, {});
}
A('date-bad', 'retell', { pre: (e, req, res) => { res.sendDate = false; res.setHeader('date', 'Fri, 99 Foo 99999 99:99:99 GMT'); } }, { 'reuse-hours': '2', version: 'published', 'timeout-minutes': '0.3' }, { exit: 0 }, { before: (w) => re(w, 30) });
A('date-year-9999', 'retell', { pre: (e, req, res) => { res.sendDate = false; res.setHeader('date', 'Fri, 31 Dec 9999 23:59:59 GMT'); } }, { 'reuse-hours': '2', version: 'published', 'timeout-minutes': '0.3' }, {}, { before: (w) => re(w, 30) });
// deep JSON
const deep = (n) => '['.repeat(n) + ']'.repeat(n);
for (const p of ALL) A('deep-' + p, p, { outcomes: { a: 'F' }, tweak: (k, j) => (k === 'runs' || k === 'batch' ? { __raw: JSON.stringify(j).replace(/\}$/, `,"deep":${deep(50000)}}`).replace(/\]$/, `,${deep(5)}]`), __headers: { 'content-type': 'application/json' } } : undefined) }, { ...(p === 'bland' ? { version: '4' } : {}), ...FILES, 'fail-on': 'nothing', 'timeout-minutes': '0.3' }, { failOnNothing: true });
// cancel in hanging POSTs
for (const p of ALL) {
  const v = p === 'bland' ? { version: '4' } : {};
  A('sig-first-hang-' + p, p, { onStart: () => ({ answer: { __hang: true } }) }, { ...v }, { exit: 1, verdict: 'cancelled', starts: 1, startedRuns: 2, summary: /may have been started/ }, { run: { at: [{ when: 3, signal: 'SIGINT' }] } });
  A('sig-rerun-hang-' + p, p, { len: (k, n) => (k === 'a' ? 0.2 : 15), outcomes: { a: 'FPP' }, onStart: (w) => (w.starts.length ? { answer: { __hang: true } } : undefined) }, { ...v, reruns: '2/3' }, { exit: 1, starts: 2, startedRuns: 3, summary: /may have been started/ }, { run: { at: [{ when: 5, signal: 'SIGTERM' }] } });
  A('sig-nothing-' + p, p, { len: 20 }, { ...v, 'fail-on': 'nothing' }, { verdict: 'cancelled', failOnNothing: true }, { run: { at: [{ when: 3, signal: 'SIGINT' }] } });
  A('sig-429-' + p, p, { len: (k, n) => (k === 'a' ? 0.2 : 15), outcomes: { a: 'FPP' }, onStart: (w) => (w.starts.length ? { silent: true, answer: { __status: 429, __headers: { 'retry-after': '2' } } } : undefined) }, { ...v, reruns: '2/3' }, { exit: 1, startedRuns: 2 }, { run: { at: [{ when: 5, signal: 'SIGTERM' }] } });
  // six failures, one after the other
  A('six-' + p, p, { cases: 'abcdefghijklmnopqrstuvwxyz'.split(''), len: (k, n) => (n ? 1 : 'abcdef'.includes(k) ? 'abcdef'.indexOf(k) * 0.8 + 0.3 : 8), outcomes: Object.fromEntries('abcdef'.split('').map((k) => [k, 'FPPP'])) }, { ...v, reruns: '2/3', 'max-flaky': '100%', 'timeout-minutes': '0.6' }, { exit: 0, outputs: { flaky: '6' }, also: (r, w) => { const n = w.batches.reduce((s, b) => s + b.runs.length, 0); return n !== 26 + 12 ? n + ' runs' : null; } });
  A('broad-' + p, p, { cases: 'abcdefghij'.split(''), len: (k, n) => (n ? 1 : 'abcdef'.includes(k) ? 'abcdef'.indexOf(k) * 0.8 + 0.3 : 6), outcomes: Object.fromEntries('abcdef'.split('').map((k) => [k, 'FPPP'])) }, { ...v, reruns: '2/3', 'max-flaky': '100%', 'timeout-minutes': '0.6' }, { exit: 1, verdict: 'failed' });
  A('rerun-lost-early-' + p, p, { len: (k, n) => (k === 'a' ? 0.2 : k === 'b' ? 6 : 9), cases: ['a', 'b', 'c'], outcomes: { a: 'FPP', b: 'FPP' }, onStart: (w) => (w.starts.length ? { answer: { __status: 502 } } : undefined) }, { ...v, reruns: '2/3', 'timeout-minutes': '0.9' }, { exit: 1, starts: 2, startedRuns: 4 }, { run: { limit: 80 } });
  A('quar-early-' + p, p, { cases: 'abcdefghijk'.split(''), len: (k, n) => (n ? 1 : k === 'a' || k === 'b' ? 0.3 : 4), outcomes: { a: 'FPP', b: 'FPP' } }, (w) => ({ ...v, reruns: '2/3', 'max-flaky': '100%', quarantine: 'q.yml' }), {}, {});
}
// given batch, three runs of one test case
A('given-FFP-el', 'elevenlabs', { outcomes: { a: 'FFP' } }, { 'batch-id': 'x', reruns: '1/2' }, { exit: 1 }, { before: (w) => { w.ids = [w.add(w.cases.map((k) => k.id), { iterations: 3 }).id]; } });
A('given-FFP-vapi', 'vapi', { outcomes: { a: 'FFP' } }, { 'batch-id': 'x', reruns: '1/2' }, { exit: 1 }, { before: (w) => { w.ids = [w.add(w.cases.map((k) => k.id), { iterations: 3, transport: { provider: 'vapi.webchat' } }).id]; } });
// reuse with reruns, quarantine, fail-on nothing, reused batch cancelled meanwhile
A('reuse-sig', 'elevenlabs', { outcomes: { a: 'FP' }, len: (k, n, b) => (b.given ? 0.1 : 20) }, { 'reuse-hours': '2', reruns: '1/2' }, { exit: 1, also: (r, w) => (w.log.some((e) => e.path.includes(w.batches[0].id + '/cancel')) ? 'cancelled the reused batch' : null) }, { before: (w) => el(w, 30, { given: true }), run: { at: [{ when: 9, signal: 'SIGINT' }] } });
A('reuse-maxruns', 'retell', { outcomes: { a: 'FP' } }, { 'reuse-hours': '2', version: 'published', reruns: '1/2', 'max-runs': '1' }, { starts: 0 }, { before: (w) => re(w, 30) });
A('reuse-nothing', 'retell', { outcomes: { a: 'F' } }, { 'reuse-hours': '2', version: 'published', 'fail-on': 'nothing' }, { exit: 0, starts: 0, verdict: 'failed', failOnNothing: true }, { before: (w) => re(w, 30) });
A('reuse-compare', 'retell', { outcomes: { a: 'F' } }, { 'reuse-hours': '2', version: '4', 'compare-with': 'published', 'fail-on': 'new' }, { exit: 0, starts: 1, outputs: { tolerated: '1' } }, { before: (w) => { const b = w.add(w.cases.map((k) => k.id), { version: 4, created: Date.now() - 1800e3 }); } });
A('reuse-compare-older-green', 'retell', { outcomes: { a: 'FP' } }, { 'reuse-hours': '2', version: '4', 'compare-with': 'published', 'fail-on': 'new' }, { exit: 1, starts: 1 }, { before: (w) => { const b = w.add(w.cases.map((k) => k.id), { version: 4, created: Date.now() - 1800e3 }); } });
main();
