import type { FastifyInstance } from 'fastify';
import { type FaultyServer, faultyServer } from './faulty-server.ts';

export type Fields = Record<string, unknown>;
export type PersonPath = 'professor' | 'student';
type Query = Record<string, string>;
type ById = { Params: { id: string } };

/** How the double behaves where Edusign may be otherwise than assumed, or is edited meanwhile. */
export interface EdusignHabits {
  /** Whether lists heed the page that is asked for. */
  readsPages: boolean;
  /** Whether the list of courses tells rosters. */
  listsRosters: boolean;
  groupPageSize: number;
  /** Whether creating somebody who is archived revives them, or is refused like any double. */
  revives: boolean;
  /** Whether a patch with HIDDEN restores. */
  restoresByPatch: boolean;
  /** Kinds of object that the key has no right to. */
  forbidden: readonly string[];
  /** Called before a page of a list is cut. */
  onPage: (path: string, page: number) => void;
}

/** Just enough of Edusign's v1 to write people, groups and sheets, with the faults of a real server. */
export interface EdusignDouble extends FaultyServer {
  readonly people: Record<PersonPath, Map<string, Fields>>;
  readonly groups: Map<string, Fields>;
  readonly courses: Map<string, Fields>;
  /** Addresses that were mailed credentials. */
  readonly mailed: string[];
  readonly habits: EdusignHabits;
  school: Fields;
  justifications: Fields[];
  reasons: Fields[];
  /** The message of the next business error of a write; a list for errors of the body. */
  refuseNext(message: string | readonly string[]): void;
  /** The same for the next look. */
  refuseNextLook(message: string): void;
  clear(): void;
}

const usual = (): EdusignHabits => ({
  readsPages: true,
  listsRosters: true,
  groupPageSize: 100,
  revives: false,
  restoresByPatch: true,
  forbidden: [],
  onPage: () => {},
});

export function edusignDouble(): EdusignDouble {
  let nextId = 1;
  let refusals: { write?: string | readonly string[]; look?: string } = {};
  const double: EdusignDouble = Object.assign(faultyServer(), {
    people: { professor: new Map(), student: new Map() },
    groups: new Map(),
    courses: new Map(),
    mailed: [],
    habits: usual(),
    school: {},
    justifications: [],
    reasons: [],
    refuseNext: (message: string | readonly string[]) => {
      refusals = { write: message };
    },
    refuseNextLook: (message: string) => {
      refusals = { look: message };
    },
    clear: () => {
      for (const map of [...Object.values(double.people), double.groups, double.courses]) map.clear();
      double.mailed.length = 0;
      Object.assign(double.habits, usual());
      double.school = { ID: 'school1', NAME: 'École du Test', TIMEZONE: 'Europe/Paris' };
      double.justifications = [];
      double.reasons = [];
      double.seen.length = 0;
      double.fail();
      refusals = {};
    },
  });
  double.app.addHook('preHandler', async (request, reply) => {
    if (reply.sent) return;
    const [, , kind = ''] = request.url.split(/[/?]/);
    if (double.habits.forbidden.includes(kind)) return reply.code(403).type('text/plain').send('Forbidden');
    const message = request.method === 'GET' ? refusals.look : refusals.write;
    if (message === undefined) return;
    refusals = {};
    return reply.send({ status: 'error', message });
  });
  const made = (prefix: string) => `${prefix}${nextId++}`;
  schoolRoutes(double);
  peopleRoutes(double, 'professor', made);
  peopleRoutes(double, 'student', made);
  groupRoutes(double, made);
  courseRoutes(double, made);
  return double;
}

function success(result: unknown) {
  return { status: 'success', result };
}

function failure(message: string) {
  return { status: 'error', message };
}

function found(object: Fields | undefined, miss: string) {
  return object === undefined ? failure(miss) : success(object);
}

/** One page of what is there when it is asked for. */
function pageOf(double: EdusignDouble, path: string, query: Query, size: number, all: () => Fields[]): Fields[] {
  const page = double.habits.readsPages ? Number(query['page']) : 0;
  double.habits.onPage(path, page);
  return all().slice(page * size, page * size + size);
}

const isHidden = ({ HIDDEN }: Fields) => (Array.isArray(HIDDEN) ? HIDDEN.length > 0 : HIDDEN === 1);
const updatedSince = (since: string) => (fields: Fields) => String(fields['DATE_UPDATED'] ?? '') >= since;

function schoolRoutes(double: EdusignDouble): void {
  double.app.get('/v1/school', () => success(double.school));
  double.app.get<{ Querystring: Query }>('/v1/justified-absence', ({ query }) =>
    success(pageOf(double, 'justified-absence', query, 2, () => double.justifications)),
  );
  double.app.get('/v1/justified-absence/absence-reason', () => success(double.reasons));
}

/** Look-ups that people, groups and courses share. */
function lookUpRoutes(app: FastifyInstance, path: string, objects: Map<string, Fields>): void {
  app.get<ById>(`/v1/${path}/get-id/:id`, ({ params }) => {
    const object = [...objects.values()].find(({ API_ID }) => API_ID === params.id);
    return found(object && { ID: object['ID'] }, `No ${path} with this API_ID found`);
  });
  app.get<ById>(`/v1/${path}/:id`, ({ params }) => found(objects.get(params.id), `No ${path} with this ID found`));
}

function peopleRoutes(double: EdusignDouble, path: PersonPath, made: (prefix: string) => string): void {
  const { app } = double;
  const people = double.people[path];
  const byEmail = (email: string) =>
    [...people.values()].find(({ EMAIL }) => String(EMAIL).toLowerCase() === email.toLowerCase());
  const active = path === 'professor' ? [] : 0;
  const miss = `No ${path} with this ID found`;
  lookUpRoutes(app, path, people);
  app.get<{ Querystring: Query }>(`/v1/${path}`, ({ query }) => {
    const size = path === 'student' ? Number(query['limit']) : 100;
    const since = path === 'student' ? (query['updatedAfter'] ?? '') : '';
    const listed = () => [...people.values()].filter((person) => !isHidden(person)).filter(updatedSince(since));
    return success(pageOf(double, path, query, size, listed));
  });
  app.get<ById>(`/v1/${path}/by-email/:id`, ({ params }) =>
    found(byEmail(params.id), `Error - cannot get ${path} by email`),
  );
  app.get<ById>(`/v1/${path}/restore/:id`, ({ params }) => {
    const person = people.get(params.id);
    if (person !== undefined) person['HIDDEN'] = active;
    return found(person, miss);
  });
  app.delete<ById>(`/v1/${path}/:id`, ({ params }) => {
    const person = people.get(params.id);
    if (person !== undefined) person['HIDDEN'] = path === 'professor' ? ['school1'] : 1;
    return person === undefined ? failure(miss) : success(true);
  });
  app.post<{ Body: Record<string, Fields> }>(`/v1/${path}`, ({ body }) => {
    const fields = body[path] ?? {};
    const email = String(fields['EMAIL']);
    const known = byEmail(email);
    if (known !== undefined && !(double.habits.revives && isHidden(known))) {
      return failure(`${path} ALREADY exists in this school`);
    }
    if (body['dontSendCredentials'] === (false as unknown) || fields['SEND_EMAIL_CREDENTIALS'] === true) {
      double.mailed.push(email);
    }
    const ID = known === undefined ? made(path) : String(known['ID']);
    people.set(ID, { PHONE: '', ...known, ...fields, HIDDEN: active, ID, id: ID });
    return success({ ID, TYPE: known === undefined ? 'created' : 'restored' });
  });
  app.patch<{ Body: Record<string, Fields> }>(`/v1/${path}`, ({ body }) => {
    const { HIDDEN, ...fields } = body[path] ?? {};
    const person = people.get(String(fields['ID']));
    if (person === undefined) return failure(miss);
    const restored = HIDDEN === undefined || !double.habits.restoresByPatch ? {} : { HIDDEN };
    Object.assign(person, fields, restored);
    return success(true);
  });
}

function groupRoutes(double: EdusignDouble, made: (prefix: string) => string): void {
  const { app, groups } = double;
  const miss = 'No group with this ID found';
  lookUpRoutes(app, 'group', groups);
  app.get<{ Querystring: Query }>('/v1/group', ({ query }) => {
    const listed = () => [...groups.values()].filter((group) => !isHidden(group));
    return success(pageOf(double, 'group', query, double.habits.groupPageSize, listed));
  });
  app.post<{ Body: { group: Fields } }>('/v1/group', ({ body }) => {
    const ID = made('group');
    groups.set(ID, { HIDDEN: 0, ...body.group, ID, id: ID });
    return success({ ID });
  });
  app.patch<{ Body: { group: Fields } }>('/v1/group', ({ body }) => {
    const { HIDDEN, ...fields } = body.group;
    const group = groups.get(String(fields['ID']));
    if (group === undefined) return failure(miss);
    Object.assign(group, fields, HIDDEN === undefined || !double.habits.restoresByPatch ? {} : { HIDDEN });
    return success({ ID: group['ID'] });
  });
  app.delete<ById>('/v1/group/:id', ({ params }) => {
    const group = groups.get(params.id);
    if (group !== undefined) group['HIDDEN'] = 1;
    return group === undefined ? failure(miss) : success(true);
  });
}

function courseRoutes(double: EdusignDouble, made: (prefix: string) => string): void {
  const { app, courses } = double;
  const miss = failure('No course with this ID found');
  lookUpRoutes(app, 'course', courses);
  app.get<{ Querystring: Query }>('/v1/course', ({ query }) => {
    const { start = '', end = '', dateUpdated = '' } = query;
    if (Date.parse(end) - Date.parse(start) > 90 * 86_400_000) return failure('Date range exceeds 90 days');
    const isAsked = (course: Fields) => {
      const day = String(course['START']).slice(0, 10);
      return start <= day && day <= end;
    };
    const [since = ''] = dateUpdated.split(',');
    const listed = () => [...courses.values()].filter(isAsked).filter(updatedSince(since));
    const page = pageOf(double, 'course', query, 40, listed);
    return success(double.habits.listsRosters ? page : page.map(({ STUDENTS: _, ...course }) => course));
  });
  app.post<{ Body: { course: Fields }; Querystring: Query }>('/v1/course', ({ body, query }) => {
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
