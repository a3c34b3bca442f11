import { z } from 'zod';

/*
 * The v1 API as it is spoken; courses are in wire-course.ts, the words of its refusals in messages.ts. What is marked
 * "assumed" was neither read in Edusign's documentation nor seen in public client code.
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

/**
 * Entries on a page of a list, counted from page 0. Documented for courses and professors; students are asked for by
 * `limit`, which is documented too. That of groups is not known.
 */
export const pageSizes = { course: 40, professor: 100, student: 100, group: undefined } as const;

/** Space around a text is nobody's wish: it is never a difference. */
export const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? '' : String(value).trim()));

/** Flags are booleans, 0 and 1 (seen in public client code for one and the same field). */
export const flag = z
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

const named = { ID: text, id: text, API_ID: text, API_TYPE: text };

/** An entry of any list, as far as its keys go: what it is like is not read. */
export const keyedShape = z
  .looseObject(named)
  .transform((entry) => ({ id: entry.ID || entry.id, apiId: entry.API_ID, apiType: entry.API_TYPE }))
  .refine((entry) => entry.id !== '');

export const personShape = z
  .looseObject({
    ...named,
    FIRSTNAME: text,
    LASTNAME: text,
    EMAIL: text,
    PHONE: text,
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

/** Groups are in no page of the documentation we could read; their fields are seen in public client code. */
export const groupShape = z
  .looseObject({
    ...named,
    NAME: text,
    DESCRIPTION: text,
    STUDENTS: z
      .array(text)
      .nullish()
      .transform((ids) => (ids ?? []).filter((id) => id !== '')),
    HIDDEN: flag,
  })
  .transform((group) => ({
    id: group.ID || group.id,
    name: group.NAME,
    description: group.DESCRIPTION,
    studentIds: [...new Set(group.STUDENTS)],
    apiId: group.API_ID,
    apiType: group.API_TYPE,
    archived: group.HIDDEN,
  }))
  .refine((group) => group.id !== '');
export type EdusignGroup = z.infer<typeof groupShape>;

/** The school that a key belongs to; the spelling of its fields is rebuilt from the reference, hence assumed. */
export const schoolShape = z.looseObject({ NAME: text, TIMEZONE: text });

/** One justification may be pointed at by several presences (seen in public client code). */
export const justificationShape = z.looseObject({ ID: text, TYPE: text });

/** A reason of absence that the school made itself (seen in public client code). */
export const reasonShape = z.looseObject({ ID: text, NAME: text });

/** Built-in types of a justification (seen in public client code), in the words of the schools that use them. */
export const builtInReasons: Readonly<Record<string, string>> = {
  1: 'Arrêt maladie',
  2: "Décès d'un proche",
  3: 'Obsèques',
  4: 'Rendez-vous médical',
  5: "Entretien d'embauche",
  6: 'En entreprise',
  7: 'Autre',
};

/** An instant as every route understands it: UTC with `Z`; a naive time would be read in the school's zone (assumed). */
export function wireInstant(moment: string): string {
  return new Date(moment).toISOString();
}
