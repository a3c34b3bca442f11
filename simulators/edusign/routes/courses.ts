import type { ApiRequest } from '../../kit/dispatch.ts';
import type { ApiRoute } from '../../kit/server.ts';
import { read } from '../body.ts';
import { courseBody, createCourse, deleteCourse, patchCourse } from '../courses.ts';
import { BusinessError, enveloped, messages, noApiId } from '../envelope.ts';
import { commaList, oldestByApiId, paged, pageSizes } from '../lists.ts';
import { lockCourse, unlockCourse } from '../presences.ts';
import { renderCourse, renderListedCourse } from '../render.ts';
import type { School } from '../school.ts';
import type { Course } from '../state.ts';
import { readFilterEnd, readInstant } from '../time.ts';

/** Longest span of the start and end filters (Edusign v1 reference). */
const mostDays = 90;
const dayMs = 24 * 60 * 60 * 1000;

/** Attendance sheets (Edusign v1 reference; lock and unlock are seen in public clients). */
export function courseRoutes(school: School): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/course',
      route: enveloped((request) =>
        paged(request, filtered(school, request), pageSizes.course).map((course, at) =>
          renderListedCourse(school, course, at === 0 && request.query['infoStudents'] === 'true'),
        ),
      ),
    },
    {
      method: 'POST',
      path: '/v1/course',
      route: enveloped((request) => {
        const { course } = read(courseBody, request.body);
        // Seen in a public client: learners named one by one count only with this parameter.
        const named = request.query['fromStudents'] === 'true' ? (course.STUDENTS ?? []) : [];
        return { ID: createCourse(school, { ...course, STUDENTS: named }, 'API').id };
      }),
    },
    {
      method: 'PATCH',
      path: '/v1/course',
      route: enveloped((request) => {
        const { course } = read(courseBody, request.body);
        patchCourse(school, school.openCourse(course.ID ?? ''), course);
        return true;
      }),
    },
    {
      method: 'GET',
      path: '/v1/course/get-id/:apiId',
      route: enveloped(({ params }) => {
        const course = oldestByApiId(school.state.courses, params['apiId'] ?? '');
        if (course === undefined) throw new BusinessError(noApiId('course'));
        return { ID: course.id };
      }),
    },
    {
      method: 'GET',
      path: '/v1/course/lock/:id',
      writes: true,
      route: enveloped(({ params }) => ({ link: lockCourse(school, school.course(params['id'] ?? '')) })),
    },
    {
      method: 'PATCH',
      path: '/v1/course/unlock/:id',
      route: enveloped(({ params }) => {
        unlockCourse(school, school.course(params['id'] ?? ''));
        return true;
      }),
    },
    {
      method: 'GET',
      path: '/v1/course/:id',
      route: enveloped(({ params }) => renderCourse(school, school.course(params['id'] ?? ''))),
    },
    {
      method: 'DELETE',
      path: '/v1/course/:id',
      route: enveloped(({ params }) => {
        deleteCourse(school, school.openCourse(params['id'] ?? ''));
        return true;
      }),
    },
  ];
}

/** By START, then ID (assumed; the real order is unspecified). */
function filtered(school: School, { query }: ApiRequest): Course[] {
  const zone = school.state.school.timezone;
  const from = query['start'] ? readInstant(query['start'], zone, 'start') : undefined;
  const to = query['end'] ? readFilterEnd(query['end'], zone, 'end') : undefined;
  if (from !== undefined && to !== undefined && Date.parse(to) - Date.parse(from) > (mostDays + 1) * dayMs) {
    throw new BusinessError(messages.rangeTooLong);
  }
  const tests: ((course: Course) => boolean)[] = [
    (course) => from === undefined || course.start >= from,
    (course) => to === undefined || course.start <= to,
    among(query['professorId'], (course) => course.professors.map((seat) => seat.professorId)),
    among(query['studentId'], (course) => course.students.map((presence) => presence.studentId)),
    among(query['groupId'], (course) => course.groups),
    among(query['trainingId'], (course) => [course.trainingId]),
    among(query['creatorId'], (course) => [course.creator]),
    between(query['dateUpdated'], zone, 'dateUpdated', (course) => course.updated),
    between(query['dateCreated'], zone, 'dateCreated', (course) => course.created),
    contains(query['courseName'], (course) => course.name),
    contains(query['classroom'], (course) => course.classroom),
    lockState(query['filters']),
    absencesSent(query['filters']),
    professorSigned(query['professorSignature']),
  ];
  return school.state.courses
    .filter((course) => tests.every((test) => test(course)))
    .sort((a, b) => compare(a.start, b.start) || compare(a.id, b.id));
}

function among(filter: string | undefined, values: (course: Course) => readonly string[]) {
  const wanted = commaList(filter);
  return (course: Course) => wanted === undefined || values(course).some((value) => wanted.has(value));
}

function between(filter: string | undefined, zone: string, field: string, value: (course: Course) => string) {
  if (filter === undefined || filter === '') return () => true;
  const [first = '', second = ''] = filter.split(',');
  const from = first === '' ? '' : readInstant(first, zone, field);
  const to = second === '' ? '9999' : readFilterEnd(second, zone, field);
  return (course: Course) => value(course) >= from && value(course) <= to;
}

function contains(filter: string | undefined, value: (course: Course) => string) {
  const wanted = (filter ?? '').toLowerCase();
  return (course: Course) => value(course).toLowerCase().includes(wanted);
}

function lockState(filters: string | undefined) {
  const wanted = commaList(filters);
  return (course: Course) =>
    wanted === undefined || wanted.has('locked') === wanted.has('unlocked') || course.locked === wanted.has('locked');
}

/** Nobody sends absence mails from here, so that a sheet's absences are never sent. */
function absencesSent(filters: string | undefined) {
  const wanted = commaList(filters);
  const wantsSent = wanted?.has('absencessent') === true && !wanted.has('absencesnotsent');
  return () => !wantsSent;
}

function professorSigned(filter: string | undefined) {
  return (course: Course) =>
    (filter !== 'true' && filter !== 'false') ||
    course.professors.some((seat) => seat.signature !== '') === (filter === 'true');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
