import { z } from 'zod';
import type { ApiRoute } from '../../kit/server.ts';
import { read, requireFilled, text } from '../body.ts';
import { enveloped } from '../envelope.ts';
import { paged, pageSizes } from '../lists.ts';
import { justify } from '../presences.ts';
import { renderJustification } from '../render.ts';
import type { School } from '../school.ts';

/** Not wrapped, unlike every other body of v1 (seen in a public client). */
const bodyShape = z.object({
  STUDENT_ID: text,
  COURSE_ID: text,
  TYPE: z.coerce.number().int().default(0),
  COMMENT: text.optional(),
});

/** Justified absences and their reasons (seen in public clients). */
export function justificationRoutes(school: School): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/justified-absence',
      route: enveloped((request) =>
        paged(request, school.state.justifications, pageSizes.justification).map(renderJustification),
      ),
    },
    {
      method: 'POST',
      path: '/v1/justified-absence',
      route: enveloped(({ body }) => {
        const { STUDENT_ID, COURSE_ID, TYPE, COMMENT } = read(bodyShape, body);
        requireFilled('body', { STUDENT_ID, COURSE_ID });
        const { start, end } = school.course(COURSE_ID);
        const student = school.student(STUDENT_ID);
        return { ID: justify(school, student, { start, end, type: TYPE, comment: COMMENT ?? '' }).id };
      }),
    },
    {
      method: 'GET',
      path: '/v1/justified-absence/absence-reason',
      route: enveloped(() => school.state.reasons.map(({ id, name }) => ({ ID: id, NAME: name }))),
    },
  ];
}
