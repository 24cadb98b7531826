import * as z from 'zod/mini';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { createApi } from '../api.ts';
import { createAdvice, fromSeconds, id } from '../fields.ts';
import type { AvailableTarget } from '../provider.ts';
import { readList } from './lists.ts';
import { ACCESS_ADVICE } from './start.ts';

const agentSchema = z.object({
  agent_id: id,
  name: lenient(z.string()),
  updated_at_unix_secs: lenient(z.number()),
  archived: lenient(z.boolean()),
});

const CHECK = 'Check api-key: it may not list agents.';
const advice = createAdvice({ ...ACCESS_ADVICE, 403: CHECK, others: CHECK });

/** ElevenLabs' agents that are not archived. */
export async function listElevenLabsTargets(
  http: HttpClient,
  deadline: Deadline,
): Promise<AvailableTarget[]> {
  const { items } = await readList(
    createApi(http, { basePath: ['v1', 'convai'], advice }),
    {
      path: ['agents'],
      field: 'agents',
      itemNoun: 'agents',
      of: 'the workspace',
      schema: agentSchema,
      toItem: (agent) => agent,
    },
    deadline,
  );
  return items
    .filter(({ archived }) => archived !== true)
    .map((agent) => ({
      kind: 'agent',
      id: agent.agent_id,
      name: agent.name ?? agent.agent_id,
      editedAt: fromSeconds(agent.updated_at_unix_secs),
    }));
}
