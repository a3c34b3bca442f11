import { z } from 'zod';
import { flag, requireFilled, text, texts } from './body.ts';
import { BusinessError, messages } from './envelope.ts';
import { byEmail, type School } from './school.ts';
import type { Professor } from './state.ts';

/** What POST and PATCH of an instructor may carry (Edusign v1 reference). */
export const professorFields = z.object({
  ID: text.optional(),
  FIRSTNAME: text.optional(),
  LASTNAME: text.optional(),
  EMAIL: text.optional(),
  PHONE: text.optional(),
  SPECIALITY: text.optional(),
  API_ID: text.optional(),
  API_TYPE: text.optional(),
  TAGS: texts.optional(),
  VARIABLES: z.array(z.unknown()).optional(),
  PIN: text.optional(),
  /** A list of schools when read; clients write a flag as well. */
  HIDDEN: z.union([z.array(text).transform((schools) => schools.length > 0), flag]).optional(),
  dontSendCredentials: flag.optional(),
});
type Fields = z.infer<typeof professorFields>;

/** Makes an instructor, or revives the archived one who holds the address; TYPE tells which (assumed). */
export function createProfessor(school: School, fields: Fields, mail: boolean): { ID: string; TYPE: string } {
  const { FIRSTNAME, LASTNAME, EMAIL } = fields;
  requireFilled('professor', { FIRSTNAME, LASTNAME, EMAIL });
  const holder = byEmail(school.state.professors, EMAIL ?? '');
  if (holder !== undefined && !holder.archived) throw new BusinessError(messages.professorExists);

  const now = school.now();
  const professor: Professor = holder ?? {
    id: school.newId(),
    firstName: '',
    lastName: '',
    email: '',
    phone: '',
    speciality: '',
    apiId: '',
    apiType: '',
    tags: [],
    variables: [],
    pin: '',
    archived: false,
    created: now,
    updated: now,
  };
  apply(professor, fields);
  professor.archived = false;
  professor.updated = now;
  if (holder === undefined) school.state.professors.push(professor);
  if (mail) school.mail('professor', professor);
  return { ID: professor.id, TYPE: holder === undefined ? 'created' : 'restored' };
}

export function archiveProfessor(school: School, professor: Professor): void {
  professor.archived = true;
  professor.updated = school.now();
}

/** Changes the given fields. An address that another one holds, archived or not, is refused. */
export function patchProfessor(school: School, professor: Professor, fields: Fields): void {
  const holder = fields.EMAIL === undefined ? undefined : byEmail(school.state.professors, fields.EMAIL);
  if (holder !== undefined && holder.id !== professor.id) throw new BusinessError(messages.professorExists);
  apply(professor, fields);
  if (fields.HIDDEN !== undefined) professor.archived = fields.HIDDEN;
  professor.updated = school.now();
}

function apply(professor: Professor, fields: Fields): void {
  professor.firstName = fields.FIRSTNAME ?? professor.firstName;
  professor.lastName = fields.LASTNAME ?? professor.lastName;
  professor.email = fields.EMAIL ?? professor.email;
  professor.phone = fields.PHONE ?? professor.phone;
  professor.speciality = fields.SPECIALITY ?? professor.speciality;
  professor.apiId = fields.API_ID ?? professor.apiId;
  professor.apiType = fields.API_TYPE ?? professor.apiType;
  professor.tags = fields.TAGS ?? professor.tags;
  professor.variables = fields.VARIABLES ?? professor.variables;
  professor.pin = fields.PIN ?? professor.pin;
}
