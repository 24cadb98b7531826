import { sc, main, sleep, go, given, ALL } from './h.mjs';
for (const p of ALL) { sc('cancel-confirming-' + p, (c) => go(c, p, { outcomes: { a: 'FN', b: 'P' } }, { reruns: '1/2' }, { exit: 1, verdict: 'cancelled' }, { run: { limit: 40, at: [{ when: 4, signal: 'SIGINT' }] } }));
sc('cancel-confirming-open-' + p, (c) => go(c, p, { outcomes: { a: 'FN', b: 'N' } }, { reruns: '1/2' }, { exit: 1, verdict: 'cancelled' }, { run: { limit: 40, at: [{ when: 4, signal: 'SIGINT' }] } }));
sc('deadline-confirming-open-' + p, (c) => go(c, p, { outcomes: { a: 'FN', b: 'N' } }, { reruns: '1/2', 'timeout-minutes': '0.08' }, { exit: 1, verdict: 'timed-out' }));
sc('advice-listfails-' + p, (c) => go(c, p, { tweak: (k) => (k === 'list' ? { __status: 500, __body: { message: 'boom' } } : undefined) }, { 'timeout-minutes': '0.15' }, { exit: 1, starts: 0, reason: /500/ })); }
main();
