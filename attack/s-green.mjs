import { sc, main, mkId, sleep, go, given, ALL, TARGET, RED, INC } from './h.mjs';
const NOTPASS = ['failed', 'errored', 'cancelled', 'timed-out', 'inconclusive'];
// ---- row 1
sc('r1-bland-prod-is-12', (c) => go(c, 'bland', { versions: [{ version: 12, published: true }, { version: 13 }], outcomes: { a: 'F' } }, { 'compare-with': '12', 'fail-on': 'new' }, { ...RED, starts: 0 }));
sc('r1-bland-noprod', (c) => go(c, 'bland', { noProd: true, versions: [{ version: 12, published: true }, { version: 13 }], outcomes: { a: 'F' } }, { 'compare-with': '12', 'fail-on': 'new' }, { ...RED, starts: 0 }));
sc('r1-bland-production-word', (c) => go(c, 'bland', { versions: [{ version: 12, published: true }, { version: 13 }], outcomes: { a: 'F' } }, { version: '12', 'compare-with': 'production', 'fail-on': 'new' }, { ...RED, starts: 0 }));
sc('r1-bland-both-numbers-ok', (c) => go(c, 'bland', { outcomes: { a: 'F' } }, { version: '4', 'compare-with': '3', 'fail-on': 'new' }, { exit: 0, verdict: 'passed', starts: 2, outputs: { tolerated: 1 } }));
sc('r1-bland-equal-numbers', (c) => go(c, 'bland', { outcomes: { a: 'F' } }, { version: '4', 'compare-with': '4', 'fail-on': 'new' }, { ...RED, verdict: 'failed', starts: 1 }));
sc('r1-bland-number-forms', (c) => go(c, 'bland', { outcomes: { a: 'F' } }, { version: '4', 'compare-with': '04', 'fail-on': 'new' }, { ...RED }));
sc('r1-bland-any-any-fail', (c) => go(c, 'bland', { versions: [{ version: 12, published: true }, { version: 13 }], outcomes: { a: 'F' } }, { 'compare-with': '12' }, { ...RED, verdict: 'failed' }));
sc('r1-el-main-own-id', (c) => go(c, 'elevenlabs', { outcomes: { a: 'F' } }, { 'compare-with': 'branch/agtbrch_main0001', 'fail-on': 'new' }, { ...RED, verdict: 'failed', starts: 1 }));
sc('r1-el-other-branch-ok', (c) => go(c, 'elevenlabs', { outcomes: { a: 'F' } }, { version: 'branch/agtbrch_pr12', 'compare-with': 'branch/agtbrch_main0001', 'fail-on': 'new' }, { exit: 0, verdict: 'passed', starts: 2 }));
sc('r1-el-no-main-branch-id', (c) => go(c, 'elevenlabs', { outcomes: { a: 'F' }, tweak: (k, j) => { if (k === 'agent') { delete j.main_branch_id; delete j.branch_id; } } }, { 'compare-with': 'branch/agtbrch_main0001', 'fail-on': 'new' }, RED));
sc('r1-el-agent-says-wrong-main', (c) => go(c, 'elevenlabs', { outcomes: { a: 'F' }, tweak: (k, j) => { if (k === 'agent') { j.main_branch_id = 'agtbrch_zzz'; } } }, { 'compare-with': 'branch/agtbrch_main0001', 'fail-on': 'new' }, RED));
sc('r1-el-same-version-two-branches', (c) => go(c, 'elevenlabs', { outcomes: { a: 'F' }, versionOf: () => 'agtvrsn_same' }, { version: 'branch/agtbrch_pr12', 'compare-with': 'branch/agtbrch_main0001', 'fail-on': 'new' }, { exit: 1 }));
sc('r1-retell-latest-is-4', (c) => go(c, 'retell', { outcomes: { a: 'F' } }, { 'compare-with': '4', 'fail-on': 'new' }, { ...RED, verdict: 'failed', starts: 1 }));
sc('r1-retell-latest-is-published', (c) => go(c, 'retell', { versions: [{ version: 4, published: true }], outcomes: { a: 'F' } }, { version: 'latest', 'compare-with': 'published', 'fail-on': 'new' }, { ...RED, verdict: 'failed', starts: 1 }));
sc('r1-retell-excused', (c) => go(c, 'retell', { outcomes: { a: 'F' } }, { 'compare-with': 'published', 'fail-on': 'new' }, { exit: 0, verdict: 'passed', starts: 2, outputs: { tolerated: 1, 'new-failures': '0' } }));
sc('r1-retell-new', (c) => go(c, 'retell', { outcomes: { a: 'F' }, on: { 3: { a: 'P' } } }, { 'compare-with': 'published', 'fail-on': 'new' }, { exit: 1, verdict: 'failed', starts: 2, outputs: { 'new-failures': '1' } }));
sc('r1-retell-two-agent-versions-one-engine-version', (c) => go(c, 'retell', { outcomes: { a: 'F' }, tweak: (k, j) => { if (k === 'agent') j.response_engine.version = 9; } }, { 'compare-with': 'published', 'fail-on': 'new' }, { exit: 1 }));
sc('r1-retell-errs-there', (c) => go(c, 'retell', { outcomes: { a: 'F' }, on: { 3: { a: 'E' } } }, { 'compare-with': 'published', 'fail-on': 'new' }, { exit: 1, verdict: 'failed' }));
sc('r1-retell-errored-here-failed-there', (c) => go(c, 'retell', { outcomes: { a: 'E' }, on: { 3: { a: 'F' } } }, { 'compare-with': 'published', 'fail-on': 'new' }, {}));
sc('r1-retell-all-excused', (c) => go(c, 'retell', { cases: ['a'], outcomes: { a: 'F' } }, { 'compare-with': 'published', 'fail-on': 'new' }, { exit: 1 }));
sc('r1-vapi-compare', (c) => go(c, 'vapi', { outcomes: { a: 'F' } }, { 'compare-with': '3', 'fail-on': 'new' }, { exit: 1 }));
sc('r1-retell-compare-rule', (c) => go(c, 'retell', { outcomes: { a: 'F' }, on: { 3: { a: 'FP' } } }, { 'compare-with': 'published', 'fail-on': 'new', reruns: '1/2' }, { exit: 1, verdict: 'failed', starts: 4 }));
// ---- row 2: another version / engine / target
const lieRetell = { version: (j) => { j.response_engine.version = 3; }, llm: (j) => { j.response_engine.llm_id = 'llm_other'; }, kind: (j) => { j.response_engine = { type: 'conversation-flow', conversation_flow_id: 'llm_0001', version: 4 }; }, custom: (j) => { j.response_engine = { type: 'custom-llm', llm_websocket_url: 'wss://x' }; } };
for (const [n, f] of Object.entries(lieRetell)) {
  sc('r2-retell-first-' + n, (c) => go(c, 'retell', { tweak: (k, j) => { if (k === 'batch') f(j); } }, {}, INC));
  sc('r2-retell-startonly-' + n, (c) => go(c, 'retell', { tweak: (k, j) => { if (k === 'start') f(j); } }, {}, INC));
  sc('r2-retell-rerun-' + n, (c) => go(c, 'retell', { outcomes: { a: 'FPPP' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) > 0) f(j); } }, { reruns: '1/2' }, { exit: 1 }));
  sc('r2-retell-compare-' + n, (c) => go(c, 'retell', { outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) > 0) { if (n === 'version') j.response_engine.version = 4; else f(j); } } }, { 'compare-with': 'published', 'fail-on': 'new' }, { exit: 1 }));
}
sc('r2-retell-once-then-right', (c) => { let n = 0; return go(c, 'retell', { len: 1, tweak: (k, j) => { if (k === 'batch' && n++ === 0) j.response_engine.version = 3; } }, {}, { exit: 1 }); });
sc('r2-retell-silent-ok', (c) => go(c, 'retell', { tweak: (k, j) => { if (k === 'batch' || k === 'start') j.response_engine.version = null; } }, {}, { exit: 0, verdict: 'passed' }));
sc('r2-retell-version-string', (c) => go(c, 'retell', { tweak: (k, j) => { if (k === 'batch') j.response_engine.version = '3'; } }, {}, { exit: 1 }));
sc('r2-retell-snapshot-other-engine', (c) => go(c, 'retell', { tweak: (k, j) => { if (k === 'runs') for (const r of j.items) r.test_case_definition_snapshot.response_engine.llm_id = 'llm_other'; } }, {}, {}));
for (const [n, f] of Object.entries({ agent: (j) => { j.agent_id = 'agent_other'; }, branch: (j) => { j.branch_id = 'agtbrch_other'; } })) {
  sc('r2-el-first-' + n, (c) => go(c, 'elevenlabs', { tweak: (k, j) => { if (k === 'batch') f(j); } }, {}, INC));
  sc('r2-el-start-' + n, (c) => go(c, 'elevenlabs', { tweak: (k, j) => { if (k === 'start') f(j); } }, {}, INC));
  sc('r2-el-runs-' + n, (c) => go(c, 'elevenlabs', { tweak: (k, j) => { if (k === 'batch' || k === 'start') j.test_runs.forEach(f); } }, {}, { exit: 1 }));
  sc('r2-el-rerun-' + n, (c) => go(c, 'elevenlabs', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) > 0) f(j); } }, { reruns: '1/2' }, { exit: 1 }));
  sc('r2-el-branchasked-' + n, (c) => go(c, 'elevenlabs', { tweak: (k, j) => { if (k === 'batch') n === 'branch' ? (j.branch_id = 'agtbrch_main0001') : f(j); } }, { version: 'branch/agtbrch_pr12' }, INC));
  sc('r2-el-compare-' + n, (c) => go(c, 'elevenlabs', { outcomes: { a: 'F' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) > 0) n === 'branch' ? (j.branch_id = 'agtbrch_pr12') : f(j); } }, { version: 'branch/agtbrch_pr12', 'compare-with': 'branch/agtbrch_main0001', 'fail-on': 'new' }, { exit: 1 }));
}
sc('r2-el-nothing-said-ok', (c) => go(c, 'elevenlabs', { tweak: (k, j) => { if (k === 'batch' || k === 'start') { delete j.agent_id; delete j.branch_id; delete j.version_id; j.test_runs.forEach((r) => { delete r.agent_id; delete r.branch_id; delete r.version_id; }); } } }, {}, { exit: 0 }));
sc('r2-el-draft', (c) => go(c, 'elevenlabs', { tweak: (k, j) => { if (k === 'batch') { j.ran_against_draft = true; j.test_runs.forEach((r) => { r.ran_against_draft = true; }); } } }, {}, {}));
for (const [n, f] of Object.entries({ assistant: (j) => { j.target = { type: 'assistant', assistantId: '00000000-1111-4222-8333-944455556666' }; }, squad: (j) => { j.target = { type: 'squad', squadId: '5a6b7c8d-1111-4222-8333-944455556666' }; }, inline: (j) => { j.target = { type: 'assistant', assistant: { name: 'x' } }; } })) {
  sc('r2-vapi-first-' + n, (c) => go(c, 'vapi', { tweak: (k, j) => { if (k === 'batch') f(j); } }, {}, INC));
  sc('r2-vapi-start-' + n, (c) => go(c, 'vapi', { tweak: (k, j) => { if (k === 'start') f(j); } }, {}, INC));
  sc('r2-vapi-rerun-' + n, (c) => go(c, 'vapi', { outcomes: { a: 'FP' }, tweak: (k, j, x) => { if (k === 'batch' && x.w.batches.indexOf(x.b) > 0) f(j); } }, { reruns: '1/2' }, { exit: 1 }));
}
sc('r2-vapi-silent-ok', (c) => go(c, 'vapi', { tweak: (k, j) => { if (k === 'batch' || k === 'start') delete j.target; } }, {}, { exit: 0 }));
sc('r2-vapi-transport-voice', (c) => go(c, 'vapi', { tweak: (k, j) => { if (k === 'batch') j.transport = { provider: 'vapi.websocket' }; } }, {}, {}));
sc('r2-vapi-squad-member', (c) => go(c, 'vapi', { tweak: (k, j) => { if (k === 'batch') j.target = { type: 'squad', squad: { members: [{ assistantId: '00000000-1111-4222-8333-944455556666' }] } }; } }, {}, INC));
sc('r2-bland-run-pathway-other', (c) => go(c, 'bland', { tweak: (k, j) => { if (k === 'batch') j.runs.forEach((r) => { r.pathway_id = '00000000-8f68-5232-8e7a-949df1cad4c9'; }); } }, {}, {}));
sc('r2-id-differs-get', (c) => go(c, 'retell', { tweak: (k, j, x) => { if (k === 'batch') j.test_case_batch_job_id = 'test_batch_somethingelse'; } }, {}, {}));
// ---- row 3: POST answered with an old batch
const oldAns = { retell: (w, b) => ({ test_case_batch_job_id: b.id, status: 'complete', response_engine: { type: 'retell-llm', llm_id: 'llm_0001', version: 4 }, pass_count: 2, fail_count: 0, error_count: 0, total_count: 2, creation_timestamp: b.created, user_modified_timestamp: b.created }), bland: (w, b) => ({ batch_id: b.id, runs: b.runs.map((r) => ({ run_id: r.id, scenario_id: r.case.id })) }), vapi: (w, b) => ({ id: b.id, status: 'queued', createdAt: new Date(b.created).toISOString(), simulationRunItemIds: b.runs.map((r) => r.id), target: { type: 'assistant', assistantId: w.agent } }), elevenlabs: (w, b) => ({ id: b.id, agent_id: w.agent, branch_id: w.mainBranch, created_at: Math.floor(b.created / 1000), test_runs: b.runs.map((r) => ({ test_run_id: r.id, test_id: r.case.id, status: 'passed', condition_result: { result: 'success' } })) }) };
for (const p of ALL) {
  const mk = (x, age, more = {}) => (c) => { let ob; return go(c, p, { ...more, onStart: (w) => ({ answer: oldAns[p](w, ob) }) }, {}, x, { before: (w) => { ob = given(w, { created: w.now() - age, branch: undefined, target: { type: 'assistant', assistantId: w.agent } }); if (more.hide) ob.hidden = true; } }); };
  sc('r3-old-' + p, mk(INC, 3600e3));
  sc('r3-fresh-' + p, mk(INC, 20e3)); // stands in the lists before, created 20 s ago
  sc('r3-old-nolist-' + p, mk(INC, 3600e3, { hide: true })); // not in lists, but created an hour ago by provider's clock
  sc('r3-old-skew-' + p, mk(INC, 3600e3, { hide: true, skew: 3600e3 })); // provider clock ahead by exactly an hour: by our clock new
  sc('r3-listfails-' + p, mk(RED, 3600e3, { tweak: (k) => (k === 'list' ? { __status: 500 } : undefined) }));
  sc('r3-ok-skewahead-' + p, (c) => go(c, p, { skew: 7200e3 }, {}, { exit: 0, verdict: 'passed' }));
  sc('r3-ok-skewbehind-' + p, (c) => go(c, p, { skew: -7200e3 }, {}, { exit: 0, verdict: 'passed' }));
  sc('r3-ok-nodate-skew-' + p, (c) => go(c, p, { noDate: true, pre: undefined, skew: undefined, tweak: undefined, batchSkew: 1 }, {}, { exit: 0, verdict: 'passed' }));
  // re-run answered with the first round's own batch
  sc('r3-rerun-first-' + p, (c) => go(c, p, { outcomes: { a: 'F', b: 'P' }, onStart: (w) => (w.starts.length ? { answer: oldAns[p](w, w.batches[0]) } : undefined) }, { reruns: '1/2' }, { exit: 1 }));
  // re-run answered with an old green batch of just that test case
  sc('r3-rerun-old-' + p, (c) => { let ob; return go(c, p, { keyOf: () => '', outcomes: { a: 'PF', b: 'P' }, onStart: (w) => (w.starts.length ? { answer: oldAns[p](w, ob) } : undefined) }, { reruns: '1/2' }, { exit: 1 }, { before: (w) => { ob = w.add([w.byKey('a').id], { version: 4, created: w.now() - 3600e3, target: { type: 'assistant', assistantId: w.agent } }); } }); });
}
// ---- row 4 Bland lost answer
for (const [n, ver, lost] of [['500', '4', { __status: 500 }], ['drop', '4', { __drop: true }], ['garbage', '4', { __raw: '<html>ok</html>' }]]) {
  sc('r4-bland-nightly-' + n, (c) => go(c, 'bland', { onStart: async (w, e) => { const b = w.add(e.json.scenario_ids, { version: undefined }); b.created = w.now() + 1; return { answer: lost }; } }, { version: ver, 'timeout-minutes': '1' }, { exit: 1, starts: 1 }, { run: { limit: 90 } }));
}
sc('r4-bland-prod-adopt', (c) => go(c, 'bland', { onStart: async (w, e) => { w.add(e.json.scenario_ids, { version: undefined }); return { answer: { __status: 500 } }; } }, { 'timeout-minutes': '1' }, { starts: 1 }, { run: { limit: 90 } }));
for (const p of ['retell', 'vapi', 'elevenlabs']) {
  const ids = (e) => e.json.test_case_definition_ids || e.json.simulations?.map((s) => s.simulationId) || e.json.tests.map((t) => t.test_id);
  sc('r4-adopt-right-' + p, (c) => go(c, p, { onStart: async (w, e) => { w.add(ids(e), { version: e.json.response_engine?.version, name: e.json.name, branch: e.json.branch_id, target: e.json.target, sims: e.json.simulations, transport: e.json.transport }); return { answer: { __status: 500 } }; } }, { 'timeout-minutes': '1' }, { exit: 0, verdict: 'passed', starts: 1 }, { run: { limit: 90 } }));
  sc('r4-adopt-foreign-' + p, (c) => go(c, p, { onStart: async (w, e) => { w.add(ids(e).slice(0, 1), { version: e.json.response_engine?.version, name: 'other', branch: e.json.branch_id, target: e.json.target, transport: e.json.transport }); return { answer: { __status: 500 } }; } }, { 'timeout-minutes': '1' }, { ...INC, starts: 1 }, { run: { limit: 90 } }));
  sc('r4-adopt-otherversion-' + p, (c) => go(c, p, { onStart: async (w, e) => { w.add(ids(e), { version: 3, name: e.json.name && 'someone else', branch: 'agtbrch_other', target: { type: 'assistant', assistantId: '00000000-1111-4222-8333-944455556666' } }); return { answer: { __drop: true } }; } }, { 'timeout-minutes': '1' }, { ...INC, starts: 1 }, { run: { limit: 90 } }));
  sc('r4-adopt-two-' + p, (c) => go(c, p, { onStart: async (w, e) => { for (const k of [1, 2]) w.add(ids(e), { version: e.json.response_engine?.version, name: k === 1 ? e.json.name : 'other', branch: e.json.branch_id, target: e.json.target, sims: e.json.simulations, transport: e.json.transport }); return { answer: { __drop: true } }; } }, { 'timeout-minutes': '1' }, { starts: 1 }, { run: { limit: 90 } }));
  sc('r4-adopt-old-running-' + p, (c) => go(c, p, { len: 2, onStart: async () => ({ answer: { __drop: true } }) }, { 'timeout-minutes': '1' }, { ...INC, starts: 1 }, { before: (w) => { given(w, { target: { type: 'assistant', assistantId: w.agent } }); }, run: { limit: 90 } }));
}
// the other person's batch, same contents, EL without our mark
sc('r4-el-nomark', (c) => go(c, 'elevenlabs', { onStart: async (w, e) => { w.add(e.json.tests.map((t) => t.test_id), { name: 'nightly' }); return { answer: { __drop: true } }; } }, { 'timeout-minutes': '1' }, { ...INC, starts: 1 }, { run: { limit: 90 } }));
sc('r4-el-name-dropped', (c) => go(c, 'elevenlabs', { dropName: true, onStart: async (w, e) => { w.add(e.json.tests.map((t) => t.test_id), {}); return { answer: { __drop: true } }; } }, { 'timeout-minutes': '1' }, { starts: 1 }, { run: { limit: 90 } }));
// ---- row 5
for (const p of ALL) {
  const dup = (w) => { const bs = w.batches; const last = bs.at(-1); for (const r of last.runs) { const f = bs[0].runs.find((x) => x.case.id === r.case.id) || bs[0].runs[0]; r.id = bs[1] === last ? f.id : bs[1].runs.find((x) => x.case.id === r.case.id)?.id ?? f.id; } };
  sc('r5-rerun-dup-' + p, (c) => go(c, p, { outcomes: { a: 'FPP' }, tweak: (k, j, x) => { if (x.b && x.w.batches.length > 1 && !x.w.dd) { x.w.dd = 1; x.w.batches[1].runs[0].id = x.w.batches[0].runs.find((r) => r.case.key === 'a').id; } } }, { reruns: '1/2' }, { exit: 1 }));
  // the passed run of b stands in the re-run of a
  sc('r5-rerun-dup-foreign-' + p, (c) => go(c, p, { outcomes: { a: 'FPP' }, tweak: (k, j, x) => { if (x.b && x.w.batches.length > 1 && !x.w.dd) { x.w.dd = 1; x.w.batches[1].runs[0].id = x.w.batches[0].runs.find((r) => r.case.key === 'b').id; } } }, { reruns: '1/2' }, { exit: 1 }));
  // two parallel re-runs share ids: 3/5 after one F starts 3 in parallel
  sc('r5-parallel-' + p, (c) => go(c, p, { outcomes: { a: 'FPPPP' }, tweak: (k, j, x) => { if (x.b && x.w.batches.length > 2) for (const b of x.w.batches.slice(2)) b.runs[0].id = x.w.batches[1].runs[0].id; } }, { reruns: '3/5' }, { exit: 1 }));
  // given twice: two batches with the same runs
  sc('r5-given-two-' + p, (c) => go(c, p, {}, { 'batch-id': 'x' }, { exit: 1 }, { run: {}, before: (w) => { const a = given(w), b = given(w); b.runs.forEach((r, i) => { r.id = a.runs[i].id; }); w.ids = [a.id, b.id]; }, fix: 1 }));
}
sc('r5-compare-dup', (c) => go(c, 'retell', { outcomes: { a: 'F' }, on: { 3: { a: 'F' } }, tweak: (k, j, x) => { if (x.b && x.w.batches.length > 1) x.w.batches[1].runs[0].id = x.w.batches[0].runs.find((r) => r.case.key === 'a').id; } }, { 'compare-with': 'published', 'fail-on': 'new' }, { exit: 1 }));
// ---- row 6 strays
for (const p of ALL) {
  sc('r6-stray-rerun-' + p, (c) => go(c, p, { outcomes: { a: 'FFFFF', z: 'P' }, cases: ['a', 'b', { key: 'z', stray: true }], tweak: (k, j, x) => { if (x.b && x.w.batches.indexOf(x.b) > 0 && !x.b.st) { x.b.st = 1; const z = x.w.byKey('z'); x.b.runs.push({ id: p === 'retell' ? 'test_job_s' + Math.random() : crypto.randomUUID(), case: z, k: 0, out: 'P', end: x.b.created + 100, mod: z.mod, it: 1 }); } } }, { reruns: '3/5' }, { exit: 1 }));
  sc('r6-stray-a-extra-' + p, (c) => go(c, p, { outcomes: { a: 'FPPP' }, tweak: (k, j, x) => { if (x.b && x.w.batches.indexOf(x.b) > 0 && !x.b.st) { x.b.st = 1; for (let i = 0; i < 3; i++) x.b.runs.push({ ...x.b.runs[0], id: p === 'retell' ? 'test_job_s' + i : crypto.randomUUID(), out: 'P' }); } } }, { reruns: '1/2' }, { exit: 1 }));
  sc('r6-stray-first-' + p, (c) => go(c, p, { cases: ['a', 'b', { key: 'z', stray: true }], tweak: (k, j, x) => { if (x.b && !x.b.st) { x.b.st = 1; const z = x.w.byKey('z'); x.b.runs.push({ id: crypto.randomUUID(), case: z, k: 0, out: 'P', end: x.b.created + 100, mod: z.mod, it: 1 }); } } }, {}, { exit: 1 }));
  sc('r6-other-instead-' + p, (c) => go(c, p, { cases: ['a', 'b', { key: 'z', stray: true }], tweak: (k, j, x) => { if (x.b && !x.b.st) { x.b.st = 1; x.b.runs[0].case = x.w.byKey('z'); } } }, {}, { exit: 1 }));
  sc('r6-first-twice-' + p, (c) => go(c, p, { tweak: (k, j, x) => { if (x.b && !x.b.st) { x.b.st = 1; x.b.runs.push({ ...x.b.runs[0], id: crypto.randomUUID() }); } } }, {}, { exit: 1 }));
  sc('r6-missing-one-' + p, (c) => go(c, p, { cases: ['a', 'b', 'c'], tweak: (k, j, x) => { if (x.b && !x.b.st) { x.b.st = 1; x.b.runs.pop(); } } }, { 'timeout-minutes': '0.3' }, { exit: 1, also: (R) => (/Case c/.test(R.reason + R.summary) || R.reason.includes(mkId(p, 'c')) ? null : 'missing test case c is not named: ' + R.reason) }));
}
// ---- row 7 edits
for (const p of ['retell', 'elevenlabs']) {
  sc('r7-case-edited-flaky-' + p, (c) => go(c, p, { outcomes: { a: 'FPP' }, tweak: (k, j, x) => { if (x.w.batches.length === 1 && x.b) { x.w.byKey('a').mod = Date.now(); } } }, { reruns: '1/2' }, { exit: 1, verdict: 'inconclusive', reason: /edited/i }));
  sc('r7-case-edited-repeat-' + p, (c) => go(c, p, { len: (k, n) => 0.3 + n * 0.5, tweak: (k, j, x) => { if (x.b && x.w.batches.length >= 2) { x.w.batches[1].runs[0].mod = Date.now(); } } }, { repeat: '2/2' }, { exit: 1, reason: /edited/i }));
  sc('r7-case-edited-failed-' + p, (c) => go(c, p, { outcomes: { a: 'FFF' }, tweak: (k, j, x) => { if (x.w.batches.length === 1 && x.b) { x.w.byKey('a').mod = Date.now(); } } }, { reruns: '1/2' }, { exit: 1, verdict: 'failed' }));
  sc('r7-edited-before-ok-' + p, (c) => go(c, p, { outcomes: { a: 'FPP' }, cases: [{ key: 'a', mod: Date.now() - 2000 }, 'b', 'd', 'e', 'f', 'g', 'h'] }, { reruns: '1/2' }, { exit: 0, verdict: 'passed', outputs: { flaky: 1 } }));
}
sc('r7-engine-draft-edited', (c) => go(c, 'retell', { len: 0.8, tweak: (k, j, x) => { if (x.b && !x.w.ed) { x.w.ed = 1; x.w.engineMod = Date.now(); } } }, {}, { exit: 1, verdict: 'inconclusive', reason: /edited|changed/i }));
sc('r7-engine-edited-late', (c) => go(c, 'retell', { len: 0.8, tweak: (k, j, x) => { if (k === 'runs' && !x.w.ed) { x.w.ed = 1; x.w.engineMod = Date.now(); } } }, {}, {}));
sc('r7-engine-unreadable', (c) => { let n = 0; return go(c, 'retell', { tweak: (k, j, x) => { if (k === 'engine' && n++ > 0) return { __status: 404, __body: { status: 'error', message: 'gone' } }; } }, {}, {}); });
sc('r7-engine-edited-then-rerun', (c) => go(c, 'retell', { outcomes: { a: 'FPP' }, tweak: (k, j, x) => { if (k === 'runs' && !x.w.ed) { x.w.ed = 1; x.w.engineMod = Date.now(); } } }, { reruns: '1/2' }, { exit: 1 }));
sc('r7-published-edited-ok', (c) => go(c, 'retell', { tweak: (k, j, x) => { if (x.b && !x.w.ed) { x.w.ed = 1; x.w.engineMod = Date.now(); } } }, { version: 'published' }, {}));
sc('r7-el-agent-edited', (c) => { let v = 'agtvrsn_1'; return go(c, 'elevenlabs', { outcomes: { a: 'FP' }, versionOf: () => v, tweak: (k, j, x) => { if (k === 'start' && x.n === 2) { v = 'agtvrsn_2'; j.version_id = v; } } }, { reruns: '1/2' }, { exit: 1 }); });
sc('r7-vapi-sim-edited', (c) => go(c, 'vapi', { outcomes: { a: 'FPP' }, tweak: (k, j, x) => { if (x.w.batches.length === 1 && x.b) { x.w.byKey('a').mod = Date.now(); } } }, { reruns: '1/2' }, {}));
// ---- row 8
for (const iv of ['0.3', '1', '5']) sc('r8-el-grows-' + iv, (c) => go(c, 'elevenlabs', { tweak: (k, j, x) => { if (k === 'batch' && Date.now() - x.w.t0 < 3000) j.test_runs = j.test_runs.slice(0, 1); if (k === 'batch') j.test_runs.forEach((r, i) => { if (i === 1) { r.status = 'failed'; r.condition_result = { result: 'failure' }; } }); } }, { 'batch-id': 'x' }, { exit: 1, verdict: 'failed' }, { before: (w) => { w.ids = [given(w, { version: undefined }).id]; w.t0 = Date.now(); } }));
for (const p of ['vapi', 'bland']) sc('r8-grows-nocounts-' + p, (c) => go(c, p, { noCounts: true, tweak: (k, j, x) => { const cut = Date.now() - x.w.t0 < 3500; if (p === 'vapi') { if (k === 'batch') { delete j.simulations; } if (k === 'runs') { j.forEach((r, i) => { if (i === 1) { r.status = 'failed'; r.results = { passed: false, evaluations: [] }; } }); if (cut) return j.slice(0, 1); } } else if (k === 'batch') { delete j.total_scenarios; delete j.passed_scenarios; delete j.failed_scenarios; j.runs.forEach((r, i) => { if (i === 1) r.status = 'FAILED'; }); if (cut) { j.runs = j.runs.slice(0, 1); } else j.status = 'FAILED'; } return j; } }, { 'batch-id': 'x' }, { exit: 1 }, { before: (w) => { w.ids = [given(w).id]; w.t0 = Date.now(); }, run: { limit: 100 } }));
sc('r8-el-two-looks-5s', (c) => go(c, 'elevenlabs', {}, { 'batch-id': 'x' }, { exit: 0, minMs: 4900 }, { before: (w) => { w.ids = [given(w, { version: undefined }).id]; } }));
// ---- row 9
const many = (n) => Array.from({ length: n }, (_, i) => 'k' + i);
sc('r9-vapi-short', (c) => go(c, 'vapi', { cases: many(150), noCounts: true, tweak: (k, j, x) => { if (k === 'runs' && x.pg > 1) return j.slice(0, 10); } }, { 'batch-id': 'x', 'timeout-minutes': '0.3' }, { exit: 1 }, { before: (w) => { w.ids = [given(w).id]; } }));
sc('r9-vapi-iterations', (c) => go(c, 'vapi', { cases: many(3), noCounts: true, tweak: (k, j, x) => { if (k === 'runs') return j.slice(0, 6); } }, { 'batch-id': 'x', 'timeout-minutes': '0.3' }, { exit: 1 }, { before: (w) => { w.ids = [given(w, { iterations: 3, sims: w.cases.map((k) => ({ type: 'simulation', simulationId: k.id })) }).id]; } }));
sc('r9-vapi-iterations-lopsided', (c) => go(c, 'vapi', { cases: many(3), noCounts: true, tweak: (k, j, x) => { if (k === 'runs') { j = j.filter((i) => i.simulationId !== x.w.cases[2].id); j.push({ ...j[0], id: 'q1', iterationNumber: 9 }, { ...j[0], id: 'q2', iterationNumber: 8 }, { ...j[0], id: 'q3', iterationNumber: 7 }); return j; } } }, { 'batch-id': 'x', 'timeout-minutes': '0.3' }, { exit: 1 }, { before: (w) => { w.ids = [given(w, { iterations: 3, sims: w.cases.map((k) => ({ type: 'simulation', simulationId: k.id })) }).id]; } }));
sc('r9-vapi-suite', (c) => go(c, 'vapi', { cases: many(4), noCounts: true, tweak: (k, j, x) => { if (k === 'runs') return j.slice(0, 1); } }, { 'batch-id': 'x', 'timeout-minutes': '0.3' }, {}, { before: (w) => { w.ids = [given(w, { sims: [{ type: 'simulationSuite', simulationSuiteId: 'suite-1' }] }).id]; } }));
sc('r9-vapi-started-suite-short', (c) => go(c, 'vapi', { cases: many(4), tweak: (k, j, x) => { if (k === 'runs') return j.slice(0, 3); if (k === 'batch' && j.itemCounts) { j.itemCounts.total = 3; j.itemCounts.passed = Math.min(3, j.itemCounts.passed); } } }, { 'test-cases': 'suite:11111111-1111-4222-8333-944455556666', 'timeout-minutes': '0.3' }, { exit: 1 }));
sc('r9-vapi-counts-total-lower', (c) => go(c, 'vapi', { cases: many(4), tweak: (k, j, x) => { if (k === 'runs') return j.slice(0, 3); if (k === 'batch') { j.itemCounts.total = 3; j.itemCounts.passed = Math.min(3, j.itemCounts.passed); } } }, { 'batch-id': 'x', 'timeout-minutes': '0.3' }, { exit: 1 }, { before: (w) => { w.ids = [given(w).id]; } }));
// ---- row 9a
for (const s of [0, 1]) {
  const v = (n, W, x) => sc(`r9a-${n}-${s ? 'started' : 'given'}`, (c) => go(c, 'vapi', W, s ? { 'timeout-minutes': '0.5' } : { 'batch-id': 'x', 'timeout-minutes': '0.5' }, x, s ? {} : { before: (w) => { w.ids = [given(w).id]; } }));
  v('all-skipped', { outcomes: { a: 'S' } }, { ...INC, reason: /nothing was evaluated|evaluated/i });
  v('no-evaluations', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { if (i.results) i.results.evaluations = []; }); } }, { exit: 1 });
  v('no-results', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { delete i.results; }); } }, { exit: 1 });
  v('results-null', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { i.results = null; }); } }, { exit: 1 });
  v('evals-absent', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { if (i.results) delete i.results.evaluations; }); } }, { exit: 1 });
  v('passed-false', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { if (i.results) i.results.passed = false; }); } }, { exit: 1 });
  v('required-failed', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { if (i.results) i.results.evaluations.push({ name: 'q', required: true, passed: false, comparator: '=', expectedValue: 1, extractedValue: 2 }); }); } }, { exit: 1 });
  v('required-error', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { if (i.results) i.results.evaluations = [{ name: 'q', required: true, passed: false, error: 'boom', comparator: '=', expectedValue: 1, extractedValue: null }]; }); } }, { exit: 1 });
  v('one-skipped-one-ran', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { if (i.results) i.results.evaluations.push({ name: 'q', required: true, passed: false, isSkipped: true, comparator: '=', expectedValue: 1, extractedValue: null }); }); } }, { exit: 0 });
  v('optional-only-ran', { tweak: (k, j) => { if (k === 'runs') j.forEach((i) => { if (i.results) i.results.evaluations = [{ name: 'q', required: true, passed: false, isSkipped: true, comparator: '=', expectedValue: 1, extractedValue: null }, { name: 'o', required: false, passed: false, comparator: '=', expectedValue: 1, extractedValue: 2 }]; }); } }, {});
  v('skipped-rerun', { outcomes: { a: 'SP' } }, { exit: 1 });
}
sc('r9a-skipped-in-rerun', (c) => go(c, 'vapi', { outcomes: { a: 'FS' } }, { reruns: '1/2' }, { exit: 1 }));
sc('r9a-results-late', (c) => go(c, 'vapi', { tweak: (k, j, x) => { if (k === 'runs' && Date.now() - x.b.created < 4000) j.forEach((i) => { delete i.results; }); } }, {}, { exit: 0, minMs: 4000 }));
main();
