export * from './lib.mjs';
import { KEY } from './lib.mjs';
export const TARGET = { retell: 'agent/agent_0001', bland: 'pathway/e7575763-8f68-5232-8e7a-949df1cad4c9', vapi: 'assistant/5a6b7c8d-1111-4222-8333-944455556666', elevenlabs: 'agent/agent_0001' };
export const ALL = ['retell', 'bland', 'vapi', 'elevenlabs'];
// start a gate: o = {provider, W: world opts, in: inputs, g: github opts|true, x: expectations, run: run opts}
export async function go(c, provider, W, inputs, x, more = {}) {
  const w = await c.world({ provider, ...W });
  await more.before?.(w);
  const g = more.g ? await c.github(more.g === true ? {} : more.g) : undefined;
  const base = inputs['batch-id'] !== undefined ? {} : { 'test-cases': w.cases.filter((k) => !k.stray).map((k) => k.id).join('\n'), target: TARGET[provider] };
  const inp = { ...(typeof inputs === 'function' ? inputs(w) : inputs) };
  if (inp['batch-id'] === 'x') inp['batch-id'] = w.ids.join('\n');
  const R = await c.run({ w, g, inputs: { ...base, ...inp }, limit: 60, post: false, ...more.run });
  c.expect(R, x, w, g);
  return { R, w, g };
}
export const given = (w, opts = {}) => w.add(w.cases.filter((k) => !k.stray).map((k) => k.id), { version: 4, transport: { provider: 'vapi.webchat' }, ...opts });
export const RED = { exit: 1 };
export const INC = { exit: 1, verdict: 'inconclusive' };
import fs2 from 'node:fs'; import { TREE as T2 } from './lib.mjs';
export const FULL = /transcripts:[\s\S]{0,500}\bfull\b/.test(fs2.readFileSync(T2 + '/action.yml', 'utf8')) ? 'full' : 'excerpt';
