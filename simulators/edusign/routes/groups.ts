import { z } from 'zod';
import type { ApiRoute } from '../../kit/server.ts';
import { read, requireFilled } from '../body.ts';
import { BusinessError, enveloped, noApiId } from '../envelope.ts';
import { createGroup, groupFields, patchGroup } from '../groups.ts';
import { oldestByApiId, paged, pageSizes } from '../lists.ts';
import { renderGroup } from '../render.ts';
import type { School } from '../school.ts';

const bodyShape = z.object({ group: groupFields });

/** Groups (seen in public clients; no official page could be read). */
export function groupRoutes(school: School): readonly ApiRoute[] {
  const state = () => school.state;
  return [
    {
      method: 'GET',
      path: '/v1/group',
      route: enveloped((request) => {
        const active = state().groups.filter((group) => !group.archived);
        return paged(request, active, pageSizes.group).map((group) => renderGroup(school, group));
      }),
    },
    {
      method: 'POST',
      path: '/v1/group',
      route: enveloped((request) => createGroup(school, read(bodyShape, request.body).group)),
    },
    {
      method: 'PATCH',
      path: '/v1/group',
      route: enveloped((request) => {
        const { group } = read(bodyShape, request.body);
        requireFilled('group', { ID: group.ID });
        patchGroup(school, school.group(group.ID ?? ''), group);
        return { ID: group.ID };
      }),
    },
    {
      method: 'GET',
      path: '/v1/group/get-id/:apiId',
      route: enveloped(({ params }) => {
        const group = oldestByApiId(state().groups, params['apiId'] ?? '');
        if (group === undefined) throw new BusinessError(noApiId('group'));
        return { ID: group.id };
      }),
    },
    {
      method: 'GET',
      path: '/v1/group/:id',
      route: enveloped(({ params }) => renderGroup(school, school.group(params['id'] ?? ''))),
    },
    {
      method: 'DELETE',
      path: '/v1/group/:id',
      route: enveloped(({ params }) => {
        const group = school.group(params['id'] ?? '');
        group.archived = true;
        group.updated = school.now();
        return true;
      }),
    },
  ];
}
