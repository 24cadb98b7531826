import { spawnSync, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
const N = '/work/wt/starters/node_modules/node/bin/node';
const q = (s) => s;
const K = { RETELL_API_KEY: 'key_secret_12345678', BLAND_API_KEY: '"quoted-secret-1234"', VAPI_API_KEY: 'Bearer abc12345678xyz', ELEVENLABS_API_KEY: 'short' };
const cases = [];
const add = (args, more = {}) => cases.push({ args, ...more });
for (const a of [[], ['--help'], ['-h'], ['help'], ['help', 'run'], ['help', 'quarantine'], ['help', 'nonsense'], ['run', '--help'], ['plan', '--help'], ['init', '--help'], ['quarantine', 'check', '--help'], ['quarantine', '--help'], ['quarantine'], ['quarantine', 'chekc'], ['--version'], ['-v'], ['version'], ['run', '--version'], ['rnu'], ['Run'], ['--provider', 'retell'],
 ['run'], ['run', '--provider', 'retell'], ['run', '--provider=retell', '--batch-id', 'b', 'stray'], ['run', '--provider', 'retell', '--api-key', 'key_secret_12345678'], ['run', '--api-key=key_secret_12345678'], ['run', '--github-token', 'x'], ['run', '--comment', 'always'], ['run', '--matrix', 'x'], ['run', '--pull-request', '3'], ['run', '--own-version'], ['run', '--test-case-count', '3'], ['run', '--test-casse', '*'], ['run', '--provider'], ['run', '--', 'x'], ['run', '-x'], ['run', '--target=agent/1', '--target=agent/2'], ['run', '--force'], ['init', '--force=yes'], ['init', '--report-json', 'x'], ['init', '--max-runs', '3'], ['plan', '--report-json', 'x', '--provider', 'retell', '--test-cases', '*', '--target', 'agent/x'],
 ['quarantine', 'check'], ['quarantine', 'check', 'nofile.yml'], ['quarantine', 'check', 'q.yml'], ['quarantine', 'check', 'q.yml', 'r.yml'], ['quarantine', 'check', 'q.yml', '--test-case-count', '5'], ['quarantine', 'check', 'q.yml', '--test-case-count', 'x'], ['quarantine', 'check', 'bad.yml'], ['quarantine', 'check', '.'], ['quarantine', 'check', '--target', 'x'],
 ['init'], ['init', '--provider', 'retell'], ['init', '--provider', 'nonsense'], ['init', '--provider', 'retell', '--test-cases', '*', '--target', 'agent/a', '--uses', 'x'], ['init', '--provider', 'retell', '--test-cases', '*', '--target', 'agent/a', '--uses', 'o/r@v1', '--api-url', 'http://127.0.0.1:9'], ['init', '--provider', 'vapi', '--test-cases', 'a', '--target', 'assistant/a', '--uses', 'o/r@v1', '--own-version', '--api-url', 'http://127.0.0.1:1'],
 ['run', '--provider', 'retell', '--batch-id', 'b1', '--api-url', 'http://127.0.0.1:1', '--timeout-minutes', '0.1'], ['run', '--provider', 'bland', '--batch-id', 'b1', '--api-url', 'http://127.0.0.1:1', '--timeout-minutes', '0.1'], ['run', '--provider', 'vapi', '--batch-id', 'b1', '--api-url', 'http://user:pass@127.0.0.1:1'], ['run', '--provider', 'elevenlabs', '--batch-id', 'b1'], ['plan', '--provider', 'bland', '--test-cases', '*', '--target', 'pathway/x', '--api-url', 'http://127.0.0.1:1', '--timeout-minutes', '0.05'],
 ['run', '--provider', 'retell', '--batch-id', 'key_secret_12345678'], ['run', '--provider', 'retell', '--target', 'key_secret_12345678', '--test-cases', '*'], ['run', '--provider', 'key_secret_12345678'], ['run', '--key_secret_12345678'], ['key_secret_12345678'], ['run', '--provider', 'retell', '--repeat', '2/3', '--reruns', '2/3', '--reuse-hours', '5', '--batch-id', 'x', '--report-json', 'a', '--report-html', './a', '--fail-on', 'new'], ['run', '--provider', 'retell', '--baseline', 'nofile', '--batch-id', 'b', '--api-url', 'http://127.0.0.1:1', '--timeout-minutes', '0.02'],
 ['run', '--provider', 'vapi', '--target-config', 'nofile.json', '--target', 'assistant/x', '--test-cases', 'a'], ['run', '--provider', 'vapi', '--target-config', 'cfg.json', '--target', 'assistant/x', '--test-cases', 'a', '--version', '3', '--mode', 'x'], ['run', '--provider', 'bland', '--target-config', 'cfg.json', '--target', 'pathway/x', '--test-cases', '*', '--mode', 'chat', '--reuse-hours', '1']]) { add(a); }
add(['run', '--provider', 'retell', '--batch-id', 'b'], { env: {} });
add(['run', '--provider', 'retell', '--batch-id', 'b'], { env: { RETELL_API_KEY: ' ' } });
for (const cols of ['40', '200']) for (const a of [['--help'], ['run', '--help'], ['init', '--help']]) add(a, { env: { ...K, COLUMNS: cols, FORCE_COLOR: '1' } });
let diffs = 0;
for (const c of cases) {
  const out = ['olddist', 'newdist'].map((d) => {
    const cwd = mkdtempSync('/tmp/difft/cwd-');
    writeFileSync(cwd + '/q.yml', '- test-case: test_1\n  name: x\n  reason: y\n  owner: me\n  until: 2026-12-10\n'); writeFileSync(cwd + '/bad.yml', '- a: [\n'); writeFileSync(cwd + '/cfg.json', '{"model":{"apiKey":"secretvalue123"}}');
    spawnSync('git', ['init', '-q'], { cwd });
    const r = spawnSync(N, [`/tmp/difft/${d}/cli.js`, ...c.args], { cwd, env: { PATH: process.env.PATH, HOME: '/tmp', ...(c.env ?? K) }, encoding: 'utf8', timeout: 30000, input: '' });
    const files = readdirSync(cwd, { recursive: true }).filter((f) => !String(f).startsWith('.git/') && statSync(cwd + '/' + f).isFile() && !['q.yml', 'bad.yml', 'cfg.json'].includes(f)).map((f) => [f, readFileSync(cwd + '/' + f, 'utf8')]);
    const clean = (t) => t.replaceAll(cwd, 'CWD').replace(/\d+:\d\d\b/g, 'T');
    return JSON.stringify([r.status, r.signal, clean(r.stdout), clean(r.stderr), files]);
  });
  for (const o of out) if (/key_secret_12345678|quoted-secret-1234|abc12345678xyz|secretvalue123/.test(o)) console.log('LEAK', c.args, o.slice(0, 300));
  if (out[0] !== out[1]) { diffs++; console.log('DIFF', JSON.stringify(c.args), '\n  old', out[0].slice(0, 900), '\n  new', out[1].slice(0, 900)); }
}
console.log(cases.length, 'cases', diffs, 'diffs');
