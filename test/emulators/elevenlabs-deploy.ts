import type * as serialization from '@elevenlabs/elevenlabs-js/serialization/index.js';
import { digest } from './casting.ts';
import { fieldsOf, Refusal, type Route } from './server.ts';
import type { Fields } from './timeline.ts';

export interface AgentBranches {
  /** The ids of the agent's branches, the main branch first; a branch that a client makes is added. */
  readonly branches: string[];
  /** Refuses an agent that does not exist. */
  readonly checkAgent: (id: string) => void;
}

/** The endpoints that list, make and change the branches of an agent, and the version at the head of each branch. */
export function createBranches({ branches, checkAgent }: AgentBranches): {
  readonly headOf: (branch: string) => string;
  readonly routes: readonly Route[];
} {
  const names = new Map<string, string>();
  const commits = new Map<string, number>();
  const nameOf = (branch: string): string =>
    names.get(branch) ?? (branch === branches[0] ? 'Main' : branch.replace(/^branch_/, ''));
  const headOf = (branch: string): string =>
    `agtvrsn_${digest(`${branch} ${commits.get(branch) ?? 0}`).slice(0, 16)}`;
  const commit = (branch: string): void => {
    commits.set(branch, (commits.get(branch) ?? 0) + 1);
  };

  const routes: Route[] = [
    {
      method: 'GET',
      path: '/v1/convai/agents/:id/branches',
      answer: ({ id }) => {
        checkAgent(id);
        const results = branches.map((branch) => ({
          id: branch,
          name: nameOf(branch),
          agent_id: id,
          description: '',
          created_at: 1_789_200_000,
          last_committed_at: 1_789_200_000,
          is_archived: false,
          current_live_percentage: branch === branches[0] ? 100 : 0,
        })) satisfies serialization.AgentBranchSummary.Raw[];
        return { meta: { total: results.length }, results };
      },
    },
    {
      method: 'POST',
      path: '/v1/convai/agents/:id/branches',
      answer: ({ id, request }) => {
        checkAgent(id);
        const { parent_version_id: parent, name, description } = fieldsOf(request);
        if (typeof name !== 'string' || typeof description !== 'string')
          throw new Refusal(422, ['Field required']);
        if (!branches.some((branch) => headOf(branch) === parent))
          throw new Refusal(404, [`Version ${parent} not found.`]);
        if (branches.some((branch) => nameOf(branch) === name))
          throw new Refusal(400, [`A branch ${name} exists already.`]);
        const made = `agtbrch_${digest(name).slice(0, 16)}`;
        branches.push(made);
        names.set(made, name);
        return { created_branch_id: made, created_version_id: headOf(made) };
      },
    },
    {
      method: 'PATCH',
      path: '/v1/convai/agents/:id',
      answer: ({ id, request }) => {
        checkAgent(id);
        const branch = request.query['branch_id'] ?? branches[0] ?? '';
        if (!branches.includes(branch)) throw new Refusal(404, [`Branch ${branch} not found.`]);
        const fields: Fields = fieldsOf(request);
        commit(branch);
        return { agent_id: id, ...fields, branch_id: branch, version_id: headOf(branch) };
      },
    },
  ];
  return { headOf, routes };
}
