import { z } from 'zod';
import { flag, text } from './wire.ts';

/* Courses as they are spoken: Edusign's word for attendance sheets. */

const presenceShape = z
  .looseObject({
    studentId: text,
    state: z.unknown().optional(),
    signature: text,
    delay: z.coerce.number().catch(0),
    excluded: text,
    earlyDeparture: text,
    absenceId: text,
    comment: text,
  })
  .transform(({ state, ...entry }) => ({
    ...entry,
    state: flag.parse(state),
    /** Whether it was told at all if they signed. */
    tellsState: state !== undefined && state !== null,
  }));
export type Presence = z.infer<typeof presenceShape>;

const instant = z
  .string()
  .refine((value) => !Number.isNaN(Date.parse(value)))
  .transform((value) => new Date(value).toISOString());

export const courseShape = z
  .looseObject({
    ID: text.refine((id) => id !== ''),
    NAME: text,
    START: instant,
    END: instant,
    CLASSROOM: text,
    API_ID: text,
    API_TYPE: text,
    LOCKED: flag,
    NEED_STUDENTS_SIGNATURE: z.unknown().optional(),
    STUDENTS: z.array(presenceShape).nullish(),
    PROFESSORS_PRESENCES: z
      .array(z.looseObject({ signature: text }))
      .nullish()
      .catch(null),
  })
  .transform((course) => ({
    id: course.ID,
    name: course.NAME,
    start: course.START,
    end: course.END,
    classroom: course.CLASSROOM,
    apiId: course.API_ID,
    apiType: course.API_TYPE,
    locked: course.LOCKED,
    needStudentsSignature: needsSignature(course.NEED_STUDENTS_SIGNATURE),
    students: course.STUDENTS ?? [],
    /** Whether a roster was told at all: an entry of a list without one says nothing about who is on it. */
    tellsRoster: Array.isArray(course.STUDENTS),
    /** Whether it was told who signed: without that it cannot be said that nobody did. */
    tellsSignature: 'PROFESSOR_SIGNATURE' in course || Array.isArray(course.PROFESSORS_PRESENCES),
    professors: numbered(course, 'PROFESSOR'),
    professorSigned:
      numbered(course, 'PROFESSOR_SIGNATURE').length > 0 ||
      (course.PROFESSORS_PRESENCES ?? []).some(({ signature }) => signature !== ''),
  }));
export type Course = z.infer<typeof courseShape>;

/** Whether attendance can be read from it: an entry of a list may say less than the sheet itself. */
export function tellsAttendance(course: Course): boolean {
  return course.tellsRoster && course.tellsSignature && course.students.every((entry) => entry.tellsState);
}

/** Who is on a sheet; an entry that names nobody is nobody. */
export function rosterOf(course: Course): string[] {
  return [...new Set(course.students.map((entry) => entry.studentId))].filter((id) => id !== '');
}

/** Assumed where it is not told: a sheet asks for signatures. */
function needsSignature(value: unknown): boolean {
  return value === undefined || value === null ? true : flag.parse(value);
}

/** `NAME`, `NAME_2`, `NAME_3` … without limit (seen in public client code): those that are filled, in their order. */
function numbered(course: Readonly<Record<string, unknown>>, name: string): string[] {
  return Object.entries(course)
    .flatMap(([key, value]) => {
      const number = key === name ? 1 : Number(new RegExp(`^${name}_(\\d+)$`).exec(key)?.[1]);
      return typeof value === 'string' && value !== '' && !Number.isNaN(number) ? [{ number, value }] : [];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ value }) => value);
}

/** The fields of the instructors; those of a longer, earlier list are emptied (that an empty one is removed is assumed). */
export function professorFields(ids: readonly string[], earlier = 0): Record<string, string> {
  const fields = Array.from({ length: Math.max(ids.length, earlier) }, (_, index) => [
    index === 0 ? 'PROFESSOR' : `PROFESSOR_${index + 1}`,
    ids[index] ?? '',
  ]);
  return Object.fromEntries(fields);
}
