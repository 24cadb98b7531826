/** The lists of what can be tested, from which `init` lets a person choose: bodies as in the providers' references and SDKs. */
import { fieldsOf, type Route, wholeNumber } from './server.ts';

/** Something in such a list. */
export interface ListedTarget {
  readonly id: string;
  readonly name?: string | undefined;
}

const EDITED = '2026-11-19T16:20:00.000Z';

/** `POST /v2/list-agents`: a POST that only reads. */
export const retellTargetRoutes = (agents: readonly ListedTarget[]): Route[] => [
  {
    method: 'POST',
    path: '/v2/list-agents',
    answer: ({ request }) => {
      fieldsOf(request);
      const limit = wholeNumber(request, 'limit', { min: 1, max: 1_000, fallback: 50 });
      const from = Number(request.query['pagination_key'] ?? 0);
      const end = from + limit;
      const items = agents.slice(from, end).map(({ id, name }) => ({
        agent_id: id,
        agent_name: name ?? null,
        channel: 'voice',
        is_suspended: false,
        tags: {},
        user_modified_timestamp: Date.parse(EDITED),
      }));
      return end < agents.length
        ? { items, has_more: true, pagination_key: String(end) }
        : { items, has_more: false };
    },
  },
];

/** `GET /v1/pathway` without pages, `GET /v1/personas` with them. */
export const blandTargetRoutes = (
  { pathways, personas }: { pathways: readonly ListedTarget[]; personas: readonly ListedTarget[] },
  wrap: (payload: unknown) => unknown,
): Route[] => [
  {
    method: 'GET',
    path: '/v1/pathway',
    answer: () =>
      wrap(pathways.map(({ id, name }) => ({ id, name, nodes: [], edges: [], updated_at: EDITED }))),
  },
  {
    method: 'GET',
    path: '/v1/personas',
    answer: ({ request }) => {
      const limit = wholeNumber(request, 'limit', { min: 1, max: 100, fallback: 25 });
      const page = wholeNumber(request, 'page', { min: 1, max: 10_000, fallback: 1 });
      const items = personas.slice((page - 1) * limit, page * limit);
      return { data: items.map(({ id, name }) => ({ id, name, updated_at: EDITED })), errors: null };
    },
  },
];

/** `GET /assistant` and `GET /squad`: bare arrays without pages. */
export const vapiTargetRoutes = (assistants: readonly ListedTarget[]): Route[] => [
  {
    method: 'GET',
    path: '/assistant',
    answer: () => assistants.map(({ id, name }) => ({ id, name, updatedAt: EDITED, latestVersion: null })),
  },
  { method: 'GET', path: '/squad', answer: () => [] },
];

/** `GET /v1/convai/agents` */
export const elevenLabsTargetRoutes = (agents: readonly ListedTarget[]): Route[] => [
  {
    method: 'GET',
    path: '/v1/convai/agents',
    answer: ({ request }) => {
      const size = wholeNumber(request, 'page_size', { min: 1, max: 100, fallback: 30 });
      const from = Number(request.query['cursor'] ?? 0);
      const end = from + size;
      return {
        agents: agents.slice(from, end).map(({ id, name }) => ({
          agent_id: id,
          name,
          tags: [],
          updated_at_unix_secs: Date.parse(EDITED) / 1_000,
          archived: false,
        })),
        has_more: end < agents.length,
        next_cursor: end < agents.length ? String(end) : null,
      };
    },
  },
];
