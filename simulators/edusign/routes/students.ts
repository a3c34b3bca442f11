import { z } from 'zod';
import type { ApiRoute } from '../../kit/server.ts';
import { read, requireFilled, texts } from '../body.ts';
import { BusinessError, enveloped, messages, noApiId } from '../envelope.ts';
import { oldestByApiId, paged, pageSizes } from '../lists.ts';
import { renderListedStudent, renderStudent } from '../render.ts';
import { byEmail, type School } from '../school.ts';
import { archiveStudent, createStudent, patchStudent, studentFields } from '../students.ts';
import { readInstant } from '../time.ts';

const bodyShape = z.object({ student: studentFields });
const idsShape = z.object({ studentIds: texts });

/** Learners (Edusign v1 reference; `restore` is seen in public clients only). */
export function studentRoutes(school: School): readonly ApiRoute[] {
  const state = () => school.state;
  return [
    {
      method: 'GET',
      path: '/v1/student',
      route: enveloped((request) => {
        const { limit, search, updatedAfter } = request.query;
        const since = updatedAfter ? readInstant(updatedAfter, state().school.timezone, 'updatedAfter') : '';
        const wanted = (search ?? '').trim().toLowerCase();
        const active = state().students.filter(
          (student) =>
            !student.archived &&
            student.updated >= since &&
            [student.firstName, student.lastName, student.email].some((field) => field.toLowerCase().includes(wanted)),
        );
        // Whoever gives a limit alone means the first page of that size (assumed).
        const page = limit ? '0' : undefined;
        return paged(request, active, readLimit(limit), page).map((student) => renderListedStudent(school, student));
      }),
    },
    {
      method: 'POST',
      path: '/v1/student',
      route: enveloped((request) => createStudent(school, read(bodyShape, request.body).student)),
    },
    {
      method: 'PATCH',
      path: '/v1/student',
      route: enveloped((request) => {
        const { student } = read(bodyShape, request.body);
        const { ID, FIRSTNAME, LASTNAME } = student;
        requireFilled('student', { ID, FIRSTNAME, LASTNAME });
        patchStudent(school, school.student(ID ?? ''), student);
        return true;
      }),
    },
    {
      method: 'GET',
      path: '/v1/student/by-email/:email',
      route: enveloped(({ params }) => {
        const student = byEmail(state().students, params['email'] ?? '');
        if (student === undefined) throw new BusinessError(messages.noStudentByEmail);
        return renderStudent(school, student);
      }),
    },
    {
      method: 'GET',
      path: '/v1/student/get-id/:apiId',
      route: enveloped(({ params }) => {
        const student = oldestByApiId(state().students, params['apiId'] ?? '');
        if (student === undefined) throw new BusinessError(noApiId('student'));
        return { ID: student.id };
      }),
    },
    {
      method: 'POST',
      path: '/v1/student/by-ids',
      route: enveloped((request) => {
        const wanted = new Set(read(idsShape, request.body).studentIds);
        return state()
          .students.filter((student) => wanted.has(student.id))
          .map((student) => renderStudent(school, student));
      }),
    },
    {
      method: 'GET',
      path: '/v1/student/restore/:id',
      writes: true,
      route: enveloped(({ params }) => {
        const student = school.student(params['id'] ?? '');
        student.archived = false;
        student.updated = school.now();
        return true;
      }),
    },
    {
      method: 'GET',
      path: '/v1/student/:id',
      route: enveloped(({ params }) => renderStudent(school, school.student(params['id'] ?? ''))),
    },
    {
      method: 'DELETE',
      path: '/v1/student/:id',
      route: enveloped(({ params }) => {
        archiveStudent(school, school.student(params['id'] ?? ''));
        return true;
      }),
    },
  ];
}

function readLimit(limit: string | undefined): number {
  const wanted = Number(limit);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : pageSizes.student;
}
