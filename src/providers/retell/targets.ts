import * as z from 'zod/mini';
import type { HttpClient } from '../../http/json-client.ts';
import { lenient } from '../../json.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { ProviderError } from '../../runtime/errors.ts';
import { createAdvice, id, parseAs } from '../fields.ts';
import { readPages } from '../paging.ts';
import type { AvailableTarget } from '../provider.ts';
import { ACCESS_ADVICE } from './start.ts';

const PAGE_SIZES = [1_000, 100] as const;

const agentSchema = z.object({
  agent_id: id,
  agent_name: lenient(z.string()),
  channel: lenient(z.string()),
  user_modified_timestamp: lenient(z.number()),
});
const pageSchema = z.object({
  items: z.array(agentSchema),
  has_more: z.nullish(z.boolean()),
  pagination_key: z.nullish(z.string()),
});

const CHECK = 'Check api-key: it may not list agents.';
const advice = createAdvice({ ...ACCESS_ADVICE, 403: CHECK, others: CHECK });

/** Retell's agents, by `POST /v2/list-agents`, which only reads (Retell's Python SDK). */
export async function listRetellTargets(http: HttpClient, deadline: Deadline): Promise<AvailableTarget[]> {
  return readPages<AvailableTarget, string>({
    itemNoun: 'agents',
    of: 'the workspace',
    total: undefined,
    sizes: PAGE_SIZES,
    async read(cursor, size) {
      const result = await http.postJsonOnce(
        {
          path: ['v2', 'list-agents'],
          query: { limit: String(size), ...(cursor === undefined ? {} : { pagination_key: cursor }) },
          body: {},
          read: (json) => parseAs(pageSchema, json),
          advice,
        },
        deadline,
      );
      if (result.kind !== 'accepted') throw new ProviderError(result.problem);
      const { items, has_more, pagination_key } = result.value;
      return {
        items: items.map((agent) => ({
          kind: 'agent',
          id: agent.agent_id,
          name: agent.agent_name ?? agent.agent_id,
          editedAt: agent.user_modified_timestamp,
        })),
        next: has_more === true ? (pagination_key ?? undefined) : undefined,
      };
    },
  });
}
