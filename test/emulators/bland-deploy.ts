import { makeUuid } from './casting.ts';
import { fieldsOf, Refusal, type Route } from './server.ts';
import type { Fields } from './timeline.ts';

export interface PathwayVersions {
  /** The numbers of the versions that every pathway has; a version that a client makes is added. */
  readonly versions: number[];
  /** The version in production; its row says so, as the official command line reads it. Default: no row says. */
  readonly production?: number | undefined;
  readonly isPathway: (id: string) => boolean;
}

/**
 * The endpoints that list, make and change the versions of a pathway. Nobody documents what a change answers: decided
 * here, the same as a new version.
 */
export function versionRoutes({ versions, production, isPathway }: PathwayVersions): Route[] {
  const names = new Map<number, string>();
  const nameOf = (number: number): string => names.get(number) ?? `Version ${number}`;
  const check = (id: string): void => {
    if (!isPathway(id)) throw new Refusal(404, ['Pathway not found']);
  };
  const save = (number: number, fields: Fields): unknown => {
    const { name, nodes, edges } = fields;
    if (typeof name !== 'string' || !Array.isArray(nodes) || !Array.isArray(edges))
      throw new Refusal(400, ['name, nodes and edges are required']);
    names.set(number, name);
    return {
      status: 'success',
      message: 'Version created successfully',
      data: { created_at: CREATED, id: versionId(number), name, version_number: number },
    };
  };

  return [
    {
      method: 'GET',
      path: '/v1/pathway/:id/versions',
      answer: ({ id }) => {
        check(id);
        const latest = Math.max(...versions);
        return versions.map((number) => ({
          id: versionId(number),
          version_number: number,
          created_at: CREATED,
          name: nameOf(number),
          is_latest: number === latest,
          ...(production === undefined
            ? {}
            : { is_prev_published: number === production, is_staging: false }),
        }));
      },
    },
    {
      method: 'POST',
      path: '/v1/pathway/:id/version',
      answer: ({ id, request }) => {
        check(id);
        const number = Math.max(...versions) + 1;
        const answer = save(number, fieldsOf(request));
        versions.push(number);
        return answer;
      },
    },
    {
      method: 'POST',
      path: '/v1/pathway/:id/version/:id',
      answer: ({ id, request }) => {
        check(id);
        const number = Number(request.path.split('/').at(-1));
        if (!versions.includes(number)) throw new Refusal(404, ['Version not found']);
        return save(number, fieldsOf(request));
      },
    },
  ];
}

const CREATED = '2026-09-01T09:00:00.000Z';
const versionId = (number: number): string => makeUuid('batch', `version ${number}`);
