import { z } from 'zod';

/*
 * The v1 API as it is spoken. What is marked "assumed" was neither read in Edusign's documentation nor seen in public
 * client code.
 */

/** Documented in the Edusign v1 reference. */
export function authorise(apiKey: string): Record<string, string> {
  return { Authorization: `Bearer ${apiKey}` };
}

/** Documented: 480 requests a minute, 24 for heavy ones. Which are heavy is assumed: the lists, and locking. */
export type RateClass = 'normal' | 'heavy';
export const defaultRates: Record<RateClass, number> = { normal: 480, heavy: 24 };

/** Marks what we made; a free text at Edusign (documented). */
export const apiType = 'rollcall';

/** Our word for a person's role, and theirs. The wrapper in bodies has the same name as the path (documented). */
export const personPath = { instructor: 'professor', learner: 'student' } as const;
export type PersonKind = keyof typeof personPath;

/** Courses come 40 to a page, counted from 0 (documented); there is no total. */
export const coursePageSize = 40;

const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? '' : String(value)));

/** Flags are booleans, 0 and 1 (seen in public client code for one and the same field). */
const flag = z
  .unknown()
  .optional()
  .transform((value) => value === true || value === 1 || value === '1');

/** Documented envelope. The message is a list for errors of the body (seen in public client code). */
export const envelopeShape = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('success'), result: z.unknown().optional() }),
  z.looseObject({
    status: z.literal('error'),
    message: z
      .union([z.string(), z.array(z.unknown()).transform((parts) => parts.map(wordsOf).join('; '))])
      .default(''),
  }),
]);

function wordsOf(part: unknown): string {
  return typeof part === 'string' ? part : JSON.stringify(part);
}

/** Results name an object by `ID`, some also or only by `id` (seen in public client code). */
export const idShape = z
  .looseObject({ ID: text, id: text })
  .transform((named) => named.ID || named.id)
  .refine((id) => id !== '');

export const personShape = z
  .looseObject({
    ID: text,
    id: text,
    FIRSTNAME: text,
    LASTNAME: text,
    EMAIL: text,
    PHONE: text,
    API_ID: text,
    API_TYPE: text,
    HIDDEN: z.unknown().optional(),
  })
  .transform((person) => ({
    id: person.ID || person.id,
    firstName: person.FIRSTNAME,
    lastName: person.LASTNAME,
    email: person.EMAIL,
    phone: person.PHONE,
    apiId: person.API_ID,
    apiType: person.API_TYPE,
    archived: isHidden(person.HIDDEN),
  }))
  .refine((person) => person.id !== '');
export type EdusignPerson = z.infer<typeof personShape>;

/** 0 or 1 for a student; for a professor the list of schools where they are archived (documented list, meaning assumed). */
function isHidden(hidden: unknown): boolean {
  return Array.isArray(hidden) ? hidden.length > 0 : flag.parse(hidden);
}

const presenceShape = z.looseObject({
  studentId: text,
  state: flag,
  signature: text,
  delay: z.coerce.number().catch(0),
  excluded: text,
  earlyDeparture: text,
  absenceId: text,
  comment: text,
});
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
    STUDENTS: z
      .array(presenceShape)
      .nullish()
      .transform((students) => students ?? []),
    PROFESSORS_PRESENCES: z
      .array(z.looseObject({ signature: text }))
      .nullish()
      .catch([]),
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
    students: course.STUDENTS,
    professors: numbered(course, 'PROFESSOR'),
    professorSigned:
      numbered(course, 'PROFESSOR_SIGNATURE').length > 0 ||
      (course.PROFESSORS_PRESENCES ?? []).some(({ signature }) => signature !== ''),
  }));
export type Course = z.infer<typeof courseShape>;

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

/** One justification may be pointed at by several presences (seen in public client code). */
export const justificationShape = z.looseObject({ ID: text, TYPE: text });

/** An instant as every route understands it: UTC with `Z`; a naive time would be read in the school's zone (assumed). */
export function wireInstant(moment: string): string {
  return new Date(moment).toISOString();
}

/*
 * Business errors have no code: only their words tell them apart, and are compared without regard to case.
 */

/** `No course with this ID found`, `Error - cannot get professor by email` (seen in public client code). */
export function saysNotFound(message: string): boolean {
  return /\bno \w+ with this \w+( \w+)? found|cannot get \w+ by email|not found\b/i.test(message);
}

/** `Professor already exists in this school` (seen in public client code). */
export function saysAlreadyExists(message: string): boolean {
  return /already exists/i.test(message);
}

/** `Student already in the list` (seen in public client code); its opposite is assumed. */
export function saysAlreadyInList(message: string): boolean {
  return /already in the list/i.test(message);
}

export function saysNotInList(message: string): boolean {
  return /not in the list/i.test(message);
}

/** `course locked` (seen in public client code). */
export function saysLocked(message: string): boolean {
  return /course (?:already |is )?locked/i.test(message);
}
