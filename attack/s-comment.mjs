import { FULL, sc, main, mkId, sleep, go, given, ALL, TARGET, KEY, TOKEN, run, SHA, HEAD, BASE } from './h.mjs';
import fs from 'node:fs'; import path from 'node:path';
// several gates over one GitHub. jobs: [{outcome, env, inputs, event}] sequential or parallel
const bots = (g) => g.comments.filter((c) => c.user?.type === 'Bot' && c.issue === 7);
async function gate(c, g, { out = 'PP', p = 'retell', env = {}, inputs = {}, W = {}, run: more = {}, event, eventName } = {}) {
  const w = await c.world({ provider: p, outcomes: { a: out[0], b: out[1] ?? 'P' }, ...W });
  const R = await c.run({ w, g, limit: 100, env, event, eventName, inputs: { 'test-cases': w.cases.map((k) => k.id).join('\n'), target: TARGET[p], ...inputs }, ...more });
  R.w_ = w; return R;
}
const hasBoth = (g, ...res) => { const b = bots(g); if (b.length !== 1) return `${b.length} comments, wanted 1`; return res.map((re) => (re.test(b[0].body) ? '' : `comment lacks ${re}: ${visible(b[0].body).slice(0, 300)}`)).filter(Boolean).join('; '); };
const visible = (t) => t.replace(/<!--[\s\S]*?-->/g, '').trim();
const green = (t) => /^.{0,20}✅ all|^#+ ✅|^#+.*✅/m.test(visible(t).split('\n')[0]);
// row 10
for (const [n, e1, e2, i1, i2] of [['plain', { 'check-run-id': '71' }, { 'check-run-id': '72' }, {}, {}], ['nocheck', { 'check-run-id': '' }, { 'check-run-id': '' }, {}, {}], ['label', { 'check-run-id': '71' }, { 'check-run-id': '72' }, { label: 'North' }, { label: 'South' }], ['label-nocheck', { 'check-run-id': '' }, { 'check-run-id': '' }, { label: 'North' }, { label: 'South' }]]) {
  for (const order of ['red-first', 'green-first', 'parallel']) sc(`r10-${n}-${order}`, async (c) => {
    const g = await c.github({});
    const A = { out: 'FP', inputs: { ...e1, ...i1 } }, B = { out: 'PP', inputs: { ...e2, ...i2 } };
    let r;
    if (order === 'red-first') { await gate(c, g, A); r = await gate(c, g, B); } else if (order === 'green-first') { await gate(c, g, B); r = await gate(c, g, A); } else { [r] = await Promise.all([gate(c, g, A), gate(c, g, B)]); }
    c.last = r;
    const b = bots(g); if (b.length !== 1) return c.bad(`${b.length} comments`);
    const v = visible(b[0].body);
    if (!/Case a/.test(v)) c.bad('red job hidden: ' + v.slice(0, 400));
    if (/^#.*✅/.test(v.split('\n')[0])) c.bad('green heading over a red job: ' + v.split('\n')[0]);
    if (n.startsWith('label') && !(/North/.test(v) && /South/.test(v))) c.bad('labels missing');
  });
}
// rerun of the failed job only: attempt 2 with new check run id replaces own section
sc('r10-attempt2', async (c) => {
  const g = await c.github({});
  await gate(c, g, { out: 'FP', inputs: { 'check-run-id': '71' } });
  const r = await gate(c, g, { out: 'PP', inputs: { 'check-run-id': '81' }, env: { GITHUB_RUN_ATTEMPT: '2' } }); c.last = r;
  const v = visible(bots(g)[0].body); if (!/✅/.test(v.split('\n')[0])) c.bad('after green attempt 2: ' + v.slice(0, 300));
});
sc('r10-attempt2-two-equal', async (c) => {
  const g = await c.github({});
  await gate(c, g, { out: 'FP', inputs: { 'check-run-id': '71' } }); await gate(c, g, { out: 'PP', inputs: { 'check-run-id': '72' } });
  const r = await gate(c, g, { out: 'PP', inputs: { 'check-run-id': '81' }, env: { GITHUB_RUN_ATTEMPT: '2' } }); c.last = r;
  const v = visible(bots(g)[0].body); if (!/Case a/.test(v)) c.bad('ambiguous attempt 2 wiped the red section: ' + v.slice(0, 400)); if (!/label/.test(r.log)) c.bad('log does not say to set label');
});
sc('r10-attempt2-two-labels', async (c) => {
  const g = await c.github({});
  await gate(c, g, { out: 'FP', inputs: { 'check-run-id': '71', label: 'North' } }); await gate(c, g, { out: 'PP', inputs: { 'check-run-id': '72', label: 'South' } });
  const r = await gate(c, g, { out: 'PP', inputs: { 'check-run-id': '81', label: 'North' }, env: { GITHUB_RUN_ATTEMPT: '2' } }); c.last = r;
  const v = visible(bots(g)[0].body); if (/Case a/.test(v.split('\n').slice(0, 30).join('\n')) && !/✅/.test(v.split('\n')[0])) c.bad('attempt 2 of North did not replace: ' + v.slice(0, 500));
});
sc('r10-green-retry-other-job', async (c) => { // attempt 2 of the green job must not hide the red of attempt 1
  const g = await c.github({});
  await gate(c, g, { out: 'FP', inputs: { 'check-run-id': '71' } }); await gate(c, g, { out: 'PP', inputs: { 'check-run-id': '72', target: 'retell-llm/llm_0001' } });
  const r = await gate(c, g, { out: 'PP', inputs: { 'check-run-id': '82', target: 'retell-llm/llm_0001' }, env: { GITHUB_RUN_ATTEMPT: '2' } }); c.last = r;
  const v = visible(bots(g)[0].body); if (!/Case a/.test(v)) c.bad('red of agent target hidden: ' + v.slice(0, 400));
});
sc('r10-matrix', async (c) => {
  const g = await c.github({});
  await Promise.all([gate(c, g, { out: 'FP', inputs: { matrix: '{"region":"eu"}', 'check-run-id': '1' } }), gate(c, g, { out: 'PP', inputs: { matrix: '{"region":"us"}', 'check-run-id': '2' } })]);
  const r = await gate(c, g, { out: 'PP', inputs: { matrix: '{"region":"asia"}', 'check-run-id': '3' } }); c.last = r;
  const b = bots(g); const v = visible(b[0].body); if (b.length !== 1) c.bad(b.length + ' comments'); if (!/Case a/.test(v) || !/eu/.test(v) || !/asia/.test(v)) c.bad(v.slice(0, 500));
});
sc('r10-older-run', async (c) => { // older run number never overwrites newer
  const g = await c.github({});
  await gate(c, g, { out: 'FP', env: { GITHUB_RUN_NUMBER: '51', GITHUB_RUN_ID: '5100' } });
  const r = await gate(c, g, { out: 'PP', env: { GITHUB_RUN_NUMBER: '50', GITHUB_RUN_ID: '5000' } }); c.last = r;
  const v = visible(bots(g)[0].body); if (!/Case a/.test(v)) c.bad('older run overwrote newer');
});
sc('r10-newer-run', async (c) => {
  const g = await c.github({});
  await gate(c, g, { out: 'FP', env: { GITHUB_RUN_NUMBER: '51', GITHUB_RUN_ID: '5100' } });
  const r = await gate(c, g, { out: 'PP', env: { GITHUB_RUN_NUMBER: '52', GITHUB_RUN_ID: '5200' } }); c.last = r;
  const v = visible(bots(g)[0].body); if (!/✅/.test(v.split('\n')[0])) c.bad('newer run did not replace: ' + v.slice(0, 300));
});
sc('r10-newer-run-lower-id', async (c) => {
  const g = await c.github({});
  await gate(c, g, { out: 'FP', env: { GITHUB_RUN_NUMBER: '51', GITHUB_RUN_ID: '9100' } });
  const r = await gate(c, g, { out: 'PP', env: { GITHUB_RUN_NUMBER: '52', GITHUB_RUN_ID: '5200' } }); c.last = r;
  const v = visible(bots(g)[0].body); if (!/✅/.test(v.split('\n')[0])) c.bad('newer run (number) did not replace: ' + v.slice(0, 300));
});
// row 11: two workflows
for (const order of [0, 1]) sc('r11-two-workflows-' + order, async (c) => {
  const g = await c.github({});
  const A = { out: 'FP', env: { GITHUB_WORKFLOW: 'A', GITHUB_WORKFLOW_REF: 'o/r/.github/workflows/a.yml@refs/pull/7/merge', GITHUB_RUN_NUMBER: '5', GITHUB_RUN_ID: '100' } };
  const B = { out: 'PP', env: { GITHUB_WORKFLOW: 'B', GITHUB_WORKFLOW_REF: 'o/r/.github/workflows/b.yml@refs/pull/7/merge', GITHUB_RUN_NUMBER: '900', GITHUB_RUN_ID: '9000' } };
  await gate(c, g, order ? A : B); const r = await gate(c, g, order ? B : A); c.last = r;
  const b = bots(g); const v = visible(b[0].body); if (b.length !== 1) c.bad(b.length + ' comments'); if (!/Case a/.test(v)) c.bad('red workflow hidden: ' + v.slice(0, 300)); if (/^#.*✅/.test(v.split('\n')[0])) c.bad('green heading: ' + v.split('\n')[0]);
  // next push: A red again, new head: B's stale section goes (another head), A's stays
  const ev = { action: 'synchronize', number: 7, pull_request: { number: 7, head: { sha: 'd'.repeat(40), ref: 'feature', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE } }, repository: { full_name: 'o/r', private: true } };
});
// row 12
sc('r12-short-page', async (c) => {
  const g = await c.github({ cutPage: (items, page) => items.slice(0, Math.max(1, items.length - 3)) });
  for (let i = 0; i < 150; i++) g.comments.push({ id: i + 1, issue: 7, body: 'x' + i, user: { login: 'dev', type: 'User' } });
  await gate(c, g, { out: 'FP' });
  // our comment is last: cutPage may cut it; put it in the middle of page 2
  const ours = g.comments.pop(); g.comments.splice(110, 0, ours);
  const r = await gate(c, g, { out: 'PP', env: { GITHUB_RUN_NUMBER: '60', GITHUB_RUN_ID: '6000' } }); c.last = r;
  if (bots(g).length !== 1) c.bad(bots(g).length + ' comments of ours');
});
sc('r12-short-page-linkless-last', async (c) => {
  const g = await c.github({});
  for (let i = 0; i < 230; i++) g.comments.push({ id: i + 1, issue: 7, body: 'x' + i, user: { login: 'dev', type: 'User' } });
  await gate(c, g, { out: 'FP' }); const r = await gate(c, g, { out: 'PP', env: { GITHUB_RUN_NUMBER: '60', GITHUB_RUN_ID: '6000' } }); c.last = r;
  if (bots(g).length !== 1) c.bad(bots(g).length + ' comments of ours');
});
sc('r12-proxy-strips-link', async (c) => { // full pages, no Link header at all
  const g = await c.github({ tweak: (e, g, res) => { const o = res.setHeader.bind(res); res.setHeader = (k, v) => (k.toLowerCase() === 'link' ? res : o(k, v)); } });
  for (let i = 0; i < 230; i++) g.comments.push({ id: i + 1, issue: 7, body: 'x' + i, user: { login: 'dev', type: 'User' } });
  await gate(c, g, { out: 'FP' }); const r = await gate(c, g, { out: 'PP', env: { GITHUB_RUN_NUMBER: '60', GITHUB_RUN_ID: '6000' } }); c.last = r;
  if (bots(g).length !== 1) c.bad(bots(g).length + ' comments of ours');
});
// row 13
for (const st of [502, 504]) sc('r13-' + st, async (c) => {
  const g = await c.github({ tweak: (e) => (/issues\/7\/comments/.test(e.path) && e.method === 'GET' && +(e.query.per_page || 30) > 25 ? { status: st, body: 'Server Error' } : undefined) });
  for (let i = 0; i < 60; i++) g.comments.push({ id: i + 1, issue: 7, body: 'x' + i, user: { login: 'dev', type: 'User' } });
  const r = await gate(c, g, { out: 'FP' }); c.expect(r, { exit: 1, verdict: 'failed' }, r.w_, g); if (bots(g).length !== 1) c.bad(bots(g).length + ' comments; ' + g.log.map((e) => e.query.per_page).join()); 
});
sc('r13-timeouts', async (c) => {
  const g = await c.github({ tweak: (e, g, res) => (/issues\/7\/comments/.test(e.path) && e.method === 'GET' && +(e.query.per_page || 30) > 50 ? 'handled' : undefined) });
  const r = await gate(c, g, { out: 'FP' }); c.expect(r, { exit: 1, verdict: 'failed' }, r.w_, g); if (bots(g).length !== 1) c.bad(bots(g).length + ' comments'); 
});
// row 14
for (const [n, st, msg, h] of [['403', 403, 'You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.', {}], ['422', 422, 'Validation Failed: was submitted too quickly', {}], ['403-quick', 403, 'was submitted too quickly', {}], ['429', 429, 'secondary rate limit', {}], ['ra', 403, 'You have exceeded a secondary rate limit', { 'retry-after': '3' }]]) sc('r14-' + n, async (c) => {
  const k = 2; const g = await c.github({ tweak: (e, g) => { if (/comments/.test(e.path) && e.method === 'POST') { g.n = (g.n || 0) + 1; if (g.n <= 1) return { status: st, body: { message: msg, ...(st === 422 ? { errors: [{ message: 'was submitted too quickly', resource: 'IssueComment', code: 'unprocessable', field: 'data' }] } : {}) }, headers: h }; } } });
  const r = await gate(c, g, { out: 'FP' }); c.expect(r, { exit: 1, verdict: 'failed' }, r.w_, g); if (bots(g).length !== 1) c.bad(bots(g).length + ' comments after limit; log: ' + r.log.match(/::warning.*/)?.[0]);
});
sc('r14-always', async (c) => {
  const g = await c.github({ tweak: (e, g) => (/comments/.test(e.path) && e.method === 'POST' ? { status: 403, body: { message: 'You have exceeded a secondary rate limit. Please wait.' } } : undefined) });
  const r = await gate(c, g, { out: 'FP' }); c.expect(r, { exit: 1, verdict: 'failed', log: /limit/i, noLog: /fork/i, maxMs: 90000 }, r.w_, g);
  const n = g.log.filter((e) => e.method === 'POST').length; if (n < 2) c.bad('only ' + n + ' tries');
});
// row 15
for (const [n, msg, fork] of [['integration', 'Resource not accessible by integration', true], ['2500', 'Commenting is disabled on issues with more than 2500 comments', false], ['archived', 'Repository was archived so is read-only.', false], ['ip', 'Although you appear to have the correct authorization credentials, the `o` organization has an IP allow list enabled', false], ['saml', 'Resource protected by organization SAML enforcement.', false]]) sc('r15-' + n, async (c) => {
  const g = await c.github({ tweak: (e) => (/comments/.test(e.path) && e.method !== 'GET' ? { status: 403, body: { message: msg } } : undefined) });
  const r = await gate(c, g, { out: 'PP' }); c.expect(r, { exit: 0, verdict: 'passed', log: fork ? /fork/i : [msg.slice(0, 30).replace(/`/g, '')], noLog: fork ? [] : /forks? and|Dependabot/i }, r.w_, g);
});
// row 17: events
const ev17 = { deployment_status: [{ deployment_status: { state: 'success' }, deployment: { sha: HEAD, ref: 'feature' }, repository: { full_name: 'o/r', private: true } }, 'refs/heads/feature'], workflow_dispatch: [{ ref: 'refs/heads/feature', inputs: {}, repository: { full_name: 'o/r', private: true } }, 'refs/heads/feature'], check_suite: [{ check_suite: { head_sha: HEAD, head_branch: 'feature', pull_requests: [] }, repository: { full_name: 'o/r', private: true } }, 'refs/heads/main'], emptymerge: [{}, 'refs/pull/7/merge'], push: [{ ref: 'refs/heads/feature', after: HEAD, head_commit: { id: HEAD }, repository: { full_name: 'o/r', private: true } }, 'refs/heads/feature'], issue_comment: [{ issue: { number: 7, pull_request: { url: 'x' } }, comment: { body: '/test' }, repository: { full_name: 'o/r', private: true } }, 'refs/heads/main'], merge_group: [{ merge_group: { head_sha: HEAD, head_ref: 'refs/heads/gh-readonly-queue/main/pr-7-' + BASE, base_ref: 'refs/heads/main', base_sha: BASE }, repository: { full_name: 'o/r', private: true } }, 'refs/heads/gh-readonly-queue/main/pr-7-' + BASE], workflow_run: [{ workflow_run: { head_sha: HEAD, head_branch: 'feature', event: 'pull_request', pull_requests: [{ number: 7 }], id: 5 }, repository: { full_name: 'o/r', private: true } }, 'refs/heads/main'] };
for (const [n, [event, ref]] of Object.entries(ev17)) sc('r17-' + n, async (c) => {
  const g = await c.github({ commitPulls: { [HEAD]: [{ number: 7, state: 'open', head: { sha: HEAD, ref: 'feature', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } } }] }, pulls: [{ number: 7, state: 'open', head: { sha: HEAD, ref: 'feature', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } } }] });
  const r = await gate(c, g, { event, eventName: n === 'emptymerge' ? 'pull_request' : n, env: { GITHUB_SHA: HEAD, GITHUB_REF: ref, GITHUB_REF_NAME: ref.replace(/refs\/(heads|pull)\//, ''), GITHUB_HEAD_REF: '', GITHUB_BASE_REF: '' } });
  c.expect(r, { exit: 0, verdict: 'passed' }, r.w_, g); if (bots(g).length !== 1) c.bad('no comment: ' + (r.log.match(/.*pull.request.*/i)?.[0] ?? 'and no word') + ' ' + g.log.map((e) => e.url).join(' '));
});
sc('r17-none', async (c) => { const g = await c.github({}); const r = await gate(c, g, { event: { schedule: '0 0 * * *', repository: { full_name: 'o/r', private: true } }, eventName: 'schedule', env: { GITHUB_REF: 'refs/heads/main', GITHUB_HEAD_REF: '', GITHUB_BASE_REF: '' } }); c.expect(r, { exit: 0, log: /no pull request|pull-request/i }, r.w_, g); if (g.comments.length) c.bad('commented'); });
sc('r17-issue-not-pr', async (c) => { const g = await c.github({}); const r = await gate(c, g, { event: { issue: { number: 7 }, comment: {}, repository: { full_name: 'o/r', private: true } }, eventName: 'issue_comment', env: { GITHUB_REF: 'refs/heads/main', GITHUB_HEAD_REF: '', GITHUB_BASE_REF: '' } }); c.last = r; if (g.comments.length) c.bad('commented on a plain issue'); });
sc('r17-closed-pr', async (c) => { const g = await c.github({ commitPulls: { [HEAD]: [{ number: 7, state: 'closed', head: { sha: HEAD, ref: 'feature', repo: { full_name: 'o/r' } }, base: { ref: 'main', repo: { full_name: 'o/r' } } }] } }); const r = await gate(c, g, { event: { deployment: { sha: HEAD }, deployment_status: {}, repository: { full_name: 'o/r', private: true } }, eventName: 'deployment_status', env: { GITHUB_SHA: HEAD, GITHUB_REF: 'refs/heads/main', GITHUB_HEAD_REF: '', GITHUB_BASE_REF: '' } }); c.last = r; if (g.comments.length) c.bad('commented on a closed pull request'); });
// row 18
sc('r18-wrong-input-updates', async (c) => { const g = await c.github({}); await gate(c, g, {}); const r = await gate(c, g, { inputs: { reruns: 'x' }, env: { GITHUB_RUN_NUMBER: '60', GITHUB_RUN_ID: '6000' } }); c.last = r; const v = visible(bots(g)[0].body); if (/✅/.test(v.split('\n')[0])) c.bad('old green stays: ' + v.slice(0, 200)); });
sc('r18-wrong-input-none', async (c) => { const g = await c.github({}); const r = await gate(c, g, { inputs: { reruns: 'x' } }); c.last = r; if (bots(g).length) c.bad('made a comment'); });
// comment: failures
sc('c-failures-green-none', async (c) => { const g = await c.github({}); const r = await gate(c, g, { inputs: { comment: 'failures' } }); c.last = r; if (bots(g).length) c.bad('comment on green'); });
sc('c-failures-then-green', async (c) => { const g = await c.github({}); await gate(c, g, { out: 'FP', inputs: { comment: 'failures' } }); const r = await gate(c, g, { inputs: { comment: 'failures' }, env: { GITHUB_RUN_NUMBER: '60', GITHUB_RUN_ID: '6000' } }); c.last = r; if (!/✅/.test(visible(bots(g)[0].body).split('\n')[0])) c.bad('red comment stays'); });
sc('c-created-with-verdict', async (c) => { const g = await c.github({}); const r = await gate(c, g, { W: { len: 2 } }); c.last = r; const first = g.writes[0]; if (!first || !/passed/.test(first.body)) c.bad('first write is not the verdict: ' + first?.body.slice(0, 200)); });
sc('c-forged', async (c) => { // a user comment that copies our marker must not be updated nor believed
  const g = await c.github({}); await gate(c, g, { out: 'FP' }); const ours = g.comments[0].body;
  const g2 = await c.github({ comments: [{ id: 1, issue: 7, body: ours, user: { login: 'dev', type: 'User' } }] });
  const r = await gate(c, g2, { out: 'PP' }); c.last = r; if (g2.comments[0].body !== ours) c.bad('overwrote a user comment'); if (bots(g2).length !== 1) c.bad('no own comment');
});
sc('c-payload-last', async (c) => { const g = await c.github({}); const r = await gate(c, g, { out: 'FP' }); c.last = r; const b = bots(g)[0].body; const i = b.indexOf('Case a'); const pre = b.slice(0, i); const hid = pre.match(/<!--[\s\S]*?-->/g)?.join('') ?? ''; if (hid.length > 400) c.bad('hidden payload of ' + hid.length + ' before the text'); if (/^<!--/.test(b) && b.indexOf('-->') > 300) c.bad('comment begins with payload'); const all = b.match(/<!--[\s\S]*?-->/g)?.join('').length ?? 0; if (all > 8200) c.bad('payload ' + all); r.note = ' payload share ' + Math.round(100 * all / b.length) + '%'; });
sc('c-concurrent-6', async (c) => { const g = await c.github({}); const rs = await Promise.all([1, 2, 3, 4].map((i) => gate(c, g, { out: i === 2 ? 'FP' : 'PP', inputs: { label: 'L' + i, matrix: `{"i":${i}}`, 'check-run-id': '' + i } }))); c.last = rs[0]; const b = bots(g); if (b.length !== 1) return c.bad(b.length + ' comments'); for (const i of [1, 2, 3, 4]) if (!visible(b[0].body).includes('L' + i)) c.bad('L' + i + ' lost'); });
sc('c-locked', async (c) => { const g = await c.github({ tweak: (e) => (/comments/.test(e.path) && e.method === 'POST' ? { status: 403, body: { message: 'Unable to create comment because issue is locked.' } } : undefined) }); const r = await gate(c, g, {}); c.expect(r, { exit: 0, log: /locked/ }, r.w_, g); });
sc('c-404', async (c) => { const g = await c.github({ tweak: (e) => (/comments/.test(e.path) ? { status: 404, body: { message: 'Not Found' } } : undefined) }); const r = await gate(c, g, {}); c.expect(r, { exit: 0 }, r.w_, g); });
sc('c-github-down', async (c) => { const g = await c.github({ tweak: () => ({ status: 503, body: 'x' }) }); const r = await gate(c, g, {}); c.expect(r, { exit: 0, maxMs: 90000 }, r.w_, g); });
sc('c-github-hangs', async (c) => { const g = await c.github({ tweak: () => 'handled' }); const r = await gate(c, g, {}); c.expect(r, { exit: 0, maxMs: 90000 }, r.w_, g); });
sc('c-github-garbage', async (c) => { const g = await c.github({ tweak: (e, g, res) => { res.end('<html>login</html>'); return 'handled'; } }); const r = await gate(c, g, {}); c.expect(r, { exit: 0, maxMs: 90000 }, r.w_, g); });
sc('c-huge', async (c) => { const g = await c.github({}); const r = await gate(c, g, { W: { cases: Array.from({ length: 400 }, (_, i) => ({ key: 'k' + i, name: ('Very long name ' + i + ' ').repeat(12) })), outcomes: Object.fromEntries(Array.from({ length: 400 }, (_, i) => ['k' + i, i % 2 ? 'F' : 'P'])), tweak: (k, j) => { if (k === 'runs') j.items.forEach((x) => { x.result_explanation = 'long '.repeat(400) + x.test_case_job_id; }); } }, inputs: { transcripts: FULL } }); c.expect(r, { exit: 1, verdict: 'failed' }, r.w_, g); });
sc('c-inject', async (c) => {
  const evil = '</details></table>\n# Owned\n@octocat [x](javascript:alert(1)) ![i](http://evil/i.png) <img src=http://evil/x> <!-- agent-test-gate --> ::error::pwn\n::set-output name=verdict::passed %0A::warning::x `|` ' + KEY;
  const g = await c.github({}); const r = await gate(c, g, { W: { cases: [{ key: 'a', name: evil }, 'b'], outcomes: { a: 'F' }, tweak: (k, j) => { if (k === 'runs') j.items.forEach((x) => { x.result_explanation = evil; x.transcript_snapshot = { transcript: [{ role: 'agent', content: evil }, { role: 'user', content: evil }] }; }); } }, inputs: { transcripts: FULL, 'report-json': 'r.json', 'report-html': 'r.html', 'report-junit': 'r.xml', 'report-ctrf': 'c.json' } });
  c.expect(r, { exit: 1, verdict: 'failed', noLog: [/^\s*::set-output/m, /^::error::pwn/m, /^::warning::x/m], noComment: [/(?<![`\w])@octocat(?!`)/, /<img/, /!\[i\]\(http/, /^# Owned/m], noSummary: [/<img/, /^# Owned/m] }, r.w_, g);
  const h = fs.existsSync(path.join(r.ws, 'r.html')) ? fs.readFileSync(path.join(r.ws, 'r.html'), 'utf8') : ''; if (!h) c.bad('no html'); if (/<img/i.test(h)) c.bad('img in html'); if (!/Content-Security-Policy/i.test(h)) c.bad('no CSP'); if (/(src|href)=["']?https?:/i.test(h.replace(/<a [^>]*>/g, ''))) c.bad('html loads something');
});
// base memory
sc('m-base', async (c) => {
  const g0 = await c.github({}); const merged = { number: 5, state: 'closed', merged_at: new Date(Date.now() - 3600e3).toISOString(), head: { sha: 'e'.repeat(40), ref: 'old', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } }, updated_at: new Date().toISOString() };
  const ev = { action: 'synchronize', number: 5, pull_request: { number: 5, head: { sha: 'e'.repeat(40), ref: 'old', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } } }, repository: { full_name: 'o/r', private: true, default_branch: 'main' } };
  await gate(c, g0, { out: 'PF', event: ev, env: { GITHUB_REF: 'refs/pull/5/merge', GITHUB_RUN_NUMBER: '3', GITHUB_RUN_ID: '300' } });
  const g = await c.github({ comments: g0.comments, pulls: [merged] });
  const r = await gate(c, g, { out: 'FF' }); c.expect(r, { exit: 1, verdict: 'failed', outputs: { 'new-failures': '1' } }, r.w_, g); if (r.comment && !/new/i.test(visible(bots(g)[0].body).split('\n')[0])) r.note = ' heading: ' + visible(bots(g)[0].body).split('\n')[0];
});
sc('m-history', async (c) => { const g = await c.github({}); for (const [i, o] of ['FP', 'PP', 'FP'].entries()) { const ev = { action: 'synchronize', number: 7, pull_request: { number: 7, head: { sha: String(i).repeat(40), ref: 'feature', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } } }, repository: { full_name: 'o/r', private: true } }; c.last = await gate(c, g, { out: o, event: ev, env: { GITHUB_RUN_NUMBER: String(50 + i), GITHUB_RUN_ID: String(500 + i) } }); } const v = visible(bots(g)[0].body); if (!/per push/i.test(v)) c.bad('no strip: ' + v.slice(0, 500)); });
sc('m-edited-since-push', async (c) => { const g = await c.github({}); const mod = Date.now() - 86400e3; let r; for (const i of [0, 1]) { const ev = { action: 'synchronize', number: 7, pull_request: { number: 7, head: { sha: String(i).repeat(40), ref: 'feature', repo: { full_name: 'o/r' } }, base: { ref: 'main', sha: BASE, repo: { full_name: 'o/r' } } }, repository: { full_name: 'o/r', private: true } }; r = await gate(c, g, { out: i ? 'FP' : 'PP', W: { cases: [{ key: 'a', mod: mod + i * 3600e3 }, 'b'] }, event: ev, env: { GITHUB_RUN_NUMBER: String(50 + i), GITHUB_RUN_ID: String(500 + i) } }); } c.last = r; if (!/edited/i.test(visible(bots(g)[0].body))) c.bad('no word about the edited test case: ' + visible(bots(g)[0].body).slice(0, 800)); });
main();
