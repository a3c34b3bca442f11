import { z } from 'zod';
import type { Clock } from '../kit/clock.ts';
import type { School } from './school.ts';
import { makeSchool, schoolNames } from './schools/index.ts';
import type { Intervention } from './state.ts';

const id = z.number().int();
const ids = z.array(id);
/** UTC instant. */
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
const caption = z.record(z.string(), z.string());

const interventionFields = z.strictObject({
  startDateTime: instant.optional(),
  endDateTime: instant.optional(),
  description: z.string().nullable().optional(),
  pedagogicalUnits: ids.optional(),
  activityType: id.nullable().optional(),
  resources: ids.optional(),
  instructors: ids.optional(),
  learners: ids.optional(),
  groups: ids.optional(),
});

const editShape = z.discriminatedUnion('edit', [
  z.strictObject({
    edit: z.literal('add-intervention'),
    id: id.optional(),
    fields: interventionFields.required({ startDateTime: true, endDateTime: true }),
  }),
  z.strictObject({ edit: z.literal('change-intervention'), intervention: id, fields: interventionFields }),
  z.strictObject({ edit: z.literal('remove-intervention'), intervention: id }),
  z.strictObject({
    edit: z.literal('add-person'),
    id: id.optional(),
    lastName: z.string(),
    firstName: z.string(),
    mail: z.string(),
  }),
  z.strictObject({
    edit: z.literal('change-person'),
    person: id,
    fields: z.strictObject({ lastName: z.string(), firstName: z.string(), mail: z.string() }).partial(),
  }),
  z.strictObject({ edit: z.literal('add-group'), id: id.optional(), code: z.string(), caption, learners: ids }),
  z.strictObject({
    edit: z.literal('change-group'),
    group: id,
    fields: z.strictObject({ code: z.string(), caption, learners: ids }).partial(),
  }),
  z.strictObject({ edit: z.literal('remove-group'), group: id }),
  z.strictObject({
    edit: z.literal('change-favourite'),
    favourite: id,
    fields: z
      .strictObject({
        menuEntryId: id,
        title: caption,
        timezone: z.string().nullable(),
        lang: z.enum(['fr', 'en']),
        joinIdenticalLines: z.boolean(),
        seed: z.number().int(),
        listed: z.boolean(),
        without: z.array(z.string()),
        namesColumns: z.boolean(),
      })
      .partial(),
  }),
  z.strictObject({ edit: z.literal('empty-timetable') }),
  z.strictObject({ edit: z.literal('reset'), school: z.enum(schoolNames) }),
]);

/** Does what somebody would do in the application, and gives the thing that changed. */
export function editSchool(school: School, clock: Clock, body: unknown): unknown {
  const edit = editShape.parse(body);
  const { state } = school;
  switch (edit.edit) {
    case 'add-intervention': {
      const added: Intervention = { ...blank, id: edit.id ?? school.newId(), ...given(edit.fields) };
      state.interventions.push(added);
      return added;
    }
    case 'change-intervention':
      return Object.assign(school.intervention(edit.intervention), given(edit.fields));
    case 'remove-intervention': {
      const gone = school.intervention(edit.intervention);
      state.interventions = state.interventions.filter((other) => other !== gone);
      return gone;
    }
    case 'add-person': {
      const { lastName, firstName, mail } = edit;
      const person = { id: edit.id ?? school.newId(), lastName, firstName, mail };
      state.persons.push(person);
      return person;
    }
    case 'change-person':
      return Object.assign(school.person(edit.person), given(edit.fields));
    case 'add-group': {
      const group = { id: edit.id ?? school.newId(), code: edit.code, caption: edit.caption, learners: edit.learners };
      state.groups.push(group);
      return group;
    }
    case 'change-group':
      return Object.assign(school.group(edit.group), given(edit.fields));
    case 'remove-group': {
      const gone = school.group(edit.group);
      state.groups = state.groups.filter((other) => other !== gone);
      return gone;
    }
    case 'change-favourite':
      return Object.assign(school.favourite(edit.favourite), given(edit.fields));
    case 'empty-timetable':
      state.interventions = [];
      return { interventions: 0 };
    case 'reset':
      school.state = makeSchool(edit.school, clock.now());
      return { school: edit.school, interventions: school.state.interventions.length };
  }
}

const blank = {
  startDateTime: '',
  endDateTime: '',
  description: null,
  pedagogicalUnits: [],
  activityType: null,
  resources: [],
  instructors: [],
  learners: [],
  groups: [],
};

/** Only the fields that were named. */
function given<T extends object>(fields: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const named = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}
