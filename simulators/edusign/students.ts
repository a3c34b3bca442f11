import { z } from 'zod';
import { flag, requireFilled, text, texts } from './body.ts';
import { BusinessError, messages } from './envelope.ts';
import { propagateGroup } from './roster.ts';
import { byEmail, type School } from './school.ts';
import type { Student } from './state.ts';

/** What POST and PATCH of a learner may carry (Edusign v1 reference). */
export const studentFields = z.object({
  ID: text.optional(),
  FIRSTNAME: text.optional(),
  LASTNAME: text.optional(),
  EMAIL: text.optional(),
  PHONE: text.optional(),
  API_ID: text.optional(),
  API_TYPE: text.optional(),
  FILE_NUMBER: text.optional(),
  PHOTO: text.optional(),
  TRAINING_NAME: text.optional(),
  COMPANY: text.optional(),
  BADGE_ID: text.optional(),
  GROUPS: texts.optional(),
  TAGS: texts.optional(),
  STUDENT_FOLLOWER_ID: texts.optional(),
  VARIABLES: z.array(z.unknown()).optional(),
  SEND_EMAIL_CREDENTIALS: flag.optional(),
  NEW_PASSWORD_NEEDED: flag.optional(),
  HIDDEN: flag.optional(),
});
type Fields = z.infer<typeof studentFields>;

/** Makes a learner, or revives the archived one who holds the address; TYPE tells which (assumed). */
export function createStudent(school: School, fields: Fields): { ID: string; TYPE: string } {
  const { FIRSTNAME, LASTNAME, EMAIL, GROUPS } = fields;
  requireFilled('student', { FIRSTNAME, LASTNAME, EMAIL });
  const holder = byEmail(school.state.students, EMAIL ?? '');
  if (holder !== undefined && !holder.archived) throw new BusinessError(messages.studentExists);
  for (const group of GROUPS ?? []) school.group(group);

  const now = school.now();
  const student: Student = holder ?? {
    id: school.newId(),
    firstName: '',
    lastName: '',
    email: '',
    phone: '',
    apiId: '',
    apiType: '',
    fileNumber: '',
    photo: '',
    trainingName: '',
    company: '',
    badgeId: '',
    tags: [],
    followers: [],
    variables: [],
    newPasswordNeeded: true,
    archived: false,
    created: now,
    updated: now,
  };
  if (holder === undefined) school.state.students.push(student);
  apply(student, fields);
  student.archived = fields.HIDDEN ?? false;
  student.updated = now;
  if (GROUPS !== undefined) setGroups(school, student, GROUPS);
  if (fields.SEND_EMAIL_CREDENTIALS === true) school.mail('student', student);
  return { ID: student.id, TYPE: holder === undefined ? 'created' : 'restored' };
}

/** Past and coming sheets keep an archived learner (documented for past ones, assumed for the others). */
export function archiveStudent(school: School, student: Student): void {
  student.archived = true;
  student.updated = school.now();
}

/** Changes the given fields. An address that another one holds, archived or not, is refused. */
export function patchStudent(school: School, student: Student, fields: Fields): void {
  const holder = fields.EMAIL === undefined ? undefined : byEmail(school.state.students, fields.EMAIL);
  if (holder !== undefined && holder.id !== student.id) throw new BusinessError(messages.studentExists);
  for (const group of fields.GROUPS ?? []) school.group(group);
  apply(student, fields);
  if (fields.HIDDEN !== undefined) student.archived = fields.HIDDEN;
  student.updated = school.now();
  if (fields.GROUPS !== undefined) setGroups(school, student, fields.GROUPS);
}

function setGroups(school: School, student: Student, groupIds: readonly string[]): void {
  for (const group of school.state.groups) {
    const isIn = group.students.includes(student.id);
    if (isIn === groupIds.includes(group.id)) continue;
    group.students = isIn ? group.students.filter((id) => id !== student.id) : [...group.students, student.id];
    propagateGroup(school, group);
  }
}

function apply(student: Student, fields: Fields): void {
  student.firstName = fields.FIRSTNAME ?? student.firstName;
  student.lastName = fields.LASTNAME ?? student.lastName;
  student.email = fields.EMAIL ?? student.email;
  student.phone = fields.PHONE ?? student.phone;
  student.apiId = fields.API_ID ?? student.apiId;
  student.apiType = fields.API_TYPE ?? student.apiType;
  student.fileNumber = fields.FILE_NUMBER ?? student.fileNumber;
  student.photo = fields.PHOTO ?? student.photo;
  student.trainingName = fields.TRAINING_NAME ?? student.trainingName;
  student.company = fields.COMPANY ?? student.company;
  student.badgeId = fields.BADGE_ID ?? student.badgeId;
  student.tags = fields.TAGS ?? student.tags;
  student.followers = fields.STUDENT_FOLLOWER_ID ?? student.followers;
  student.variables = fields.VARIABLES ?? student.variables;
  student.newPasswordNeeded = fields.NEW_PASSWORD_NEEDED ?? student.newPasswordNeeded;
}
