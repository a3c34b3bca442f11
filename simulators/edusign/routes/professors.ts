import { z } from 'zod';
import type { ApiRoute } from '../../kit/server.ts';
import { flag, read, requireFilled } from '../body.ts';
import { BusinessError, enveloped, messages, noApiId } from '../envelope.ts';
import { oldestByApiId, paged, pageSizes } from '../lists.ts';
import { archiveProfessor, createProfessor, patchProfessor, professorFields } from '../professors.ts';
import { renderProfessor } from '../render.ts';
import { byEmail, type School } from '../school.ts';

const bodyShape = z.object({ professor: professorFields, dontSendCredentials: flag.optional() });

/** Instructors (Edusign v1 reference). */
export function professorRoutes(school: School): readonly ApiRoute[] {
  const state = () => school.state;
  return [
    {
      method: 'GET',
      path: '/v1/professor',
      route: enveloped((request) => {
        const active = state().professors.filter((professor) => !professor.archived);
        return paged(request, active, pageSizes.professor).map((professor) => renderProfessor(school, professor));
      }),
    },
    {
      method: 'POST',
      path: '/v1/professor',
      route: enveloped((request) => {
        const { professor, dontSendCredentials } = read(bodyShape, request.body);
        // Public clients put the switch inside the professor, the reference beside it. Absent, the mail goes out.
        return createProfessor(school, professor, !(dontSendCredentials ?? professor.dontSendCredentials ?? false));
      }),
    },
    {
      method: 'PATCH',
      path: '/v1/professor',
      route: enveloped((request) => {
        const { professor } = read(bodyShape, request.body);
        const { ID, FIRSTNAME, LASTNAME, EMAIL } = professor;
        requireFilled('professor', { ID, FIRSTNAME, LASTNAME, EMAIL });
        patchProfessor(school, school.professor(ID ?? ''), professor);
        return { result: 'Professor updated' };
      }),
    },
    {
      method: 'GET',
      path: '/v1/professor/by-email/:email',
      route: enveloped(({ params }) => {
        const professor = byEmail(state().professors, params['email'] ?? '');
        if (professor === undefined) throw new BusinessError(messages.noProfessorByEmail);
        return renderProfessor(school, professor);
      }),
    },
    {
      method: 'GET',
      path: '/v1/professor/get-id/:apiId',
      route: enveloped(({ params }) => {
        const professor = oldestByApiId(state().professors, params['apiId'] ?? '');
        if (professor === undefined) throw new BusinessError(noApiId('professor'));
        return { ID: professor.id };
      }),
    },
    {
      method: 'GET',
      path: '/v1/professor/:id',
      route: enveloped(({ params }) => renderProfessor(school, school.professor(params['id'] ?? ''))),
    },
    {
      method: 'DELETE',
      path: '/v1/professor/:id',
      route: enveloped(({ params }) => {
        archiveProfessor(school, school.professor(params['id'] ?? ''));
        return 'Professor archived';
      }),
    },
  ];
}
