import * as N from '/work/wt/starters/src/http/connection-error.ts';
import * as NF from '/work/wt/starters/src/http/failure.ts';
import * as O from '/work/wt/old/src/http/failure.ts';
const codes = ['', 'ENOTFOUND', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_SOCKET', 'UND_ERR_ABORTED', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_DECRYPTION_FAILED', 'UND_ERR_PRX_TLS', 'HPE_INVALID_CONSTANT'];
const messages = ['', 'x', 'other side closed', 'bad port', 'Proxy response (407) !== 200 when HTTP Tunneling', 'Proxy response (403) !== 200 when HTTP Tunneling', 'Proxy response (408) x', 'Proxy response (429) x', 'Proxy response (502) x', 'Client network socket disconnected before secure TLS connection was established', 'proxy authentication required', 'terminated', 'Proxy said 407', 'fetch failed'];
const calls = [undefined, 'connect', 'getaddrinfo', 'read', 'write'];
const mk = (c: string, m: string, s?: string) => Object.assign(new Error(m), c ? { code: c } : {}, s ? { syscall: s } : {});
let n = 0, bad = 0; const all: Error[] = [];
for (const c of codes) for (const m of messages) for (const s of calls) all.push(mk(c, m, s));
const pool: unknown[] = [...all, ...all.map((e) => new TypeError('fetch failed', { cause: e }))];
let seed = 1; const rnd = (k: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % k;
for (let i = 0; i < 4000; i++) pool.push(new TypeError('fetch failed', { cause: new AggregateError([all[rnd(all.length)], all[rnd(all.length)]], 'agg') }));
pool.push('str', undefined, null, new AggregateError([], 'e'), 42);
const seen = new Map<string, any>();
for (const e of pool) {
  n++;
  const a = new O.ConnectionError(e), b = new N.ConnectionError(e);
  const x = { m: a.message, never: a.neverConnected, retry: [0, 5, 9].map((k) => O.isRetryable(a, { consecutiveConfigErrors: k, hasAnswered: false })).join() + O.isRetryable(a, { consecutiveConfigErrors: 9, hasAnswered: true }), d: O.describeFailure(a, () => 'adv'), mis: O.isLikelyMisconfigured(a), rej: O.isDefinitelyRejected(a) };
  const y = { m: b.message, never: b.neverConnected, retry: [0, 5, 9].map((k) => NF.isRetryable(b, { consecutiveConfigErrors: k, hasAnswered: false })).join() + NF.isRetryable(b, { consecutiveConfigErrors: 9, hasAnswered: true }), d: NF.describeFailure(b, () => 'adv'), mis: NF.isLikelyMisconfigured(b), rej: NF.isDefinitelyRejected(b) };
  const ks = Object.keys(x).filter((k) => (x as any)[k] !== (y as any)[k]);
  if (ks.length) { bad++; const root: any = (N.rootCause(e)); const key = ks.join() + ' ' + root.message + '|' + (root.code ? 'code' : '') ; const s = seen.get(key) ?? { n: 0, x, y, root }; s.n++; seen.set(key, s); }
}
console.log(n, bad);
for (const [k, v] of [...seen].slice(0, 14)) console.log(v.n, k, JSON.stringify(v.root), '\n  ', JSON.stringify(v.x), '\n  ', JSON.stringify(v.y));
