import { z } from 'zod';
import { flag, requireFilled, text, texts } from './body.ts';
import { BusinessError, messages } from './envelope.ts';
import { propagateGroup } from './roster.ts';
import type { School } from './school.ts';
import type { Group } from './state.ts';

/** What POST and PATCH of a group may carry (seen in public clients). */
export const groupFields = z.object({
  ID: text.optional(),
  NAME: text.optional(),
  DESCRIPTION: text.optional(),
  STUDENTS: texts.optional(),
  PARENT: text.optional(),
  API_ID: text.optional(),
  API_TYPE: text.optional(),
  /** That a group is brought back like this is assumed, from students. */
  HIDDEN: flag.optional(),
});
type Fields = z.infer<typeof groupFields>;

/** Makes a group, with its members. */
export function createGroup(school: School, fields: Fields): { ID: string } {
  requireFilled('group', { NAME: fields.NAME });
  checkLinks(school, fields);
  checkName(school, fields.NAME, undefined);
  const now = school.now();
  const group: Group = {
    id: school.newId(),
    name: '',
    description: '',
    students: [],
    parent: '',
    apiId: '',
    apiType: '',
    archived: false,
    created: now,
    updated: now,
  };
  apply(group, fields);
  school.state.groups.push(group);
  return { ID: group.id };
}

/** STUDENTS replaces the whole list (seen in public clients, which read, merge and write back). */
export function patchGroup(school: School, group: Group, fields: Fields): void {
  checkLinks(school, fields);
  checkName(school, fields.NAME, group.id);
  apply(group, fields);
  group.updated = school.now();
  if (fields.STUDENTS !== undefined) propagateGroup(school, group);
}

function checkLinks(school: School, fields: Fields): void {
  for (const student of fields.STUDENTS ?? []) school.student(student);
  if (fields.PARENT !== undefined && fields.PARENT !== '') school.group(fields.PARENT);
}

function checkName(school: School, name: string | undefined, except: string | undefined): void {
  if (name === undefined || !school.state.settings.uniqueGroupNames) return;
  const taken = school.state.groups.some((group) => !group.archived && group.name === name && group.id !== except);
  if (taken) throw new BusinessError(messages.groupExists);
}

function apply(group: Group, fields: Fields): void {
  group.name = fields.NAME ?? group.name;
  group.description = fields.DESCRIPTION ?? group.description;
  group.students = fields.STUDENTS === undefined ? group.students : [...new Set(fields.STUDENTS)];
  group.parent = fields.PARENT ?? group.parent;
  group.apiId = fields.API_ID ?? group.apiId;
  group.apiType = fields.API_TYPE ?? group.apiType;
  group.archived = fields.HIDDEN ?? group.archived;
}
