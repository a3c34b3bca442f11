import { z } from 'zod';
import type { ApiRoute } from '../../kit/server.ts';
import { read } from '../body.ts';
import { enveloped } from '../envelope.ts';
import type { School } from '../school.ts';

const bodyShape = z.object({ school: z.object({ WEBHOOKS: z.array(z.unknown()).optional() }) });

/** Built-in categories of a justification (seen in a public client). */
const builtIn = [
  'Unknown',
  'Sick leave',
  'Death of a relative',
  'Funeral',
  'Medical appointment',
  'Job interview',
  'In company',
  'Other',
];

/** The school itself: what a connection test reads. Field names of the absence types are assumed. */
export function schoolRoutes(school: School): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/school',
      route: enveloped(() => {
        const { id, name, timezone, language, webhooks } = school.state.school;
        return {
          ID: id,
          NAME: name,
          TIMEZONE: timezone,
          LANGUAGE: language,
          WEBHOOKS: webhooks,
          ABSENCE_TYPES: [...builtIn.map((reason, at) => ({ id: at, name: reason })), ...school.state.reasons],
        };
      }),
    },
    {
      method: 'PATCH',
      path: '/v1/school',
      route: enveloped(({ body }) => {
        const { WEBHOOKS } = read(bodyShape, body).school;
        if (WEBHOOKS !== undefined) school.state.school.webhooks = WEBHOOKS;
        return true;
      }),
    },
  ];
}
