import { sc, main, mkId } from './lib.mjs';
export const TARGET = { retell: 'agent/agent_0001', bland: 'pathway/e7575763-8f68-5232-8e7a-949df1cad4c9', vapi: 'assistant/5a6b7c8d-1111-4222-8333-944455556666', elevenlabs: 'agent/agent_0001' };
for (const provider of ['retell', 'bland', 'vapi', 'elevenlabs']) {
  sc('smoke-green-' + provider, async (c) => {
    const w = await c.world({ provider }); const g = await c.github({});
    const R = await c.run({ w, g, inputs: { 'test-cases': w.cases.map((x) => x.id).join('\n'), target: TARGET[provider] } });
    c.expect(R, { exit: 0, verdict: 'passed', starts: 1 }, w, g);
  });
  sc('smoke-red-' + provider, async (c) => {
    const w = await c.world({ provider, outcomes: { a: 'F' } }); const g = await c.github({});
    const R = await c.run({ w, g, inputs: { 'test-cases': w.cases.map((x) => x.id).join('\n'), target: TARGET[provider], reruns: '1/2' } });
    c.expect(R, { exit: 1, verdict: 'failed', starts: 2, comment: ['Case a'] }, w, g);
  });
  sc('smoke-given-' + provider, async (c) => {
    const w = await c.world({ provider }); const g = await c.github({});
    const b = w.add(w.cases.map((x) => x.id), { version: 4 });
    const R = await c.run({ w, g, inputs: { 'batch-id': b.id } });
    c.expect(R, { exit: 0, verdict: 'passed', starts: 0 }, w, g);
  });
}
main();
