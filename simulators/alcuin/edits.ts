import { z } from 'zod';
import type { Clock } from '../kit/clock.ts';
import { ControlError } from '../kit/control.ts';
import { Pick } from '../kit/pick.ts';
import { churnShape, proposeChange } from './churn.ts';
import type { School } from './school.ts';
import { makeSchool, schoolNames } from './schools/index.ts';
import { type Event, occurrenceKey } from './state.ts';
import { toWallClock } from './time.ts';

const id = z.number().int();
const day = z.iso.date();
/** ISO time; without an offset, Paris wall clock. */
const time = z.string().min(10);
const occurrence = { event: id, date: day.optional() };
const state = z.enum(['ACT', 'ATT', 'NON']);

const editShape = z.discriminatedUnion('edit', [
  z.strictObject({ edit: z.literal('move'), ...occurrence, start: time, end: time }),
  z.strictObject({ edit: z.literal('rename'), ...occurrence, name: z.string() }),
  z.strictObject({ edit: z.literal('set-state'), ...occurrence, state }),
  z.strictObject({ edit: z.literal('cancel'), ...occurrence }),
  z.strictObject({ edit: z.literal('remove'), ...occurrence }),
  z.strictObject({ edit: z.literal('set-instructors'), ...occurrence, persons: z.array(id) }),
  z.strictObject({ edit: z.literal('replace-instructor'), ...occurrence, from: id.optional(), to: id }),
  z.strictObject({ edit: z.literal('add-learner'), ...occurrence, person: id }),
  z.strictObject({ edit: z.literal('remove-learner'), ...occurrence, person: id }),
  z.strictObject({ edit: z.literal('set-resources'), ...occurrence, resources: z.array(id) }),
  z.strictObject({ edit: z.literal('set-groups'), ...occurrence, groups: z.array(id) }),
  z.strictObject({ edit: z.literal('change-event-id'), ...occurrence, to: id }),
  z.strictObject({
    edit: z.literal('add-lesson'),
    id: id.optional(),
    name: z.string(),
    type: z.string().default('COU'),
    state: state.default('ACT'),
    start: time,
    end: time,
    /** UTC instant; absent: now. null: the answer carries no creation date. */
    createdAt: z.iso.datetime({ offset: true }).nullable().optional(),
    instructors: z.array(id).default([]),
    learners: z.array(id).default([]),
    groups: z.array(id).default([]),
    resources: z.array(id).default([]),
  }),
  z.strictObject({ edit: z.literal('change-email'), person: id, email: z.string() }),
  z.strictObject({
    edit: z.literal('change-person'),
    person: id,
    nom: z.string().optional(),
    prenom: z.string().optional(),
    telephone: z.string().optional(),
    directory: id.optional(),
  }),
  z.strictObject({ edit: z.literal('change-person-id'), person: id, to: id }),
  z.strictObject({
    edit: z.literal('add-person'),
    id: id.optional(),
    directory: id,
    nom: z.string(),
    prenom: z.string(),
    email: z.string(),
    telephone: z.string().optional(),
  }),
  z.strictObject({ edit: z.literal('remove-person'), person: id }),
  z.strictObject({
    edit: z.literal('add-group'),
    id: id.optional(),
    directory: id,
    name: z.string(),
    learners: z.array(id),
  }),
  z.strictObject({ edit: z.literal('set-group-learners'), group: id, learners: z.array(id) }),
  z.strictObject({ edit: z.literal('remove-group'), group: id }),
  z.strictObject({ edit: z.literal('lock-presences'), event: id, date: day }),
  z.strictObject({ edit: z.literal('unlock-presences'), event: id, date: day }),
  z.strictObject({ edit: z.literal('churn'), ...churnShape.shape }),
  z.strictObject({ edit: z.literal('empty-timetable') }),
  z.strictObject({ edit: z.literal('reset'), school: z.enum(schoolNames) }),
]);

type Edit = z.infer<typeof editShape>;

/** Does what a secretary would do in the ERP, and gives the thing that changed. */
export function editSchool(school: School, clock: Clock, body: unknown): unknown {
  const edit = editShape.parse(body);
  if ('event' in edit && edit.edit !== 'lock-presences' && edit.edit !== 'unlock-presences') {
    const event = school.event(edit.event, edit.date);
    editEvent(school, event, edit);
    event.dateModification = clock.now().toISOString();
    return event;
  }
  return editRest(school, clock, edit);
}

function editEvent(school: School, event: Event, edit: Edit): void {
  switch (edit.edit) {
    case 'move':
      Object.assign(event, span(edit.start, edit.end));
      return;
    case 'rename':
      event.nom = edit.name;
      return;
    case 'set-state':
      event.etat = edit.state;
      return;
    case 'cancel':
      event.etat = 'NON';
      return;
    case 'remove':
      school.state.evenements = school.state.evenements.filter((other) => other !== event);
      return;
    case 'set-instructors':
      event.formateurs = known(school, edit.persons);
      return;
    case 'replace-instructor': {
      const from = edit.from ?? event.formateurs[0];
      const [to] = known(school, [edit.to]);
      if (to === undefined || from === undefined || !event.formateurs.includes(from)) {
        throw new ControlError(`event ${event.id} has no such instructor`);
      }
      event.formateurs = event.formateurs.map((person) => (person === from ? to : person));
      return;
    }
    case 'add-learner':
      event.apprenants = [...new Set([...event.apprenants, ...known(school, [edit.person])])];
      return;
    case 'remove-learner':
      event.apprenants = event.apprenants.filter((person) => person !== edit.person);
      return;
    case 'set-resources':
      event.ressources = edit.resources.map((resource) => school.resource(resource).id);
      return;
    case 'set-groups':
      event.groupes = edit.groups.map((group) => school.group(group).id);
      return;
    case 'change-event-id':
      event.id = edit.to;
      return;
    default:
      throw new ControlError(`${edit.edit} is not an edit of an event`);
  }
}

function editRest(school: School, clock: Clock, edit: Edit): unknown {
  switch (edit.edit) {
    case 'add-lesson':
      return addLesson(school, clock, edit);
    case 'change-email':
      return Object.assign(school.person(edit.person), { email: edit.email });
    case 'change-person': {
      const person = school.person(edit.person);
      if (edit.nom !== undefined) person.nom = edit.nom;
      if (edit.prenom !== undefined) person.prenom = edit.prenom;
      if (edit.telephone !== undefined) person.telephone = edit.telephone;
      if (edit.directory !== undefined) person.idAnnuaire = edit.directory;
      return person;
    }
    case 'change-person-id':
      return changePersonId(school, edit.person, edit.to);
    case 'add-person': {
      const { directory, telephone, nom, prenom, email } = edit;
      const person = {
        id: edit.id ?? school.newId(),
        idAnnuaire: directory,
        nom,
        prenom,
        email,
        ...(telephone === undefined ? {} : { telephone }),
      };
      school.state.personnes.push(person);
      return person;
    }
    case 'remove-person':
      return removePerson(school, edit.person);
    case 'add-group': {
      const group = {
        id: edit.id ?? school.newId(),
        idAnnuaire: edit.directory,
        nom: edit.name,
        apprenants: known(school, edit.learners),
      };
      school.state.groupes.push(group);
      return group;
    }
    case 'set-group-learners':
      return Object.assign(school.group(edit.group), { apprenants: known(school, edit.learners) });
    case 'remove-group': {
      const group = school.group(edit.group);
      school.state.groupes = school.state.groupes.filter((other) => other !== group);
      for (const event of school.state.evenements) event.groupes = event.groupes.filter((each) => each !== group.id);
      return group;
    }
    case 'lock-presences':
      school.state.verrouilles.push(occurrenceKey(edit.event, edit.date));
      return { locked: school.state.verrouilles };
    case 'unlock-presences': {
      const key = occurrenceKey(edit.event, edit.date);
      school.state.verrouilles = school.state.verrouilles.filter((locked) => locked !== key);
      return { locked: school.state.verrouilles };
    }
    case 'churn':
      return churn(school, clock, edit);
    case 'empty-timetable':
      school.state.evenements = [];
      return { events: 0 };
    case 'reset':
      school.state = makeSchool(edit.school, clock.now());
      return { school: edit.school, events: school.state.evenements.length };
    default:
      throw new ControlError(`${edit.edit} needs an event`);
  }
}

/** Gives the edits that were done, in order: whoever does them to the same school gets the same one. */
function churn(school: School, clock: Clock, edit: Extract<Edit, { edit: 'churn' }>): unknown {
  const pick = new Pick(edit.seed);
  const edits = Array.from({ length: edit.count }, () => {
    const change = proposeChange(school, pick, clock.now(), edit);
    editSchool(school, clock, change);
    return change;
  });
  return { edits };
}

function addLesson(school: School, clock: Clock, edit: Extract<Edit, { edit: 'add-lesson' }>): Event {
  const now = clock.now().toISOString();
  const event: Event = {
    id: edit.id ?? school.newId(),
    nom: edit.name,
    type: edit.type,
    etat: edit.state,
    ...span(edit.start, edit.end),
    dateCreation: edit.createdAt === undefined ? now : edit.createdAt,
    dateModification: edit.createdAt === null ? null : now,
    formateurs: known(school, edit.instructors),
    apprenants: known(school, edit.learners),
    groupes: edit.groups.map((group) => school.group(group).id),
    ressources: edit.resources.map((resource) => school.resource(resource).id),
    projets: [],
  };
  school.state.evenements.push(event);
  return event;
}

/** The key of a person is renewed where an ERP is migrated: everything that points at it follows. */
function changePersonId(school: School, from: number, to: number): unknown {
  const person = school.person(from);
  if (school.state.personnes.some((other) => other.id === to)) throw new ControlError(`person ${to} exists`);
  const renewed = (ids: number[]) => ids.map((each) => (each === from ? to : each));
  for (const event of school.state.evenements) {
    event.formateurs = renewed(event.formateurs);
    event.apprenants = renewed(event.apprenants);
  }
  for (const group of school.state.groupes) group.apprenants = renewed(group.apprenants);
  person.id = to;
  return person;
}

function removePerson(school: School, id: number): unknown {
  const person = school.person(id);
  const without = (ids: number[]) => ids.filter((each) => each !== id);
  school.state.personnes = school.state.personnes.filter((other) => other !== person);
  for (const event of school.state.evenements) {
    event.formateurs = without(event.formateurs);
    event.apprenants = without(event.apprenants);
  }
  for (const group of school.state.groupes) group.apprenants = without(group.apprenants);
  return person;
}

function known(school: School, persons: readonly number[]): number[] {
  return persons.map((person) => school.person(person).id);
}

function span(start: string, end: string): { debut: string; fin: string } {
  const debut = toWallClock(start);
  const fin = toWallClock(end);
  if (fin <= debut) throw new ControlError('the end must be after the start');
  return { debut, fin };
}
