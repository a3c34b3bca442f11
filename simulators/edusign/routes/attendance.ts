import { z } from 'zod';
import type { ApiRoute } from '../../kit/server.ts';
import { read, requireFilled, text } from '../body.ts';
import { BusinessError, enveloped, messages } from '../envelope.ts';
import { markAbsent, markEarly, markLate } from '../presences.ts';
import type { School } from '../school.ts';
import { readInstant } from '../time.ts';

const learnerShape = z.object({ studentId: text });
const absentShape = z.object({ comment: text.optional() });
const delayShape = z.object({ delay: z.coerce.number().min(0) });
const earlyShape = z.object({ earlyDate: text });

/** One learner on one sheet (seen in public clients). */
export function attendanceRoutes(school: School): readonly ApiRoute[] {
  const state = '/v1/presential-states';
  return [
    {
      method: 'PUT',
      path: '/v1/course/attendance/:id',
      route: enveloped(({ params, body }) => {
        const course = school.openCourse(params['id'] ?? '');
        const { studentId } = read(learnerShape, body);
        requireFilled('body', { studentId });
        const student = school.activeStudent(studentId);
        if (course.students.some((presence) => presence.studentId === student.id)) {
          throw new BusinessError(messages.alreadyInList);
        }
        course.students.push(school.newPresence(student.id, 'direct'));
        course.updated = school.now();
        return true;
      }),
    },
    {
      method: 'DELETE',
      path: '/v1/course/attendance/:id',
      route: enveloped(({ params, body }) => {
        const course = school.openCourse(params['id'] ?? '');
        const gone = school.presence(course, read(learnerShape, body).studentId);
        course.students = course.students.filter((presence) => presence !== gone);
        course.updated = school.now();
        return true;
      }),
    },
    {
      method: 'PATCH',
      path: `${state}/set-absent/:course/:student`,
      route: enveloped(({ params, body }) => {
        const course = school.openCourse(params['course'] ?? '');
        const { comment } = read(absentShape, body);
        markAbsent(school, course, school.presence(course, params['student'] ?? ''), comment ?? '');
        return true;
      }),
    },
    {
      method: 'PATCH',
      path: `${state}/set-delay/:course/:student`,
      route: enveloped(({ params, body }) => {
        const course = school.openCourse(params['course'] ?? '');
        const { delay } = read(delayShape, body);
        markLate(school, course, school.presence(course, params['student'] ?? ''), delay);
        return true;
      }),
    },
    {
      method: 'PATCH',
      path: `${state}/set-early-departure/:course/:student`,
      route: enveloped(({ params, body }) => {
        const course = school.openCourse(params['course'] ?? '');
        const { earlyDate } = read(earlyShape, body);
        const at = readInstant(earlyDate, school.state.school.timezone, 'earlyDate');
        markEarly(school, course, school.presence(course, params['student'] ?? ''), at);
        return true;
      }),
    },
  ];
}
