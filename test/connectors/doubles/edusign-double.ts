import { type FaultyServer, faultyServer } from './faulty-server.ts';

export type Fields = Record<string, unknown>;
export type PersonPath = 'professor' | 'student';

/** Just enough of Edusign's v1 to write people and sheets, with the faults of a real server. */
export interface EdusignDouble extends FaultyServer {
  readonly people: Record<PersonPath, Map<string, Fields>>;
  readonly courses: Map<string, Fields>;
  justifications: Fields[];
  /** Whether the list of courses heeds the page that is asked for. */
  readsPages: boolean;
  /** The message of the next business error, whatever is asked; a list for errors of the body. */
  refuseNext(message: string | readonly string[]): void;
  clear(): void;
}

const isWrite = (method: string) => method !== 'GET';

export function edusignDouble(): EdusignDouble {
  let nextId = 1;
  let refusal: string | readonly string[] | undefined;
  const double: EdusignDouble = Object.assign(faultyServer(), {
    people: { professor: new Map(), student: new Map() },
    courses: new Map(),
    justifications: [],
    readsPages: true,
    refuseNext: (message: string | readonly string[]) => {
      refusal = message;
    },
    clear: () => {
      for (const map of [double.people.professor, double.people.student, double.courses]) map.clear();
      double.justifications = [];
      double.readsPages = true;
      double.seen.length = 0;
      double.fail();
      refusal = undefined;
    },
  });
  double.app.addHook('preHandler', async (request, reply) => {
    if (refusal === undefined || !isWrite(request.method) || reply.sent) return;
    const message = refusal;
    refusal = undefined;
    return reply.send({ status: 'error', message });
  });
  const made = (prefix: string) => `${prefix}${nextId++}`;
  peopleRoutes(double, 'professor', made);
  peopleRoutes(double, 'student', made);
  courseRoutes(double, made);
  double.app.get<{ Querystring: Record<string, string> }>('/v1/justified-absence', ({ query }) => {
    const page = Number(query['page']);
    return success(double.justifications.slice(page * 2, page * 2 + 2));
  });
  return double;
}

function success(result: unknown) {
  return { status: 'success', result };
}

function failure(message: string) {
  return { status: 'error', message };
}

function peopleRoutes(double: EdusignDouble, path: PersonPath, made: (prefix: string) => string): void {
  const people = double.people[path];
  const found = (person: Fields | undefined, miss: string) => (person === undefined ? failure(miss) : success(person));
  const by = (field: string, value: string) =>
    [...people.values()].find((person) => String(person[field]).toLowerCase() === value.toLowerCase());
  type ById = { Params: { id: string } };
  double.app.get<ById>(`/v1/${path}/get-id/:id`, ({ params }) =>
    found(by('API_ID', params.id), `No ${path} with this API_ID found`),
  );
  double.app.get<ById>(`/v1/${path}/by-email/:id`, ({ params }) =>
    found(by('EMAIL', params.id), `Error - cannot get ${path} by email`),
  );
  double.app.get<ById>(`/v1/${path}/restore/:id`, ({ params }) => {
    const person = people.get(params.id);
    if (person !== undefined) person['HIDDEN'] = 0;
    return found(person, `No ${path} with this ID found`);
  });
  double.app.get<ById>(`/v1/${path}/:id`, ({ params }) =>
    found(people.get(params.id), `No ${path} with this ID found`),
  );
  double.app.delete<ById>(`/v1/${path}/:id`, ({ params }) => {
    const person = people.get(params.id);
    if (person !== undefined) person['HIDDEN'] = path === 'professor' ? ['school1'] : 1;
    return person === undefined ? failure(`No ${path} with this ID found`) : success(true);
  });
  double.app.post<{ Body: Record<string, Fields> }>(`/v1/${path}`, ({ body }) => {
    const fields = body[path] ?? {};
    if (by('EMAIL', String(fields['EMAIL'])) !== undefined) return failure(`${path} ALREADY exists in this school`);
    const ID = made(path);
    people.set(ID, { HIDDEN: path === 'professor' ? [] : 0, PHONE: '', ...fields, ID, id: ID });
    return success({ ID, TYPE: 'created' });
  });
  double.app.patch<{ Body: Record<string, Fields> }>(`/v1/${path}`, ({ body }) => {
    const fields = body[path] ?? {};
    const person = people.get(String(fields['ID']));
    if (person !== undefined) Object.assign(person, fields);
    return person === undefined ? failure(`No ${path} with this ID found`) : success(true);
  });
}

function courseRoutes(double: EdusignDouble, made: (prefix: string) => string): void {
  const { app, courses } = double;
  const miss = failure('No course with this ID found');
  type ById = { Params: { id: string } };
  app.get<{ Querystring: Record<string, string> }>('/v1/course', ({ query }) => {
    const { start = '', end = '' } = query;
    const page = double.readsPages ? Number(query['page']) : 0;
    const listed = [...courses.values()].filter((course) => {
      const day = String(course['START']).slice(0, 10);
      return start <= day && day <= end;
    });
    return success(listed.slice(page * 40, page * 40 + 40));
  });
  app.get<ById>('/v1/course/get-id/:id', ({ params }) => {
    const course = [...courses.values()].find(({ API_ID }) => API_ID === params.id);
    return course === undefined ? failure('No course with this API_ID found') : success({ ID: course['ID'] });
  });
  app.get<ById>('/v1/course/:id', ({ params }) => {
    const course = courses.get(params.id);
    return course === undefined ? miss : success(course);
  });
  app.post<{ Body: { course: Fields }; Querystring: Record<string, string> }>('/v1/course', ({ body, query }) => {
    const ID = made('course');
    const roster = query['fromStudents'] === 'true' ? ((body.course['STUDENTS'] ?? []) as Fields[]) : [];
    const students = roster.map((entry) => ({ ...entry, state: false }));
    courses.set(ID, { ...body.course, ID, LOCKED: 0, STUDENTS: students });
    return success({ ID });
  });
  app.patch<{ Body: { course: Fields } }>('/v1/course', ({ body }) => {
    const course = courses.get(String(body.course['ID']));
    if (course === undefined) return miss;
    Object.assign(course, body.course);
    return success(true);
  });
  app.delete<ById>('/v1/course/:id', ({ params }) => (courses.delete(params.id) ? success(true) : miss));
  app.route<ById & { Body: { studentId: string } }>({
    method: ['PUT', 'DELETE'],
    url: '/v1/course/attendance/:id',
    handler: ({ method, params, body }) => {
      const course = courses.get(params.id);
      if (course === undefined) return miss;
      const students = course['STUDENTS'] as Fields[];
      const others = students.filter(({ studentId }) => studentId !== body.studentId);
      if (method === 'PUT' && others.length < students.length) return failure('Student already in the list');
      course['STUDENTS'] = method === 'PUT' ? [...students, { studentId: body.studentId, state: false }] : others;
      return success(true);
    },
  });
}
