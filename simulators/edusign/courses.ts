import { z } from 'zod';
import { flag, requireFilled, text, texts } from './body.ts';
import { BusinessError, messages } from './envelope.ts';
import { rebuildRoster } from './roster.ts';
import type { School } from './school.ts';
import type { Course } from './state.ts';
import { readInstant } from './time.ts';

const professorKey = /^PROFESSOR(?:_(\d+))?$/;

const fieldsShape = z
  .looseObject({
    ID: text.optional(),
    NAME: text.optional(),
    DESCRIPTION: text.optional(),
    START: text.optional(),
    END: text.optional(),
    CLASSROOM: text.optional(),
    SCHOOL_GROUP: texts.optional(),
    /** Objects by the reference; bare identifiers are tolerated (assumed). */
    STUDENTS: z
      .union([z.array(z.union([z.object({ studentId: text }).transform((each) => each.studentId), text])), z.null()])
      .transform((list) => list ?? [])
      .optional(),
    MAX_STUDENTS: z.coerce.number().optional(),
    API_ID: text.optional(),
    API_TYPE: text.optional(),
    TRAINING_ID: text.optional(),
    ZOOM: text.optional(),
    NEED_STUDENTS_SIGNATURE: flag.optional(),
  })
  .transform((fields) => ({ ...fields, professors: readProfessors(fields) }));

/** Body of a course's POST and PATCH. Unknown keys are ignored (seen in public clients). */
export const courseBody = z.object({ course: fieldsShape });

export type CourseFields = Omit<z.infer<typeof fieldsShape>, 'professors'> & {
  /** Undefined when no PROFESSOR field was sent at all. */
  readonly professors?: readonly string[] | undefined;
};

/** Professors in the order of their numbers; a gap or an empty text ends nothing, it is only left out. */
function readProfessors(fields: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const numbered = Object.entries(fields).flatMap(([key, value]) => {
    const match = professorKey.exec(key);
    return match === null ? [] : [{ at: Number(match[1] ?? 1), id: String(value ?? '') }];
  });
  if (numbered.length === 0) return undefined;
  return numbered
    .sort((a, b) => a.at - b.at)
    .map(({ id }) => id)
    .filter((id) => id !== '');
}

/**
 * Makes a sheet. Nothing is compared with what exists: two creates with one API_ID are two sheets (a public client
 * warns of exactly that).
 *
 * @param creator `API`, or who made it by hand.
 */
export function createCourse(school: School, fields: CourseFields, creator: string): Course {
  const { NAME, START, END, professors } = fields;
  requireFilled('course', { NAME, START, END, PROFESSOR: professors?.[0] });
  const now = school.now();
  const course: Course = {
    id: '',
    name: '',
    description: '',
    start: '',
    end: '',
    classroom: '',
    professors: [],
    groups: [],
    students: [],
    maxStudents: 0,
    apiId: '',
    apiType: '',
    trainingId: '',
    zoom: '',
    needStudentsSignature: true,
    locked: false,
    attendanceList: '',
    endedByHand: false,
    creator,
    created: now,
    updated: now,
  };
  apply(school, course, { ...fields, STUDENTS: fields.STUDENTS ?? [] });
  course.id = school.newId();
  school.state.courses.push(course);
  return course;
}

/** Changes a sheet. On a bad field nothing changes. The caller has checked the lock. */
export function patchCourse(school: School, course: Course, fields: CourseFields): void {
  const copy = structuredClone(course);
  apply(school, copy, fields);
  copy.updated = school.now();
  Object.assign(course, copy);
}

/** The sheet is gone: it then reads as not found (assumed). Kept aside for the control endpoint. */
export function deleteCourse(school: School, course: Course): void {
  school.state.courses = school.state.courses.filter((other) => other !== course);
  school.state.deletedCourses.push(course);
}

function apply(school: School, course: Course, fields: CourseFields): void {
  const zone = school.state.school.timezone;
  course.name = fields.NAME ?? course.name;
  course.description = fields.DESCRIPTION ?? course.description;
  course.start = fields.START === undefined ? course.start : readInstant(fields.START, zone, 'course.START');
  course.end = fields.END === undefined ? course.end : readInstant(fields.END, zone, 'course.END');
  if (course.end <= course.start) throw new BusinessError(messages.endBeforeStart);
  course.classroom = fields.CLASSROOM ?? course.classroom;
  course.maxStudents = fields.MAX_STUDENTS ?? course.maxStudents;
  course.apiId = fields.API_ID ?? course.apiId;
  course.apiType = fields.API_TYPE ?? course.apiType;
  course.trainingId = fields.TRAINING_ID ?? course.trainingId;
  course.zoom = fields.ZOOM ?? course.zoom;
  course.needStudentsSignature = fields.NEED_STUDENTS_SIGNATURE ?? course.needStudentsSignature;
  if (fields.professors !== undefined) seat(school, course, fields.professors);
  if (fields.SCHOOL_GROUP !== undefined || fields.STUDENTS !== undefined) {
    course.groups = (fields.SCHOOL_GROUP ?? course.groups).map((groupId) => school.group(groupId).id);
    rebuildRoster(school, course, fields.STUDENTS ?? []);
  }
}

/** A patch that names one professor has to name all of them (a public client says so); who stays keeps his signature. */
function seat(school: School, course: Course, professorIds: readonly string[]): void {
  requireFilled('course', { PROFESSOR: professorIds[0] });
  const before = new Map(course.professors.map((each) => [each.professorId, each]));
  course.professors = [...new Set(professorIds)].map(
    (professorId) =>
      before.get(professorId) ?? {
        professorId: school.activeProfessor(professorId).id,
        signature: '',
        timestamp: null,
      },
  );
}
